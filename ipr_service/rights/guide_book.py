"""Books of known answers for the decision guide: so many yes answers to the questions that a row counts, and the model that comes out.

::

    id: lambert-dg-4
    kind: interview.model_choice
    questions: 6
    cases:
    - {input: {yes: 4}, expect: model 2}
    - {input: {yes: 3}, expect: undecided}

Every way to give that many yes answers is tried; all must end in the same. A case may also give answers by question, and expect the id of
an outcome, ``model`` and its number, or ``undecided``, for the decision that it names (default: the one that counts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, Final

from ipr_service.errors import N_, InputError, ServiceError
from ipr_service.rights import strict_yaml
from ipr_service.rights.casebook import MAX_CASES, Answer, Book, plain
from ipr_service.rights.guide import Guide, Result, decide
from ipr_service.rights.strict_yaml import Node

_NOT_ASKED: Final = N_("Not asked: this case gives no answers to the guide")


def run(text: str, guide: Guide) -> Book:
    """Every case of a book, decided and compared.

    Raises:
        FormatError: not a book of cases; names the line.
    """
    found = strict_yaml.read(text).entries()
    kind = found["kind"].text() if "kind" in found else ""
    title = found["id"].text() if "id" in found else kind
    listed = found["cases"].items(MAX_CASES) if "cases" in found else ()
    return Book(title, kind, tuple(_answer(guide, number, case) for number, case in enumerate(listed, 1)))


def _answer(guide: Guide, number: int, node: Node) -> Answer:
    case = plain(node)
    given = case.get("input") if isinstance(case, dict) else None
    name = str(case.get("name", number)) if isinstance(case, dict) else str(number)
    if not isinstance(given, dict) or not ("yes" in given or set(given) & {question.id for question in guide.questions}):
        return Answer(name, remarks=(_NOT_ASKED,))
    try:
        ends = {_end(result) for result in _results(guide, given, case.get("decision", counting(guide)[0]))}
    except ServiceError as problem:
        return Answer(name, refused=str(problem), holds="expect_error" in case)
    said = " or ".join(sorted(ends))
    expected = case.get("expect")
    outcome = said.split(" = ")[0]
    holds = None if expected is None else expected in said.split(" = ")
    return Answer(name, {str(case.get("decision", counting(guide)[0])): outcome}, "", False if "expect_error" in case else holds)


def counting(guide: Guide) -> tuple[str, tuple[str, ...]]:
    """The decision with a row that counts, and the questions of that row.

    Raises:
        InputError: the guide has none.
    """
    for decision in guide.decisions:
        for row in decision.rows:
            if row.count:
                return decision.id, row.count
    raise InputError(N_("This guide counts no answers"))


def _results(guide: Guide, given: Mapping[str, Any], decision: str) -> Iterator[Result]:
    """The decision for the answers given, or for every way to give so many yes answers."""
    for answers in _ways(guide, given):
        found = {result.decision: result for result in decide(guide, answers)}
        if decision not in found:
            raise InputError.at(
                "/decision", N_('There is no decision "{value}"; there are: {known}'), value=decision, known=", ".join(found)
            )
        yield found[decision]


def _ways(guide: Guide, given: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    if "yes" not in given:
        yield {name: str(answer) for name, answer in given.items()}
        return
    _decision, questions = counting(guide)
    yes = given["yes"]
    if isinstance(yes, bool) or not isinstance(yes, int) or not 0 <= yes <= len(questions):
        raise InputError.at("/yes", N_("A number of yes answers is from 0 to {limit}"), limit=len(questions))
    for chosen in combinations(questions, yes):
        yield _leading_to(guide, questions[0]) | {name: "yes" if name in chosen else "no" for name in questions}


def _leading_to(guide: Guide, name: str) -> dict[str, str]:
    """The answers by which a question comes to be asked."""
    question, answers = guide.question(name), dict[str, str]()
    while question.show_if is not None:
        before, answer = question.show_if
        answers[before] = answer
        question = guide.question(before)
    return answers


def _end(result: Result) -> str:
    if result.outcome is None:
        return "undecided"
    return f"{result.outcome.id} = model {result.outcome.model}" if result.outcome.model else result.outcome.id
