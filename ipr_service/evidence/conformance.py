"""The conformance vectors of docs/standard: bundles with what a reader trusts and the verdicts that have to follow.

A vector is kept when a verifier gives exactly its three verdicts. A verifier that cannot check something (``needs``) and says so may
differ there. The reference verifier has to blame the named check as well. Files are read from a folder, nothing else happens here.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import cast

from ipr_service.errors import N_, FormatError
from ipr_service.evidence.report import VERDICTS
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify

INDEX = "vectors.json"


@dataclass(frozen=True)
class Verdicts:
    """What was found, or what has to be."""

    intact: bool
    trusted: bool
    timed: bool

    def __str__(self) -> str:
        return " ".join(f"{name}={'yes' if getattr(self, name) else 'no'}" for name in VERDICTS)


@dataclass(frozen=True)
class Vector:
    """One vector.

    Args:
        name: of the vector; requirement: of docs/standard; why: in a few words.
        bundle, trust: paths of its files.
        expected: the verdicts.
        fails: a check that the reference verifier has to fail, or empty.
        needs: what a verifier may lack when it says so, or empty.
    """

    name: str
    requirement: str
    why: str
    bundle: Path
    trust: Path
    expected: Verdicts
    fails: str
    needs: str


def shipped() -> Path:
    """The folder of the vectors that travel with this release."""
    return Path(str(files("ipr_service.evidence") / "files" / "vectors"))


def read(folder: Path) -> tuple[Vector, ...]:
    """The vectors of a folder.

    Raises:
        FormatError: no index, or not of its form.
    """
    try:
        rows = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        return tuple(_vector(folder, row) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError(N_("{folder} holds no conformance vectors: {name} is missing or damaged"), folder=folder, name=INDEX) from error


def _vector(folder: Path, row: Mapping[str, object]) -> Vector:
    name, requirement, why, bundle, trust, fails, needs = (
        str(row[key]) for key in ("name", "requirement", "why", "bundle", "trust", "fails", "needs")
    )
    held = [cast(bool, row[verdict]) for verdict in VERDICTS]
    return Vector(name, requirement, why, folder / bundle, folder / trust, Verdicts(*held), fails, needs)


@dataclass(frozen=True)
class Outcome:
    """How a verifier judged one vector. ``found`` is None when it lacks what the vector needs, and says so."""

    vector: Vector
    found: Verdicts | None
    blamed: bool = True

    @property
    def kept(self) -> bool:
        return self.found is None or (self.found == self.vector.expected and self.blamed)


def run(vectors: tuple[Vector, ...]) -> Iterator[Outcome]:
    """Judge every vector with this program's own verifier."""
    for vector in vectors:
        report = verify(io.BytesIO(vector.bundle.read_bytes()), TrustList.from_bytes(vector.trust.read_bytes()))
        failed = [check.name for check in report.failed]
        blamed = not vector.fails or any(name == vector.fails or name.startswith(f"{vector.fails}.") for name in failed)
        yield Outcome(vector, Verdicts(report.intact, report.trusted, report.timed), blamed)
