"""Filling a Word template: no payload runs, no value becomes markup, nothing is left out, the same bytes every time."""

from __future__ import annotations

import ast
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.exceptions import TemplateError
from lxml import etree

import ipr_service
from ipr_service.agreements import expressions, rendering, word_text
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.rendering import Properties, pack, render_docx, unpack
from ipr_service.errors import FormatError, InputError, MissingAnswerError, ServiceError
from tests.agreements.papers import MADE, document, raw_document

PROPERTIES = Properties("R&D <title>", "An Author", "s", MADE, "Terms 00")
MARK = "PWNED-7f3a"

PAYLOADS = (
    "{{ cycler.__init__.__globals__.os.popen('echo PWNED-7f3a').read() }}",
    "{{ joiner.__init__.__globals__.os.popen('echo PWNED-7f3a').read() }}",
    "{{ namespace.__init__.__globals__.os.popen('echo PWNED-7f3a').read() }}",
    "{{ lipsum.__globals__['os'].popen('echo PWNED-7f3a').read() }}",
    "{{ lipsum(n=2000) }}",
    "{{ self.__init__.__globals__.__builtins__.__import__('os').popen('echo PWNED-7f3a').read() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ ().__class__.__base__.__subclasses__() }}",
    "{{ name.__class__.__init__ }}",
    "{{ name|attr('__class__') }}",
    "{{ name['__class__'] }}",
    "{{ name.format(name) }}",
    "{{ '{0.__class__}'.format(name) }}",
    "{{ '%s'|format(name.__class__) }}",
    "{{ [name]|map(attribute='__class__')|list }}",
    "{{ dict(x=1).__class__ }}",
    "{{ range(99999)|list }}",
    "{{ 'a'*10**8 }}",
    "{{ 9**200000 }}",
    "{{ 'a'.center(10**8) }}",
    "{{ config.items() }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ x.__init__.__globals__ }}",
    "{% import 'os' as o %}{{ o }}",
    "{% include '/etc/passwd' %}",
    "{% extends '/etc/passwd' %}",
    "{% set x = cycler.__init__ %}{{ x.__globals__ }}",
    "{% macro m() %}PWNED-7f3a{% endmacro %}{{ m.__globals__ }}",
    "{% for c in ().__class__.__base__.__subclasses__() %}{{ c }}{% endfor %}",
)
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def body(content: str) -> str:
    return f'<w:document xmlns:w="{W}"><w:body>{content}<w:sectPr/></w:body></w:document>'


