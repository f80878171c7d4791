"""The build step: the clause texts of a kind as a real Word template, with styles, automatic numbers and Jinja tags.

The result is what a lawyer downloads, edits in Word and uploads again, and what ``rendering.render_document`` fills. It holds

- paragraph styles joined to three multi-level lists (clauses 1, 1.1, (a); schedules; unnumbered parts), so that Word counts;
- one bookmark per clause, ``clause_<id>``, on its heading: cross-references are REF fields to it whose cached text comes from
  our own numbering, and a returned document is read back clause by clause;
- the tags of docxtpl: ``{%p if %}`` and ``{%p for %}`` around paragraphs, ``{%tr %}`` around rows, ``{{ }}`` in text;
- header (title, version), footer (state, reference, page), a table for every run of rows, a signature block for each party.

Parts that do not depend on clauses are files in ``word/`` beside this module, with ``$names`` filled here. Source: ECMA-376 part 1
(WordprocessingML). The bytes are a function of the catalogue alone: no clock, fixed times in the ZIP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal
from xml.sax.saxutils import escape

from ipr_service.agreements import assembly, typesetting
from ipr_service.agreements.catalogue import Catalogue, Kind, Part, Place
from ipr_service.agreements.clauses import Block, Bold, Clause, For, If, ListItem, Placeholder, Reference, Run, TableRow, Text
from ipr_service.agreements.rendering import name_of, pack
from ipr_service.errors import N_, InputError

TEXT_WIDTH = 8957
"""Twentieths of a point between the margins of the page (158 mm)."""
INDENT = 624
RESERVED = frozenset({"numbers", "paper"})
"""Names that templates read and that are no questions: the numbers of clauses, and the footer's words."""

_RESOURCES = Path(__file__).resolve().parent / "word"
_PARTS: Mapping[str, str] = {
    "[Content_Types].xml": "content_types.xml",
    "_rels/.rels": "package_rels.xml",
    "docProps/core.xml": "core.xml",
    "word/_rels/document.xml.rels": "document_rels.xml",
    "word/styles.xml": "styles.xml",
    "word/numbering.xml": "numbering.xml",
    "word/settings.xml": "settings.xml",
    "word/header1.xml": "header1.xml",
    "word/footer1.xml": "footer1.xml",
}
_PREFIXES: Mapping[Part, str] = {"opening": "Plain", "clauses": "Clause", "schedules": "Schedule", "closing": "Plain"}
_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_PAGE = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId4"/><w:footerReference w:type="default" r:id="rId5"/>'
    '<w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1757" w:right="1418" w:bottom="1757" w:left="1531" w:header="850" w:footer="737" w:gutter="0"/></w:sectPr>'
)
Wrapper = Literal["p", "tr"]


def build(kind: Kind, catalogue: Catalogue, language: str = "en") -> bytes:
    """The Word template of a kind.

    Raises:
        NotFoundError: a clause is not written in ``language``.
        InputError: a question of the kind has a name that templates need themselves.
    """
    taken = RESERVED & {question.id for question in kind.questions}
    if taken:
        msgid = N_("A question cannot be called {names}: templates use this name.")
        raise InputError.at("/questions", msgid, names=", ".join(sorted(taken)))
    words = typesetting.WORDS[language]
    before, between, after = _page_words(words["page"])
    values = {
        "title": kind.title,
        "version": words["version"].format(kind=kind.id, version=kind.version),
        "subject": f"{kind.key} {language}",
        "author": kind.author,
        "date": kind.date.isoformat(),
        "language": language,
        "schedule": assembly.WORDS[language]["schedule"].format(number="%1"),
        "page_before": before,
        "page_between": between,
        "page_after": after,
    }
    escaped = {name: escape(value) for name, value in values.items()}
    parts = {part: Template(_resource(file)).substitute(escaped).encode() for part, file in _PARTS.items()}
    return pack({**parts, "word/document.xml": _document(kind, catalogue, language).encode()})


def build_all(catalogue: Catalogue) -> Mapping[str, bytes]:
    """Every template of the newest version of every kind: ``<kind>/<language>.docx`` to bytes."""
    kinds = [catalogue.kind(name) for name in catalogue.names()]
    return {f"{kind.id}/{language}.docx": build(kind, catalogue, language) for kind in kinds for language in kind.languages}


def _resource(file: str) -> str:
    return (_RESOURCES / file).read_text(encoding="utf-8")


def _page_words(pattern: str) -> tuple[str, str, str]:
    """``Page {page} of {pages}`` as the three texts around two fields."""
    before, _, rest = pattern.partition("{page}")
    between, _, after = rest.partition("{pages}")
    return before, between, after


# --- the document part ----------------------------------------------------------------------------------------------


