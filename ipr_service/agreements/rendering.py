"""A Word template and checked values in, a Word document out: the only door to docxtpl.

docxtpl alone runs code that stands in a template (even in the document's title), takes a value for markup, turns a
bell character into a new paragraph and a missing variable into nothing (AGREEMENTS.md 3). Here:

- a template's syntax tree must pass ``template_syntax``, before it is compiled;
- it runs in ``expressions.Sandbox``: immutable, no globals, our filters only, a path reads mapping keys only;
- every value is escaped, its control characters are dropped, and its braces are written as references, so that docxtpl's own
  unescaping of ``{_{`` finds nothing;
- a condition over something unanswered is false, as in ``assembly``; printing something unanswered is a MissingAnswerError;
- document properties are data, never templates: they are replaced by what the caller gives;
- the result is packed with fixed times, so that the same input gives the same bytes.

What this does not do: judge an uploaded template (``template_check`` does, first), or bound time and memory: an uploaded template
is rendered in a worker with limits.
"""

from __future__ import annotations

import functools
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import Undefined, UndefinedError, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.utils import missing
from lxml import etree
from markupsafe import Markup, escape

from ipr_service.agreements import expressions
from ipr_service.agreements.assembly import Document
from ipr_service.agreements.template_syntax import paths_read
from ipr_service.agreements.typesetting import Imprint, imprint
from ipr_service.errors import N_, FieldProblem, InputError, MissingAnswerError

ZIP_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time a ZIP can say; every part carries it."""


@dataclass(frozen=True)
class Properties:
    """What Word shows under File, Info.

    Args:
        title, author, subject: plain text.
        made: aware; creation and change time.
        reference: kept in the custom property ``ipr-reference``, which survives a save in Word and LibreOffice, so that a
            returned file can be matched with its draft.
    """

    title: str
    author: str
    subject: str
    made: datetime
    reference: str


def render_docx(template: bytes, context: Mapping[str, Any], properties: Properties, language: str = "en") -> bytes:
    """Fill a Word template.

    Args:
        template: .docx with Jinja tags, built by ``word_template`` or accepted by ``template_check``.
        context: names to values, as ``terms.Terms.context`` gives them; ``None`` is an open question.
        properties: replace whatever the template's properties say.
        language: ISO 639-1, chooses the wording of dates, money, lists.

    Raises:
        MissingAnswerError: the template prints something that has no value; the problem's pointer names it.
        FormatError: the template holds an expression or statement that is not on the list of ``template_syntax``.
    """
    paper = _Paper(io.BytesIO(template))
    try:
        paper.render(_answers(context, ()), jinja_env=_environment(language), autoescape=True)
    except UnansweredError as error:
        raise _missing(error.path) from error
    except UndefinedError as error:
        raise _missing(str(error.message)) from error
    _set_properties(paper, properties)
    filled = io.BytesIO()
    paper.save(filled)
    return pack(_with_reference(unpack(filled.getvalue()), properties.reference))


def render_document(template: bytes, document: Document, made: datetime, marks: Imprint | None = None) -> bytes:
    """Fill the built template of ``document``'s kind so that it says what ``document`` says.

    Args:
        template: from ``word_template.build`` for the same kind and language, or the organisation's own, checked.
        document: from ``assembly.assemble``; it gives the values and the numbers that cross-references print.
        made: aware; the document's creation time.
        marks: the footer's words, by default as in the PDF.

    Raises:
        MissingAnswerError: an uploaded template prints something that has no value.
    """
    marks = marks or imprint(document)
    kind = document.kind
    context = {**document.terms.context(kind), "paper": {"state": marks.state, "reference": marks.reference}}
    context["numbers"] = {name_of(section.clause.id): section.number for section in document.sections}
    properties = Properties(document.title, kind.author, f"{kind.key} {document.language}", made, marks.reference)
    return render_docx(template, context, properties, document.language)


def name_of(clause: str) -> str:
    """A clause id as a name that a template or a bookmark can carry: hyphens become underlines."""
    return clause.replace("-", "_")


# --- the sandbox of Word templates --------------------------------------------------------------------------------


class UnansweredError(UndefinedError):
    """Something without a value was printed; ``path`` says what, e.g. ``parties[1].name``."""

    def __init__(self, path: str, message: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class Unanswered(Undefined):
    """An open question: false in a condition, different from every answer, an error wherever it is printed or repeated."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = UndefinedError) -> None:
        path = f"{obj._undefined_name}.{name}" if isinstance(obj, Unanswered) else name
        super().__init__(hint, missing, path, exc)

    def error(self) -> UnansweredError:
        return UnansweredError(str(self._undefined_name), self._undefined_message)

    def __str__(self) -> str:
        raise self.error()

    def __iter__(self) -> Iterator[Any]:
        raise self.error()

    def __len__(self) -> int:
        raise self.error()


class Unknown(Unanswered):
    """A name that the context does not have: a condition that reads it is false as a whole."""

    __slots__ = ()

    def __bool__(self) -> bool:
        raise self.error()


def _answers(value: Any, path: tuple[str, ...]) -> Any:
    """The context with every ``None`` replaced by an `Unanswered` that knows its path."""
    if value is None:
        return Unanswered(name="".join(path).lstrip("."))
    if isinstance(value, Mapping):
        return {key: _answers(entry, (*path, f".{key}")) for key, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_answers(entry, (*path, f"[{index}]")) for index, entry in enumerate(value, 1)]
    return value


