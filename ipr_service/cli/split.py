"""``ipr split``: compute a case file, or prove a frozen record again. Needs no server, no database, no configuration."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from ipr_service.cli.exits import DONE, FALSE
from ipr_service.errors import N_, InputError, TooLargeError
from ipr_service.rights import case as cases
from ipr_service.rights import casebook, explanation, replay, strict_yaml, succession
from ipr_service.rights.allocation import Allocation
from ipr_service.rights.notation import exact, fraction_text, percent, signed_percent
from ipr_service.rights.precedence import RuleConflictError, UndeterminedError
from ipr_service.rights.succession import Event

LARGEST = 64 * 1024 * 1024
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_DAY = click.DateTime(("%Y-%m-%d",))


@click.command()
@click.argument("case", type=_FILE, required=False)
@click.option("--json", "as_json", is_flag=True, help="The record as JSON: what the service freezes and --replay reads.")
@click.option("--replay", "record", type=_FILE, metavar="RECORD", help="Compute a record (split.json) again and compare.")
@click.option("--after", type=_FILE, metavar="RECORD", help="Compute the split that follows this accepted one; with one of the next three.")
@click.option("--joins", metavar="ID=PART", help="With --after: who joins, and with which part of the whole.")
@click.option("--leaves", metavar="ID[=PART]", help="With --after: who leaves, and which part of its share it keeps.")
@click.option("--hands-on", metavar="ID:ID=PART", help="With --after: who hands on to whom, and which part of its share.")
@click.option("--joined", type=_DAY, help="With --leaves, under a rule that counts the time: the first day.")
@click.option("--left", type=_DAY, help="With --leaves, under a rule that counts the time: the last day.")
@click.option(
    "--number", type=click.IntRange(1, 10_000), default=1, show_default=True, help="With --after: number of the split that is followed."
)
def split(
    case: Path | None,
    as_json: bool,
    record: Path | None,
    after: Path | None,
    joins: str | None,
    leaves: str | None,
    hands_on: str | None,
    joined: datetime | None,
    left: datetime | None,
    number: int,
) -> int:
    """Compute who gets which share, and why.

    CASE is a YAML file with a policy, parties and contributions; or a book of small cases (kind, cases), each with what should come
    out. With --replay, a frozen record is computed again and compared, check by check; with both, the record must also be that of the
    case. With --after, what happened to an accepted split makes another out of it; the accepted one is not changed.

    Exit 0: computed, and as the case expects if it says so. 1: the record does not hold, the outcome is not the expected one, or the
    file is not in the form of a case (the line is named). 2: a value that cannot be computed with. 3: there is no basis for a split, two
    rules of equal rank decide it, or a fact is missing (with --json both rules, or what is missing and who can settle it).
    """
    if record is not None:
        return _replay(_text(record), _text(case) if case else None, as_json)
    if after is not None:
        days = {"joined": joined.date() if joined else None, "left": left.date() if left else None}
        return _after(_text(after), number, _event(joins, leaves, hands_on, days), as_json)
    if case is None:
        raise click.UsageError("name a case file, or a record with --replay")
    text = _text(case)
    if text.lstrip().startswith("{") and '"format"' in text:
        raise click.UsageError(f"{case} is the record of a split, no case: use --replay {case}")
    if casebook.is_book(strict_yaml.read(text)):
        return _book(text, as_json)
    described = cases.load(text)
    try:
        run = cases.run(described)
    except (RuleConflictError, UndeterminedError) as unsaid:
        if as_json:
            click.echo(json.dumps({"case": described.id, **unsaid.outcome.to_data()}, ensure_ascii=False, indent=1))
        raise
    click.echo(cases.to_json(described, run).rstrip() if as_json else _told(described.title or described.id, run))
    wrong = cases.unexpected(described, run)
    for change in wrong:
        expected, found = (fraction_text(share) if share is not None else "nothing" for share in (change.before, change.after))
        click.echo(f"ipr: {change.party}: expected {expected}, found {found}", err=True)
    return FALSE if wrong else DONE


def _event(joins: str | None, leaves: str | None, hands_on: str | None, days: dict[str, date | None]) -> Event:
    """What happened, as it was written; exactly one thing."""
    said = [(kind, text) for kind, text in zip(succession.KINDS, (joins, leaves, hands_on), strict=True) if text]
    if len(said) != 1:
        raise click.UsageError("with --after say one thing that happened: --joins, --leaves or --hands-on")
    ((kind, text),) = said
    who, equals, part = text.partition("=")
    party, colon, to = who.partition(":")
    if bool(colon) != (kind == succession.TRANSFER) or (not equals and kind != succession.LEAVING):
        raise click.UsageError(f"{text!r} is not in the form that --help shows")
    return Event(kind, party, exact(part) if equals else None, to or None, **days)


def _after(record: str, number: int, event: Event, as_json: bool) -> int:
    """The split that follows, once those whose share changes have accepted it."""
    before = replay.replay(record)
    if not before or before.allocation is None:
        raise InputError(N_("This record does not hold. Look at it with --replay first."))
    there = {one.id for one in before.allocation.parties} | ({event.party, event.to} if event.kind != succession.LEAVING else set())
    run = succession.follow(before.allocation, number, event, sorted(one for one in there if one))
    if as_json:
        click.echo(replay.record(replace(run, signed_by=())).rstrip())
        return DONE
    click.echo(_told(run.policy.title, replace(run, signed_by=())))
    click.echo(f"It takes the place of split no. {number} once these have accepted it: {', '.join(run.signed_by)}.")
    return DONE


def _book(text: str, as_json: bool) -> int:
    """A file of many small cases, each with what should come out."""
    book = casebook.run(text)
    if as_json:
        click.echo(json.dumps(book.to_data(), ensure_ascii=False, indent=1))
    else:
        for one in book.answers:
            mark = {True: "ok   ", False: "FALSE", None: "     "}[one.holds]
            shares = ", ".join(f"{party} {share}" for party, share in one.result.items())
            click.echo(f"{mark} {one.name}: {one.refused or shares or '–'}")
            for remark in one.remarks:
                click.echo(f"        {remark}")
    return DONE if book else FALSE


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST:
        raise TooLargeError(N_("This file is larger than {limit} bytes."), limit=LARGEST)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise InputError(N_("This file is not text in UTF-8.")) from problem


def _told(title: str, run: Allocation) -> str:
    """The shares as a table, then the reasons."""
    people = {party.id: party.label for party in run.parties}
    wide = max(len(name) for name in people.values())
    paper = run.split.basis_points()
    lines = [f"{title}: {run.policy.title} ({run.policy.reference})", ""]
    for party in run.parties:
        share = run.split.fractions[party.id]
        lines.append(f"  {party.label:<{wide}}  {fraction_text(share):>9}  {percent(share):>12}  {paper[party.id]:>6} basis points")
    for told in explanation.account(run):
        lines += ["", f"{people[told.party]}: {told.headline}", *(f"  {sentence}" for sentence in told.details)]
    if run.negotiated and run.unsigned:
        missing = ", ".join(people[party] for party in run.unsigned)
        differences = ", ".join(f"{people[party]} {signed_percent(change)}" for party, change in run.difference.items())
        lines += ["", f"Negotiated shares ({differences}) stand only once these have signed too: {missing}."]
    lines += ["", *map(str, explanation.why_not(run))] if explanation.why_not(run) else []
    lines += [str(warning) for warning in run.split.warnings()]
    return "\n".join([*lines, "", f"Digest of this run: {run.digest.hex()}"])


def _replay(record: str, case: str | None, as_json: bool) -> int:
    report = replay.replay(record)
    checks: list[dict[str, Any]] = [{"check": one.name, "holds": one.holds, "detail": str(one.sentence)} for one in report.checks]
    if case is not None:
        same = report.allocation is not None and cases.run(cases.load(case)).digest == report.allocation.digest
        checks.append({"check": "case", "holds": same, "detail": f"The record is {'' if same else 'not '}a run of this case"})
    holds = all(check["holds"] for check in checks)
    if as_json:
        click.echo(json.dumps({"holds": holds, "checks": checks}, ensure_ascii=False, indent=1))
    else:
        for check in checks:
            click.echo(f"{'ok   ' if check['holds'] else 'FALSE'} {check['detail']}.")
        click.echo("The record holds: computed again, it gives the same shares." if holds else "The record does not hold.")
    return DONE if holds else FALSE
