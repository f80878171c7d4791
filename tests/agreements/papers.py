"""A small catalogue that uses every kind of block, so that papers are tested apart from the clauses that are published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ipr_service.agreements import interview
from ipr_service.agreements.assembly import Document, assemble
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.terms import Terms

MADE = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
PUBLISHED = Path(__file__).resolve().parents[2] / "agreement_templates"

SHARED = """\
party_fields:
  - {id: name, type: text, label: Name, help: h, why: w}
questions: []
"""
TEMPLATE = """\
id: paper
version: 3
title: Paper & Ink Agreement
summary: s
parties:
  minimum: 1
  maximum: 5
  roles:
    - {id: giver, label: Giver, minimum: 1, maximum: 1}
    - {id: taker, label: Taker, minimum: 0, maximum: 4}
questions:
  - {id: purpose, type: longtext, label: "What is it for?", help: h, why: w}
  - {id: note, type: text, label: A note, help: h, why: w, required: false}
  - {id: level, type: choice, label: "How far?", help: h, why: w, options: {near: Near, far: Far}, default: near}
  - {id: until, type: date, label: "Until when?", help: h, why: w, default: "2027-03-14"}
  - id: works
    type: list
    label: Which works?
    help: h
    why: w
    required: false
    fields:
      - {id: title, type: text, label: Title of the work, help: h, why: w}
      - {id: share, type: fraction, label: Share, help: h, why: w}
opening: [parties@1]
clauses:
  - purpose@1
  - {clause: distance@1, if: level == "far"}
  - end@1
schedules:
  - {clause: works@1, if: works}
closing: [closing@1]
formalities: {signature_level: simple, notes: []}
author: A. Author
review: draft, not reviewed by counsel
date: 2026-11-22
"""
CLAUSES: Mapping[str, tuple[str, str]] = {
    "parties": (
        '["parties[].name", "parties[].role_label"]',
        "Between:\n\n{% for party in parties %}\n- {{ party.name }} (the **Party**, {{ party.role_label }});\n{% endfor %}\n",
    ),
    "purpose": (
        '[purpose, note, "works[].title"]',
        "It serves {{ purpose }} (the **Purpose**), until the end in [[end]].\n\n"
        '{% if note == "odd" %}\nAn odd note.\n\n- one\n- two\n{% elif note %}\nNote: {{ note }}.\n'
        "{% else %}\nThere is no note.\n{% endif %}\n\n{% if works %}\n{% for work in works %}\n"
        "The work {{ work.title }} counts.\n\n- as number {{ loop.index }}\n{% endfor %}\n{% endif %}\n",
    ),
    "distance": ("[until]", "Far, and until {{ until|date }}.\n"),
    "end": ("[until]", "It ends on {{ until|date }}, see [[purpose]].\n"),
    "works": (
        '["works[].title", "works[].share"]',
        "The works:\n\n| Work | Share |\n| --- | --- |\n{% for work in works %}\n"
        "| {{ work.title }} | {{ work.share|percent }} |\n{% endfor %}\n\nThey are listed as [[end]] says.\n",
    ),
    "closing": ("[]", "Signed by the parties below.\n"),
}


def catalogue(directory: Path) -> Catalogue:
    """Write the small catalogue into ``directory`` and load it."""
    (directory / "clauses/en").mkdir(parents=True, exist_ok=True)
    (directory / "paper").mkdir(exist_ok=True)
    (directory / "shared.yaml").write_text(SHARED)
    (directory / "paper/template.yaml").write_text(TEMPLATE)
    for name, (variables, body) in CLAUSES.items():
        header = f"id: {name}\nversion: 1\ntitle: The {name}\nkind: mandatory\njurisdictions: [EU]\nvariables: {variables}\n"
        text = f"---\n{header}why: w\nsource: own\nmark: unverified\nfallback: none\n---\n{body}"
        (directory / f"clauses/en/{name}.md").write_text(text)
    return Catalogue.load(directory)


ANSWERS: Mapping[str, Any] = {
    "purpose": "a chair",
    "level": "far",
    "works": [{"title": "Drawing", "share": "3/8"}, {"title": "Prototype", "share": "5/8"}],
    "parties": [
        {"role": "giver", "name": "Rossi S.r.l."},
        {"role": "taker", "name": "Ana Žižek"},
        {"role": "taker", "name": "Παπαδόπουλος"},
    ],
}


def document(papers: Catalogue, **changes: Any) -> Document:
    """The small agreement with some answers changed."""
    kind = papers.kind("paper")
    return assemble(kind, interview.check(kind, {**ANSWERS, **changes}), papers)


def raw_document(papers: Catalogue, **changes: Any) -> Document:
    """The same past the interview's checks: what a hostile or old answer would give."""
    kind = papers.kind("paper")
    checked = interview.check(kind, ANSWERS)
    return assemble(kind, Terms(checked.kind, {**checked.answers, **changes}), papers)
