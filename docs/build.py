"""Write the reference pages that come from the code, or check that those in the repository still do.

``make docs`` writes them; ``python docs/build.py --check`` (a test runs it) names every page that differs and exits 1.
A page is one row of :data:`PAGES`: its file, and the function that returns its text. Nothing on a page depends on the clock, the
machine or the order of a dictionary.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from docs import jurisdictions
from ipr_service.app import build_context, configure_logs, create_app, prepare
from ipr_service.rights import policies
from ipr_service.settings import TABLE, Settings

REFERENCE = Path(__file__).parent / "reference"
SHIPPED = Path(policies.__file__).parent / "shipped"
_NOTE = "<!-- Written by `make docs`; change the code instead. -->\n\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def settings_page() -> str:
    """Every setting of the environment, in the order of the table."""
    rows = [f"| `{row.variable}` | {f'`{row.default}`' if row.default else ''} | {_cell(row.meaning)} |" for row in TABLE]
    head = "# Settings\n\nRead from the environment when the service starts; a half configuration is refused and named.\n\n"
    return _NOTE + head + "| variable | default | meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def _help(*words: str) -> str:
    """What ``ipr … --help`` says on a terminal of 100 columns."""
    plain = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
    command = [Path(sys.executable).with_name("ipr"), *words, "--help"]
    said = subprocess.run(command, env=plain, capture_output=True, text=True, check=True).stdout
    return "\n".join(line.rstrip() for line in said.strip().splitlines())


def _commands(help_text: str) -> list[str]:
    """The names under ``Commands:`` in click's help."""
    listed = help_text.partition("Commands:\n")[2].partition("\n\n")[0]
    return [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and not line.startswith("   ")]


def cli_page() -> str:
    """The help of ``ipr``, of every command and of every command of a group."""
    parts = ["# The command `ipr`\n"]
    waiting: list[tuple[str, ...]] = [()]
    while waiting:
        words = waiting.pop(0)
        text = _help(*words)
        parts.append(f"## `{' '.join(('ipr', *words))}`\n\n```text\n{text}\n```\n")
        waiting = [(*words, name) for name in _commands(text)] + waiting
    return _NOTE + "\n".join(parts)


def policies_page() -> str:
    """The rules that come with the service, each with its whole text and the digest that a frozen split names."""
    head = "# Policies\n\nA split names the policy by id, version and digest; what it names never changes, a new text is a new version.\n"
    parts = [head]
    for reference in policies.SHIPPED:
        policy = policies.shipped(reference)
        about = f"## {policy.title} (`{reference}`)\n\n{policy.about}\n\nSource: {policy.source}. Digest: `{policy.digest.hex()}`.\n"
        text = (SHIPPED / f"{reference.replace('@', '-')}.yaml").read_text().strip()
        parts.append(f"{about}\n```yaml\n{text}\n```\n")
    return _NOTE + "\n".join(parts)


def openapi_document() -> str:
    """The OpenAPI document of a fresh installation, keys sorted: a change of the contract shows in the diff."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        chosen = prepare(Settings.from_environ({}, data_dir=data, origin="demo.invalid/docs"))
        ctx = build_context(chosen)
        document = create_app(ctx=ctx).test_client().get("/api/v1/openapi.json").get_json()
        ctx.database.close()
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def jurisdictions_page() -> str:
    """The packs of the law: what there is, what is missing, what overlaps."""
    return _NOTE + jurisdictions.page()


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "jurisdictions.md": jurisdictions_page,
    "openapi.json": openapi_document,
    "policies.md": policies_page,
    "settings.md": settings_page,
}


def main() -> int:
    """Write, or with ``--check`` compare; 0 when every page says what the code says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page differs")
    check = parser.parse_args().check
    configure_logs("error")
    stale = []
    for name, page in PAGES.items():
        path, text = REFERENCE / name, page()
        if path.exists() and path.read_text() == text:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    print("\n".join(f"docs/reference/{name} {'differs: run `make docs`' if check else 'written'}" for name in stale) or "nothing differs")
    return 1 if check and stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
