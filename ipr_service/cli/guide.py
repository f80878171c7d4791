"""``ipr guide``: questions that lead to a paper, a way to hold and license, and a rule for shares. Keeps nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ipr_service.cli import books
from ipr_service.cli.exits import DONE, FALSE
from ipr_service.errors import N_, InputError
from ipr_service.rights import casebook, guide_book, guide_file, strict_yaml
from ipr_service.rights.guide import UNKNOWN, Guide, Question, Result, asked, checked, decide

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
LARGEST = 1024 * 1024


@click.command()
@click.option("--answers", type=_FILE, metavar="FILE", help="Answers as YAML or JSON (question: answer); nothing is asked.")
@click.option("--json", "as_json", is_flag=True, help="Answers and decisions as JSON.")
def guide(answers: Path | None, as_json: bool) -> int:
    """Find out which paper, which way to license and which rule for shares fits you.

    Asks one question after the other, each with its reason; an empty answer is "unknown". Where the answers do not settle it, the guide
    says so and what you should talk about. FILE may also be a book of known answers (kind, cases).

    Exit 0: everything that was asked is decided. 1: something is undecided, or the file is not in the form of answers. 2: an answer that
    the guide does not know.
    """
    which = guide_file.shipped()
    text = _text(answers) if answers is not None else ""
    if answers is not None and casebook.is_book(strict_yaml.read(text)):
        return books.tell(guide_book.run(text, which), as_json=as_json)
    given = checked(which, _answers(text)) if answers is not None else _ask(which)
    results = decide(which, given)
    click.echo(_as_json(which, given, results) if as_json else _told(which, results))
    return FALSE if any(result.state == "undecided" for result in results) else DONE


def _answers(text: str) -> dict[str, str]:
    return {name: inner.text() for name, inner in strict_yaml.read(text).entries().items()}


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST:
        raise InputError(N_("This file is larger than {limit} bytes."), limit=LARGEST)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise InputError(N_("This file is not text in UTF-8.")) from problem


def _ask(which: Guide) -> dict[str, str]:
    """One question after the other, as long as there is one without an answer."""
    given: dict[str, str] = {}
    while question := next((one for one in asked(which, given) if one.id not in given), None):
        click.echo(f"\n{question.label}\n  {question.why} ({question.source})", err=True)
        for number, (value, label) in enumerate(_choices(question), 1):
            click.echo(f"  {number}  {label} [{value}]", err=True)
        values = [value for value, _label in _choices(question)]
        said = click.prompt("  ", default="", show_default=False, prompt_suffix="", err=True).strip().lower()
        if said in values:
            given[question.id] = said
        elif said.isdecimal() and 1 <= int(said) <= len(values):
            given[question.id] = values[int(said) - 1]
        elif said == "":
            given[question.id] = UNKNOWN
        else:
            click.echo(f"  Write a number from 1 to {len(values)}, or nothing when you do not know.", err=True)
    return given


def _choices(question: Question) -> tuple[tuple[str, str], ...]:
    return (*(question.options or (("yes", "yes"), ("no", "no"))), (UNKNOWN, "we do not know yet"))


def _told(which: Guide, results: tuple[Result, ...]) -> str:
    titles = {decision.id: decision.title for decision in which.decisions}
    lines: list[str] = []
    for result in results:
        if result.state == "not-asked":
            continue
        outcome = result.outcome
        lines += ["", f"{titles[result.decision]}: {outcome.title if outcome else 'undecided'}"]
        if outcome is not None:
            lines += [
                f"  {outcome.summary}",
                *([f"  ({outcome.source})"] if outcome.source else []),
                f"  Because: {_reason(which, result)}",
            ]
            lines += [f"  Next: ipr draft {outcome.kind}"] if outcome.kind else []
            lines += [f"  Next: propose the rule {outcome.policy}"] if outcome.policy else []
            continue
        if result.reason is not None and result.reason.yes is not None:
            lines.append(f"  Evenly balanced: {result.reason.yes} of {result.reason.of} answers are yes.")
        if result.conflicting:
            lines.append("  Your answers lead to different things: " + "; ".join(which.outcome(name).title for name in result.possible))
        lines += [f"  Still to be answered: {which.question(name).label}" for name in result.open]
        lines += [f"  Talk about: {note}" for note in result.talk]
    lines += ["", f"This is a guide ({which.reference}; {which.source}). It is no legal advice."]
    return "\n".join(lines)


def _reason(which: Guide, result: Result) -> str:
    reason = result.reason
    if reason is None:
        return ""
    if reason.yes is not None:
        return f"{reason.yes} of {reason.of} answers are yes"
    return "; ".join(f"{which.question(name).label} {_said(which.question(name), answer)}" for name, answer in reason.answers)


def _said(question: Question, answer: str) -> str:
    return dict(question.options).get(answer, answer)


def _as_json(which: Guide, given: dict[str, str], results: tuple[Result, ...]) -> str:
    data: dict[str, Any] = {"guide": which.reference, "answers": given, "decisions": [_decision(result) for result in results]}
    return json.dumps(data, ensure_ascii=False, indent=1)


def _decision(result: Result) -> dict[str, Any]:
    outcome, reason = result.outcome, result.reason
    data: dict[str, Any] = {"decision": result.decision, "state": result.state}
    if outcome is not None:
        data |= {"outcome": outcome.id, "title": outcome.title}
        data |= {name: value for name, value in (("kind", outcome.kind), ("policy", outcome.policy), ("model", outcome.model)) if value}
    if reason is not None:
        counted = {} if reason.yes is None else {"yes": reason.yes, "of": reason.of}
        data["because"] = {"answers": dict(reason.answers), **counted}
    if result.state == "undecided":
        data |= {"possible": list(result.possible), "open": list(result.open), "talk": list(result.talk)}
    return data
