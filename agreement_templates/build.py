"""Write what is made from the texts here, or check that it is what they make: ``make templates``.

``<kind>/<language>.docx``, the Word template of each kind, and ``published.json``, the digest of every published text. A pin is added
freely; it is changed or dropped only with ``--repin``, because a published text never changes: its version does (docs/agreements.md).
Nothing depends on the clock or the machine.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from ipr_service.agreements import word_template
from ipr_service.agreements.catalogue import Catalogue

HERE = Path(__file__).parent
PINS = "published.json"


def made(directory: Path) -> dict[str, bytes]:
    """Every file that the texts in ``directory`` make, by its name below it."""
    catalogue = Catalogue.load(directory)
    pins = json.dumps(catalogue.pins(), indent=1) + "\n"
    return {**word_template.build_all(catalogue), PINS: pins.encode()}


def stale(directory: Path) -> tuple[str, ...]:
    """Names of files that are missing, differ, or that no text makes any more."""
    wanted = made(directory)
    there = {file.relative_to(directory).as_posix() for file in directory.glob("*/*.docx")}
    return tuple(sorted(name for name in {*wanted, *there} if name not in wanted or not _holds(directory / name, wanted[name])))


def _holds(file: Path, data: bytes) -> bool:
    return file.exists() and file.read_bytes() == data


def main(arguments: Sequence[str] | None = None) -> int:
    """Write, or with ``--check`` compare. 0 when all is as the texts make it; 1 when something differs or a published text changed."""
    parser = argparse.ArgumentParser(description="Write the Word templates and the pins of published texts")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file differs")
    parser.add_argument("--repin", action="store_true", help="pin changed texts too; only for texts that nobody has used yet")
    parser.add_argument("--directory", type=Path, default=HERE)
    chosen = parser.parse_args(arguments)
    catalogue = Catalogue.load(chosen.directory)
    changed = [key for key in catalogue.unpinned() if key in catalogue.published]
    if changed and not chosen.repin:
        print("published and changed: " + ", ".join(changed) + "; raise the version and keep the old text beside it")
        return 1
    differing = stale(chosen.directory)
    if not chosen.check:
        wanted = made(chosen.directory)
        for name in differing:
            file = chosen.directory / name
            file.write_bytes(wanted[name]) if name in wanted else file.unlink()
    print("\n".join(f"{name} {'differs: run `make templates`' if chosen.check else 'written'}" for name in differing) or "nothing differs")
    return 1 if chosen.check and differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
