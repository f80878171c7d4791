"""SECURITY class 10, NDA-gate bypass: content bytes only after the recorded execution, never after the end, never for another person.

A state machine plays an offer in any order of acts (arriving, documents, right and wrong signatures, states that lie, revocation, time,
later versions) and asks every face for content in between. A small model says who may have it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from ipr_service.app import create_app
from ipr_service.errors import ServiceError
from ipr_service.services import audit, disclosure, revocation, sessions, tokens
from ipr_service.services.access import SCOPES, Actor
from ipr_service.services.context import Context
from ipr_service.services.disclosure import Chosen
from ipr_service.store.schema import AccessRecord, LogEntry, Person
from tests.services.confidence import CHAIR, DESCRIPTION, GUEST, NOTES, TITLE, Scene, order, register
from tests.support.house import MovingClock, build, forget_limits, person

LATER = b"longer legs, version two"
NAMES = (TITLE.encode(), DESCRIPTION.encode(), b"chair.svg", b"notes.html", b"later.txt")
SECRETS = (CHAIR, CHAIR[5:40], NOTES[:40], LATER, LATER[5:], *NAMES)
RANGES = ({}, {"Range": "bytes=0-"}, {"Range": "bytes=5-"}, {"Range": "bytes=-20"}, {"Range": "bytes=0-3,9-30"}, {"Range": "bytes=9999-"})
CONDITIONS = ({}, {"If-None-Match": "*"}, {"If-Modified-Since": "Mon, 02 Nov 2037 09:30:00 GMT"}, {"If-Range": '"x"'})


class House:
    """One application for all plays; people and log-ins are made once."""

    def __init__(self, url: str, folder: Path) -> None:
        self.clock = MovingClock()
        self.ctx = build(url, folder, self.clock)
        app = create_app(ctx=self.ctx)
        self.people = {
            "sara": person(self.ctx, "Sara", organisation="Mobili Rossi"),
            "mara": person(self.ctx, "Mara", GUEST, organisation="Studio Blu"),
            "nil": person(self.ctx, "Nil"),
        }
        self.idea = register(self.ctx, self.people["sara"])
        self.second = register(self.ctx, self.people["sara"], self.idea.idea_id, later_txt=LATER)
        self.browsers = {name: self._browser(app.test_client(), actor) for name, actor in self.people.items()}
        self.client = app.test_client()
        self.bearers = {name: self._bearer(actor) for name, actor in self.people.items()}

    def _browser(self, client: FlaskClient, actor: Actor) -> FlaskClient:
        with self.ctx.database.writing() as session:
            token = sessions.begin(self.ctx, session, session.get_one(Person, actor.person_id), str(actor.organisation_id))
        with client.session_transaction() as cookie:
            cookie["t"] = token
        return client

    def _bearer(self, actor: Actor) -> dict[str, str]:
        made = tokens.create(self.ctx, actor, name="gate", scopes=tuple(SCOPES))
        return {"Authorization": f"Bearer {made.token}"}

    def recorded(self) -> int:
        with self.ctx.database.reading() as session:
            kept = session.scalar(select(func.count()).select_from(AccessRecord)) or 0
            logged = select(func.count()).select_from(AccessRecord).join(LogEntry, LogEntry.commitment == AccessRecord.commitment)
            assert session.scalar(logged) == kept
            return kept


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("gate")
    made = House(f"sqlite:///{folder}/ipr.db", folder / "data")
    yield made
    made.ctx.database.close()


class Gate(RuleBasedStateMachine):
    """One offer of title, description and the first file of version 1; version 2 comes later."""

    house: House

    @initialize(with_end=st.booleans(), already_open=st.booleans())
    def offer(self, with_end: bool, already_open: bool) -> None:
        forget_limits(self.house.ctx)
        self.house.clock.forward(seconds=1)
        ends = self.house.clock() + timedelta(minutes=30) if with_end else None
        sara = self.house.people["sara"]
        offered = disclosure.offer(self.house.ctx, sara, order(self.house.idea, ends_at=ends))
        self.scene = Scene(self.house.ctx, sara, self.house.idea, offered, self.house.people["mara"])
        self.ends, self.came, self.revoked, self.more, self.sent, self.declared = ends, False, False, False, False, False
        self.right: set[str] = set()
        self.wrong = False
        if already_open:  # half of the plays begin here, so that they get beyond it
            self.everybody_signs()

    @property
    def opened(self) -> bool:
        """Who signed what, as the model sees it."""
        executed = self.declared and self.right == {"discloser", "recipient"}
        return self.came and executed and not self.revoked and (self.ends is None or self.house.clock() < self.ends)

    @precondition(lambda self: not self.came and not self.revoked)
    @rule()
    def arrive(self) -> None:
        self.scene.arrive()
        self.came = True

    @precondition(lambda self: not self.opened)
    @rule()
    def send(self) -> None:
        self.scene.send()
        self.sent, self.declared, self.right, self.wrong = True, False, set(), False

    @precondition(lambda self: self.sent and not self.wrong)
    @rule(role=st.sampled_from(["discloser", "recipient"]), right=st.sampled_from([True, True, True, False]))
    def sign(self, role: str, right: bool) -> None:
        self.scene.sign(role, None if right else b"\x07" * 32)
        if right or role in self.right:
            self.right.add(role)
        else:
            self.wrong = True  # a signature stays what it is: this document will never be executed

    @precondition(lambda self: self.sent)
    @rule()
    def states_say_executed(self) -> None:
        self.scene.declare_executed()
        self.declared = True

    @precondition(lambda self: not self.opened)
    @rule()
    def everybody_signs(self) -> None:
        """The straight way."""
        if not self.came and not self.revoked:
            self.arrive()
        self.send()
        self.sign("discloser", True)
        self.sign("recipient", True)
        self.states_say_executed()

    @rule(minutes=st.sampled_from([1, 10, 16]))
    def wait(self, minutes: int) -> None:
        self.house.clock.forward(minutes=minutes)

    @precondition(lambda self: not self.revoked)
    @rule(sure=st.sampled_from([False, False, True]))
    def revoke(self, sure: bool) -> None:
        if not sure:
            return
        revocation.revoke(self.house.ctx, self.scene.sara, self.scene.id)
        self.revoked = True

    @rule()
    def add_the_later_version(self) -> None:
        try:
            disclosure.add_items(self.house.ctx, self.scene.sara, self.scene.id, [Chosen(2, 1)])
        except ServiceError:
            assert not self.opened or self.more
        else:
            assert self.opened
            self.more = True

    @rule(
        who=st.sampled_from(["mara", "mara", "nil", "sara"]),
        part=st.sampled_from(RANGES),
        condition=st.sampled_from(CONDITIONS),
        method=st.sampled_from(["GET", "GET", "HEAD"]),
    )
    def ask(self, who: str, part: dict[str, str], condition: dict[str, str], method: str) -> None:
        for what in ((1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (3, 1)):
            for face in ("api", "web"):
                self._ask(who, what, face, part, condition, method)

    def _ask(self, who: str, what: tuple[int, int], face: str, part: dict[str, str], condition: dict[str, str], method: str) -> None:
        number, position = what
        tail = f"/versions/{number}" + (f"/files/{position}" if position else "")
        before = self.house.recorded()
        answer = self._get(who, face, f"/disclosures/{self.scene.id}{tail}", method, {**part, **condition})
        shown = what in {(1, 0), (1, 1)} or (what == (2, 1) and self.more)
        if not (self.opened and who == "mara" and shown):
            assert answer.status_code in {403, 404, 409, 410}
            assert _told(answer) == []
            assert self.house.recorded() == before
            return
        assert answer.status_code in {200, 206, 416}
        continuing = position != 0 and part.get("Range", "bytes=0").split("=")[1][0] != "0"
        assert self.house.recorded() == before + 1 or (continuing and self.house.recorded() == before and before > 0)

    @rule(who=st.sampled_from(["mara", "nil"]), at=st.integers(0, 11))
    def ask_elsewhere(self, who: str, at: int) -> None:
        """No other address gives a guest anything, opened or not: lists, details, the idea's own files, proofs, the record of views."""
        idea, made = f"/ideas/{self.scene.idea.idea_id}", f"/disclosures/{self.scene.id}"
        addresses = [
            ("api", made), ("web", made), ("api", "/disclosures"), ("web", "/disclosures"), ("api", f"{made}/accesses"),
            ("web", f"{made}/accesses.csv"), ("api", idea), ("api", f"{idea}/bundle"), ("api", f"{idea}/certificate"),
            ("api", f"{idea}/versions/1/files/1"), ("web", f"{idea}/versions/1/files/1"), ("web", f"{idea}/versions/1/bundle"),
        ]  # fmt: skip
        before = self.house.recorded()
        answer = self._get(who, *addresses[at], "GET", {})
        assert _told(answer) == []
        assert self.house.recorded() == before

    def _get(self, who: str, face: str, address: str, method: str, headers: dict[str, str]) -> TestResponse:
        if face == "web":
            return self.house.browsers[who].open(address, method=method, headers=headers)
        return self.house.client.open(f"/api/v1{address}", method=method, headers={**headers, **self.house.bearers[who]})


