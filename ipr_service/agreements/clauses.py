"""A clause: its text as a lawyer reads it, and the same text as a checked model.

A clause file is UTF-8, NFC text: YAML front matter between two lines ``---``, then the body, whose grammar is in ``clause_body``. A
published text never changes: its digest (SHA-256 of the file's bytes) is pinned, see ``catalogue``.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from ipr_service.agreements.clause_body import (
    CLAUSE_ID,
    MAX_DEPTH_OF_LOOPS,
    Block,
    Bold,
    For,
    If,
    ListItem,
    Paragraph,
    Placeholder,
    Reference,
    Run,
    TableRow,
    Text,
    read_body,
    refuse,
    runs_of,
    schema_paths,
)

__all__ = [
    "MAX_DEPTH_OF_LOOPS", "Block", "Bold", "Clause", "For", "If", "ListItem", "Paragraph", "Placeholder", "Reference", "Run",
    "TableRow", "Text", "load", "parse_yaml", "refuse", "runs_of", "schema_paths",
]  # fmt: skip

Kind = Literal["mandatory", "optional"]
Mark = Literal["verified", "unverified"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast; the service loads the catalogue when it starts
VERSION = re.compile(r"[1-9][0-9]{0,3}\Z")
FRONT_MATTER: Mapping[str, type] = {
    "id": str, "version": int, "title": str, "kind": str, "jurisdictions": list,
    "variables": list, "why": str, "source": str, "mark": str, "fallback": str,
}  # fmt: skip


@dataclass(frozen=True)
class Clause:
    """One clause in one language.

    Args:
        id: lower-case words joined by hyphens, the file's name without ``.md``.
        version: a whole number from 1; a changed text is a new version.
        title: the heading.
        kind: ``mandatory`` (the kind is not complete without it) or ``optional``.
        jurisdictions: ISO 3166-1 codes that it was written for, or ``EU``.
        variables: schema paths that it reads, e.g. ``discloser.name`` or ``parties[].name``.
        why: one line for the person who answers the questions.
        source: where its substance comes from; cited, not copied.
        mark: ``verified`` only when every legal statement was read in a primary text.
        fallback: what may be offered instead when the other side refuses it.
        body: the text after the front matter.
        digest: SHA-256 of the file's bytes, lower-case hex.
        blocks: the parsed body.
    """

    id: str
    version: int
    title: str
    kind: Kind
    jurisdictions: tuple[str, ...]
    variables: tuple[str, ...]
    why: str
    source: str
    mark: Mark
    fallback: str
    body: str
    digest: str
    blocks: tuple[Block, ...]

    @property
    def mandatory(self) -> bool:
        return self.kind == "mandatory"

    @property
    def key(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"

    def references(self) -> tuple[str, ...]:
        """Ids of the clauses that this one points to, in order, each once."""
        return tuple(dict.fromkeys(run.clause for run in runs_of(self.blocks) if isinstance(run, Reference)))


def load(text: str, path: str) -> Clause:
    """Parse one clause file.

    Args:
        text: the file's content.
        path: its name, for errors.

    Raises:
        FormatError: ``file:line: reason``.
    """
    header, body, first = split_front_matter(text, path)
    values = _checked_header(header, path)
    blocks = read_body(body, first, path)
    if not blocks:
        raise refuse(path, first, "a clause has at least one paragraph")
    clause = Clause(**values, body=body, digest=hashlib.sha256(text.encode()).hexdigest(), blocks=blocks)
    _check_variables(clause, path)
    return clause


def split_front_matter(text: str, path: str) -> tuple[dict[str, Any], str, int]:
    """The YAML header, the body and the number of the body's first line."""
    for number, line in enumerate(text.split("\n"), 1):
        if any(unicodedata.category(c) in {"Cc", "Cf"} for c in line) or not unicodedata.is_normalized("NFC", line):
            raise refuse(path, number, "text is NFC, without control or invisible characters, lines end with a line feed")
    lines = text.split("\n")
    if lines[0] != "---" or "---" not in lines[1:]:
        raise refuse(path, 1, "a clause begins with YAML front matter between two lines ---")
    end = lines.index("---", 1)
    header = parse_yaml("\n".join(lines[1:end]), path, 2)
    return header, "\n".join(lines[end + 1 :]).strip("\n") + "\n", _first_content_line(lines, end + 1)


def parse_yaml(text: str, path: str, first: int) -> dict[str, Any]:
    """A YAML table, by the safe loader; ``first`` is the number of its first line in ``path``.

    Raises:
        FormatError: not YAML, or not a table.
    """
    try:
        data = yaml.load(text, Loader=_LOADER)  # noqa: S506 - the safe loader, written in C
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise refuse(path, first + (mark.line if mark else 0), "this is not YAML") from error
    if not isinstance(data, dict):
        raise refuse(path, first, "a table of names and values is expected")
    return data


def _first_content_line(lines: Sequence[str], start: int) -> int:
    return next((i + 1 for i in range(start, len(lines)) if lines[i].strip()), start + 1)


def _checked_header(header: Mapping[str, Any], path: str) -> dict[str, Any]:
    unknown, missing = set(header) - set(FRONT_MATTER), set(FRONT_MATTER) - set(header)
    if unknown or missing:
        raise refuse(path, 2, f"the front matter has unknown {sorted(map(str, unknown))} and lacks {sorted(missing)}")
    for name, wanted in FRONT_MATTER.items():
        if not isinstance(header[name], wanted) or isinstance(header[name], bool):
            raise refuse(path, 2, f"{name} is not a {wanted.__name__}")
    if not CLAUSE_ID.match(header["id"]) or not VERSION.match(str(header["version"])):
        raise refuse(path, 2, "id is lower-case words joined by hyphens, version a whole number from 1")
    if header["kind"] not in ("mandatory", "optional") or header["mark"] not in ("verified", "unverified"):
        raise refuse(path, 2, "kind is mandatory or optional, mark is verified or unverified")
    if not header["why"].strip() or not header["source"].strip() or not header["title"].strip():
        raise refuse(path, 2, "title, why and source are not empty")
    if not all(isinstance(entry, str) for entry in (*header["jurisdictions"], *header["variables"])):
        raise refuse(path, 2, "jurisdictions and variables are lists of texts; quote what YAML reads otherwise")
    return {name: tuple(map(str, value)) if isinstance(value, list) else value for name, value in header.items()}


def _check_variables(clause: Clause, path: str) -> None:
    read = set(schema_paths(clause.blocks))
    listed = set(clause.variables)
    # A list read as a whole is declared by the paths of its fields, or by its own name.
    undeclared = {p for p in read - listed if not any(name.startswith((p + "[]", p + ".")) for name in listed)}
    if undeclared or listed - read:
        raise refuse(path, 2, f"variables: undeclared {sorted(undeclared)}, not read {sorted(listed - read)}")
