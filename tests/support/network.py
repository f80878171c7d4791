"""A network of whole houses that witness one another over real HTTP on the loopback, and what a dishonest one does.

Nothing stands for anything else: each house has its own database, keys and witness, and answers through a threaded WSGI server.
"""

from __future__ import annotations

import shutil
import threading
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from ipr_service.app import create_app
from ipr_service.evidence.checkpoint import sign_checkpoint
from ipr_service.evidence.keys import Vkey
from ipr_service.evidence.trust import Group, KnownLog, KnownWitness, LogPolicy
from ipr_service.gateways.outside import Way
from ipr_service.gateways.witness import Network
from ipr_service.services import registration, witnessing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.store.database import Database
from ipr_service.store.sequencer import Sequencer
from tests.support.house import MovingClock, build, person

LOOPBACK = Way(frozenset({"http"}), allow_loopback=True, timeout=30.0)


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


@dataclass
class House:
    """One installation. ``ctx`` may be replaced while it serves; ``alive`` False makes its server answer nothing."""

    name: str
    ctx: Context
    server: BaseWSGIServer | None = None
    people: list[Actor] = field(default_factory=list)

    @property
    def url(self) -> str:
        assert self.server is not None
        return f"http://127.0.0.1:{self.server.server_port}"

    @property
    def vkey(self) -> Vkey:
        return Vkey.from_text(witnessing.vkey(self.ctx))

    def register(self, commitment: bytes) -> None:
        if not self.people:
            self.people.append(person(self.ctx))
        registration.register_commitment(self.ctx, self.people[0], commitment)

    def serve(self) -> None:
        """Begin to answer, or go on with another context on the same port."""
        port = 0
        if self.server is not None:
            port = self.server.server_port
            self.stop()
        self.server = make_server("127.0.0.1", port, create_app(ctx=self.ctx), threaded=True, request_handler=_Quiet)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()


def make(template: Path, folder: Path, name: str, clock: MovingClock) -> House:
    """A house on SQLite of its own. ``template``: a migrated, empty database."""
    folder.mkdir()
    url = f"sqlite:///{shutil.copy(template, folder / 'ipr.db')}"
    return House(name, build(url, folder / "data", clock, origin=f"{name}.invalid/log"))


def acquaint(houses: list[House], threshold: int) -> None:
    """Let every house witness all the others and ask them, ``threshold`` of them being the quorum; then serve."""
    for house in houses:
        house.serve()
    for house in houses:
        others = [other for other in houses if other is not house]
        logs = tuple(KnownLog(vkey) for other in others for vkey in other.ctx.service_keys.log_keys.vkeys)
        witnesses = tuple(KnownWitness(other.name, other.vkey, f"{other.url}/witness") for other in others)
        group = Group("others", threshold, tuple(other.name for other in others))
        policy = LogPolicy(witnesses=witnesses, groups=(group,), quorum="others")
        house.ctx = replace(house.ctx, network=Network(policy, LogPolicy(logs=logs), LOOPBACK))
        house.serve()


def copied(ctx: Context, target: Path) -> Context:
    """The same house with the same keys over a copy of its database as it is now: what a backup, or a second history, begins with."""
    # by the house's own connection: a second SQLite library in the process would drop the first one's file locks when it closes the file
    with closing(ctx.database.engine.raw_connection()) as connection:
        connection.cursor().execute("VACUUM INTO ?", (str(target),))
    database = Database(f"sqlite:///{target}")
    sequencer = Sequencer(database, partial(sign_checkpoint, keys=ctx.service_keys.log_keys), ctx.settings.origin, ctx.clock)
    return replace(ctx, database=database, sequencer=sequencer)
