"""Several authorities asked at once: none holds up another, none is waited for beyond the deadline."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import threading
from dataclasses import dataclass, field

import pytest

from ipr_service.errors import OutsideError, UnavailableError
from ipr_service.gateways.tsa import Stamped
from ipr_service.gateways.tsa_round import Patience, ask_all
from tests.support.house import MovingClock
from tests.support.twin import twin

NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
DIGEST = hashlib.sha256(b"checkpoint body").digest()


@dataclass
class Stopwatch:
    """Time that passes only when somebody waits."""

    now: float = 0.0
    waited: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += seconds

    def patience(self, **changes: float) -> Patience:
        return Patience(monotonic=self.monotonic, sleep=self.sleep, **changes)  # type: ignore[arg-type]  # numbers of one test


@dataclass
class Away:
    """An authority that never answers; ``costs`` seconds pass with each try."""

    watch: Stopwatch
    costs: float = 0.0
    name: str = "away"
    independent: bool = True
    nonces: list[int] = field(default_factory=list)
    given: list[float] = field(default_factory=list)

    def stamp(self, message_digest: bytes, nonce: int, within: float = 20.0) -> Stamped:
        self.nonces.append(nonce)
        self.given.append(within)
        self.watch.now += self.costs
        raise OutsideError("away")


def test_an_authority_that_fails_is_asked_again_after_growing_pauses_and_never_with_the_same_nonce() -> None:
    watch = Stopwatch()
    away = Away(watch)
    (asked,) = ask_all([away], DIGEST, os.urandom, watch.patience(attempts=4, pause=1.0))
    assert (asked.stamped, asked.attempts, watch.waited) == (None, 4, [1.0, 2.0, 4.0])
    assert len(set(away.nonces)) == 4
    assert isinstance(asked.failure, OutsideError)


def test_nothing_is_asked_beyond_the_deadline_and_no_try_is_given_more_than_half_of_what_is_left() -> None:
    watch = Stopwatch()
    away = Away(watch, costs=10.0)
    (asked,) = ask_all([away], DIGEST, os.urandom, watch.patience(attempts=9, pause=1.0, deadline=30.0))
    assert away.given == [15.0, 9.5, 3.5]  # at 0, 11 and 23 of 30 seconds; the pause before a fourth would pass the end
    assert (asked.attempts, watch.now) == (3, 33.0)


def test_a_clock_of_our_own_that_fell_behind_is_not_asked_twice() -> None:
    class Behind(Away):
        def stamp(self, message_digest: bytes, nonce: int, within: float = 20.0) -> Stamped:
            self.nonces.append(nonce)
            raise UnavailableError("behind")

    watch = Stopwatch()
    behind = Behind(watch)
    (asked,) = ask_all([behind], DIGEST, os.urandom, watch.patience())
    assert (asked.attempts, len(behind.nonces), type(asked.failure)) == (1, 1, UnavailableError)


def test_nobody_to_ask_is_an_empty_round() -> None:
    assert ask_all([], DIGEST, os.urandom) == ()


def test_a_slow_authority_takes_nothing_from_the_others_and_answers_stand_in_the_order_asked() -> None:
    released = threading.Event()

    class Slow(Away):
        def stamp(self, message_digest: bytes, nonce: int, within: float = 20.0) -> Stamped:
            assert released.wait(5)  # set by the other one: they must run at once
            raise OutsideError("slow")

    with twin(MovingClock(NOON), "A") as first, twin(MovingClock(NOON), "B") as second:

        def change(reply: bytes) -> bytes:
            released.set()
            return reply

        second.change = change
        asked = ask_all([Slow(Stopwatch()), first.client(), second.client()], DIGEST, os.urandom, Patience(attempts=1))
    assert [one.authority.name for one in asked] == ["away", "A", "B"]
    assert [one.stamped is not None for one in asked] == [False, True, True]


@pytest.mark.parametrize("failures", [1, 2])
def test_an_authority_that_comes_back_within_the_round_gives_its_token(failures: int) -> None:
    watch = Stopwatch()
    with twin(MovingClock(NOON)) as other:
        left = [failures]

        def change(reply: bytes) -> bytes:
            left[0] -= 1
            return b"" if left[0] >= 0 else reply

        other.change = change
        (asked,) = ask_all([other.client()], DIGEST, os.urandom, watch.patience())
    assert asked.stamped is not None
    assert asked.attempts == failures + 1
