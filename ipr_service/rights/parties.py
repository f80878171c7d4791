"""Parties: who takes part in a collaboration, as far as the rights rules need to know.

A party is known to every computation by its id only. Name and organisation are for people to read: they are never
hashed and never decide anything, so that a person can be erased and her share survives under the bare id.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ipr_service.errors import N_, InputError

MAX_PARTIES = 100_000
MAX_NAME = 200
MAX_ID = 64
MAX_SEARCHED = 1000
"""Most names searched for one that was perhaps meant: the search is slow, and a long list must not make a typo costly."""

_ID = re.compile(rf"[A-Za-z0-9][A-Za-z0-9_.-]{{0,{MAX_ID - 1}}}")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class Party:
    """A person or organisation that takes part.

    Args:
        id: opaque, 1 to 64 of ``A-Z a-z 0-9 _ . -``; a ULID in the service. Unique within a computation.
        name: what people call it, 1 to 200 characters; None after the person was erased.
        organisation: the organisation it acts for, if any.
        country: ISO 3166-1 alpha-2 code of its seat or domicile, if known.

    Raises:
        InputError: a field outside these limits.
    """

    id: str
    name: str | None = None
    organisation: str | None = None
    country: str | None = None

    def __post_init__(self) -> None:
        check_id("/id", self.id)
        check_label("/name", self.name)
        check_label("/organisation", self.organisation)
        if self.country is not None and not _COUNTRY.fullmatch(self.country):
            raise InputError.at("/country", N_("A country is two capital letters after ISO 3166-1, such as IT"))

    @property
    def label(self) -> str:
        """The name, or the id when the person was erased."""
        return self.name or self.id

    def erased(self) -> Party:
        """The same party without anything that names a person; every digest and share stays as it was."""
        return replace(self, name=None, organisation=None)


def check_id(pointer: str, value: str) -> None:
    """Refuse an id outside the alphabet and length that every id of this room keeps to.

    Raises:
        InputError: at ``pointer``.
    """
    if not _ID.fullmatch(value):
        msgid = N_("An id is 1 to {limit} of the characters A-Z a-z 0-9 _ . - and begins with a letter or digit")
        raise InputError.at(pointer, msgid, limit=MAX_ID)


def check_label(pointer: str, value: str | None, limit: int = MAX_NAME) -> None:
    """Refuse a name that is empty, too long, or holds control or text-direction characters.

    Raises:
        InputError: at ``pointer``.
    """
    if value is None:
        return
    if not 1 <= len(value) <= limit or not value.strip():
        raise InputError.at(pointer, N_("Between 1 and {limit} characters are taken here"), limit=limit)
    if any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in value):
        raise InputError.at(pointer, N_("Control characters and marks that change the direction of text are not taken here"))


def check_known(pointer: str, value: str, known: Iterable[str], msgid: str) -> None:
    """Refuse ``value`` unless it is one of ``known``; the sentence ``msgid`` may use {value}, {near} and {known}.

    Raises:
        InputError: at ``pointer``.
    """
    names = tuple(known)
    if value not in names:
        value = value[:MAX_ID]
        near = difflib.get_close_matches(value, names[:MAX_SEARCHED], 1) or names[:1]
        shown = ", ".join(names[:20]) + (" …" if len(names) > 20 else "")
        raise InputError.at(pointer, msgid, value=value, near="".join(near), known=shown)
