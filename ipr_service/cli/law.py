"""``ipr law``: what a jurisdiction pack says about a right. Needs no server, no database, no configuration."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ipr_service.errors import N_, InputError
from ipr_service.rights import governing, jurisdictions, law_record, unsigned
from ipr_service.rights.jurisdictions import DECIDES, STANDINGS, UNVERIFIED, Row
from ipr_service.services.languages import say


@click.command()
@click.argument("country")
@click.argument("right")
@click.option("--date", "on", metavar="DAY", help="The day the question is about, like 2027-03-31; without it, today.")
@click.option(
    "--maker", "makers", multiple=True, metavar="WORDS", help='If nobody signs: "ID [COUNTRY|-] [WORKING] [WORKS_FOR]", each maker once.'
)
@click.option("--language", default="en", show_default=True, metavar="LL", help="Language of the answer to --maker: en, it.")
@click.option("--json", "as_json", is_flag=True, help="The rows as JSON; with --maker, the answer.")
def law(country: str, right: str, on: str | None, makers: tuple[str, ...], language: str, as_json: bool) -> None:
    """What the law of COUNTRY says about RIGHT, row by row, with article, source and mark.

    COUNTRY is EU, FR, ES, IT, PT, EL (or GR), SI, HR, CY or MT. RIGHT is patent, design, trademark, copyright, software, trade_secret, or
    another that the country has rows about. Rows that nobody verified are shown with their mark and decide nothing. A row before the day on
    which it was read is not checked for that date, unless it has dates of its own. Nothing here is legal advice.

    With --maker, the answer to another question: what the law makes of it if these people sign nothing, in the order of the register.
    WORKING is independent, employee, employee-company, employee-mixed, employee-other, commissioned, hosted or student; WORKS_FOR is the id
    of an employer, commissioner or host: ipr law EU design --maker "anna IT" --maker "bruno FR employee acme".

    Exit 0: shown. 2: no such country, right or day, or a maker that cannot be taken.
    """
    today = datetime.now(UTC).date()
    day = _day(on) if on else None
    if makers:
        _unsigned(country, right, makers, day or jurisdictions.present(today), language, as_json)
        return
    rows = jurisdictions.rows(country, right)
    if as_json:
        click.echo(json.dumps([_data(row, day) for row in rows], ensure_ascii=False, indent=1))
        return
    chosen = jurisdictions.pack(country)
    _show(f"{chosen.title}: {right} ({chosen.reference})", rows, day or jurisdictions.present(today), today)
    for one in chosen.general:
        if right in one.fills:
            click.echo(f"Where these rows are silent: ipr law {one.pack} {one.right} ({one.because}).")


def _day(text: str) -> date:
    """The day that was written.

    Raises:
        InputError: there is none.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise InputError.at("/date", N_("There is no such day. Write year, month and day like 2027-03-31.")) from None


def _data(row: Row, day: date | None) -> dict[str, Any]:
    """The row as JSON, in the words of the table; for a given day its mark says when it decides nothing on that day."""
    standing = row.standing(day) if day else DECIDES
    return {
        "right": row.rights,
        "topic": row.topic,
        "value": row.rule,
        "article": row.article,
        "source": row.source,
        "mark": row.mark if standing in (DECIDES, UNVERIFIED) else STANDINGS[standing],
        "read_on": row.read_on.isoformat() if row.read_on else "",
    }


def _show(title: str, rows: tuple[Row, ...], day: date, today: date) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", show_lines=True, expand=True)
    table.add_column("topic and mark", min_width=27)
    table.add_column("what it says, and where", ratio=1, overflow="fold")
    for row in rows:
        standing = row.standing(day)
        worth = row.mark if standing == DECIDES else STANDINGS[standing]
        overdue = f"review overdue since {row.review_by}" if row.overdue(today) else ""
        said = [row.rule, row.article, row.source]
        table.add_row(_lines(row.topic, worth, overdue), _lines(*said))
    console = Console()
    console.print(table)
    read = sorted({row.read_on.isoformat() for row in rows if row.read_on})
    console.print(f"Read on {', '.join(read) or 'no day'}; asked for {day}. Not legal advice.", highlight=False)


def _lines(*parts: str) -> Text:
    """One line each; rows are data, so nothing in them is markup."""
    return Text("\n".join(part for part in parts if part))


def _unsigned(country: str, right: str, words: tuple[str, ...], on: date, language: str, as_json: bool) -> None:
    """What holds if nobody signs, as JSON or as lines."""
    makers = [_maker(at, text.split()) for at, text in enumerate(words)]
    data = law_record.outlook(unsigned.outlook(country, right, makers, on), partial(say, language))
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    click.echo(f"{data['country']} {data['right']}, {data['date']}: if nobody signs anything")
    for warning in data["warnings"]:
        click.echo(f"Careful: {warning}.")
    if data["governing_law"]:
        click.echo(_line("governing law", data["governing_law"]))
    for one in data["owners"]:
        click.echo(_line(f"{one['maker']} ({one['working']}) -> {one['holder'] or 'undetermined'}", one))
    click.echo(_line("shares", data["shares"]))
    if data["sole"]:
        click.echo(f"{say(language, unsigned.SOLE)}.")
    for group, name in (("powers", "act"), ("forms", "act"), ("silent_licence", "about")):
        for one in data[group]:
            click.echo(_line(f"{group.replace('_', ' ')}: {one[name]}", one))
    if data["moral_rights"]:
        click.echo(_line("moral rights", data["moral_rights"]))
    click.echo("Not legal advice.")


def _maker(position: int, words: list[str]) -> unsigned.Maker:
    """A maker from its words; the country may be left open with a dash."""
    names = ("id", "country", "working", "works_for")
    if not 1 <= len(words) <= len(names):
        raise InputError.at(f"/makers/{position}", N_("A maker is one to four words: id, country or -, way of working, who she works for"))
    said = dict(zip(names, words, strict=False))
    country = said.get("country", "-").replace("-", "").upper()
    if country:
        governing.Holder(country)
    return unsigned.Maker(said["id"], said.get("working", "independent"), said.get("works_for", ""), country)


def _line(head: str, found: dict[str, Any]) -> str:
    """One answer: what, whether, why."""
    value = found["value"] if found["result"] == "value" else found["result"]
    if isinstance(value, dict):
        value = ", ".join(f"{party} {share}" for party, share in value.items())
    why = "; ".join(f"{one['article']} ({one['mark']})" for one in found["because"])
    said = ". ".join(found["sentences"])
    return f"  {head}: {value}{f'. {said}' if said else ''}{f' [{why}]' if why else ''}"
