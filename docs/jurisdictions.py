"""The reference page on the jurisdiction packs: what there is, what is missing, what overlaps. ``docs/build.py`` writes it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from ipr_service.rights import coverage, jurisdictions
from ipr_service.rights.jurisdictions import Row

ON: Final = jurisdictions.newest()
"""The newest day on which a row was read: the page is about that day, not about today."""


def page() -> str:
    """The whole page."""
    return "\n".join([_head(), _packs(), _gaps(), _overlaps(), _topics()])


def _head() -> str:
    return f"""# Jurisdiction packs

What the law of ten jurisdictions says about owners, shares, powers, form and moral rights, as data: `ipr law COUNTRY RIGHT` prints it,
`/law` shows it. Every row names article, source, the day it was read and how it was checked; a row that nobody verified decides nothing.
Nothing here is legal advice. This page is about the packs as of {ON}.
"""


def _packs() -> str:
    lines = [
        "## Packs",
        "",
        "| pack | rows | primary | inferred | secondary | unverified | first review due | digest |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for country in jurisdictions.countries():
        pack = jurisdictions.pack(country)
        marks = Counter(row.mark for row in pack.rows)
        counts = [marks[mark] for mark in ("verified-primary", "inferred-from-primary", "verified-secondary", "unverified")]
        due = min(row.review_by for row in pack.rows)
        row = [f"{pack.title} `{pack.reference}`", len(pack.rows), *counts, due, f"`{pack.digest.hex()}`"]
        lines.append("| " + " | ".join(map(str, row)) + " |")
    return "\n".join(lines) + "\n"


def _gaps() -> str:
    lines = [
        "## Gaps: right x country x question",
        "",
        "P read in the law, I inferred from it, S read about it, u only unverified rows, which decide nothing, open left open by the law,",
        "! conflict, – no row. * filled by general co-ownership law or by a directive of the Union.",
        "",
    ]
    members = [country for country in jurisdictions.countries() if country != jurisdictions.UNION]
    missing = total = 0
    for right in coverage.RIGHTS:
        lines += [f"### {right}", "", "| question | " + " | ".join(members) + " |", "|---|" + "---|" * len(members)]
        for question in coverage.QUESTIONS:
            cells = [coverage.cell(country, right, question, ON) for country in members]
            total, missing = total + len(cells), missing + sum(one.state in ("", "unverified", "open") for one in cells)
            lines.append(f"| {question[0]} {question[1]} | " + " | ".join(map(str, cells)) + " |")
        lines.append("")
    lines += [f"{missing} of {total} cells are undetermined.", "", "### Rights of the Union", ""]
    rights = [right for right in jurisdictions.pack("EU").rights if not right.startswith("background")]
    lines += ["| question | " + " | ".join(rights) + " |", "|---|" + "---|" * len(rights)]
    for question in (*coverage.QUESTIONS, ("law", "registered")):
        cells = [coverage.cell("EU", right, question, ON) for right in rights]
        lines.append(f"| {question[0]} {question[1]} | " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines) + "\n"


def _overlaps() -> str:
    words = {
        "same": "agree, cited together",
        "outranked": "the right's own row goes first",
        "conflict": "CONFLICT: the engine decides nothing",
    }
    lines = [
        "## Overlaps",
        "",
        "Questions that several rows answer, and what comes of it.",
        "",
        "| country | right | question | rows | outcome |",
        "|---|---|---|---|---|",
    ]
    for one in coverage.overlaps(ON):
        lines.append(f"| {one.country} | {one.right} | {' '.join(one.question)} | {', '.join(one.rows)} | {words[one.kind]} |")
    return "\n".join(lines) + "\n"


def _topics() -> str:
    """Every topic of the source table: how many rows, in which countries, and how many of them are typed."""
    rows: dict[str, list[Row]] = {}
    for country in jurisdictions.countries():
        for row in jurisdictions.pack(country).rows:
            rows.setdefault(row.topic, []).append(row)
    lines = ["## Topics", "", "| topic | rows | decide | right: countries |", "|---|---|---|---|"]
    for topic in sorted(rows):
        places: dict[str, list[str]] = {}
        for row in rows[topic]:
            places.setdefault(row.rights.replace("|", ", "), []).append(row.country)
        said = "; ".join(f"{right}: {' '.join(countries)}" for right, countries in places.items())
        lines.append(f"| {topic} | {len(rows[topic])} | {sum(bool(row.says) for row in rows[topic])} | {said} |")
    return "\n".join(lines) + "\n"
