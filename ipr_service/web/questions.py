"""The questions of an interview as fields of a form: what a field shows, and what was answered in it.

Field names are pointers without their first slash (``courts``, ``parties/0/form``, ``workplan/1/due``), as the interview names its
problems. An answer that was not touched is not sent on, so that what the data gave keeps its origin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from babel.numbers import get_currency_precision
from flask_babel import ngettext

from ipr_service.agreements.kinds import Question
from ipr_service.errors import InputError
from ipr_service.services.interviewing import AskedQuestion, Interview
from ipr_service.web.forms import Form, Problem
from ipr_service.web.languages import say

SPARE_ROWS = 2
YES, NO = "yes", "no"
_PERIOD = re.compile(r"P([0-9]+)([DWMY])\Z")
_UNITS = {"D": ("day", "days"), "W": ("week", "weeks"), "M": ("month", "months"), "Y": ("year", "years")}
_ROW = re.compile(r"([a-z_]+)/([0-9]{1,3})/([a-z_]+)\Z")


def field_text(question: Question, value: Any) -> str:
    """What the field of a question shows for an answer in stored form."""
    if value is None:
        return ""
    if question.type == "boolean":
        return YES if value else NO
    if question.type == "money" and isinstance(value, Mapping):
        places = get_currency_precision(value["currency"])
        digits = f"{value['minor']:0{places + 1}d}"
        return f"{value['currency']} {digits[:-places]}.{digits[-places:]}" if places else f"{value['currency']} {digits}"
    if question.type == "duration" and (found := _PERIOD.match(str(value))):
        return f"{found[1]} {_UNITS[found[2]][found[1] != '1']}"
    return str(value)


def readable(question: Question, value: Any) -> str:
    """The same for reading: words of a choice, numbers of entries."""
    if question.type == "choice":
        return next((option.label for option in question.options if option.value == value), str(value))
    if question.type == "list":
        count = len(value or ())
        return ngettext("%(num)d entry", "%(num)d entries", count)
    return field_text(question, value)


def answer_of(question: Question, text: str) -> Any:
    """What was written into a field, in stored or spoken form; None for nothing."""
    text = text.strip()
    if not text:
        return None
    if question.type == "boolean":
        return {YES: True, NO: False}.get(text, text)
    if question.type == "integer" and text.isascii() and text.isdigit():
        return int(text)
    return text


def rows_of(question: Question, value: Any) -> list[Mapping[str, Any]]:
    """The entries of a list, each as a record."""
    entries = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return [one if isinstance(one, Mapping) else {question.fields[0].id: one} for one in entries]


def start_of(found: Interview) -> dict[str, str]:
    """What all fields show before anything was sent."""
    start: dict[str, str] = {}
    for one in found.questions:
        if one.question.type == "list":
            start |= _list_fields(one.question, one.value)
        else:
            start[one.question.id] = field_text(one.question, one.value)
    for at, party in enumerate(found.parties):
        start |= {f"parties/{at}/{one.question.id}": field_text(one.question, one.value) for one in party.questions}
    return start


def _list_fields(question: Question, value: Any) -> dict[str, str]:
    return {
        f"{question.id}/{at}/{field.id}": field_text(field, entry.get(field.id))
        for at, entry in enumerate(rows_of(question, value))
        for field in question.fields
    }


def row_count(question: Question, value: Any, form: Form, sent: Sequence[str]) -> int:
    """How many rows the field of a list has: those that are there, and some to fill in."""
    known = len(rows_of(question, value)) + SPARE_ROWS
    if form.sent:
        known = max([known, *(int(found[2]) + 1 for name in sent if (found := _ROW.match(name)) and found[1] == question.id)])
    return min(known, question.maximum or 100)


def changed(found: Interview, form: Form, sent: Sequence[str]) -> dict[str, Any]:
    """The answers that differ from what the fields showed, by question; ``parties`` as a whole list."""
    answers: dict[str, Any] = {}
    for one in found.questions:
        if one.question.type == "list":
            answers |= _changed_list(one, form, sent)
        elif one.question.id in sent and _differs(form.value(one.question.id), field_text(one.question, one.value)):
            answers[one.question.id] = answer_of(one.question, form.value(one.question.id))
    parties = _parties(found, form, sent)
    if parties != [dict(one) for one in found.answers.get("parties") or ()]:
        answers["parties"] = parties
    return answers


def _differs(typed: str, shown: str) -> bool:
    return " ".join(typed.split()) != " ".join(shown.split())


def _changed_list(one: AskedQuestion, form: Form, sent: Sequence[str]) -> dict[str, Any]:
    question = one.question
    numbers = sorted({int(found[2]) for name in sent if (found := _ROW.match(name)) and found[1] == question.id})
    if not numbers:
        return {}
    before = _list_fields(question, one.value)
    names = [f"{question.id}/{at}/{field.id}" for at in numbers for field in question.fields]
    if not any(_differs(form.value(name), before.get(name, "")) for name in names):
        return {}
    rows = [{field.id: answer_of(field, form.value(f"{question.id}/{at}/{field.id}")) for field in question.fields} for at in numbers]
    kept = [{name: value for name, value in row.items() if value is not None} for row in rows]
    return {question.id: [row for row in kept if row] or None}


def _parties(found: Interview, form: Form, sent: Sequence[str]) -> list[dict[str, Any]]:
    """The parties as records, changed where a field was."""
    parties = [dict(one) for one in found.answers.get("parties") or ()]
    for at, party in enumerate(found.parties):
        for one in party.questions:
            name = f"parties/{at}/{one.question.id}"
            if name in sent and _differs(form.value(name), field_text(one.question, one.value)):
                value = answer_of(one.question, form.value(name))
                parties[at] = {key: old for key, old in parties[at].items() if key != one.question.id}
                if value is not None:
                    parties[at][one.question.id] = value
    return parties


def refuse(form: Form, problem: InputError) -> None:
    """Put each refusal beside its own field."""
    form.status, form.title = 422, say(problem)
    form.problems += [Problem(one.pointer.strip("/"), say(one)) for one in problem.problems]