def _told(answer: TestResponse) -> list[bytes]:
    """The secrets in an answer, headers included."""
    whole = str(answer.headers).encode() + answer.get_data()
    return [secret for secret in SECRETS if secret in whole]


def test_content_is_reachable_only_after_the_recorded_execution_and_never_after_the_end(house: House) -> None:
    Gate.house = house
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Gate,
        settings=settings(max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)),
    )
    assert_audited(house.ctx)


def assert_audited(ctx: Context) -> None:
    """What disclosures logged equals their rows (the NDAs of these plays are rows without entries)."""
    own = ("disclosure", "access_record", "log_")
    assert [found for found in audit.audit(ctx).findings if found.row.startswith(own)] == []


@pytest.mark.parametrize(("part", "method"), [({}, "HEAD"), *((part, "GET") for part in RANGES[::2])])
def test_one_straight_play_opens_and_closes_over_every_face(house: House, part: dict[str, str], method: str) -> None:
    Gate.house = house
    play = Gate()
    play.offer(with_end=False, already_open=False)
    play.arrive()
    play.send()
    play.sign("discloser", True)
    play.states_say_executed()
    play.ask("mara", part, {}, method)  # refused: one signature is missing, whatever the states say
    play.sign("recipient", True)
    before = house.recorded()
    for who in ("mara", "nil", "sara"):
        play.ask(who, part, {}, method)
    assert play.opened
    assert house.recorded() > before
    play.add_the_later_version()
    play.ask("mara", part, {}, method)
    play.revoke(sure=True)
    play.ask("mara", part, {}, method)
