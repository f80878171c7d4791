"""How often something may be tried: moving windows counted in memory or in Redis, as the setting says.

The counts are of the process and its configuration, not of the database; losing them only forgives. Time here is the machine's own
clock, because a count is nothing that anybody relies on later.
"""

from __future__ import annotations

import hashlib
import time
from threading import Lock
from weakref import WeakKeyDictionary

from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from ipr_service.errors import N_, RateLimitError
from ipr_service.services.context import Context
from ipr_service.store.database import Database

# Tight for one address from one source, wide for an address from anywhere: who knows an address must not lock its owner out.
LOG_IN_BY_ADDRESS_AND_SOURCE = parse("10 per 15 minutes")
LOG_IN_BY_ADDRESS = parse("200 per 15 minutes")
PASSWORD_BY_PERSON = parse("10 per 15 minutes")
LOG_IN_BY_SOURCE = parse("60 per 15 minutes")
SIGN_UP_BY_SOURCE = parse("30 per hour")
RESET_BY_ADDRESS = parse("5 per hour")
RESET_BY_SOURCE = parse("30 per hour")
CONFIRM_BY_PERSON = parse("5 per hour")
INVITE_BY_ORGANISATION = parse("300 per day")
LINK_BY_SOURCE = parse("120 per 15 minutes")
VERIFY_BY_SOURCE = parse("60 per 15 minutes")
WITNESS_BY_SOURCE = parse("240 per minute")  # a log asks once a checkpoint, and then waits longer

_limiters: WeakKeyDictionary[Database, MovingWindowRateLimiter] = WeakKeyDictionary()
_making = Lock()


def _limiter(ctx: Context) -> MovingWindowRateLimiter:
    with _making:
        if ctx.database not in _limiters:
            _limiters[ctx.database] = MovingWindowRateLimiter(storage_from_string(ctx.settings.limits_url))
        return _limiters[ctx.database]


def forgive(ctx: Context, limit: RateLimitItem, what: str, whom: str) -> None:
    """Forget the tries: the last one was right."""
    _limiter(ctx).clear(limit, what, hashlib.sha256(whom.encode()).hexdigest())


def count(ctx: Context, limit: RateLimitItem, what: str, whom: str) -> None:
    """Count one try.

    Args:
        what: the verb, so that two verbs do not share a count.
        whom: an address or id; only its digest is kept.

    Raises:
        RateLimitError: too often; ``retry_after`` in seconds, at least 1.
    """
    key = hashlib.sha256(whom.encode()).hexdigest()
    limiter = _limiter(ctx)
    if limiter.hit(limit, what, key):
        return
    wait = max(1, int(limiter.get_window_stats(limit, what, key).reset_time - time.time()) + 1)
    raise RateLimitError(N_("Too many tries. Wait {minutes} minutes, then try again."), minutes=-(-wait // 60), retry_after=wait)
