"""One named check of a verification: what was looked at, how it came out, and why, in plain language.

Reports are tuples of these (law 6 of the house). A check never raises and holds no secret.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """How one thing that was looked at came out.

    Args:
        name: stable, lower-case, dotted name (``tsp.imprint``); clients may switch on it.
        ok: True when the check holds.
        reason: one English sentence (a gettext msgid without placeholders) that says why.
    """

    name: str
    ok: bool
    reason: str

    def __bool__(self) -> bool:
        return self.ok

    @classmethod
    def of(cls, name: str, ok: bool, holds: str, fails: str) -> Check:
        """A check with the reason that fits its outcome."""
        return cls(name, ok, holds if ok else fails)
