"""The public test vectors that the repository carries (tests/vectors, origins in SOURCES.md)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors"


def data(name: str) -> bytes:
    """The bytes of one vector, ``bundle/salt`` for instance."""
    return (VECTORS / name).read_bytes()


def lines(name: str) -> list[str]:
    """The lines of a text vector, without empty ones."""
    return [line for line in data(name).decode("utf-8").split("\n") if line]


def cases(folder: str) -> list[tuple[str, dict[str, Any]]]:
    """Every JSON case below a folder, as (path, case)."""
    paths = sorted((VECTORS / folder).rglob("*.json"))
    return [(str(path.relative_to(VECTORS)), json.loads(path.read_text())) for path in paths]
