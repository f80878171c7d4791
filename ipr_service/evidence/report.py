"""What a verification found: three verdicts kept apart, each with its named checks, in words for people and in JSON.

intact   every byte and hash agrees, the inclusion proof holds, both log signatures hold under the keys the bundle names;
trusted  those keys are known from elsewhere, and the witnesses that the reader asks for have cosigned;
timed    an independent authority's token over this checkpoint holds, with a root from elsewhere.

A report is data: it never raises for a bad bundle, and is true when what was checked is intact and trusted and every file
given to compare is among the files. Sentences are gettext msgids with their values, so that a face can say them in
the reader's language. What decides is in `verification`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ipr_service.errors import N_

Verdict = Literal["intact", "trusted", "timed"]
Outcome = Literal["holds", "fails", "absent", "not asked"]
_NOT_PROVED = N_("Not proved: who the author is, and that the idea is new. Names and shares are statements of the person who registered.")

BUNDLE_ITSELF = N_("The bundle itself: {answer}")

Translate = Callable[[str], str]

VERDICTS: tuple[Verdict, ...] = ("intact", "trusted", "timed")
VERDICT_NAMES: Mapping[Verdict, str] = {"intact": N_("intact"), "trusted": N_("trusted"), "timed": N_("timed by others")}
OUTCOME_NAMES: Mapping[Outcome, str] = {"holds": N_("holds"), "fails": N_("FAILS"), "absent": N_("absent"), "not asked": N_("not asked")}


def same(msgid: str) -> str:
    """The translation into English: none."""
    return msgid


@dataclass(frozen=True)
class Sentence:
    """An English sentence, a gettext msgid with ``{placeholders}``, and what fills them. Values are data, never translated."""

    msgid: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.said(same)

    def said(self, translate: Translate) -> str:
        """The sentence in another language."""
        return translate(self.msgid).format(**self.values) if self.values else translate(self.msgid)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        name: stable; a client may switch on it. Parts are separated by dots, a number stands for the place: ``file.2``.
        verdict: which of the three it belongs to.
        outcome: "absent": there is nothing to check, which the verdict may or may not forgive; "not asked": the reader
            brought nothing to check it against.
        reason: why, in plain words.
    """

    name: str
    verdict: Verdict
    outcome: Outcome
    reason: Sentence


@dataclass(frozen=True)
class Comparison:
    """A file that the reader brought: ``position`` is its one-based place among the files, None when it is not there."""

    name: str
    position: int | None

    @property
    def reason(self) -> Sentence:
        if self.position is None:
            return Sentence(N_("{name} is not among the files"), {"name": self.name})
        return Sentence(N_("{name} is file {position} of this bundle"), {"name": self.name, "position": self.position})


@dataclass(frozen=True)
class Token:
    """An authority's word on the time of the checkpoint; ``time`` in RFC 3339, UTC."""

    authority: str
    time: str
    independent: bool


@dataclass(frozen=True)
class Facts:
    """What the bundle says, as far as it could be read; believe it only as far as the verdicts go.

    Args:
        fingerprint: of the Ed25519 key that signed, as the bundle names it; 64 lower-case hex digits, or empty.
        commitment: C in base64, or empty; previous: C of the version before, in base64, or empty.
        index, size: of the entry, and of the log in the signed checkpoint.
        people: identities of contributors and parties, as stated by the person who registered.
    """

    kind: str = ""
    title: str = ""
    people: tuple[str, ...] = ()
    files: int = 0
    statements: int = 0
    commitment: str = ""
    previous: str = ""
    origin: str = ""
    fingerprint: str = ""
    index: int | None = None
    size: int | None = None
    tokens: tuple[Token, ...] = ()


