"""Ask several authorities at once: each in its own thread, each again after a pause when it failed, all of them within one deadline.

An authority that is slow, away or wrong takes nothing from the others. What came in time is returned; who failed is named with the
last reason. No authority is ever asked with the same nonce twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ipr_service.errors import OutsideError, ServiceError
from ipr_service.gateways.tsa import LONGEST, Authority, Stamped, new_nonce


@dataclass(frozen=True)
class Patience:
    """How long a round may take.

    Args:
        deadline: seconds for the whole round, revocation data included.
        attempts: how often one authority is asked at most.
        pause: seconds before the second attempt; twice as long before each further one.
        longest: seconds for one answer.
        monotonic, sleep: the clock and the waiting; tests bring their own.
    """

    deadline: float = 45.0
    attempts: int = 3
    pause: float = 1.0
    longest: float = LONGEST
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Asked:
    """How one authority answered: a token, or the last failure. ``attempts`` counts the askings."""

    authority: Authority
    stamped: Stamped | None
    failure: ServiceError | None
    attempts: int


def ask_all(
    authorities: Sequence[Authority], digest: bytes, random: Callable[[int], bytes], patience: Patience = Patience()
) -> tuple[Asked, ...]:
    """Ask every authority for a token over ``digest``.

    Returns:
        one answer for each, in the order of ``authorities``; failures are answers too.
    """
    if not authorities:
        return ()
    end = patience.monotonic() + patience.deadline
    with ThreadPoolExecutor(len(authorities), "tsa") as pool:
        return tuple(pool.map(lambda authority: _ask(authority, digest, random, patience, end), authorities))


def _ask(authority: Authority, digest: bytes, random: Callable[[int], bytes], patience: Patience, end: float) -> Asked:
    failure: ServiceError | None = None
    for attempt in range(1, patience.attempts + 1):
        left = end - patience.monotonic()
        if left <= 0:
            return Asked(authority, None, failure, attempt - 1)
        try:
            # half of what is left for the answer, half for what its issuers say: the deadline holds for both
            return Asked(authority, authority.stamp(digest, new_nonce(random), min(patience.longest, left / 2)), None, attempt)
        except OutsideError as problem:
            failure = problem
        except ServiceError as problem:  # the own clock fell behind: asking again at once changes nothing
            return Asked(authority, None, problem, attempt)
        pause = patience.pause * 2 ** (attempt - 1)
        if attempt == patience.attempts or patience.monotonic() + pause >= end:
            return Asked(authority, None, failure, attempt)
        patience.sleep(pause)
    return Asked(authority, None, failure, patience.attempts)