def line(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<w:p><w:r><w:t xml:space="preserve">{escaped}</w:t></w:r></w:p>'


def in_part(template: bytes, name: str, change: Callable[[str], str]) -> bytes:
    parts = unpack(template)
    return pack({**parts, name: change(parts[name].decode()).encode()})


def in_body(template: bytes, text: str) -> bytes:
    return in_part(template, "word/document.xml", lambda xml: xml.replace("<w:body>", "<w:body>" + line(text)))


def in_table(template: bytes, text: str) -> bytes:
    table = f"<w:tbl><w:tblPr/><w:tblGrid><w:gridCol w:w='100'/></w:tblGrid><w:tr><w:tc>{line(text)}</w:tc></w:tr></w:tbl>"
    return in_part(template, "word/document.xml", lambda xml: xml.replace("<w:body>", "<w:body>" + table))


def in_header(template: bytes, text: str) -> bytes:
    return in_part(template, "word/header1.xml", lambda xml: xml.replace("</w:hdr>", line(text) + "</w:hdr>"))


def in_footer(template: bytes, text: str) -> bytes:
    return in_part(template, "word/footer1.xml", lambda xml: xml.replace("</w:ftr>", line(text) + "</w:ftr>"))


def in_title(template: bytes, text: str) -> bytes:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return in_part(template, "docProps/core.xml", lambda xml: xml.replace("<dc:subject>", f"<dc:subject>{escaped}", 1))


def in_picture(template: bytes, text: str) -> bytes:
    quoted = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    wp = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    picture = f'<wp:inline xmlns:wp="{wp}"><wp:docPr id="1" name="x" descr="{quoted}"/></wp:inline>'
    drawing = f"<w:p><w:r><w:drawing>{picture}</w:drawing></w:r></w:p>"
    return in_part(template, "word/document.xml", lambda xml: xml.replace("<w:body>", "<w:body>" + drawing))


def in_footnote(template: bytes, text: str) -> bytes:
    parts = unpack(template)
    notes = f'<w:footnotes xmlns:w="{W}"><w:footnote w:id="2">{line(text)}</w:footnote></w:footnotes>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
    override = f'<Override PartName="/word/footnotes.xml" ContentType="{kind}"/></Types>'
    types = parts["[Content_Types].xml"].decode().replace("</Types>", override)
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
    rels = parts["word/_rels/document.xml.rels"].decode()
    rels = rels.replace("</Relationships>", f'<Relationship Id="rId9" Type="{relation}" Target="footnotes.xml"/></Relationships>')
    changed = {"[Content_Types].xml": types, "word/_rels/document.xml.rels": rels, "word/footnotes.xml": notes}
    return pack({**parts, **{name: text.encode() for name, text in changed.items()}})


PLACES: dict[str, Callable[[bytes, str], bytes]] = {
    "body": in_body, "table": in_table, "header": in_header, "footer": in_footer,
    "core": in_title, "alt": in_picture, "footnote": in_footnote,
}  # fmt: skip


@pytest.fixture(scope="module")
def plain(template: bytes) -> bytes:
    """The built template with an empty body: what surrounds the payload is not what is tested."""
    return in_part(template, "word/document.xml", lambda xml: body(""))


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_runs_wherever_it_stands(plain: bytes, place: str, payload: str) -> None:
    context = {"name": "a name", "paper": {"state": "s", "reference": "r"}}
    try:
        rendered = render_docx(PLACES[place](plain, payload), context, PROPERTIES)
    except (TemplateError, ServiceError):
        return
    assert place == "core", "only document properties are never evaluated"
    for part in unpack(rendered).values():
        assert MARK not in part.decode().replace("echo " + MARK, "")
        assert b"<class" not in part


def test_the_corpus_has_thirty_payloads_and_bites_an_unguarded_engine() -> None:
    from jinja2 import Environment

    assert len(set(PAYLOADS)) == 30
    assert "<class" in Environment(autoescape=False).from_string(PAYLOADS[6]).render()


def test_a_payload_in_an_answer_is_only_text(papers: Catalogue, template: bytes) -> None:
    for payload in PAYLOADS:
        paper = document(papers, purpose=payload)
        assert word_text.paragraphs_of(rendering.render_document(template, paper, MADE)) == paper.paragraphs()


def test_a_finished_document_that_is_used_as_a_template_runs_nothing(papers: Catalogue, template: bytes) -> None:
    once = rendering.render_document(template, document(papers, purpose=PAYLOADS[0]), MADE)
    with pytest.raises(FormatError, match="Call is not allowed"):
        rendering.render_document(once, document(papers), MADE)


def test_only_the_wrapper_calls_render() -> None:
    package = Path(ipr_service.__file__).parent
    our_modules = {file.stem for file in package.rglob("*.py")}
    callers = {
        (file.relative_to(package).as_posix(), ast.unparse(node.func))
        for file in package.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "render"
    }
    # A function called render in a module of ours is not a template's.
    of_templates = {(file, call) for file, call in callers if call.split(".")[0] not in our_modules}
    assert of_templates == {("agreements/rendering.py", "paper.render")}


def test_only_the_wrapper_and_the_check_know_docxtpl() -> None:
    package = Path(ipr_service.__file__).parent
    importers = {file.name for file in package.rglob("*.py") if re.search("^(from|import) docxtpl", file.read_text(), re.MULTILINE)}
    assert importers == {"rendering.py", "template_check.py"}


values = st.text(st.characters(codec="utf-8", exclude_characters="\ufffe\uffff"), min_size=1, max_size=60)
SPITEFUL = ["</w:t></w:r></w:p>", "R&D_<Labs>", "{{", "}}", "{_{", "%_}", "]]>", "<!--", "&#7;", "{%p", "#}", "\u2028"]
spiteful = st.sampled_from([*SPITEFUL, "a\x07b", "a\x0cb", "a\tb", "a\nb", "{%p if x %}"])


@settings(max_examples=40, deadline=None)
@given(value=st.one_of(values, spiteful), name=st.one_of(values, spiteful))
def test_any_text_in_any_field_stays_that_text_in_its_paragraph(papers: Catalogue, template: bytes, value: str, name: str) -> None:
    parties = tuple({"role": "giver", "name": name} for _ in range(1))
    works = ({"title": value, "share": "1"},)
    paper = raw_document(papers, purpose=value, note=value, parties=parties, works=works)
    rendered = rendering.render_document(template, paper, MADE)
    said = word_text.paragraphs_of(rendered)
    assert said == paper.paragraphs()
    assert any(expressions.printable(value) in text for _clause, text in said)
    for part in unpack(rendered).values():
        etree.fromstring(part)


def test_the_value_law_is_broken_without_autoescape(plain: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "_printed", str)
    rendering._environment.cache_clear()
    broken = in_body(plain, "{{ name }}")
    context = {"name": "{_{ x }_}", "paper": {"state": "s", "reference": "r"}}
    assert "{{ x }}" in str(word_text.paragraphs_of(render_docx(broken, context, PROPERTIES)))
    rendering._environment.cache_clear()


@pytest.mark.parametrize("value", ["\ufffe", "\uffff"])
def test_a_character_that_xml_cannot_carry_is_refused(papers: Catalogue, template: bytes, value: str) -> None:
    with pytest.raises(InputError, match="no document can carry"):
        rendering.render_document(template, raw_document(papers, purpose=value), MADE)


@pytest.mark.parametrize(
    ("tag", "path"),
    [
        ("{{ note }}", "/note"),
        ("{{ note|date }}", "/note"),
        ("{{ giver.name }}", "/giver/name"),
        ("{%p for x in works %}", "/works"),
        ("{{ nobody }}", "/nobody"),
        ("{{ parties.name }}", "/name"),
    ],
)
def test_an_open_question_is_named_and_never_left_blank(plain: bytes, tag: str, path: str) -> None:
    context = {"note": None, "giver": {"name": None}, "works": None, "parties": [], "paper": {"state": "s", "reference": "r"}}
    template = in_part(plain, "word/document.xml", lambda xml: body(line(tag) + (line("{%p endfor %}") if "for" in tag else "")))
    with pytest.raises(MissingAnswerError) as refused:
        render_docx(template, context, PROPERTIES)
    assert refused.value.problems[0].pointer == path


@pytest.mark.parametrize("condition", ["note", "nobody", "nobody.name", "not nobody", 'note == "x"', "note < 3", "nobody or yes"])
def test_a_condition_over_something_open_is_what_the_assembly_says(plain: bytes, condition: str) -> None:
    context = {"note": None, "yes": True, "paper": {"state": "s", "reference": "r"}}
    blocks = [f"{{%p if {condition} %}}", "yes", "{%p else %}", "no", "{%p endif %}"]
    template = in_part(plain, "word/document.xml", lambda xml: body("".join(map(line, blocks))))
    said = [text for _clause, text in word_text.paragraphs_of(render_docx(template, context, PROPERTIES))]
    assert said == ["no"]


def test_properties_are_data_and_not_escaped_twice(plain: bytes) -> None:
    rendered = render_docx(in_title(plain, "{{ 7*7 }}"), {"paper": {"state": "s", "reference": "r"}}, PROPERTIES)
    core = docx.Document(io.BytesIO(rendered)).core_properties
    assert (core.title, core.author, core.subject) == ("R&D <title>", "An Author", "s")
    assert core.created is not None
    assert core.created.replace(tzinfo=None) == MADE.replace(tzinfo=None)
    assert b"Terms 00" in unpack(rendered)["docProps/custom.xml"]
    assert b"7*7" not in b"".join(unpack(rendered).values())


def test_the_same_input_gives_the_same_bytes_with_fixed_times(papers: Catalogue, template: bytes) -> None:
    one, two = (rendering.render_document(template, document(papers), MADE) for _ in range(2))
    assert one == two
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[0] == "[Content_Types].xml"


def test_the_footer_says_the_state_and_the_terms(papers: Catalogue, template: bytes) -> None:
    paper = document(papers)
    footer = unpack(rendering.render_document(template, paper, MADE))["word/footer1.xml"].decode()
    assert "Draft, not reviewed by counsel" in footer
    assert paper.terms.digest in footer