@dataclass(frozen=True)
class Report:
    """All checks in the order in which they were made, what the bundle says, and the files compared."""

    checks: tuple[Check, ...]
    facts: Facts = Facts()
    comparisons: tuple[Comparison, ...] = ()

    @property
    def intact(self) -> bool:
        """Every check of this verdict holds (a file that was left out, its digests standing for it, is no failure)."""
        return self._none_fails("intact") and self._holds("signatures")

    @property
    def trusted(self) -> bool:
        """The log key is known from elsewhere and signed this, and the witnesses asked for have cosigned."""
        return self._none_fails("trusted") and self._holds("log-key")

    @property
    def timed(self) -> bool:
        """At least one independent token holds, and none that is there fails."""
        return self._none_fails("timed") and any(token.independent for token in self.facts.tokens)

    @property
    def compared(self) -> bool:
        """Every file given to compare is among the files (true when none was given)."""
        return all(comparison.position is not None for comparison in self.comparisons)

    def __bool__(self) -> bool:
        return self.intact and self.trusted and self.compared

    @property
    def failed(self) -> tuple[Check, ...]:
        return tuple(check for check in self.checks if check.outcome == "fails")

    def _none_fails(self, verdict: Verdict) -> bool:
        return not any(check.verdict == verdict and check.outcome == "fails" for check in self.checks)

    def _holds(self, name: str) -> bool:
        return any(check.name == name and check.outcome == "holds" for check in self.checks)

    @property
    def foreign(self) -> tuple[str, ...]:
        """Names of the files given to compare that are not among the files."""
        return tuple(comparison.name for comparison in self.comparisons if comparison.position is None)

    @property
    def headline(self) -> Sentence:
        """The first line: the answer. Whoever brings a file asks about that file, so a foreign one is said before the bundle is praised."""
        if self.intact and self.foreign:
            return Sentence(N_("not among the registered files: {names}"), {"names": ", ".join(self.foreign)})
        return self.bundle_itself

    @property
    def bundle_itself(self) -> Sentence:
        """What is so of the bundle, whatever was compared with it."""
        values = {"fingerprint": self.facts.fingerprint, "failed": ", ".join(check.name for check in self.failed)}
        if not self.intact:
            return Sentence(N_("not intact: {failed}"), values)
        if not self._none_fails("trusted"):
            return Sentence(N_("intact; not trusted: {failed}"), values)
        if not self.trusted:
            return Sentence(N_("intact; signed by key {fingerprint}, which only this bundle vouches for"), values)
        if not self.timed:
            return Sentence(N_("intact and trusted; no independent timestamp was verified"), values)
        return Sentence(N_("intact, trusted and timed"), values)

    @property
    def summary(self) -> tuple[Sentence, ...]:
        """What was proved, by whom, when, and what was not; only what the verdicts carry is said."""
        facts = self.facts
        said = [comparison.reason for comparison in self.comparisons]
        if self.intact:
            values: dict[str, object] = {"files": facts.files, "statements": facts.statements}
            values |= {"index": facts.index, "origin": facts.origin, "size": facts.size}
            what = N_(
                "Proved: {files} files and {statements} statements are committed to by entry {index} of the log {origin}, of size {size}."
            )
            said.append(Sentence(what, values))
            by = N_("By whom: the log's operator signed this with the key {fingerprint}.")
            unknown = N_("By whom: whoever holds the key {fingerprint}; compare it with the fingerprint that the log publishes.")
            said.append(Sentence(by if self.trusted else unknown, {"fingerprint": facts.fingerprint}))
            said += self._when()
        said.append(Sentence(_NOT_PROVED))
        return tuple(said)

    def _when(self) -> list[Sentence]:
        if self.timed:
            first = min((token for token in self.facts.tokens if token.independent), key=lambda token: token.time)
            return [Sentence(N_("When: before {time}, by {authority}."), {"time": first.time, "authority": first.authority})]
        says = N_("A token says {time}: test authority, not independent.")
        own = [Sentence(says, {"time": token.time}) for token in self.facts.tokens if not token.independent]
        return [*own, Sentence(N_("When: no independent authority's time was verified; the time rests on the log alone."))]

    def to_text(self, translate: Translate = same) -> str:
        """The report for a terminal: the answer, the three verdicts with their checks, then what was proved."""
        lines = [_plain(self.headline.said(translate))]
        if self.intact and self.foreign:
            lines.append(translate(BUNDLE_ITSELF).format(answer=self.bundle_itself.said(translate)))
        lines.append("")
        for verdict in VERDICTS:
            lines.append(f"{translate(VERDICT_NAMES[verdict])}: {translate(N_('yes') if getattr(self, verdict) else N_('no'))}")
            for check in (check for check in self.checks if check.verdict == verdict):
                outcome = translate(OUTCOME_NAMES[check.outcome])
                lines.append(f"  {outcome:<10} {check.name}: {_plain(check.reason.said(translate))}")
        return "\n".join([*lines, "", *(_plain(sentence.said(translate)) for sentence in self.summary)]) + "\n"

    def to_json(self) -> str:
        """The report as one JSON object. Keys and names are API; sentences are English."""
        facts = self.facts
        return json.dumps(
            {
                "verified": bool(self),
                "intact": self.intact,
                "trusted": self.trusted,
                "timed": self.timed,
                "headline": str(self.headline),
                "failed": [check.name for check in self.failed],
                "checks": [
                    {"name": check.name, "verdict": check.verdict, "outcome": check.outcome, "reason": str(check.reason)}
                    for check in self.checks
                ],
                "compared": [{"name": c.name, "position": c.position, "reason": str(c.reason)} for c in self.comparisons],
                "entry": {
                    "kind": facts.kind,
                    "title": facts.title,
                    "people": list(facts.people),
                    "commitment": facts.commitment,
                    "index": facts.index,
                    "origin": facts.origin,
                    "size": facts.size,
                    "fingerprint": facts.fingerprint,
                },
                "tokens": [{"authority": token.authority, "time": token.time, "independent": token.independent} for token in facts.tokens],
                "summary": [str(sentence) for sentence in self.summary],
            },
            ensure_ascii=False,
            indent=2,
        )


def _plain(text: str) -> str:
    """Text from a bundle, safe for a terminal: controls and direction marks become a box."""
    return "".join(c if c.isprintable() else "□" for c in text)
