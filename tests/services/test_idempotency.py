"""Class 20: a request that is sent again is done once, whoever is killed in between."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from ipr_service.errors import ConflictError, IdempotencyError
from ipr_service.services import idempotency, registration
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.idempotency import KEPT_FOR, STUCK_AFTER, KeptAnswer
from tests.support.house import MovingClock, person

BODY, OTHER = b"\x01" * 32, b"\x02" * 32


def keyed(ctx: Context, key: str = "once") -> Actor:
    return replace(person(ctx), request_key=key)


def test_class_20_of_fifty_that_begin_at_once_one_goes_on(ctx: Context) -> None:
    sara, outcomes, gate = keyed(ctx), [], threading.Barrier(50)

    def one() -> None:
        gate.wait()
        try:
            outcomes.append(idempotency.begin(ctx, sara, "once", BODY))
        except ConflictError as problem:
            outcomes.append(problem.values["retry_after"])

    threads = [threading.Thread(target=one) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(None) == 1
    assert outcomes.count(1) == 49


def test_the_answer_is_given_again_for_the_same_body_and_refused_for_another(ctx: Context) -> None:
    sara = keyed(ctx)
    assert idempotency.begin(ctx, sara, "once", BODY) is None
    idempotency.finish(ctx, sara, "once", 201, "{}", b"made")
    assert idempotency.begin(ctx, sara, "once", BODY) == KeptAnswer(201, "{}", b"made", None)
    with pytest.raises(IdempotencyError):
        idempotency.begin(ctx, sara, "once", OTHER)


def test_class_20_a_key_whose_process_was_killed_after_the_commit_tells_what_was_made(ctx: Context) -> None:
    sara = keyed(ctx)
    idempotency.begin(ctx, sara, "once", BODY)
    made = registration.register_commitment(ctx, sara, BODY)  # … and the process ends before it answers
    again = idempotency.begin(ctx, sara, "once", BODY)
    assert again is not None
    assert (again.status, again.thing_id) == (None, made.idea_id)


def test_class_20_a_key_whose_process_was_killed_before_the_commit_is_free_again_after_a_while(ctx: Context, clock: MovingClock) -> None:
    sara = keyed(ctx)
    idempotency.begin(ctx, sara, "once", BODY)
    with pytest.raises(ConflictError):
        idempotency.begin(ctx, sara, "once", BODY)
    clock.now += STUCK_AFTER + timedelta(seconds=1)
    assert idempotency.begin(ctx, sara, "once", BODY) is None


def test_class_20_a_slow_request_whose_key_was_freed_meanwhile_writes_nothing(ctx: Context, clock: MovingClock) -> None:
    """It began, stood still for a quarter of an hour, a second one took the key and answered: the first must not write as well."""
    sara = keyed(ctx)
    idempotency.begin(ctx, sara, "once", BODY)
    clock.now += STUCK_AFTER + timedelta(seconds=1)
    idempotency.begin(ctx, sara, "once", BODY)
    registration.register_commitment(ctx, sara, BODY)
    with pytest.raises(ConflictError):
        registration.register_commitment(ctx, sara, OTHER)


def test_a_failure_frees_the_key_unless_something_was_written(ctx: Context) -> None:
    sara = keyed(ctx)
    idempotency.begin(ctx, sara, "once", BODY)
    idempotency.forget(ctx, sara, "once")
    assert idempotency.begin(ctx, sara, "once", BODY) is None
    made = registration.register_commitment(ctx, sara, BODY)
    idempotency.forget(ctx, sara, "once")
    again = idempotency.begin(ctx, sara, "once", BODY)
    assert again is not None
    assert again.thing_id == made.idea_id


def test_a_key_is_of_one_person_in_one_organisation(sqlite_ctx: Context) -> None:
    sara, marco = keyed(sqlite_ctx), replace(person(sqlite_ctx, "Marco"), request_key="once")
    idempotency.begin(sqlite_ctx, sara, "once", BODY)
    assert idempotency.begin(sqlite_ctx, marco, "once", OTHER) is None


def test_answers_are_kept_for_a_day_at_least_and_swept_later(ctx: Context, clock: MovingClock) -> None:
    sara = keyed(ctx)
    idempotency.begin(ctx, sara, "once", BODY)
    idempotency.finish(ctx, sara, "once", 201, "{}", b"made")
    clock.forward(hours=24)
    idempotency.sweep(ctx)
    assert idempotency.begin(ctx, sara, "once", BODY) is not None
    clock.now += KEPT_FOR
    idempotency.sweep(ctx)
    assert idempotency.begin(ctx, sara, "once", BODY) is None


def claiming(ctx: Context, key: str = "once", body: bytes = BODY) -> Actor:
    """A request whose key is taken together with what it makes."""
    return replace(keyed(ctx, key), request_body=body)


def test_a_key_that_is_claimed_is_taken_with_what_it_made(ctx: Context) -> None:
    sara = claiming(ctx)
    assert idempotency.is_new(ctx, sara, "once")
    made = registration.register_commitment(ctx, sara, BODY)
    assert not idempotency.is_new(ctx, sara, "once")
    again = idempotency.begin(ctx, sara, "once", BODY)
    assert again is not None
    assert (again.status, again.thing_id) == (None, made.idea_id)


def test_class_20_of_thirty_that_claim_one_key_at_once_one_is_written(ctx: Context) -> None:
    """Thirty different commitments under one key: the database lets one through, whatever each had looked at before."""
    sara, gate, outcomes = claiming(ctx), threading.Barrier(30), []

    def one(number: int) -> None:
        gate.wait()
        try:
            registration.register_commitment(ctx, sara, bytes([number]) * 32)
            outcomes.append("written")
        except ConflictError as problem:
            outcomes.append(f"wait {problem.values['retry_after']}")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count("written"), outcomes.count("wait 1")) == (1, 29)
