"""An assembled agreement as a PDF: archival (PDF/A-3a), accessible (PDF/UA-1), the same bytes for the same input.

Typst sets the evaluated clause model of ``assembly``, so that the PDF says what the Word file says; the values travel as
JSON data beside the source and are never part of it. Type comes from the package (IBM Plex Sans); fonts of the system are
ignored, so that every machine makes the same file. Time is an argument.

What this does not do: it signs nothing, converts no Word file, and does not prove conformance (the profile is the
writer's claim; no validator ran here).
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import typst

from ipr_service.agreements.assembly import Document, Line, Pointer, ResolvedRun, Section
from ipr_service.agreements.clauses import Bold
from ipr_service.errors import N_, InputError

PROFILES: list[Any] = ["a-3a", "ua-1"]
_PACKAGE = Path(__file__).resolve().parent
_SOURCES = _PACKAGE / "typst"
_FONTS = _PACKAGE.parent / "fonts"

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "version": "{kind}, version {version}",
        "page": "Page {page} of {pages}",
        "heading": "Signatures",
        "name": "Name",
        "capacity": "Capacity",
        "place": "Place and date",
        "mark": "Signature",
    }
}
"""The few words that the paper itself adds, by contract language."""


@dataclass(frozen=True)
class Imprint:
    """What the footer says about this very copy.

    Args:
        state: in words, e.g. ``"Draft, not reviewed by counsel"`` or ``"Final text for signature"``.
        reference: what this copy can be matched by, e.g. ``"Terms 3f…"``.
    """

    state: str
    reference: str


def imprint(document: Document, state: str | None = None) -> Imprint:
    """The imprint of a document: its review state unless another is given, and the digest of its terms."""
    review = document.kind.review if state is None else state
    return Imprint(review[:1].upper() + review[1:], f"Terms SHA-256 {document.terms.digest}")


def typeset(document: Document, made: datetime, marks: Imprint | None = None) -> bytes:
    """Set an agreement.

    Args:
        document: from ``assembly.assemble``.
        made: aware; the creation time written into the PDF.
        marks: the footer's words; by default the kind's review state and the digest of the terms.

    Raises:
        InputError: a character that the type does not have; names it.
    """
    words = WORDS.get(document.language, WORDS["en"])
    marks = marks or imprint(document)
    data = {
        "title": document.title,
        "author": document.kind.author,
        "language": document.language,
        "version": words["version"].format(kind=document.kind.id, version=document.kind.version),
        "page": words["page"],
        "state": marks.state,
        "reference": marks.reference,
        "sections": [_section(section) for section in document.sections],
        "signatures": {**words, "parties": _signing_parties(document)},
    }
    return compile_paper("agreement.typ", data, made)


def _signing_parties(document: Document) -> list[dict[str, str]]:
    """Whom to draw a signature block for: nobody, when the closing part has its own table with room to sign."""
    if has_room(document):
        return []
    parties = document.terms.context(document.kind)["parties"]
    return [{"name": party["name"], "role": party["role_label"]} for party in parties]


def has_room(document: Document) -> bool:
    """Whether a closing clause has a table with an empty last column, where parties sign."""
    return any(not line.cells[-1] for section in document.sections if section.part == "closing" for line in section.lines)


def _section(section: Section) -> dict[str, Any]:
    return {
        "part": section.part,
        "target": _target(section.clause.id),
        "number": section.number,
        "title": section.clause.title,
        "blocks": blocks_of(section.lines),
    }


def blocks_of(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines with neighbouring rows joined into tables; a heading row begins a new table, as does another number of cells.

    A table with an empty last cell is one to write in: ``room``.
    """
    blocks: list[dict[str, Any]] = []
    for line in lines:
        cells = [[_run(run) for run in cell] for cell in line.cells]
        if line.kind in ("paragraph", "item"):
            blocks.append({"kind": line.kind, "label": line.label, "runs": cells[0]})
            continue
        above = blocks[-1] if blocks and blocks[-1]["kind"] == "table" and blocks[-1]["width"] == len(cells) else None
        if line.kind == "heading-row":
            above = {"kind": "table", "width": len(cells), "heading": cells, "rows": [], "room": False}
            blocks.append(above)
            continue
        if above is None:
            above = {"kind": "table", "width": len(cells), "heading": None, "rows": [], "room": False}
            blocks.append(above)
        above["rows"].append(cells)
        above["room"] = above["room"] or not cells[-1]
    return blocks


def _run(run: ResolvedRun) -> dict[str, Any]:
    if isinstance(run, Pointer):
        return {"text": run.label, "bold": False, "target": _target(run.clause)}
    return {"text": run.text, "bold": isinstance(run, Bold)}


def _target(clause: str) -> str:
    return f"clause-{clause}"


# --- typst ------------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1)
def _fonts() -> Any:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FONTS])


def compile_paper(source: str, data: Mapping[str, Any], made: datetime) -> bytes:
    """One Typst source of this package over ``data``.

    Args:
        source: file name in the package's ``typst`` folder.
        data: becomes ``sys.inputs.data`` as JSON; text only, never source.
        made: aware; written as creation time, whole seconds.

    Raises:
        InputError: a character that the type does not have.
    """
    try:
        pdf: bytes = typst.compile(
            _SOURCES / source,
            root=_SOURCES,
            font_paths=_fonts(),
            format="pdf",
            sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
            pdf_standards=PROFILES,
            timestamp=int(made.timestamp()),
        )
    except typst.TypstError as error:
        raise _unprintable(error) from error
    return pdf


_UNPRINTABLE = re.compile(r"""the text `?"?(?P<text>.+?)"?`? could not be displayed""")


def _unprintable(error: typst.TypstError) -> Exception:
    """A missing glyph is the writer's to mend; everything else is a fault of ours and stays what it is."""
    match = _UNPRINTABLE.search(error.message)
    if match is None:
        return error
    msgid = N_("The characters {text} cannot be printed in a PDF. Write them in Latin, Greek or Cyrillic letters.")
    return InputError(msgid, text=match["text"])
