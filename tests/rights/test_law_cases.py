"""The known answers about the law in tests/cases/rights, read as they are and run against the packs.

Every file whose kind is known here runs, whatever its number: see :mod:`tests.rights.law_cases`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rights.law_cases import ADAPTERS, Known

FOLDER = Path(__file__).parents[1] / "cases" / "rights"
NUMBERS = {"01", "02", "04", "06", "07", "08", "43"}


def files() -> list[tuple[str, dict[str, Any]]]:
    read = [(path.name, yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.yaml"))]
    return [(name, file) for name, file in read if file.get("kind") in ADAPTERS]


CASES = [
    pytest.param(file, case, id=f"{name[:2]} {number} {case.get('country', '')} {case.get('right', '')}".strip())
    for name, file in files()
    for number, case in enumerate(file["cases"], 1)
]


def test_the_files_about_the_law_are_here() -> None:
    assert {name[:2] for name, _ in files()} >= NUMBERS


@pytest.mark.parametrize(("file", "case"), CASES)
def test_the_engine_gives_the_known_answer(file: Known, case: Known) -> None:
    ADAPTERS[file["kind"]](file, case)
