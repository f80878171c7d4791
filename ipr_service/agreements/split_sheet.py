"""The split sheet as a PDF: archival and accessible like every paper here, the same bytes for the same input.

It states shares that the parties accepted elsewhere; signing it on paper is up to them, and the page says from where it comes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from ipr_service.agreements import typesetting
from ipr_service.errors import N_
from ipr_service.rights.exports.split_sheet import Sheet, rows

_NOTES: Final = {
    "100": N_("Convention: 100 %. The creators’ side and the publishers’ side are each half of the whole."),
    "200": N_("Convention: 200 %. The creators’ side and the publishers’ side are each a whole of their own."),
}


def typeset_sheet(found: Sheet, reference: str, made: datetime, translate: Callable[[str], str] = str, language: str = "en") -> bytes:
    """The sheet as PDF/A-3a and PDF/UA-1.

    Args:
        reference: by what this copy can be matched, e.g. the digest of the split.
        made: aware, written as time of creation.
        translate: gettext, into ``language``.

    Raises:
        InputError: a character that the type does not have.
    """
    head, *lines = rows(found, translate)
    data = {
        "title": translate(N_("Split sheet")),
        "author": "",
        "language": language,
        "version": found.title,
        "page": translate(N_("Page {page} of {pages}")),
        "state": translate(N_("As accepted by every party in the collaboration")),
        "reference": reference,
        "lead": found.title,
        "head": head,
        "rows": lines,
        "notes": [translate(_NOTES[found.convention]), translate(N_("Shares are exact fractions; percentages follow from them."))],
        "signing": {
            "title": translate(N_("Signatures")),
            "head": [translate(word) for word in (N_("Party"), N_("Place and date"), N_("Signature"))],
            "names": [line.holder.name for line in found.lines],
        },
    }
    return typesetting.compile_paper("sheet.typ", data, made)