class _Conditions(CodeGenerator):
    """Writes ``if`` so that an unanswered name makes the whole condition false, as ``expressions.holds`` says."""

    def visit_If(self, node: nodes.If, frame: Frame) -> None:
        inner = frame.soft()
        branches: Iterable[tuple[str, nodes.If]] = [("if", node), *(("elif", other) for other in node.elif_)]
        for word, branch in branches:
            self.writeline(f"{word} environment.holds(lambda: ", branch)
            self.visit(branch.test, inner)
            self.write("):")
            self._body(branch.body, inner)
        if node.else_:
            self.writeline("else:")
            self._body(node.else_, inner)

    def _body(self, body: Sequence[nodes.Node], frame: Frame) -> None:
        self.indent()
        self.blockvisit(body, frame)
        self.outdent()


class _Environment(expressions.Sandbox):
    code_generator_class = _Conditions

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self.undefined = Unknown
        self.finalize = _printed
        self.filters = {name: _naming(function) for name, function in self.filters.items()}

    @staticmethod
    def holds(test: Any) -> bool:
        try:
            return bool(test())
        except UndefinedError:
            return False

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = super()._parse(source, name, filename)
        paths_read(template)
        return template


@functools.lru_cache(maxsize=16)
def _environment(language: str) -> _Environment:
    return _Environment(language)


def _naming(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that says which question is open, where the plain one only says that one is."""

    @functools.wraps(function)
    def named(value: Any, *arguments: Any) -> Any:
        try:
            return function(value, *arguments)
        except UndefinedError as error:
            raise value.error() if isinstance(value, Unanswered) else error from None

    return named


_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0, 2.2 leaves out of ``Char`` beside the control characters that ``printable`` drops."""


def _printed(value: object) -> Markup:
    """What a placeholder writes into the XML.

    Braces become character references: docxtpl replaces ``{_{`` by ``{{`` in the finished XML, and a document that carries ``{{`` in
    plain sight would be a template again to the next reader.

    Raises:
        InputError: a surrogate or U+FFFE, U+FFFF.
    """
    printed = str(expressions.finalize(value))
    if _NOT_XML.search(printed):
        raise InputError(N_("A text holds a character that no document can carry. Type it again."))
    text = str(escape(printed))
    return Markup(text.replace("{", "&#123;").replace("}", "&#125;"))  # noqa: S704 - escaped in the line above


def _missing(path: str) -> MissingAnswerError:
    msgid = N_("The document needs an answer that nobody gave: {question}. Answer it and try again.")
    pointer = "/" + re.sub(r"[.\[]", "/", path).replace("]", "")
    return MissingAnswerError(msgid, problems=(FieldProblem(pointer, msgid, {"question": path}),), question=path)


class _Paper(DocxTemplate):  # type: ignore[misc]  # docxtpl is not typed
    """docxtpl without its rendering of document properties: they are data here."""

    def render_properties(self, context: Any, jinja_env: Any = None) -> None:
        """Nothing of the template's properties is evaluated; `_set_properties` replaces them."""


# --- properties and packing -------------------------------------------------------------------------------------------


def _set_properties(paper: _Paper, properties: Properties) -> None:
    core = paper.docx.core_properties
    for name in ("category", "comments", "content_status", "identifier", "keywords", "language", "last_modified_by", "version"):
        setattr(core, name, "")
    core.title, core.author, core.subject = (
        expressions.printable(text)[:255] for text in (properties.title, properties.author, properties.subject)
    )
    core.revision = 1
    core.created = core.modified = core.last_printed = properties.made


_CUSTOM = "docProps/custom.xml"
_CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_CUSTOM_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
_CUSTOM_NAMESPACE = "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties"
_VARIANT = "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"
_NAMES: Any = {None: _CUSTOM_NAMESPACE, "vt": _VARIANT}


def _with_reference(parts: Mapping[str, bytes], reference: str) -> dict[str, bytes]:
    """Write the custom property, in place of any that the template had (ECMA-376 part 1, 22.3)."""
    root = etree.Element(f"{{{_CUSTOM_NAMESPACE}}}Properties", nsmap=_NAMES)
    entry = etree.SubElement(root, f"{{{_CUSTOM_NAMESPACE}}}property", name="ipr-reference", pid="2")
    entry.set("fmtid", "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}")
    etree.SubElement(entry, f"{{{_VARIANT}}}lpwstr").text = expressions.printable(reference)
    changed = {**parts, _CUSTOM: _xml(root)}
    types = etree.fromstring(parts["[Content_Types].xml"])
    if not any(override.get("PartName") == f"/{_CUSTOM}" for override in types):
        etree.SubElement(types, types.tag.replace("Types", "Override"), PartName=f"/{_CUSTOM}", ContentType=_CUSTOM_TYPE)
    relationships = etree.fromstring(parts["_rels/.rels"])
    if not any(one.get("Type") == _CUSTOM_RELATIONSHIP for one in relationships):
        tag = relationships.tag.replace("Relationships", "Relationship")
        etree.SubElement(relationships, tag, Id="rIdReference", Type=_CUSTOM_RELATIONSHIP, Target=_CUSTOM)
    return {**changed, "[Content_Types].xml": _xml(types), "_rels/.rels": _xml(relationships)}


def _xml(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def unpack(data: bytes) -> dict[str, bytes]:
    """The parts of a .docx that this package made, by name."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(parts: Mapping[str, bytes]) -> bytes:
    """A .docx with fixed times and order: the same parts give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in _in_order(parts):
            entry = zipfile.ZipInfo(name, ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, parts[name])
    return packed.getvalue()


def _in_order(names: Iterable[str]) -> Iterator[str]:
    """The content types first, where a reader that streams expects them; the rest by name."""
    yield "[Content_Types].xml"
    yield from sorted(name for name in names if name != "[Content_Types].xml")
