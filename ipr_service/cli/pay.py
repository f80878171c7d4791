"""``ipr pay``: pass money through a waterfall and say why, or prove a payout's record again. Needs no server, no database."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import click

from ipr_service.agreements.money_statement import typeset_statement
from ipr_service.cli import books
from ipr_service.cli.exits import DONE, FALSE
from ipr_service.errors import N_, InputError, TooLargeError
from ipr_service.rights import casebook, money_book, money_run, payout_reasons, payout_record, strict_yaml
from ipr_service.rights.money import places_of, units_text
from ipr_service.rights.money_case import MoneyCase, load
from ipr_service.rights.money_run import NO_DAY, Released, Run
from ipr_service.rights.revenue import Payout
from ipr_service.rights.statement import Statement, statement, to_csv
from ipr_service.rights.waterfall import HELD

LARGEST = 64 * 1024 * 1024
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command()
@click.argument("case", type=_FILE, required=False)
@click.option("--json", "as_json", is_flag=True, help="Every payout's record and the balances as JSON.")
@click.option("--statements", type=_FOLDER, metavar="FOLDER", help="Write each party's statement there, as CSV and PDF.")
@click.option("--replay", "record", type=_FILE, metavar="RECORD", help="Compute a payout's record again and compare.")
def pay(case: Path | None, as_json: bool, statements: Path | None, record: Path | None) -> int:
    """Compute who is paid what, and why.

    CASE is a YAML file with parties, a split or a waterfall, and what happened: income, costs, refunds, disputes, payouts, transfers;
    or a book of small cases (kind, cases), each with what should come out. Every amount comes with its derivation; the postings always
    balance.

    Exit 0: computed, and as the case expects if it says so. 1: the record does not hold, the outcome is not the expected one, or the
    file is not in the form of a case (the line is named). 2: a value that cannot be computed with. 3: something that cannot happen, such
    as a payout when nothing came in.

    \b
    ipr pay chair.yaml                     who gets what, and why
    ipr pay chair.yaml --statements out    and a statement for each party
    ipr pay --replay payout.json           prove a payout again, offline
    """
    if record is not None:
        return _replay(_text(record), as_json)
    if case is None:
        raise click.UsageError("name a case file, or a record with --replay")
    text = _text(case)
    if casebook.is_book(strict_yaml.read(text)):
        return books.tell(money_book.run(text), as_json=as_json)
    done = money_run.run(load(text))
    click.echo(_as_json(done) if as_json else told(done))
    if statements is not None:
        _write(done, statements)
    wrong = done.unexpected()
    for party, expected, found in wrong:
        click.echo(f"ipr: {party}: expected {_money(done.case, expected)}, found {_money(done.case, found)}", err=True)
    return FALSE if wrong else DONE


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST:
        raise TooLargeError(N_("This file is larger than {limit} bytes."), limit=LARGEST)
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise InputError(N_("This file is not text in UTF-8.")) from problem


def _money(case: MoneyCase, units: int) -> str:
    return f"{units_text(units, places_of(case.waterfall.currency))} {case.waterfall.currency}"


def _names(case: MoneyCase) -> dict[str, str]:
    return {party.id: party.label for party in case.parties} | {HELD: "kept aside"}


def told(done: Run) -> str:
    """Every payout with its steps and reasons, then what was paid in all and what is where."""
    case, names = done.case, _names(done.case)
    lines = [f"{case.title}: {case.waterfall.title} ({case.waterfall.reference})"]
    for number, made in enumerate(done.done, 1):
        if isinstance(made, Released):
            lines += ["", f"{number}. Released: {_money(case, sum(made.amounts.values()))}"]
            lines += [
                f"  {names[party]}: {sentence}" for party, sentence in zip(made.amounts, money_run.sentences(case, made), strict=True)
            ]
        else:
            lines += ["", f"{number}. {'Paid out' if made.units > 0 else 'Taken back'}: {_money(case, made.units)}"]
            lines += [f"  {step}: {sentence}" for step, sentence in payout_reasons.steps(made)]
            for told in payout_reasons.account(made):
                whose = "" if told.holder == HELD else f"{names[told.holder]}: "
                lines += [f"  {whose}{told.headline}", *(f"    {sentence}" for sentence in told.details)]
    wide = max(len(name) for name in names.values())
    lines += ["", "In all:", *(f"  {names[party]:<{wide}}  {_money(case, units):>20}" for party, units in done.paid.items())]
    lines += ["", "Accounts (they add up to 0):"]
    return "\n".join([*lines, *(f"  {account:<{wide + 10}}  {_money(case, units):>20}" for account, units in done.balances.items())])


def _as_json(done: Run) -> str:
    made = [
        payout_record.to_data(one) if isinstance(one, Payout) else {"released": {party: str(units) for party, units in one.amounts.items()}}
        for one in done.done
    ]
    case = done.case
    data: dict[str, Any] = {"case": case.id, "title": case.title, "currency": case.waterfall.currency, "payouts": made}
    data |= {"paid": {party: _plain(case, units) for party, units in done.paid.items()}}
    data |= {"balances": {account: _plain(case, units) for account, units in done.balances.items()}}
    return json.dumps(data, ensure_ascii=False, indent=1)


def _plain(case: MoneyCase, units: int) -> str:
    return units_text(units, places_of(case.waterfall.currency))


def _write(done: Run, folder: Path) -> None:
    """One CSV and one PDF for each party; files of the same name are written anew."""
    folder.mkdir(parents=True, exist_ok=True)
    days = [entry.on for entry in done.entries] or [NO_DAY]
    for party in done.case.parties:
        found = statement(party.id, done.case.waterfall.currency, done.entries, min(days), max(days))
        (folder / f"statement-{party.id}.csv").write_text(to_csv(found, party.label), encoding="utf-8", newline="")
        (folder / f"statement-{party.id}.pdf").write_bytes(_pdf(done, party.label, found, max(days)))
    click.echo(f"\n{2 * len(done.case.parties)} statements in {folder}", err=True)


def _pdf(done: Run, name: str, found: Statement, day: date) -> bytes:
    """Dated by the case's last day, so that the same case gives the same bytes."""
    made = datetime.combine(day, time(), UTC)
    return typeset_statement(found, name, done.case.title, f"{done.case.id}, {done.case.waterfall.reference}", made)


def _replay(record: str, as_json: bool) -> int:
    checks = [{"check": one.name, "holds": one.holds, "detail": str(one.sentence)} for one in payout_record.replay(record)]
    holds = all(check["holds"] for check in checks)
    if as_json:
        click.echo(json.dumps({"holds": holds, "checks": checks}, ensure_ascii=False, indent=1))
    else:
        for check in checks:
            click.echo(f"{'ok   ' if check['holds'] else 'FALSE'} {check['detail']}.")
        click.echo("The record holds: computed again, it gives the same amounts." if holds else "The record does not hold.")
    return DONE if holds else FALSE
