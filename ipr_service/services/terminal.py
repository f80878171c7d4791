"""Whoever sits at the terminal of the server: registers in this installation's own log without an account.

The terminal is a person of its own, made when first needed, that can never log in: it has no password and is disabled. What it registers
belongs to its personal organisation. Whoever may read the key folder may do this; the network cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from ipr_service.errors import N_, ConflictError, NotFoundError, SettingsError
from ipr_service.services import bulk, hash_only, proving, publishing, registration, sealing
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.hash_only import Promise
from ipr_service.store.schema import LogHead, Membership, Organisation, Person

ADDRESS = "terminal@ipr.invalid"  # RFC 2606: no mail ever reaches it
NAME = "Terminal"


def terminal_actor(ctx: Context) -> Actor:
    """The actor of the server's terminal, an owner of its personal organisation and of nothing else."""
    with ctx.database.writing() as session:
        person = session.scalars(select(Person).where(Person.email_folded == ADDRESS)).one_or_none()
        if person is None:
            now = ctx.now()
            own = Organisation(id=ctx.new_id(), name=NAME, kind="personal", country=None, created_at=now)
            session.add(own)
            session.flush()
            person = Person(
                id=ctx.new_id(),
                email=ADDRESS,
                email_folded=ADDRESS,
                name=NAME,
                personal_organisation_id=own.id,
                language="en",
                time_zone="UTC",
                is_operator=False,
                created_at=now,
                disabled_at=now,
            )
            session.add(person)
            session.flush()
            session.add(Membership(organisation_id=own.id, person_id=person.id, role="owner", created_at=now))
    return Actor(person.id, person.personal_organisation_id, {person.personal_organisation_id: "owner"}, language="en")


def has_people(ctx: Context) -> bool:
    """Whether anybody but the terminal ever signed up here."""
    with ctx.database.reading() as session:
        return session.scalars(select(Person.id).where(Person.email_folded != ADDRESS).limit(1)).first() is not None


def _promises(receipts: bulk.Receipts) -> tuple[Promise, ...]:
    return tuple(Promise(receipts.checkpoint_size, receipts.time, line.idea_id) for line in receipts.lines)


@dataclass(frozen=True)
class OwnLog:
    """The log of this installation, as ``ipr register`` asks it; ``cli.remote_log`` asks another's in the same words."""

    ctx: Context

    @property
    def verify_url(self) -> str:
        return f"{self.ctx.settings.base_url}/verify"

    def vkeys(self) -> bytes:
        """``log.vkeys``."""
        return publishing.vkeys(self.ctx)

    def newest_checkpoint(self) -> bytes | None:
        """The newest signed checkpoint, verbatim, or None.

        Raises:
            SettingsError: nothing was prepared here.
        """
        with self.ctx.database.reading() as session:
            if session.get(LogHead, 1) is None:
                raise SettingsError(N_("The log has not been opened yet. Run `ipr migrate`."))
        return publishing.newest_checkpoint(self.ctx)

    def register(self, commitment: bytes, key: str, idea_id: str | None = None) -> Promise | None:
        """Log the commitment, as a version of ``idea_id`` if given; a second time is no error, the first receipt is given again.

        ``key`` matters to remote logs only.
        """
        actor = terminal_actor(self.ctx)
        try:
            made = registration.register_commitment(self.ctx, actor, commitment, idea_id=idea_id)
        except ConflictError:
            again = self._again(actor, [commitment])
            if again is None and self.proof(commitment) is None:
                raise
            return again[0] if again else None
        return Promise(made.receipt.checkpoint_size, made.receipt.time, made.idea_id)

    def register_all(self, commitments: Sequence[bytes], key: str) -> tuple[Promise, ...] | None:
        """Log all of them, each as an idea of its own, or none; a second time as in :meth:`register`."""
        actor = terminal_actor(self.ctx)
        try:
            return _promises(bulk.register_commitments(self.ctx, actor, commitments))
        except ConflictError:
            again = self._again(actor, commitments)
            if again is None and any(self.proof(one) is None for one in commitments):
                raise
            return again

    def _again(self, actor: Actor, commitments: Sequence[bytes]) -> tuple[Promise, ...] | None:
        """The receipts of what was logged before a crash, or None when not all of it was logged here."""
        try:
            return _promises(bulk.receipts_again(self.ctx, actor, commitments))
        except NotFoundError:
            return None

    def proof(self, commitment: bytes) -> bytes | None:
        """The ``.tlog-proof`` of a commitment, or None when it is not in the log."""
        try:
            return proving.proof_of(self.ctx, commitment).to_bytes()
        except NotFoundError:
            return None

    def stamps(self, size: int) -> hash_only.Stamps | None:
        """The tokens over the checkpoint of ``size`` entries."""
        try:
            found = sealing.stamps(self.ctx, size)
        except NotFoundError:
            return None
        made = tuple(
            hash_only.Stamp(row.query, row.reply, row.chain.encode(), row.obtained_at, row.authority, row.independent, row.crls, row.ocsps)
            for row in found.tokens
        )
        return hash_only.Stamps(found.signed_at, made)

    def stamp(self, query: bytes) -> bytes:
        """The own clock's answer to a TimeStampReq."""
        return sealing.answer(self.ctx, query)
