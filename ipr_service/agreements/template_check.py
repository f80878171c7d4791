"""May this Word file be a template? Asked once, when an organisation uploads its own.

First the container (``word_container``), then what is in it, read exactly as docxtpl will read it:

1. Tags stand in the text of body, headers, footers and footnotes only: never in attributes (a picture's description),
   fields, comments, properties, settings; each tag opens and closes in one paragraph.
2. The statements are ``if``, ``elif``, ``else``, ``endif``, ``for``, ``endfor``, plain or for a paragraph, row or run.
3. Each part, after docxtpl's own patching, parses as a Jinja template whose syntax tree holds only what ``template_syntax``
   lists: no call, index, arithmetic, assignment, macro or include.
4. Every name is one that the kind's questions answer; an unknown one comes back with the nearest known one.

Source: "Safe upload recipe", AGREEMENTS.md 3; SECURITY.md classes 1, 4, 5. What this does not do: render, or read what the text means.
An accepted template still renders in the sandbox of ``rendering``.
"""

from __future__ import annotations

import difflib
import io
import re
from collections.abc import Collection, Iterator, Sequence

from docxtpl import DocxTemplate
from jinja2 import TemplateSyntaxError
from lxml import etree

from ipr_service.agreements import expressions
from ipr_service.agreements.template_syntax import paths_read
from ipr_service.agreements.word_container import Finding, W, check_container
from ipr_service.errors import N_, FormatError

MAX_TAGS = 1500
"""Tags of one part; what docxtpl does to a part grows with them."""
MAX_TAG = 400
"""Characters of one tag."""

TEMPLATE_NAMES = frozenset({"paper.state", "paper.reference", "kind_title", "loop.index", "loop.first", "loop.last"})
"""Names that every template may read beside the answers; ``numbers.<clause>`` too."""

_TAG_PARTS = re.compile(r"word/(document|header[0-9]*|footer[0-9]*|footnotes)\.xml\Z")
_OPENING = re.compile(r"\{[{%#]")
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_HALF = re.compile(r"\{[{%#]|[}%#]\}|\{_[{%]|[}%]_\}")
_STATEMENT = re.compile(r"\{%-?\s*(?:(?:p|tr|r)\s+)?(?P<word>[a-z]+)")
_PRINT = re.compile(r"\{\{-?(?:(?:p|tr|r|tc)\s|-)")
STATEMENTS = frozenset({"if", "elif", "else", "endif", "for", "endfor"})


def check_upload(data: bytes, known: Collection[str]) -> tuple[Finding, ...]:
    """Why a file cannot be a template; empty when it can.

    Args:
        data: the uploaded bytes.
        known: schema paths that may be read, from ``catalogue.known_paths``.
    """
    findings, parts = check_container(data)
    if findings:
        return findings
    found: list[Finding] = []
    for name, root in parts.items():
        found += _check_places(name, root)
    if found:
        return tuple(found)
    names = frozenset(known) | TEMPLATE_NAMES
    for name, root in parts.items():
        if _TAG_PARTS.match(name):
            found += _check_template(name, root, names)
    return tuple(found)


# --- where tags stand ------------------------------------------------------------------------------------------------


def _check_places(name: str, root: etree._Element) -> Iterator[Finding]:
    allowed = bool(_TAG_PARTS.match(name))
    if any(_HALF.search(text) for text in _outside_of_text(root, allowed)):
        msgid = N_("A tag stands where it is not printed (a property, field, picture or comment). Remove it there.")
        yield Finding("tag-place", name, msgid)
    if not allowed:
        return
    paragraphs = ["".join(text.text or "" for text in paragraph.iter(W + "t")) for paragraph in root.iter(W + "p")]
    tags = [tag for text in paragraphs for tag in _TAG.findall(text)]
    if len(tags) > MAX_TAGS:
        msgid = N_("A part of a template may have {limit} tags; this one has {count}.")
        yield Finding("tag-count", name, msgid, {"limit": MAX_TAGS, "count": len(tags)})
    yield from _check_tags(name, tags)
    # What is left once whole tags are gone, also across the seams between paragraphs: docxtpl looks past them.
    rest = [_TAG.sub("\0", text) for text in paragraphs]
    if any(_HALF.search(text.replace("\0", "")) for text in rest) or _HALF.search("".join(rest)):
        msgid = N_("A tag is not closed in its paragraph. Write {example} whole, without a line break in it.")
        yield Finding("tag-open", name, msgid, {"example": "{{ … }}"})


def _outside_of_text(root: etree._Element, allowed: bool) -> Iterator[str]:
    """Every string of a part but the text that is printed; in a part without tags, that text too."""
    for element in root.iter():
        if callable(element.tag):
            yield element.text or ""
            yield element.tail or ""
            continue
        yield from (value for value in element.attrib.values() if isinstance(value, str))
        if not (allowed and element.tag == W + "t"):
            yield element.text or ""
        yield element.tail or ""


def _check_tags(name: str, tags: Sequence[str]) -> Iterator[Finding]:
    for tag in tags:
        word = _STATEMENT.match(tag)
        if len(tag) > MAX_TAG:
            yield Finding("tag-length", name, N_("A tag may have {limit} characters."), {"limit": MAX_TAG})
        elif tag.startswith("{%") and (word is None or word["word"] not in STATEMENTS):
            yield Finding("statement", name, N_("The statement {tag} is not allowed; if and for are."), {"tag": tag[:60]})
        elif _PRINT.match(tag) or tag.endswith(("-}}", "-%}")) or tag.startswith("{%-"):
            yield Finding("statement", name, N_("The tag {tag} is not allowed; write {example}."), {"tag": tag[:60], "example": "{{ … }}"})


# --- what tags say ----------------------------------------------------------------------------------------------------


def _check_template(name: str, root: etree._Element, known: frozenset[str]) -> Iterator[Finding]:
    source = DocxTemplate(io.BytesIO(b"")).patch_xml(etree.tostring(root, encoding="unicode"))
    try:
        read = paths_read(expressions.sandbox("en").parse(source))
    except TemplateSyntaxError as error:
        yield Finding("syntax", name, N_("The tags do not fit together: {reason}."), {"reason": str(error.message)[:200]})
    except FormatError as error:
        yield Finding("expression", name, N_("A tag asks for something that is not allowed: {reason}."), {"reason": str(error)[:200]})
    else:
        yield from (_unknown(name, path, known) for path in read if not _is_known(path, known))


def _is_known(path: str, known: frozenset[str]) -> bool:
    return path in known or path.startswith("numbers.")


def _unknown(name: str, path: str, known: frozenset[str]) -> Finding:
    near = difflib.get_close_matches(path, sorted(known), n=1)
    if near:
        return Finding("variable", name, N_("Nobody asks for {name}. Did you mean {near}?"), {"name": path[:80], "near": near[0]})
    return Finding("variable", name, N_("Nobody asks for {name}."), {"name": path[:80]})
