"""What a collaboration gives to the outside in other people's formats: ODRL, CRediT, schema.org, SPDX, split sheets.

Every export is made from what stands now, by the writers of ``rights.exports``; nothing is stored. Whoever may see the collaboration may
take them, for they say nothing that its pages do not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from ipr_service.agreements.split_sheet import typeset_sheet
from ipr_service.errors import N_, NotFoundError, RefusedError
from ipr_service.rights.contributions import ROLES
from ipr_service.rights.exports import credit, odrl, schema_org, spdx
from ipr_service.rights.exports.split_sheet import Holder, Sheet, sheet, to_csv
from ipr_service.services import access, allocation, collaboration, grants, results
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.languages import say
from ipr_service.services.shares import made_of
from ipr_service.store.schema import Collaboration

KINDS = (
    "odrl.jsonld", "credit.json", "schema.org.jsonld", "spdx.json",
    "split-sheet-100.csv", "split-sheet-200.csv", "split-sheet-100.pdf", "split-sheet-200.pdf",
)  # fmt: skip
"""Names of the files that can be taken."""

_TYPES = {"jsonld": "application/ld+json", "json": "application/json", "csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}


@dataclass(frozen=True)
class Export:
    """A file to be saved."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True)
class _Known:
    """What every export starts from."""

    row: Collaboration
    title: str
    names: Mapping[str, str]


def export(ctx: Context, actor: Actor, collaboration_id: str, kind: str, language: str = "en") -> Export:
    """One of :data:`KINDS`.

    Raises:
        NotFoundError: no such collaboration that the actor may see, or no such export.
        RefusedError: a split sheet while no split is accepted.
    """
    with ctx.database.reading() as session:
        access.require(session, actor, "see", "collaboration", collaboration_id)
        if kind not in KINDS:
            raise NotFoundError(N_("There is no such export."))
        row = session.get_one(Collaboration, collaboration_id)
        title = ctx.open_text(row.key_id, "collaboration.title", row.title_sealed) or row.id
        known = _Known(row, title, {id: name.strip("“”") for id, name in grants.names(ctx, session, row).items()})
        if kind.startswith("split-sheet"):
            body = _sheet(ctx, session, known, kind, language)
        else:
            data = _WRITERS[kind](ctx, session, known)
            body = json.dumps(data, ensure_ascii=False, indent=1, sort_keys=False).encode()
    return Export(kind, _TYPES[kind.rpartition(".")[2]], body)


def _odrl(ctx: Context, session: Session, known: _Known) -> Any:
    standing = [line.grant for line in grants.grant_lines(ctx, session, known.row) if line.state == "standing"]
    return odrl.document(standing, known.names, f"{ctx.settings.base_url}/collaborations/{known.row.id}/grants#")


def _made(ctx: Context, session: Session, known: _Known) -> Any:
    who = collaboration.parties(ctx, session, known.row.id)
    return made_of(who, collaboration.contribution_lines(ctx, session, known.row.id))


def _credit(ctx: Context, session: Session, known: _Known) -> Any:
    return {"work": known.title} | credit.statement(_made(ctx, session, known), known.names)


def _schema_org(ctx: Context, session: Session, known: _Known) -> Any:
    """Every result as a work; the collaboration itself while there is none."""
    made, address = _made(ctx, session, known), f"{ctx.settings.base_url}/collaborations/{known.row.id}/grants"
    lines = results.result_lines(ctx, session, known.row.id)
    held = {party: Fraction(share) for party, share in results.split_holding(ctx, session, known.row.id).items()}
    if not lines:
        return schema_org.work(known.title, "", made, held, known.names, usage=address)
    works = [schema_org.work(line.title, line.asset.right, made, held, known.names, line.asset.outbound or "", address) for line in lines]
    context = "https://schema.org"
    return (
        works[0]
        if len(works) == 1
        else {"@context": context, "@graph": [{k: v for k, v in one.items() if k != "@context"} for one in works]}
    )


def _spdx(ctx: Context, session: Session, known: _Known) -> Any:
    """One document; every result that names licences is a package in a list of documents, in the order of the register."""
    lines = [line for line in results.result_lines(ctx, session, known.row.id) if line.asset.outbound]
    if not lines:
        raise RefusedError(N_("No result says which licence goes out. Say it at a result first."))
    base = f"{ctx.settings.base_url}/collaborations/{known.row.id}/results"
    made = [spdx.document(line.title, line.asset.outbound or "", line.asset.components, f"{base}#{line.id}", ctx.now()) for line in lines]
    return made[0] if len(made) == 1 else made


_WRITERS: Mapping[str, Callable[[Context, Session, _Known], Any]] = {
    "odrl.jsonld": _odrl,
    "credit.json": _credit,
    "schema.org.jsonld": _schema_org,
    "spdx.json": _spdx,
}


def _sheet(ctx: Context, session: Session, known: _Known, kind: str, language: str) -> bytes:
    split = allocation.accepted_split(ctx, session, known.row.id, language)
    if split is None:
        raise RefusedError(N_("No split is accepted yet. A split sheet states what everybody agreed on."))

    def translate(msgid: str) -> str:
        return say(language, msgid)

    roles: dict[str, list[str]] = {}
    for line in collaboration.contribution_lines(ctx, session, known.row.id):
        word = translate(ROLES.get(line.role, line.role))
        if word not in roles.setdefault(line.party_id, []):
            roles[line.party_id].append(word)
    held = [one for one in split.shares if one.fraction]
    holders = [Holder(one.name, one.fraction, one.organisation or "", ", ".join(roles.get(one.party_id, ()))) for one in held]
    found: Sheet = sheet(known.title, holders, kind.split("-")[2].split(".")[0])
    if kind.endswith(".csv"):
        return to_csv(found, translate).encode()
    return typeset_sheet(found, f"SHA-256 {split.run_digest.hex()}", ctx.now(), translate, language)
