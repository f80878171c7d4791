"""``ipr grants check``: what licences in a file do to one another. Needs no server, no database, no configuration."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import click

from ipr_service.cli.exits import DONE, REFUSED
from ipr_service.errors import N_, FormatError, InputError, TooLargeError
from ipr_service.rights.grant_answer import Say, answer_data
from ipr_service.rights.grant_file import Answer, GrantFile, load
from ipr_service.rights.grant_file import check as check_grants
from ipr_service.services.languages import say as told

LARGEST = 16 * 1024 * 1024
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)

_DEMANDS = {"unmet": "UNMET", "unsaid": "UNSAID", "met": "ok", "seen": "shown", "told": "told"}


@click.group()
def grants() -> None:
    """Licence grants: conflicts, authority, scope, third-party licences."""


@grants.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="The whole answer as JSON.")
@click.option("--language", default="en", show_default=True, metavar="LL", help="Language of the sentences: en, it.")
@click.option("--on", "on", type=click.DateTime(["%Y-%m-%d"]), help="The day on which one looks, for what is late. Default: today.")
def check(file: Path, as_json: bool, language: str, on: datetime | None) -> int:
    """Check the grants of FILE (YAML or JSON, see docs/grants.md) against one another.

    Says where two grants shut each other out, exactly; who still has to sign, and by when; where a grant goes beyond what it comes from;
    which background nobody gave access to; and which third-party licence does not agree with the one that is meant to go out.

    Exit 0: nothing stands in the way. 2: the file cannot be taken (the line is named). 3: there is a conflict, or one that
    cannot be ruled out, or something else of the above stands in the way. Signatures that are still to come do not count as such.
    """
    try:
        described = load(_text(file))
        today = on.date() if on else datetime.now(UTC).date()
        answer = check_grants(described.grants, described.assets, described.acts, today)
    except FormatError as problem:  # a file of one's own is an argument, so this is no damage (1) but a wrong argument (2)
        raise InputError(problem.msgid, problems=problem.problems, **problem.values) from problem
    say = partial(told, language)
    if as_json:
        click.echo(json.dumps({"check": described.id, "on": today.isoformat()} | answer_data(answer, say), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_told(described, answer, today, say)))
    return DONE if answer.clear else REFUSED


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST:
        raise TooLargeError(N_("This file is larger than {limit} bytes."), limit=LARGEST)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise InputError(N_("This file is not text in UTF-8.")) from problem


def _told(described: GrantFile, answer: Answer, today: date, say: Say) -> Iterator[str]:
    yield f"{described.id}: {len(described.grants)} grants, on {today.isoformat()}"
    for one in answer.conflicts:
        yield f"{'CONFLICT' if one.certain else 'POSSIBLE'}  {one.sentence.text(say)}"
        yield from (f"          {remark.text(say)}" for remark in one.remarks)
    yield from (f"FILLED    {line.text(say)}" for one in answer.filled.values() for line in (*one.lines, *one.remarks))
    yield from (f"BEYOND    {one.sentence.text(say)}" for one in answer.excesses)
    yield from (f"ACCESS    {one.sentence.text(say)}" for one in answer.gaps)
    for grant_demands in answer.demands.values():
        yield from (f"{_DEMANDS[one.outcome]:<9} {one.sentence.text(say)}" for one in grant_demands)
    for found in answer.encumbrances.values():
        for each in found:
            yield f"{'ok       ' if each.passes else each.answer.ljust(9)} {each.sentence.text(say)}"
            yield from (f"          {remark.text(say)}" for remark in each.remarks)
    for grant, authority in answer.authorities.items():
        yield f"{authority.outcome.upper():<12} {grant}: {authority.reason.text(say)}"
        for step in authority.steps:
            late = " (late)" if step.late else ""
            yield f"  [{'x' if step.done else ' '}] {step.sentence.text(say)}{late}"
        yield from (f"      {remark.text(say)}" for remark in authority.remarks)
    yield "Nothing stands in the way." if answer.clear else "Something stands in the way; see above."