def _document(kind: Kind, catalogue: Catalogue, language: str) -> str:
    bookmarks = {place.clause: number for number, place in enumerate(kind.places, 1)}
    body = [paragraph("Title", text(kind.title))]
    breaks = page_breaks(kind.places)
    for place in kind.places:
        writer = _Writer(kind, place, language)
        body += writer.clause(catalogue.clause(language, place), bookmarks[place.clause], place in breaks)
    if not any(has_room(catalogue.clause(language, place).blocks) for place in kind.places if place.part == "closing"):
        body += _signatures(language, len(bookmarks) + 1)
    declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    xml = f"{declaration}\n<w:document {_NAMESPACES}><w:body>{''.join(body)}{_PAGE}</w:body></w:document>"
    return xml.replace("</w:p><w:", "</w:p>\n<w:")


def page_breaks(places: Sequence[Place]) -> frozenset[Place]:
    """Where a page begins: the first schedule that is sure to be there with those before it, and the closing part after schedules."""
    schedules = [place for place in places if place.part == "schedules"]
    sure = [at for at, place in enumerate(schedules) if place.condition is None]
    first = schedules[: sure[0] + 1] if sure else schedules
    closing = [place for place in places if place.part == "closing"][:1]
    return frozenset([*first, *(closing if schedules else ())])


def has_room(blocks: Sequence[Block]) -> bool:
    """Whether a table has an empty last cell, where somebody writes or signs."""
    return any(not row.cells[-1] for row in table_rows(blocks))


def text(words: str, bold: bool = False) -> str:
    """A run."""
    style = '<w:rPr><w:rStyle w:val="DefinedTerm"/></w:rPr>' if bold else ""
    return f'<w:r>{style}<w:t xml:space="preserve">{escape(words)}</w:t></w:r>'


def paragraph(style: str, content: str, extra: str = "") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{extra}</w:pPr>{content}</w:p>'


def tag(wrapper: Wrapper, statement: str) -> str:
    """A docxtpl statement; docxtpl replaces the paragraph or row around it by the bare Jinja tag."""
    line = f"<w:p>{text(f'{{%{wrapper} {statement} %}}')}</w:p>"
    return line if wrapper == "p" else f"<w:tr><w:tc>{line}</w:tc></w:tr>"


def bookmark(name: str, number: int, content: str) -> str:
    return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{content}<w:bookmarkEnd w:id="{number}"/>'


def reference(clause: str, prefix: str) -> str:
    """``clause`` and a REF field to the paragraph number of a heading, with our own number cached."""
    name = name_of(clause)
    field = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r><w:instrText xml:space="preserve"> REF clause_{name} \\r \\h </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        f"{text(f'{{{{ numbers.{name} }}}}')}"
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    return (text(prefix) if prefix else "") + field


@dataclass(frozen=True)
class _Writer:
    """Writes one clause in its place."""

    kind: Kind
    place: Place
    language: str

    @property
    def prefix(self) -> str:
        return _PREFIXES[self.place.part]

    def clause(self, clause: Clause, number: int, page_break: bool) -> Iterator[str]:
        if self.place.condition is not None:
            yield tag("p", f"if {self.place.condition.source}")
        style = "Heading1" if self.place.part == "clauses" else f"{self.prefix}Heading"
        heading = bookmark(f"clause_{name_of(clause.id)}", number, text(clause.title))
        yield paragraph(style, heading, "<w:pageBreakBefore/>" if page_break else "")
        yield from self.blocks(clause.blocks)
        if self.place.condition is not None:
            yield tag("p", "endif")

    def blocks(self, blocks: Sequence[Block]) -> Iterator[str]:
        rows: list[Block] = []
        for block in blocks:
            if is_rows(block):
                if rows and isinstance(block, TableRow) and block.heading:
                    yield from self.table(rows)
                    rows = []
                rows.append(block)
                continue
            if rows:
                yield from self.table(rows)
                rows = []
            if isinstance(block, (If, For)):
                yield from self.nested(block, "p")
            elif not isinstance(block, TableRow):
                yield paragraph(f"{self.prefix}{'Item' if isinstance(block, ListItem) else 'Text'}", self.runs(block.runs))
        if rows:
            yield from self.table(rows)

    def nested(self, block: If | For, wrapper: Wrapper, widths: Sequence[int] = ()) -> Iterator[str]:
        def inside(blocks: Sequence[Block]) -> Iterator[str]:
            return self.rows(blocks, widths) if wrapper == "tr" else self.blocks(blocks)

        if isinstance(block, For):
            yield tag(wrapper, f"for {block.name} in {block.source.source}")
            yield from inside(block.body)
            yield tag(wrapper, "endfor")
            return
        yield tag(wrapper, f"if {block.condition.source}")
        yield from inside(block.then)
        if block.otherwise:
            yield tag(wrapper, "else")
            yield from inside(block.otherwise)
        yield tag(wrapper, "endif")

    def table(self, blocks: Sequence[Block]) -> Iterator[str]:
        indent = 0 if self.prefix == "Plain" else INDENT
        widths = column_widths(tuple(table_rows(blocks)), TEXT_WIDTH - indent)
        columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        yield (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="Schedule"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
            f'<w:tblInd w:w="{indent}" w:type="dxa"/>'
            f'<w:tblLayout w:type="autofit"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>'
        )
        yield from self.rows(blocks, widths)
        yield "</w:tbl>" + paragraph("AfterTable", "")

    def rows(self, blocks: Sequence[Block], widths: Sequence[int]) -> Iterator[str]:
        for block in blocks:
            if isinstance(block, (If, For)):
                yield from self.nested(block, "tr", widths)
            elif isinstance(block, TableRow):
                style, repeat = ("TableHeading", "<w:tblHeader/>") if block.heading else ("TableText", "")
                cells = "".join(
                    f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{paragraph(style, self.runs(cell))}</w:tc>'
                    for cell, width in zip(block.cells, widths, strict=False)
                )
                height = "" if block.cells[-1] else '<w:trHeight w:val="1531" w:hRule="atLeast"/>'
                yield f"<w:tr><w:trPr><w:cantSplit/>{height}{repeat}</w:trPr>{cells}</w:tr>"

    def runs(self, runs: Iterable[Run]) -> str:
        return "".join(self.run(run) for run in runs)

    def run(self, run: Run) -> str:
        if isinstance(run, Placeholder):
            return text(f"{{{{ {run.expression.source} }}}}")
        if isinstance(run, Reference):
            part = next(place.part for place in self.kind.places if place.clause == run.clause)
            # A schedule's automatic number reads "Schedule 2" itself; a clause's is the bare number.
            word = "" if part == "schedules" else assembly.WORDS[self.language]["clause"].partition("{number}")[0]
            return reference(run.clause, word)
        return text(run.text, isinstance(run, Bold))


