"""The ceremony: right person, right document, right order, once."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ipr_service.agreements import ceremony as ceremonies
from ipr_service.agreements import consent, signing
from ipr_service.agreements.ceremony import Ceremony, CeremonyState, Method, Mode, Signatory, SignatoryState
from ipr_service.errors import ConflictError, ExpiredError, InputError, NotFoundError, RateLimitError, RefusedError, ServiceError

NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=14)
SECRET = bytes(32)
PDF = hashlib.sha256(b"the exact pdf").hexdigest()
OTHER = hashlib.sha256(b"another pdf").hexdigest()
TEXT = consent.consent()
PEOPLE = (Signatory("ANNA", "discloser", 1), Signatory("BORIS", "recipient", 2), Signatory("CLIO", "witness", 3, required=False))


def begin(mode: Mode = Mode.ORDERED, people: tuple[Signatory, ...] = PEOPLE) -> Ceremony:
    return ceremonies.begin("C1", PDF, TEXT, mode, LATER, people)


def digest(who: str, code: str = "123456") -> bytes:
    return consent.code_digest(SECRET, "C1", who, PDF, code)


def ready(ceremony: Ceremony, who: str) -> Ceremony:
    """Invited, viewed, code confirmed: everything but the signature."""
    ceremony = signing.view(signing.invite(ceremony, who, NOW), who, PDF, NOW)
    ceremony, outcome = signing.enter_code(signing.request_code(ceremony, who, digest(who), NOW), who, digest(who), NOW)
    assert outcome is consent.CodeOutcome.CONFIRMED
    return ceremony


def signed(ceremony: Ceremony, who: str) -> Ceremony:
    return signing.sign(ready(ceremony, who), who, PDF, TEXT.sha256, Method.EMAIL_CODE, NOW)


def test_the_ceremony_is_executed_when_every_required_signatory_has_signed() -> None:
    half = signed(begin(), "ANNA")
    assert half.state is CeremonyState.OPEN
    assert [one.id for one in half.turn] == ["BORIS"]
    whole = signed(half, "BORIS")
    assert whole.state is CeremonyState.EXECUTED
    assert whole.ended_at == NOW
    assert whole.turn == ()


def test_in_an_ordered_ceremony_nobody_acts_before_her_turn() -> None:
    with pytest.raises(RefusedError, match="1 people sign before"):
        signing.invite(begin(), "BORIS", NOW)


def test_people_with_the_same_order_number_sign_in_any_order() -> None:
    pair = (Signatory("ANNA", "a", 1), Signatory("BORIS", "b", 1), Signatory("CLIO", "c", 2))
    assert [one.id for one in begin(people=pair).turn] == ["ANNA", "BORIS"]
    assert [one.id for one in signed(signed(begin(people=pair), "BORIS"), "ANNA").turn] == ["CLIO"]


def test_in_a_parallel_ceremony_the_last_may_sign_first() -> None:
    assert signed(begin(Mode.PARALLEL), "BORIS").signatory("BORIS").state is SignatoryState.SIGNED


def test_another_document_digest_is_refused_when_viewing_and_when_signing() -> None:
    with pytest.raises(RefusedError, match="not the document"):
        signing.view(signing.invite(begin(), "ANNA", NOW), "ANNA", OTHER, NOW)
    for wrong in (OTHER, PDF.upper(), PDF + "\n", ""):
        with pytest.raises(RefusedError, match="not the document"):
            signing.sign(ready(begin(), "ANNA"), "ANNA", wrong, TEXT.sha256, Method.EMAIL_CODE, NOW)


def test_another_consent_text_is_refused() -> None:
    with pytest.raises(RefusedError, match="consent text"):
        signing.sign(ready(begin(), "ANNA"), "ANNA", PDF, "0" * 64, Method.EMAIL_CODE, NOW)


def test_nobody_signs_twice() -> None:
    once = signed(begin(), "ANNA")
    with pytest.raises(ConflictError, match="already"):
        signing.sign(once, "ANNA", PDF, TEXT.sha256, Method.EMAIL_CODE, NOW)
    with pytest.raises(ConflictError):
        signing.sign(signed(once, "BORIS"), "BORIS", PDF, TEXT.sha256, Method.EMAIL_CODE, NOW)


def test_nobody_signs_unread_or_without_a_confirmed_code() -> None:
    invited = signing.invite(begin(), "ANNA", NOW)
    with pytest.raises(RefusedError, match="Open the document"):
        signing.sign(invited, "ANNA", PDF, TEXT.sha256, Method.EMAIL_CODE, NOW)
    with pytest.raises(RefusedError, match="Open the document"):
        signing.request_code(invited, "ANNA", digest("ANNA"), NOW)
    viewed = signing.view(invited, "ANNA", PDF, NOW)
    with pytest.raises(RefusedError, match="Ask for a code"):
        signing.enter_code(viewed, "ANNA", digest("ANNA"), NOW)
    asked = signing.request_code(viewed, "ANNA", digest("ANNA"), NOW)
    with pytest.raises(RefusedError, match="Enter the code"):
        signing.sign(asked, "ANNA", PDF, TEXT.sha256, Method.EMAIL_CODE, NOW)


def test_a_confirmed_code_is_too_late_after_its_life() -> None:
    with pytest.raises(ExpiredError, match="15 minutes"):
        signing.sign(ready(begin(), "ANNA"), "ANNA", PDF, TEXT.sha256, Method.EMAIL_CODE, NOW + timedelta(minutes=15))


def test_a_passkey_needs_no_mailed_code() -> None:
    viewed = signing.view(signing.invite(begin(), "ANNA", NOW), "ANNA", PDF, NOW)
    once = signing.sign(viewed, "ANNA", PDF, TEXT.sha256, Method.PASSKEY, NOW)
    assert ceremonies.signature_statement(once, "ANNA")["method"] == "passkey"


def test_the_code_of_another_person_or_document_is_wrong() -> None:
    asked = signing.view(signing.invite(begin(), "ANNA", NOW), "ANNA", PDF, NOW)
    asked = signing.request_code(asked, "ANNA", digest("ANNA"), NOW)
    for foreign in (digest("BORIS"), consent.code_digest(SECRET, "C1", "ANNA", OTHER, "123456")):
        assert signing.enter_code(asked, "ANNA", foreign, NOW)[1] is consent.CodeOutcome.WRONG


def test_wrong_tries_are_counted_in_the_ceremony_that_comes_back() -> None:
    asked = signing.view(signing.invite(begin(), "ANNA", NOW), "ANNA", PDF, NOW)
    asked = signing.request_code(asked, "ANNA", digest("ANNA"), NOW)
    for _ in range(consent.ATTEMPTS):
        asked, _outcome = signing.enter_code(asked, "ANNA", digest("ANNA", "999999"), NOW)
    assert signing.enter_code(asked, "ANNA", digest("ANNA"), NOW)[1] is consent.CodeOutcome.SPENT


def test_a_new_code_kills_the_old_one_and_five_are_enough() -> None:
    asked = signing.view(signing.invite(begin(), "ANNA", NOW), "ANNA", PDF, NOW)
    for number in range(consent.CODES):
        asked = signing.request_code(asked, "ANNA", digest("ANNA", str(number)), NOW)
    assert signing.enter_code(asked, "ANNA", digest("ANNA", "0"), NOW)[1] is consent.CodeOutcome.WRONG
    with pytest.raises(RateLimitError, match="5 codes"):
        signing.request_code(asked, "ANNA", digest("ANNA", "6"), NOW)


def test_a_decline_by_a_required_signatory_ends_it_for_everybody() -> None:
    ended = signing.decline(signing.invite(begin(), "ANNA", NOW), "ANNA", " the cap is too low ", NOW)
    assert ended.state is CeremonyState.DECLINED
    assert ended.reason == "the cap is too low"
    with pytest.raises(RefusedError, match="declined"):
        signing.invite(ended, "BORIS", NOW)


def test_a_decline_by_an_optional_signatory_lets_the_others_go_on() -> None:
    ceremony = signing.decline(signing.invite(begin(Mode.PARALLEL), "CLIO", NOW), "CLIO", "no time", NOW)
    assert signed(signed(ceremony, "BORIS"), "ANNA").state is CeremonyState.EXECUTED
    with pytest.raises(RefusedError, match="declined to sign"):
        signing.view(ceremony, "CLIO", PDF, NOW)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 2001])
def test_a_reason_has_between_1_and_2000_characters(reason: str) -> None:
    with pytest.raises(InputError):
        signing.decline(signing.invite(begin(), "ANNA", NOW), "ANNA", reason, NOW)
    with pytest.raises(InputError):
        signing.withdraw(begin(), reason, NOW)


def test_a_withdrawn_ceremony_takes_no_signature() -> None:
    gone = signing.withdraw(ready(begin(), "ANNA"), "wrong annex", NOW)
    with pytest.raises(RefusedError, match="withdrawn"):
        signing.sign(gone, "ANNA", PDF, TEXT.sha256, Method.EMAIL_CODE, NOW)


def test_at_its_end_the_ceremony_is_over_whether_or_not_a_worker_has_said_so() -> None:
    with pytest.raises(ExpiredError):
        signing.sign(ready(begin(), "ANNA"), "ANNA", PDF, TEXT.sha256, Method.EMAIL_CODE, LATER)
    assert signing.expire(begin(), LATER - timedelta(seconds=1)).state is CeremonyState.OPEN
    over = signing.expire(begin(), LATER + timedelta(hours=1))
    assert over.state is CeremonyState.EXPIRED
    assert over.ended_at == LATER
    assert signing.expire(over, LATER) is over


def test_a_stranger_is_not_found() -> None:
    with pytest.raises(NotFoundError):
        signing.view(begin(), "DORA", PDF, NOW)


class CeremonyMachine(RuleBasedStateMachine):
    """Whatever anybody tries, in any order: the promises of the module docstring hold."""

    who = st.sampled_from(["ANNA", "BORIS", "CLIO", "DORA"])

    @initialize(mode=st.sampled_from(Mode), orders=st.tuples(*[st.integers(1, 3)] * 3))
    def start(self, mode: Mode, orders: tuple[int, int, int]) -> None:
        people = tuple(Signatory(one.id, one.role, order, one.required) for one, order in zip(PEOPLE, orders, strict=True))
        self.ceremony = begin(mode, people)
        self.now = NOW
        self.order_signed: list[str] = []

    def attempt(self, transition: Any, *arguments: Any) -> None:
        before = self.ceremony
        try:
            after = transition(before, *arguments)
        except ServiceError:
            return
        self.ceremony = after[0] if isinstance(after, tuple) else after
        fresh = [one.id for one in self.ceremony.signatories if one.signature and not before.signatory(one.id).signature]
        if fresh:
            (name,) = fresh
            assert before.state is CeremonyState.OPEN
            assert self.now < before.expires_at
            if before.mode is Mode.ORDERED:
                earlier = [one for one in before.signatories if one.required and one.order < before.signatory(name).order]
                assert all(one.id in self.order_signed for one in earlier)
            self.order_signed.append(name)

    @rule(who=who)
    def invite(self, who: str) -> None:
        self.attempt(signing.invite, who, self.now)

    @rule(who=who, document=st.sampled_from([PDF, PDF, OTHER]))
    def view(self, who: str, document: str) -> None:
        self.attempt(signing.view, who, document, self.now)

    @rule(who=who)
    def request_code(self, who: str) -> None:
        self.attempt(signing.request_code, who, digest(who), self.now)

    @rule(who=who, code=st.sampled_from(["123456", "123456", "654321"]))
    def enter_code(self, who: str, code: str) -> None:
        self.attempt(signing.enter_code, who, digest(who, code), self.now)

    @rule(who=who, document=st.sampled_from([PDF, PDF, OTHER]), text=st.sampled_from([TEXT.sha256, TEXT.sha256, "0" * 64]))
    def sign(self, who: str, document: str, text: str) -> None:
        self.attempt(signing.sign, who, document, text, Method.EMAIL_CODE, self.now)

    @rule(who=who)
    def whole_way(self, who: str) -> None:
        for step in (self.invite, self.request_code):
            step(who)
            self.view(who, PDF)
        self.request_code(who)
        self.enter_code(who, "123456")
        self.sign(who, PDF, TEXT.sha256)

    @rule(who=who)
    def decline(self, who: str) -> None:
        self.attempt(signing.decline, who, "no", self.now)

    @rule(days=st.integers(0, 3))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days, minutes=1)
        self.attempt(signing.expire, self.now)

    @invariant()
    def signatures_are_over_this_document_by_confirmed_people(self) -> None:
        for one in self.ceremony.signatories:
            assert (one.signature is not None) == (one.state is SignatoryState.SIGNED)
            if one.signature:
                assert one.signature.document_sha256 == PDF
                assert one.signature.consent_sha256 == TEXT.sha256
                assert one.code
                assert one.code.confirmed_at
                assert one.viewed_at
                assert one.code.attempts <= consent.ATTEMPTS

    @invariant()
    def nobody_signed_twice(self) -> None:
        assert len(set(self.order_signed)) == len(self.order_signed)

    @invariant()
    def executed_means_all_required_signed_and_nothing_else_does(self) -> None:
        complete = all(one.signature for one in self.ceremony.signatories if one.required)
        assert (self.ceremony.state is CeremonyState.EXECUTED) == complete
        assert (self.ceremony.ended_at is not None) == (self.ceremony.state is not CeremonyState.OPEN)


TestCeremonyMachine = CeremonyMachine.TestCase
TestCeremonyMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
