"""The files of known answers by their kind: a file that is added later runs without another line of code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[1] / "cases" / "rights"


def files_of_kind(kind: str) -> list[dict[str, Any]]:
    """Every file of one kind, as it is."""
    loaded = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.yaml"))]
    return [one for one in loaded if one["kind"] == kind]


def of_kind(kind: str) -> list[dict[str, Any]]:
    """The cases of every file of one kind."""
    return [case for one in files_of_kind(kind) for case in one["cases"]]