def column_widths(rows: Sequence[TableRow], width: int) -> tuple[int, ...]:
    """Share ``width`` by how much a column is likely to hold: its longest cell; a placeholder counts 16 letters, an empty cell 48."""
    columns = max(len(row.cells) for row in rows)
    weights = [max(_weight(row.cells[at]) for row in rows if at < len(row.cells)) for at in range(columns)]
    return tuple(width * weight // sum(weights) for weight in weights)


def _weight(cell: Sequence[Run]) -> int:
    if not cell:
        return 48
    letters = 0
    for run in cell:
        if isinstance(run, (Text, Bold)):
            letters += len(run.text)
        else:
            letters += 3 if isinstance(run, Placeholder) and run.expression.source == "loop.index" else 16
    return min(max(letters, 6), 48)


def is_rows(block: Block) -> bool:
    """Whether a block makes table rows and nothing else."""
    if isinstance(block, If):
        return all(is_rows(one) for one in (*block.then, *block.otherwise))
    if isinstance(block, For):
        return all(is_rows(one) for one in block.body)
    return isinstance(block, TableRow)


def table_rows(blocks: Sequence[Block]) -> Iterator[TableRow]:
    """Every row of ``blocks``, through all branches."""
    for block in blocks:
        if isinstance(block, If):
            yield from table_rows((*block.then, *block.otherwise))
        elif isinstance(block, For):
            yield from table_rows(block.body)
        elif isinstance(block, TableRow):
            yield block


def _signatures(language: str, number: int) -> Iterator[str]:
    """A heading that ends the text, and a block for each party with a box that stays free for the stamp."""
    words = typesetting.WORDS[language]
    left, right = 5102, TEXT_WIDTH - 5102
    # The gap keeps the ruled paragraphs apart: Word joins neighbours with equal borders into one frame.
    fields = (text(words[name]) for name in ("name", "capacity", "place"))
    lines = "".join(paragraph("SignatureGap", "") + paragraph("SignatureLine", field) for field in fields)
    yield paragraph("PlainHeading", bookmark("signatures", number, text(words["heading"])))
    yield tag("p", "for party in parties")
    yield (
        f'<w:tbl><w:tblPr><w:tblStyle w:val="Signature"/><w:tblW w:w="{TEXT_WIDTH}" w:type="dxa"/><w:tblLayout w:type="fixed"/></w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="{left}"/><w:gridCol w:w="{right}"/></w:tblGrid><w:tr><w:trPr><w:cantSplit/></w:trPr>'
        f'<w:tc><w:tcPr><w:tcW w:w="{left}" w:type="dxa"/></w:tcPr>{paragraph("SignatureName", text("{{ party.name }}"))}'
        f"{paragraph('SignatureRole', text('{{ party.role_label }}'))}{lines}</w:tc>"
        f'<w:tc><w:tcPr><w:tcW w:w="{right}" w:type="dxa"/></w:tcPr>{paragraph("SignatureRole", text(words["mark"]))}</w:tc></w:tr></w:tbl>'
    )
    yield paragraph("AfterTable", "")
    yield tag("p", "endfor")
