"""Write the conformance vectors: `python -m tests.conformance.generate [--check]`; with `--check` nothing is written.

They stand in `ipr_service/evidence/files/vectors`, so that they travel with the program: a bundle and a trust list each, and
`vectors.json` with the verdicts. What was made with chance is in `pantry.json`; everything else follows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.conformance import material
from tests.conformance.cases import vectors
from tests.conformance.vector import Vector

FOLDER = Path(__file__).parents[2] / "ipr_service" / "evidence" / "files" / "vectors"
VERDICTS = ("intact", "trusted", "timed")


def row(vector: Vector) -> dict[str, object]:
    """How a vector stands in the index."""
    held = vector.verdicts.split()
    return {
        "name": vector.name,
        "requirement": vector.requirement,
        "why": vector.why,
        **{verdict: verdict in held for verdict in VERDICTS},
        "fails": vector.blamed,
        "needs": vector.needs,
    }


def made() -> dict[str, bytes]:
    """Every file of the folder."""
    every = list(vectors())
    lists: dict[bytes, str] = {}
    for vector in every:
        lists.setdefault(vector.trust, f"{vector.name}.trust")
    index = [{**row(vector), "bundle": f"{vector.name}.asice", "trust": lists[vector.trust]} for vector in every]
    files = {"vectors.json": ("[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in index) + "\n]\n").encode()}
    return files | {f"{vector.name}.asice": vector.data for vector in every} | {name: trust for trust, name in lists.items()}


def main(arguments: list[str]) -> int:
    """0 when written, or when the folder holds exactly what would be written."""
    files, pantry = made(), material.pantry()
    if arguments == ["--check"]:
        there = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
        return int(there != files or material.PANTRY.read_text() != pantry)
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for name, data in files.items():
        (FOLDER / name).write_bytes(data)
    material.PANTRY.write_text(pantry)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
