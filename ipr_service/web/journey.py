"""The seven steps of the journey, each with its state in words: the strip that says where one is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import current_app, url_for
from flask_babel import gettext as _

from ipr_service.errors import N_

STEPS: Mapping[str, str] = {
    "register": N_("Register"),
    "share": N_("Share"),
    "together": N_("Work together"),
    "agree": N_("Agree"),
    "draft": N_("Draft"),
    "sign": N_("Sign"),
    "verify": N_("Verify"),
}
KINDS = frozenset({"done", "now", "waiting", "care", "off"})


@dataclass(frozen=True)
class At:
    """Where one step stands.

    Args:
        kind: ``done``, ``now`` (the one thing to do), ``waiting`` (for later or for others), ``care`` or ``off``.
        word: the state in words, translated, for example "3 files, in the log".
        href: the page of this step, if there is one.
    """

    kind: str
    word: str
    href: str = ""


@dataclass(frozen=True)
class Step:
    name: str
    kind: str
    word: str
    href: str


def steps(known: Mapping[str, At]) -> list[Step]:
    """All seven steps. One that is not in ``known`` comes later; or it is not needed, when a later one was reached without it.

    Whoever holds a proof can check it at any time.

    Args:
        known: key of :data:`STEPS` to where it stands.
    """
    unknown = set(known) - set(STEPS) | {at.kind for at in known.values()} - KINDS
    if unknown:
        raise ValueError(f"no step or kind of the journey: {sorted(unknown)}")
    known = {"verify": _verify(), **known}
    reached = max((number for number, key in enumerate(STEPS) if key in known and known[key].kind in ("done", "now")), default=-1)
    later, left_out = At("waiting", _("Not yet")), At("off", _("Not needed here"))
    found = [known.get(key, left_out if number < reached else later) for number, key in enumerate(STEPS)]
    return [Step(_(name), at.kind, at.word, at.href) for name, at in zip(STEPS.values(), found, strict=True)]


def _verify() -> At:
    there = "verify.index" in current_app.view_functions
    return At("waiting", _("At any time"), url_for("verify.index") if there else "")
