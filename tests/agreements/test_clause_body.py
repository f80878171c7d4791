"""The body of a clause is read into the model by a tiny grammar; what the grammar does not allow is refused at its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.agreements.clause_body import (
    Block,
    Bold,
    For,
    If,
    ListItem,
    Paragraph,
    Placeholder,
    Reference,
    TableRow,
    Text,
    parse_runs,
    read_body,
    runs_of,
    schema_paths,
)
from ipr_service.errors import FormatError

FIRST = 13  # a body begins below its front matter


def read(body: str) -> tuple[Block, ...]:
    return read_body(body, FIRST, "sample.md")


def refusal(body: str) -> str:
    with pytest.raises(FormatError) as caught:
        read(body)
    return str(caught.value)


def test_lines_of_prose_up_to_a_blank_line_are_one_paragraph() -> None:
    first, second = read("One\ntwo.\n\nThree.\n")
    assert (first, second) == (Paragraph((Text("One two."),), 13), Paragraph((Text("Three."),), 16))


def test_a_list_item_and_a_table_row_need_no_blank_line_between_them() -> None:
    blocks = read("Intro\n- a\n- b\n\n| H | I |\n| --- | --- |\n| 1 | 2 |\n")
    assert [type(block) for block in blocks] == [Paragraph, ListItem, ListItem, TableRow, TableRow]
    assert [block.heading for block in blocks if isinstance(block, TableRow)] == [True, False]


def test_a_pipe_inside_braces_is_a_filter_and_not_the_edge_of_a_cell() -> None:
    (row,) = read("| {{ cap|money }} | x |\n")
    assert isinstance(row, TableRow)
    assert [len(row.cells), row.cells[1]] == [2, (Text("x"),)]


def test_bold_references_and_placeholders_are_runs_of_their_own() -> None:
    (paragraph,) = read("The **Purpose** of [[nda-purpose]] is {{ purpose }}.\n")
    assert isinstance(paragraph, Paragraph)
    assert [type(run) for run in paragraph.runs] == [Text, Bold, Text, Reference, Text, Placeholder, Text]


def test_elif_and_else_nest_in_otherwise() -> None:
    (block,) = read('{% if a == "x" %}\nA\n{% elif b %}\nB\n{% else %}\nC\n{% endif %}\n')
    assert isinstance(block, If)
    (inner,) = block.otherwise
    assert isinstance(inner, If)
    assert [inner.then[0], inner.otherwise[0]] == [Paragraph((Text("B"),), 16), Paragraph((Text("C"),), 18)]


def test_paths_inside_loops_are_named_by_their_list() -> None:
    body = "{% for p in parties %}\n{{ p.name }}\n{% for w in p.works %}\n- {{ w.title }} {{ loop.index }}\n{% endfor %}\n{% endfor %}\n"
    blocks = read(body)
    assert isinstance(blocks[0], For)
    assert schema_paths(blocks) == ("parties", "parties[].name", "parties[].works", "parties[].works[].title")


@pytest.mark.parametrize(
    ("body", "line", "word"),
    [
        ("{% if a %}\nx\n", 15, "endif"),
        ("x {% if a %} y {% endif %}\n", 13, "stands alone"),
        ("{% endif %}\n", 13, "without a beginning"),
        ("{% for a in b %}\n{% for c in b %}\n{% for d in b %}\nx\n{% endfor %}\n{% endfor %}\n{% endfor %}\n", 15, "deep"),
        ("{% set a = 1 %}\n", 13, "not allowed"),
        ("{% macro f() %}\n", 13, "not allowed"),
        ("{% include 'x' %}\n", 13, "not allowed"),
        ("{# comment #}\n", 13, "stands alone"),
        ("{{ a }\n", 13, "stands alone"),
        ("**open\n", 13, "stands alone"),
        ("[[No Id]]\n", 13, "id of a clause"),
        ("| one | two\n", 13, "begins and ends"),
        ("| --- |\n", 13, "heading"),
        ("{% for a in b.c() %}\nx\n{% endfor %}\n", 13, "for name in list"),
        ("One.\n\n{{ a.b.c() }}\n", 15, "Call"),
    ],
)
def test_what_the_grammar_does_not_allow_is_refused_at_its_line(body: str, line: int, word: str) -> None:
    message = refusal(body)
    assert message.startswith(f"sample.md:{line}: ")
    assert word in message


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ("{% if a %}\nx\n{% endfor %}\n", "{% endif %} is missing, {% endfor %} found"),
        ("{% for a in b %}\nx\n{% endif %}\n", "{% endfor %} is missing, {% endif %} found"),
        ("{% for a in b %}\nx\n", "{% endfor %} is missing"),
        ("{% else %}\n", "{% else %} without a beginning"),
        ("{% if a %}\nA\n{% else %}\nB\n{% else %}\nC\n{% endif %}\n", "{% endif %} is missing, {% else %} found"),
        ("{% if a %}\nA\n{% else %}\nB\n{% elif c %}\nC\n{% endif %}\n", "{% endif %} is missing, {% elif %} found"),
    ],
)
def test_a_block_ends_with_its_own_word_and_the_refusal_says_which(body: str, word: str) -> None:
    assert word in refusal(body)


def test_a_second_row_of_dashes_is_refused() -> None:
    assert "below the heading" in refusal("| H |\n| --- |\n| --- |\n")


def test_runs_are_found_through_all_branches_in_the_order_in_which_they_stand() -> None:
    blocks = read("{% if a %}\none\n{% else %}\ntwo\n{% endif %}\n\n{% for x in y %}\n- three\n{% endfor %}\n\n| four | five |\n")
    assert list(runs_of(blocks)) == [Text("one"), Text("two"), Text("three"), Text("four"), Text("five")]


def test_a_name_outside_its_loop_is_not_the_loops() -> None:
    blocks = read("{% for party in parties %}\n- {{ party.name }}\n{% endfor %}\n\n{{ party.name }}\n")
    assert schema_paths(blocks) == ("parties", "parties[].name", "party.name")


WORDS = st.text("abcdefghijklmnopqrstuvwxyzåßλ ,.;:'()/&<>", min_size=1, max_size=30).filter(lambda text: text == text.strip())
RUN = st.one_of(
    WORDS.map(lambda text: (text, Text(text))),
    st.from_regex(r"[A-Za-z]{1,12}", fullmatch=True).map(lambda text: (f"**{text}**", Bold(text))),
    st.from_regex(r"[a-z]{1,8}(-[a-z]{1,5})?", fullmatch=True).map(lambda text: (f"[[{text}]]", Reference(text))),
)


@given(st.lists(RUN, min_size=1, max_size=6))
def test_prose_written_from_runs_is_read_back_into_them(written: list[tuple[str, object]]) -> None:
    merged: list[object] = []
    for _, run in written:
        last = merged[-1] if merged else None
        if isinstance(run, Text) and isinstance(last, Text):
            merged[-1] = Text(last.text + run.text)
        else:
            merged.append(run)
    assert list(parse_runs("".join(source for source, _ in written), "sample.md", 1)) == merged


@given(st.text("ab {}%[]*|-\n#if endor", max_size=60))
def test_any_text_is_blocks_or_a_refusal_at_one_of_its_lines(body: str) -> None:
    line = FIRST
    try:
        read(body)
    except FormatError as refused:
        line = refused.values["line"]
    assert FIRST <= line <= FIRST + body.count("\n")
