"""The life of a split after it was agreed: somebody leaves, withdraws, joins, hands on, is erased, disputes it, or contributes late.

An agreed split is never changed. Each event is a :class:`Chapter`: the split before, the split after, and a step for everybody whose
share it changed. A chain of :class:`Version` s says which split took the place of which. Who must agree to an event, and in which form,
is for the law packs and the agreements; this module computes what follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from ipr_service.errors import N_, InputError, RefusedError
from ipr_service.rights.allocation import Allocation, allocate
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.derivation import Step
from ipr_service.rights.dispute import ring_fence
from ipr_service.rights.notation import fraction_text, total
from ipr_service.rights.parties import check_id, check_known
from ipr_service.rights.sentences import Sentence
from ipr_service.rights.shares import Split
from ipr_service.rights.waterfall import HELD

ABANDONED: Final = "FR CPI L613-31; PT CC 1411(3)"
"""Where it is law that an abandoned share goes to the others in proportion."""

_ZERO, _ONE = Fraction(0), Fraction(1)


@dataclass(frozen=True)
class Chapter:
    """One event.

    Args:
        kind: ``withdrawal``, ``leaving``, ``transfer``, ``joining`` or ``erasure``.
        before, after: the whole split; both add up to 1.
        steps: what it did to each share, by party.
        source: what it rests on: a statute, or the parties' own paper.
    """

    kind: str
    before: Split
    after: Split
    steps: tuple[Step, ...]
    source: str


@dataclass(frozen=True)
class Version:
    """A split in its place in the chain.

    Args:
        number: 1 or more; the version before it is ``number - 1`` and stays as it was.
        chapter: what led to it; None for the first, or for one agreed anew.
    """

    number: int
    split: Split
    chapter: Chapter | None = None

    @property
    def supersedes(self) -> int | None:
        """The number of the version that it took the place of."""
        return self.number - 1 or None

    def then(self, event: Chapter | Split) -> Version:
        """The next version.

        Raises:
            RefusedError: the event was computed from another split than this.
        """
        if isinstance(event, Split):
            return Version(self.number + 1, event)
        if event.before != self.split:
            raise RefusedError(N_("This was computed from another split than the one in force; compute it again"))
        return Version(self.number + 1, event.after, event)


def withdraw(split: Split, party: str, source: str = ABANDONED) -> Chapter:
    """A party gives its share up; the others take it in proportion to their own.

    Raises:
        RefusedError: nobody is left. InputError: it holds no share.
    """
    return _leave("withdrawal", split, {party: _ZERO}, N_("an abandoned share goes to the others in proportion"), source)


def leave(split: Split, vested: Mapping[str, Fraction], source: str) -> Chapter:
    """Parties leave, at once, and keep what they earned of their shares; the rest goes to those who stay.

    Args:
        vested: by leaver, the part of its share that it keeps, between 0 and 1.

    Raises:
        RefusedError: nobody is left to take the rest. InputError: a part outside 0 to 1, or no such party.
    """
    return _leave("leaving", split, vested, N_("a share is earned by staying"), source)


def _leave(kind: str, split: Split, vested: Mapping[str, Fraction], because: str, source: str) -> Chapter:
    shares = split.fractions
    for party, kept in sorted(vested.items()):
        _check_holder(split, party)
        if not 0 <= kept <= 1:
            msgid = N_("{party} would keep {kept} of its share; a part of the whole lies between 0 and 1")
            raise InputError.at(f"/vested/{party}", msgid, party=party, kept=fraction_text(kept))
    freed = total(shares[party] * (1 - kept) for party, kept in vested.items())
    staying = total(share for party, share in shares.items() if party not in vested)
    if freed and not staying:
        raise RefusedError(N_("Nobody is left to receive the share"))
    after: dict[str, Fraction] = {}
    steps = []
    for party, share in shares.items():
        leaves = party in vested
        now = share * vested[party] if leaves else share + (freed * share / staying if staying else _ZERO)
        if now != share:
            at = vested[party] if leaves else freed
            steps.append(Step(party, "vest" if leaves else "spread", kind, share, now, because, source, at))
        if now or not leaves:
            after[party] = now
    return Chapter(kind, split, Split.of(after), tuple(steps), source)


def transfer(split: Split, giver: str, taker: str, part: Fraction, source: str) -> Chapter:
    """A holder hands a part of its own share on, to another or to somebody new.

    Args:
        part: of the giver's share, above 0 and up to 1.

    Raises:
        InputError: a part outside that, a giver who holds nothing, or to itself.
    """
    _check_holder(split, giver)
    check_id("/taker", taker)
    if giver == taker or not 0 < part <= 1:
        raise InputError.at("/part", N_("A holder hands on more than 0 and at most all of its share, to somebody else"))
    shares = dict(split.fractions)
    moved = shares[giver] * part
    after = shares | {giver: shares[giver] - moved, taker: shares.get(taker, _ZERO) + moved}
    because = N_("handed on by agreement")
    steps = [
        Step(party, "transfer", "transfer", shares.get(party, _ZERO), after[party], because, source) for party in sorted((giver, taker))
    ]
    return Chapter(
        "transfer", split, Split.of({party: share for party, share in after.items() if share or party != giver}), tuple(steps), source
    )


def join(split: Split, newcomer: str, share: Fraction, source: str) -> Chapter:
    """Somebody joins with ``share`` of the whole; all others make room in proportion.

    Raises:
        InputError: a share that is not between 0 and 1, or the newcomer holds one already.
    """
    check_id("/newcomer", newcomer)
    if newcomer in split.fractions:
        raise InputError.at("/newcomer", N_("{party} holds a share already"), party=newcomer)
    if not 0 < share < 1:
        raise InputError.at("/share", N_("Who joins holds more than 0 and less than all"))
    after = {party: held * (1 - share) for party, held in split.fractions.items()} | {newcomer: share}
    because = N_("the others make room in proportion")
    before = {**split.fractions, newcomer: _ZERO}
    steps = [
        Step(party, "join" if party == newcomer else "room", "join", before[party], after[party], because, source, share)
        for party in sorted(after)
        if before[party] != after[party]
    ]
    return Chapter("joining", split, Split.of(after), tuple(steps), source)


def erase(split: Split, party: str, pseudonym: str, source: str = "GDPR art. 17") -> Chapter:
    """A person is erased: the share stands under a pseudonym, and every number stays as it was.

    Raises:
        InputError: no such holder, or the pseudonym is taken.
    """
    _check_holder(split, party)
    check_id("/pseudonym", pseudonym)
    if pseudonym in split.fractions:
        raise InputError.at("/pseudonym", N_("{party} holds a share already"), party=pseudonym)
    after = {pseudonym if name == party else name: share for name, share in split.fractions.items()}
    return Chapter("erasure", split, Split.of(after), (), source)


@dataclass(frozen=True)
class Hold:
    """A disputed split.

    Args:
        sure: by party, what every claim grants it: its undisputed minimum, which is paid.
        held: what depends on the dispute, exactly; sure and held add up to 1.
    """

    sure: Mapping[str, Fraction]
    held: Fraction


def dispute(split: Split, claims: Sequence[Split]) -> Hold:
    """What can be paid while the parties disagree, and what is kept aside."""
    fenced = dict(ring_fence(split.fractions, [claim.fractions for claim in claims]))
    held = fenced.pop(HELD, _ZERO)
    return Hold(fenced, held)


@dataclass(frozen=True)
class Late:
    """A contribution that came after everybody signed. The signed run is untouched, whatever is decided.

    Args:
        signed: the run as it was signed.
        draft: the run as it would be with the contribution, unsigned; None when the parties record that it has no effect.
        sentence: what was recorded.
    """

    signed: Allocation
    draft: Allocation | None
    sentence: Sentence


def late(signed: Allocation, made: Contribution, *, counts: bool) -> Late:
    """A late contribution: a new draft that all have to sign, or the record that it changes nothing.

    Raises:
        InputError, RefusedError: as :func:`~ipr_service.rights.allocation.allocate`, for the draft.
    """
    values = {"contribution": made.id, "party": made.party}
    if not counts:
        return Late(
            signed, None, Sentence(N_("{contribution}, by {party}, came after the split was signed and has no effect on it"), values)
        )
    contributions = (*signed.contributions, made)
    draft = allocate(signed.policy, signed.parties, contributions, background=signed.background, stated=signed.stated)
    msgid = N_("{contribution}, by {party}, came after the split was signed; the new draft holds once every party has signed it")
    return Late(signed, replace(draft, signed_by=()), Sentence(msgid, values))


def _check_holder(split: Split, party: str) -> None:
    if not split.fractions.get(party):
        holders = [share.party for share in split.shares if share.fraction]
        check_known("/party", party, holders, N_('"{value}" holds no share; did you mean "{near}"?'))
