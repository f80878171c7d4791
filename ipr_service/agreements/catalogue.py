"""The catalogue: kinds of agreement, their questions, and the clauses that they are built from.

A directory holds ``clauses/<language>/<clause>.md``, ``shared.yaml`` (questions and party fields that several kinds use),
``<kind>/template.yaml`` and ``published.json``. A superseded version stays beside its successor as ``<clause>@<version>.md`` or
``template@<version>.yaml``. ``published.json`` pins every published text by SHA-256, so that a text that changed without a new version
is found by ``Catalogue.unpinned``; the pins are data that a release writes, never this module.

Nothing here knows answers; see ``interview``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipr_service.agreements import clauses
from ipr_service.agreements.clause_body import refuse, schema_paths
from ipr_service.agreements.clauses import Clause
from ipr_service.agreements.kinds import Deadline, Kind, Option, Part, Place, Question, Role, kind_from, known_paths
from ipr_service.errors import N_, NotFoundError

__all__ = ["Catalogue", "Deadline", "Kind", "Option", "Part", "Place", "Question", "Role"]


@dataclass(frozen=True)
class Catalogue:
    """Every kind and clause of a directory. ``kinds`` by ``(id, version)``, ``clauses`` by ``(language, id, version)``."""

    kinds: Mapping[tuple[str, int], Kind]
    clauses: Mapping[tuple[str, str, int], Clause]
    published: Mapping[str, str]

    @classmethod
    def load(cls, directory: Path) -> Catalogue:
        """Read and check a directory of templates.

        Raises:
            FormatError: ``file:line: reason``; a kind that names a clause or a variable that does not exist is refused too.
        """
        found: dict[tuple[str, str, int], Clause] = {}
        for file in sorted((directory / "clauses").glob("*/*.md")):
            name = file.relative_to(directory).as_posix()
            clause = clauses.load(file.read_bytes().decode(), name)
            if file.stem.split("@")[0] != clause.id:
                raise refuse(name, 2, f"the file is not named after its clause {clause.id}")
            found[(file.parent.name, clause.id, clause.version)] = clause
        shared = _yaml(directory / "shared.yaml", directory)
        kinds: dict[tuple[str, int], Kind] = {}
        for file in sorted(directory.glob("*/template*.yaml")):
            kind = kind_from(_yaml(file, directory), shared, file.relative_to(directory).as_posix())
            _check_kind(kind, found, file.relative_to(directory).as_posix())
            kinds[(kind.id, kind.version)] = kind
        pins = directory / "published.json"
        return cls(kinds, found, json.loads(pins.read_text()) if pins.exists() else {})

    def kind(self, id: str, version: int | None = None) -> Kind:
        """A kind, the newest unless ``version`` is given.

        Raises:
            NotFoundError: there is none of that name.
        """
        versions = [v for name, v in self.kinds if name == id and version in (None, v)]
        if not versions:
            raise NotFoundError(N_("There is no kind of agreement '{kind}'; there are: {kinds}"), kind=id, kinds=", ".join(self.names()))
        return self.kinds[(id, max(versions))]

    def names(self) -> tuple[str, ...]:
        """Ids of the kinds, sorted."""
        return tuple(sorted({id for id, _ in self.kinds}))

    def clause(self, language: str, place: Place) -> Clause:
        """The clause of a place, in a language.

        Raises:
            NotFoundError: it was not written in that language.
        """
        try:
            return self.clauses[(language, place.clause, place.version)]
        except KeyError:
            raise NotFoundError(
                N_("The clause {clause} is not written in the language '{language}'"), clause=place.clause, language=language
            ) from None

    def pins(self) -> dict[str, str]:
        """What ``published.json`` says once all this is published: ``<language>/<id>@<version>`` or ``<id>@<version>`` to SHA-256."""
        texts = {f"{language}/{clause.key}": clause.digest for (language, _, _), clause in self.clauses.items()}
        return dict(sorted({**texts, **{kind.key: kind.digest for kind in self.kinds.values()}}.items()))

    def unpinned(self) -> tuple[str, ...]:
        """Texts that differ from their pin, lack one, or are pinned and gone; empty when all is well."""
        now = self.pins()
        return tuple(sorted(key for key in {*now, *self.published} if now.get(key) != self.published.get(key)))


def _yaml(file: Path, directory: Path) -> dict[str, Any]:
    return clauses.parse_yaml(file.read_bytes().decode(), file.relative_to(directory).as_posix(), 1)


def _check_kind(kind: Kind, found: Mapping[tuple[str, str, int], Clause], path: str) -> None:
    known, placed = known_paths(kind), {place.clause for place in kind.places}
    for question in kind.questions:
        for read_path in question.show_if.paths if question.show_if else ():
            if ".".join(read_path) not in known:
                raise refuse(path, 1, f"question {question.id}: show_if reads {'.'.join(read_path)}, which nobody asks")
    for deadline in kind.deadlines:
        names: set[str] = {*deadline.after, *(".".join(p) for p in (deadline.condition.paths if deadline.condition else ()))}
        names |= {f"{deadline.each}[].{deadline.day}"} if deadline.each else set()
        if names - known:
            raise refuse(path, 1, f"deadline {deadline.id} reads {sorted(names - known)}, which nobody asks")
    for place in kind.places:
        for language in kind.languages:
            clause = found.get((language, place.clause, place.version))
            if clause is None:
                raise refuse(path, 1, f"there is no clause {place.clause}@{place.version} in the language {language}")
            read = {*schema_paths(clause.blocks), *(".".join(p) for p in (place.condition.paths if place.condition else ()))}
            if read - known:
                raise refuse(path, 1, f"{place.clause} reads {sorted(read - known)}, which nobody asks")
            if set(clause.references()) - placed:
                raise refuse(path, 1, f"{place.clause} points to {sorted(set(clause.references()) - placed)}, which the kind lacks")
