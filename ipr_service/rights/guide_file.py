"""Guide files: ``guides/*.yaml`` to :class:`ipr_service.rights.guide.Guide`, with everything they name checked.

A guide is data of this package, versioned and never changed: answers are kept with ``id@version``.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from importlib import resources
from typing import Final

from ipr_service.errors import N_
from ipr_service.rights import strict_yaml
from ipr_service.rights.guide import Decision, Guide, Outcome, Question, Row
from ipr_service.rights.parties import check_id, check_known, check_label
from ipr_service.rights.strict_yaml import Node

SHIPPED: Final = ("which-way@1",)
MAX_QUESTIONS, MAX_ROWS, MAX_SENTENCE = 100, 100, 500


@lru_cache
def shipped(reference: str = SHIPPED[-1]) -> Guide:
    """A guide that comes with the service.

    Raises:
        InputError: no such guide.
    """
    check_known("", reference, SHIPPED, N_('There is no guide "{value}"; there are: {known}'))
    file = resources.files("ipr_service.rights").joinpath("guides", f"{reference.replace('@', '-')}.yaml")
    return load(file.read_text(encoding="utf-8"))


def load(text: str) -> Guide:
    """A guide from its file.

    Raises:
        FormatError: anything that is not a guide, or names what is not there; with line and field.
    """
    node = strict_yaml.read(text)
    found = node.fields(("guide", "version", "title", "summary", "source", "questions", "decisions", "outcomes"), ("talk",))
    questions: list[Question] = []
    for item in found["questions"].items(MAX_QUESTIONS):
        questions.append(_question(item, questions))
    outcomes = tuple(_outcome(item) for item in found["outcomes"].items(MAX_ROWS))
    talk = {one[0]: one[1] for one in map(_talk, found["talk"].items(MAX_ROWS))} if "talk" in found else {}
    names = [outcome.id for outcome in outcomes]
    decisions = tuple(_decision(item, questions, names, talk) for item in found["decisions"].items(MAX_ROWS))
    title, summary, source = (_sentence(found[name]) for name in ("title", "summary", "source"))
    return Guide(_name(found["guide"]), found["version"].whole(), title, summary, source, tuple(questions), decisions, outcomes)


def _question(node: Node, before: list[Question]) -> Question:
    found = node.fields(("id", "label", "why", "source"), ("options", "show_if", "prefill"))
    name = _name(found["id"])
    if name in {question.id for question in before}:
        found["id"].refuse(N_("The id {id} stands here twice; ids are unique"), id=name)
    options = tuple((value, _sentence(inner)) for value, inner in found["options"].entries().items()) if "options" in found else ()
    hangs_on = _conditions(found["show_if"], before) if "show_if" in found else ()
    if len(hangs_on) > 1:
        found["show_if"].refuse(N_("A question hangs on one other question"))
    prefill = _name(found["prefill"]) if "prefill" in found else ""
    label, why, source = (_sentence(found[key]) for key in ("label", "why", "source"))
    return Question(name, label, why, source, options, hangs_on[0] if hangs_on else None, prefill)


def _conditions(node: Node, questions: list[Question]) -> tuple[tuple[str, str], ...]:
    """(question, answer) pairs, both of which exist."""
    known = {question.id: question for question in questions}
    pairs = []
    for name, inner in node.entries().items():
        _require(inner, name, known, N_('There is no question "{value}" before this; did you mean "{near}"?'))
        _require(inner, inner.text(), known[name].values, N_('"{value}" answers nothing here; answers are: {known}'))
        pairs.append((name, inner.text()))
    return tuple(pairs)


def _decision(node: Node, questions: list[Question], outcomes: list[str], talk: dict[str, tuple[str, ...]]) -> Decision:
    found = node.fields(("id", "title", "rows"), ("when",))
    when = _conditions(found["when"], questions) if "when" in found else ()
    rows = tuple(_row(item, questions, outcomes) for item in found["rows"].items(MAX_ROWS))
    name = _name(found["id"])
    return Decision(name, _sentence(found["title"]), when, rows, talk.get(name, ()))


def _row(node: Node, questions: list[Question], outcomes: list[str]) -> Row:
    counts = "count" in node.entries()
    found = node.fields(("when", "count", "bands") if counts else ("when", "gives"))
    when = _conditions(found["when"], questions)
    if not counts:
        return Row(when, _given(found["gives"], outcomes))
    names = [item.text() for item in found["count"].items(MAX_QUESTIONS)]
    for item in found["count"].value:
        _require(item, item.text(), [question.id for question in questions], N_('There is no question "{value}"; there are: {known}'))
    bands: list[tuple[int, str | None]] = []
    for item in found["bands"].items(MAX_ROWS):
        inner = item.fields(("to",), ("gives",))
        bands.append((inner["to"].whole(), _given(inner["gives"], outcomes) if "gives" in inner else None))
    ends = [to for to, _gives in bands]
    if not ends or ends != sorted(set(ends)) or ends[-1] != len(names):
        found["bands"].refuse(N_("Bands rise, and the last ends at {count}, the number of questions"), count=len(names))
    return Row(when, None, tuple(names), tuple(bands))


def _given(node: Node, outcomes: list[str]) -> str:
    _require(node, node.text(), outcomes, N_('There is no outcome "{value}"; did you mean "{near}"?'))
    return node.text()


def _outcome(node: Node) -> Outcome:
    found = node.fields(("id", "title", "summary"), ("source", "kind", "policy", "model"))
    words = {key: found[key].text() if key in found else "" for key in ("source", "kind", "policy", "model")}
    return Outcome(_name(found["id"]), _sentence(found["title"]), _sentence(found["summary"]), **words)


def _talk(node: Node) -> tuple[str, tuple[str, ...]]:
    found = node.fields(("decision", "notes"))
    return _name(found["decision"]), tuple(_sentence(item) for item in found["notes"].items(MAX_ROWS))


def _require(node: Node, value: str, known: Collection[str], msgid: str) -> None:
    node.placed(lambda: check_known("", value, known, msgid))


def _name(node: Node) -> str:
    text = node.text()
    node.placed(lambda: check_id("", text))
    return text


def _sentence(node: Node) -> str:
    text = node.text().strip()
    node.placed(lambda: check_label("", text, MAX_SENTENCE))
    return text
