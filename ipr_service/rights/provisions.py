"""Provisions: what a row of a jurisdiction pack says, typed by hand from its prose, so that the engine can decide with it.

A provision is one of a few kinds (:data:`KINDS`), about one thing of that kind, with typed details. The table is the whole schema: what is
not in it cannot be said, and what cannot be said stays prose and decides nothing. Each kind below names the function that reads it.

=========== ================================================================ ===========================================
kind        about                                                            read by
=========== ================================================================ ===========================================
power       an act (``use``, ``license``, ``sue``): who must agree           :mod:`ipr_service.rights.powers`
duty        an act: what one owes the others for it                          the same
preempt     an act: who may step into the sale, and how long                 the same
shares      the rule for shares nobody agreed on                             :mod:`ipr_service.rights.ownership`
owner       how the maker worked: to whom the right goes                     the same
form        an act: the form without which it fails                          :mod:`ipr_service.rights.formalities`
filler      what a licence is silent on: what holds                          the same
clause      a term people write: what becomes of it                          the same
moral       moral rights: whether one can give them up                       the same
period      an event: how long something may be done after it                the same
law         whose national law governs a right of the Union                  :mod:`ipr_service.rights.governing`
order       which source goes before which; which general law is shut out    :mod:`ipr_service.rights.powers`
fact        anything else, a word that is shown and compared, never computed :mod:`ipr_service.rights.formalities`
=========== ================================================================ ===========================================
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from ipr_service.errors import N_
from ipr_service.rights.parties import check_known
from ipr_service.rights.periods import Period
from ipr_service.rights.strict_yaml import Node

Detail: TypeAlias = str | bool

FLAG: Final = "flag"
PERIOD: Final = "period"
WORD: Final = "word"

ACTS: Final = (
    "disclose", "alter", "use", "use-as-disclosed", "use-own-part", "license", "license-exclusive", "sell-share", "sell-whole", "sue",
    "sue-moral", "conserve", "file", "administer", "dispose", "divide",
)  # fmt: skip
"""Acts of co-owners that a rule may be about."""

WHO: Final = ("alone", "majority", "half", "two-thirds", "all", "all-unless-unjustified", "not-alone", "open")
"""Who must agree: one alone; a majority counted by interests (shares, not heads); those who hold half of the value; two thirds of the
rights; all; all, but nobody may refuse without a reason; more than one, the rule does not say whom; the law leaves it open."""

MAKERS: Final = (
    "independent", "employee", "employee-company", "employee-mixed", "employee-other", "commissioned", "commissioned-advertising", "hosted",
    "student", "helper", "executor", "organiser", "funder", "controller", "collective", "derived", "unnamed",
)  # fmt: skip
"""How somebody worked. ``employee``: making such things is the job; ``employee-company``: made in the job, which is not paid for inventing;
``employee-mixed``: outside the duties, in the field or with means of the employer; ``employee-other``: neither. ``collective``,
``derived``, ``unnamed``: a collective work, a work built on another, somebody whose name was left out. ``controller``: who lawfully
controls a secret."""

TAKERS: Final = ("maker", "employer", "commissioner", "host", "discloser", "organiser", "nobody", "co-author", "named", "controller")
WHAT: Final = ("right", "economic", "exclusive-use", "needed")
"""What passes: the right; all economic rights; their exclusive use; only what the purpose or the usual activity needs."""

FROM: Final = ("notice", "registration", "publication", "knowledge")
"""From when a right of pre-emption runs: the notice of the sale, its entry or publication in the register, or knowledge of it."""

FORMS: Final = ("writing", "signed", "proof", "recognised", "deed")
FAILS: Final = ("void", "invalid", "unproved", "defective")
"""What becomes of an act without its form; ``defective`` when the rule asks for the form and does not say."""

CONDITIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "different-genre-and-no-harm": N_("the parts are of different genres, and the common work is not harmed"),
        "no-harm-to-common-exploitation": N_("the common exploitation is not harmed"),
        "within-purpose-without-depriving-others": N_("within its purpose, and without keeping the others from it"),
        "combined-works": N_("the works are only combined, and each can be told apart"),
        "research-is-object-of-contract": N_("research is what the contract is about"),
        "paid-and-under-authority": N_("paid, and under the authority of the body that hosts"),
        "separate-pay-per-mode": N_("the contract states separate pay for each mode of use"),
        "contributes-creatively": N_("the craftsman contributes creatively"),
    }
)
"""Facts that a rule may hang on, and what must hold, as a clause of a sentence."""

# kind -> (what it may be about, {detail: its values}); FLAG, PERIOD and WORD are free within their form.
_Details: TypeAlias = Mapping[str, tuple[str, ...] | str]
KINDS: Final[Mapping[str, tuple[tuple[str, ...], _Details]]] = MappingProxyType(
    {
        "power": (
            ACTS,
            {
                "who": WHO, "notice": FLAG, "notice-days": PERIOD, "offer": FLAG, "block": PERIOD, "compensate": FLAG, "court": FLAG,
                "if": tuple(CONDITIONS),
            },
        ),
        "duty": (ACTS, {"owes": ("compensation", "nothing", "indemnity")}),
        "preempt": (ACTS, {"before": PERIOD, "from": FROM, "after": PERIOD, "after-from": FROM}),
        "shares": (
            ("co-owners", "withdrawn", "profits"),
            {
                "rule": ("equal", "not-fixed", "by-contribution", "pro-rata"),
                "unless": ("agreed", "agreed-writing", "proved-writing", "proved"),
            },
        ),
        "owner": (
            MAKERS,
            {
                "to": TAKERS, "what": WHAT, "unless": ("agreed", "agreed-writing"), "if": tuple(CONDITIONS), "pay": FLAG, "term": PERIOD,
                "option": ("employer",), "within": PERIOD, "named": FLAG,
            },
        ),
        "form": (("assign", "license", "assign-partial", "assign-share"), {"needs": FORMS, "otherwise": FAILS, "registered": FLAG}),
        "filler": (
            ("exclusivity", "sublicence", "field", "territory", "term", "licensor-may-work", "fee", "third-parties", "earlier-licence"),
            {"holds": WORD, "length": PERIOD},
        ),
        "clause": (
            ("future-works-global", "assign-territory", "license-territory", "delimitation", "employee-waiver", "assign-right-whole"),
            {"effect": ("void", "refused", "defective", "allowed")},
        ),
        "moral": (("moral-rights",), {"alienable": FLAG, "waivable": FLAG}),
        "period": (
            ("grace", "term", "entitlement-claim", "service-invention", "employee-notice", "access-request", "indivision", "deposit"),
            {"length": PERIOD, "from": WORD},
        ),
        "law": (
            ("registered", "unregistered"),
            {"first": ("register", "designated"), "place": ("seat", "seat-or-establishment", "seat-then-establishment"), "else": WORD},
        ),
        "order": (("sources",), {"first": WORD, "then": WORD, "last": WORD, "excludes": WORD, "instead": WORD}),
        "fact": (
            ("condition", "disclosure", "third-party-effect", "licence", "licensee-suit", "access", "derived", "remuneration",
             "coownership", "obstruction", "separability", "waiver"),
            {"is": WORD},
        ),
    }
)  # fmt: skip
_REQUIRED: Final[Mapping[str, str]] = MappingProxyType(
    {"power": "who", "duty": "owes", "shares": "rule", "owner": "to", "form": "needs", "filler": "holds", "clause": "effect",
     "law": "first", "period": "length", "fact": "is"}
)  # fmt: skip


@dataclass(frozen=True)
class Provision:
    """One typed thing that a row says.

    Args:
        kind: one of :data:`KINDS`.
        about: what it is about, from the kind's vocabulary.
        details: name and value, in the order of their names.
    """

    kind: str
    about: str
    details: tuple[tuple[str, Detail], ...]

    def word(self, name: str) -> str:
        """A detail that is a word; empty when it was not said."""
        return str(dict(self.details).get(name, ""))

    def flag(self, name: str) -> bool:
        """A detail that is true or false; false when it was not said."""
        return dict(self.details).get(name, False) is True

    def period(self, name: str) -> Period | None:
        """A detail that is a period, if it was said."""
        return Period.parse(text) if (text := self.word(name)) else None

    def to_data(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {self.kind: self.about} | dict(self.details)


def from_node(node: Node) -> Provision:
    """A provision from its place in a pack.

    Raises:
        FormatError: a kind, subject or detail that is not in the table; names line and field.
    """
    entries = node.entries()
    kinds = [name for name in entries if name in KINDS]
    if len(kinds) != 1:
        node.refuse(N_("A provision names exactly one of: {known}"), known=", ".join(KINDS))
    (kind,) = kinds
    subjects, details = KINDS[kind]
    about = entries[kind]
    about.placed(lambda: check_known("", about.text(), subjects, N_('"{value}" is not known here; known are: {known}')))
    needed = (kind, _REQUIRED[kind]) if kind in _REQUIRED else (kind,)
    found = node.fields(needed, tuple(name for name in details if name not in needed))
    values = tuple((name, _detail(found[name], details[name])) for name in sorted(found) if name != kind)
    return Provision(kind, about.text(), values)


def _detail(node: Node, values: tuple[str, ...] | str) -> Detail:
    if values == FLAG:
        return node.flag()
    text = node.text()
    if values == PERIOD:
        node.placed(lambda: Period.parse(text))
    elif isinstance(values, tuple):
        node.placed(lambda: check_known("", text, values, N_('"{value}" is not known here; known are: {known}')))
    return text
