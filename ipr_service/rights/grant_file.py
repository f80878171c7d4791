"""Grant files: licences in one text file, for ``ipr grants check`` and for tests; and the one check over all of them.

::

    check: oak-chair
    fields: {stacking-chairs: chairs}       # own fields, each below a shipped one
    assets:                                 # optional; without one nothing is asked about holders
      - id: chair-design
        right: design
        law: ES                             # whose law fills what nobody said (needs right); optional
        holders: {anna: 1/2, bruno: 1/2}
        consent: {who: all, source: our agreement of 2 March}
        territory: [EU]                     # where the right exists
        to: 2040-05-31                      # until it ends
        uses: [joint]                       # background it needs
        outbound: Apache-2.0                # licence that is meant to go out, with what of others is in it
        components: [{name: viewer, expression: MIT}]
    grants:
      - id: furniture-eu
        asset: chair-design
        grantors: [anna, bruno]
        grantee: mobilia
        acts: [make, sell]                  # use, make, sell, adapt, publish, sublicense
        purpose: exploitation               # project, research, exploitation
        field: furniture
        territory: [EU]                     # IT, IT-25, WORLD, EU, EEA, MED, EU@2026-01-01
        from: 2027-01-01
        to: 2028-12-31                      # both days included
        exclusivity: exclusive              # exclusive, sole, non-exclusive
        sublicence: consent                 # no, consent, yes
        fee: {kind: net, part: 5 %}         # free, fair, {kind: lump, amount, currency}
        reversion: {when: unexploited, months: 24}
        under: other-grant                  # this is a sublicence of that one
        agreed: 2026-11-20
        form: writing                       # oral, writing, signed, recognised, deed
        signed: {anna: 2026-11-20}          # notified, offered, declined alike; court: day

Every refusal names line and field (:mod:`ipr_service.rights.strict_yaml`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ipr_service.errors import N_
from ipr_service.rights import jurisdictions
from ipr_service.rights.authority import HOLDS_NOTHING, Acts, Authority, authority
from ipr_service.rights.conflicts import MAX_GRANTS, Conflict, Priority, chains, conflicts
from ipr_service.rights.demands import UNMET, Demand, demands
from ipr_service.rights.encumbrance import Encumbrance, encumbrances
from ipr_service.rights.fields import SHIPPED, FieldTree
from ipr_service.rights.grant_terms import Asset, asset, grant
from ipr_service.rights.grants_by_law import Filled, consent_rule, priority
from ipr_service.rights.grants_by_law import filled as fill
from ipr_service.rights.licences import Grant
from ipr_service.rights.parties import check_id
from ipr_service.rights.powers import ConsentRule
from ipr_service.rights.scope import Excess, Gap, beyond_parent, beyond_right, gaps, needs_of
from ipr_service.rights.strict_yaml import Node, read

MAX_ASSETS = 1_000
_NO_ASSET = N_('There is no asset "{value}" in this file; list it under "assets"')


@dataclass(frozen=True)
class GrantFile:
    """What a file says."""

    id: str
    tree: FieldTree
    assets: tuple[Asset, ...]
    grants: tuple[Grant, ...]
    acts: Mapping[str, Acts]


@dataclass(frozen=True)
class Answer:
    """Everything that the check found.

    Args:
        conflicts: grants that shut each other out, or may.
        authorities: grant to whether its grantors may grant it; only where the holders of the asset are known.
        excesses: grants that go beyond what they come from.
        gaps: background that is needed and to which no access was granted.
        encumbrances: asset to the answers for its components.
        filled: grant to what the law says where it is silent; only where the asset names a law.
        demands: grant to what the law demands of its form and text; only where the asset names a law.
    """

    conflicts: tuple[Conflict, ...]
    authorities: Mapping[str, Authority]
    excesses: tuple[Excess, ...]
    gaps: tuple[Gap, ...]
    encumbrances: Mapping[str, tuple[Encumbrance, ...]]
    filled: Mapping[str, Filled]
    demands: Mapping[str, tuple[Demand, ...]]

    @property
    def clear(self) -> bool:
        """Whether nothing stands in the way: no conflict (not even a possible one), nothing beyond, no gap, every component passes, and no
        demand of a law is known to be unmet."""
        unmet = any(one.outcome == UNMET for found in self.demands.values() for one in found)
        passing = all(one.passes for found in self.encumbrances.values() for one in found)
        return not (self.conflicts or self.excesses or self.gaps or unmet) and passing


def load(text: str) -> GrantFile:
    """The grants of a file.

    Raises:
        FormatError: names line and field.
        TooLargeError: more than the limits of ``strict_yaml``.
    """
    node = read(text)
    found = node.fields(("check", "grants"), ("fields", "assets"))
    tree = _tree(found["fields"]) if "fields" in found else SHIPPED
    listed = found["grants"].items(MAX_GRANTS)
    things = found["assets"].items(MAX_ASSETS) if "assets" in found else ()
    _unique(listed)
    _unique(things)
    read_grants = [grant(item, tree) for item in listed]
    made = tuple(one for one, _acts in read_grants)
    _known_parents(listed, made)
    name = found["check"].text()
    found["check"].placed(lambda: check_id("", name))
    assets = tuple(asset(item) for item in things)
    _known_assets(listed, things, assets)
    return GrantFile(name, tree, assets, made, {one.id: acts for one, acts in read_grants})


def check(
    grants: Sequence[Grant], assets: Sequence[Asset] = (), acts: Mapping[str, Acts] | None = None, today: date | None = None
) -> Answer:
    """Everything there is to say about these grants together.

    Args:
        grants: ids unique, of one tree of fields.
        acts: what was done so far, by grant.
        today: to see what is late; None leaves that out.

    Raises:
        InputError: a circle of sublicences.
    """
    known = {one.id: one for one in assets}
    demanded = {one.id: found for one in grants if (found := _demands(one, known.get(one.asset), today))}
    filled = {one.id: made for one in grants if (made := _filled(one, known.get(one.asset), today)) is not None}
    grants = [filled[one.id].grant if one.id in filled else one for one in grants]
    by_id = {one.id: one for one in grants}
    excesses: list[Excess] = []
    found_gaps: list[Gap] = []
    authorities: dict[str, Authority] = {}
    for one in sorted(grants, key=lambda each: each.id):
        if one.under is not None:
            excesses += beyond_parent(one, by_id[one.under]) if one.under in by_id else [Excess(one.id, one.under, "unknown", one.under)]
        about = known.get(one.asset)
        if about is None:
            continue
        excesses += beyond_right(one, about.existing)
        strangers = [
            party for party in one.grantors if about.holding is not None and one.under is None and party not in about.holding.interests
        ]
        excesses += [Excess(one.id, about.id, "holder", party) for party in strangers]
        if about.holding is not None and one.under is None and not strangers:
            authorities[one.id] = authority(_consent(about, one, today), about.holding, one, (acts or {}).get(one.id), today)
        for need in needs_of(one, about.uses):
            background = known.get(need.asset)
            owners = tuple(background.holding.interests) if background is not None and background.holding is not None else ()
            found_gaps += gaps(need, grants, owners)
    priorities = {one.id: rule for one in assets if (rule := _priority(one, today)) is not None}
    burdens = {one.id: encumbrances(one.outbound, one.components) for one in assets if one.outbound is not None}
    return Answer(conflicts(grants, priorities), authorities, tuple(excesses), tuple(found_gaps), burdens, filled, demanded)


def _filled(one: Grant, about: Asset | None, today: date | None) -> Filled | None:
    on = _concluded(one, today)
    if about is None or not about.law or on is None:
        return None
    return fill(one, about.law, about.right, on, about.existing.territory)


def _concluded(one: Grant, today: date | None) -> date | None:
    """The day whose law is asked: the one on which it was concluded, else the present as the packs know it."""
    return one.agreed or (None if today is None else jurisdictions.present(today))


def _demands(one: Grant, about: Asset | None, today: date | None) -> tuple[Demand, ...]:
    on = _concluded(one, today)
    return () if about is None or not about.law or on is None else demands(one, about.law, about.right, on)


def _consent(about: Asset, one: Grant, today: date | None) -> ConsentRule | None:
    """What the parties agreed, else what the law says, else nothing."""
    on = _concluded(one, today)
    if about.consent is not None or not about.law or on is None:
        return about.consent
    return consent_rule(about.law, about.right, one.exclusivity in {"exclusive", "sole"}, on)[0]


def _priority(about: Asset, today: date | None) -> Priority | None:
    if about.priority is not None or not about.law or today is None:
        return about.priority
    return priority(about.law, about.right, jurisdictions.present(today))


def _tree(node: Node) -> FieldTree:
    own = tuple((name, above.text()) for name, above in node.entries().items())
    return node.placed(lambda: FieldTree(own))


def _unique(nodes: Sequence[Node]) -> None:
    seen: dict[str, int] = {}
    for item in nodes:
        node = item.entries().get("id")
        if node is None:
            continue
        if node.value in seen:
            node.refuse(N_('The id "{id}" stands in line {first} already; ids are unique'), id=node.text(), first=seen[node.value])
        seen[node.value] = node.line


def _known_parents(nodes: Sequence[Node], grants: Sequence[Grant]) -> None:
    """Refuse a grant above that is not in the file, and a circle, each at its line."""
    ids = {one.id for one in grants}
    for node, one in zip(nodes, grants, strict=True):
        if one.under is not None and one.under not in ids:
            node.entries()["under"].refuse(N_('There is no grant "{value}" in this file'), value=one.under)
    for node, one in zip(nodes, grants, strict=True):
        if one.under is not None:
            node.placed(lambda: chains(grants))


def _known_assets(nodes: Sequence[Node], things: Sequence[Node], assets: Sequence[Asset]) -> None:
    """Where assets are listed, grants and needs name only these; a licence that goes out is named where components come in."""
    known = {one.id: one for one in assets}
    for node in nodes if assets else ():
        named = node.entries()["asset"]
        if named.text() not in known:
            named.refuse(_NO_ASSET, value=named.text()[:64])
        _known_grantors(node, known[named.text()])
    for thing, one in zip(things, assets, strict=True):
        for number, used in enumerate(one.uses):
            if used not in known:
                uses = thing.entries()["uses"]
                where = uses if uses.kind == "scalar" else uses.value[number]
                where.refuse(_NO_ASSET, value=used[:64])
        if one.outbound is None and one.components:
            thing.entries()["components"].refuse(N_('Say under "outbound" which licence is meant to go out'))


def _known_grantors(node: Node, about: Asset) -> None:
    """Refuse a grantor that holds nothing of the asset; a sublicence is granted by the grantee above it."""
    entries = node.entries()
    if about.holding is None or "under" in entries:
        return
    listed = entries["grantors"]
    for item in (listed,) if listed.kind == "scalar" else listed.value:
        if item.text() not in about.holding.interests:
            known = ", ".join(sorted(about.holding.interests)[:20])
            item.refuse(HOLDS_NOTHING, party=item.text(), asset=about.id, known=known)
