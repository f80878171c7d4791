"""What the law adds to a licence: whose consent it needs, what holds where it is silent, which of two survives. From the packs.

An agreement of the parties always goes first: a consent rule or a term that stands in the grant is never replaced. What a pack says is
marked with the row that says it; a pack that does not decide leaves the question open, and the reason is passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from ipr_service.errors import N_
from ipr_service.rights import formalities, jurisdictions, powers
from ipr_service.rights.conflicts import Priority
from ipr_service.rights.fields import ALL
from ipr_service.rights.licences import ACTS, Fee, Grant
from ipr_service.rights.outcomes import Citation, Outcome, Undetermined, Value
from ipr_service.rights.powers import ConsentRule
from ipr_service.rights.sentences import Sentence


def known_law(country: str) -> str:
    """The country as the packs write it.

    Raises:
        InputError: there is no such pack.
    """
    return jurisdictions.pack(country).country


def known_right(country: str, right: str) -> None:
    """Hold when the pack of the country knows the right.

    Raises:
        InputError: it has no row about it.
    """
    jurisdictions.rows(country, right)


def cited(citations: tuple[Citation, ...]) -> str:
    """``ES Ley 24/2015 art. 80 (verified-primary)``, one after the other."""
    return "; ".join(dict.fromkeys(f"{one.pack.split('@')[0]} {one.article} ({one.mark})" for one in citations))


def consent_rule(country: str, right: str, exclusive: bool, on: date) -> tuple[ConsentRule | None, str]:
    """Whose consent a licence needs by law, and the reason where no rule can be given.

    Args:
        country: of the pack. right: as the packs call it. exclusive: whether the licence shuts others out.

    Raises:
        InputError: no such country or right.
    """
    found = powers.power(country, right, "license-exclusive" if exclusive else "license", on)
    if not isinstance(found, Value):
        missing = getattr(found, "missing", None) or getattr(found, "what", "")
        return None, str(missing)
    if found.value.who == "not-alone":
        return None, powers.NEEDED[found.value.who]
    return replace(found.value, source=cited(found.because)), ""


def priority(country: str, right: str, on: date) -> Priority | None:
    """The pack's rule that an earlier non-exclusive licence survives a later exclusive one; None where none is verified."""
    found = formalities.filler(country, right, "earlier-licence", on)
    if isinstance(found, Value) and found.value.holds == "survives":
        return Priority("earlier-non-exclusive-survives", cited(found.because))
    return None


@dataclass(frozen=True)
class Filled:
    """A grant with what the law says where it is silent.

    Args:
        grant: the grant to compute with.
        lines: what was filled in, each with its source.
        remarks: what the law adds that no axis of the grant holds (a fee is owed, the licensor is shut out).
    """

    grant: Grant
    lines: tuple[Sentence, ...] = ()
    remarks: tuple[Sentence, ...] = field(default_factory=tuple)


_FILLED: Final = N_("{grant} is silent on its {about}; by law: {holds} ({source})")
_BESIDE: Final = N_("{grant} is silent; by law, on {about}: {holds} ({source})")

_SHOWN: Final = N_("{grant} is silent; on {about} a row is shown that decides nothing: “{rule}” ({source})")


def _seen(found: Outcome[Any]) -> tuple[Citation, ...]:
    """Rows that were looked at and decide nothing."""
    return found.seen if isinstance(found, Undetermined) else ()


def filled(grant: Grant, country: str, right: str, on: date, existing_territory: tuple[str, ...] | None = None) -> Filled:
    """The grant with the pack's fillers on every term that nobody named.

    Args:
        existing_territory: where the right exists; the whole of it is what a silent territory means. Without it, the pack's country.

    Raises:
        InputError: no such country or right.
    """
    whole = existing_territory or (country if country != "EL" else "GR",)
    lines: list[Sentence] = []
    remarks: list[Sentence] = []
    for about, rule in _FILLERS.items():
        if not rule.silent(grant):
            continue
        found = formalities.filler(country, right, about, on)
        if not isinstance(found, Value):
            remarks += [
                Sentence(_SHOWN, {"grant": grant.id, "about": about, "rule": row.rule, "source": cited((row,))}) for row in _seen(found)
            ]
            continue
        holds, source = found.value.holds, cited(found.because)
        changed = rule.change(grant, holds, whole)
        if changed is not None:
            grant = replace(grant, **changed)
        told = holds if found.value.length is None else f"{holds}, {found.value.length}"
        said = {"grant": grant.id, "about": rule.title if changed is not None else about, "holds": told, "source": source}
        (lines if changed is not None else remarks).append(Sentence(_FILLED if changed is not None else _BESIDE, said))
    return Filled(grant, tuple(lines), tuple(remarks))


@dataclass(frozen=True)
class _Rule:
    """How a filler changes a grant.

    Args:
        silent: whether the grant says nothing on it.
        change: the fields to set, or None when nothing can be set and the filler is only told.
        title: what people call it, as the file does.
    """

    silent: Callable[[Grant], bool]
    change: Callable[[Grant, str, tuple[str, ...]], dict[str, Any] | None]
    title: str


def _everything(grant: Grant, holds: str, _whole: tuple[str, ...]) -> dict[str, Any] | None:
    """All applications: every act but sublicensing, in every field; what was named stays as it was named."""
    if holds != "all":
        return None
    acts = tuple(act for act in ACTS if act != "sublicense")
    return {"fields": grant.fields or (ALL,), "acts": grant.acts or acts}


def _nothing(_grant: Grant, _holds: str, _whole: tuple[str, ...]) -> None:
    """No axis of a grant holds this; it is told beside it."""
    return


_SUBLICENCE: Final = {"not-allowed": "no", "allowed": "yes"}
_FILLERS: Final[Mapping[str, _Rule]] = MappingProxyType(
    {
        "exclusivity": _Rule(lambda one: one.exclusivity is None, lambda _, holds, __: {"exclusivity": holds}, "exclusivity"),
        "sublicence": _Rule(
            lambda one: one.sublicence is None and "sublicense" not in (one.acts or ()),
            lambda _, holds, __: {"sublicence": _SUBLICENCE[holds]} if holds in _SUBLICENCE else None,
            "sublicence",
        ),
        "field": _Rule(lambda one: one.fields is None or one.acts is None, _everything, "field"),
        "territory": _Rule(
            lambda one: one.territory is None, lambda _, holds, whole: {"territory": whole} if holds == "whole" else None, "territory"
        ),
        "term": _Rule(lambda one: one.until is None, _nothing, "to"),
        "fee": _Rule(lambda one: one.fee is None, lambda _, holds, __: {"fee": Fee("fair")} if holds == "paid" else None, "fee"),
        "licensor-may-work": _Rule(lambda one: one.exclusivity == "exclusive", _nothing, "exclusivity"),
    }
)
