"""Collaborations: parties, background, contributions, and the splits they propose and accept.

What the parties say to each other (titles, descriptions, points, hours, costs, shares, reasons) rests encrypted under the
collaboration's key.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ipr_service.store.schema.base import Base, Id, Line, LongText, Word


class Collaboration(Base):
    """Parties who make something together."""

    __tablename__ = "collaboration"

    id: Mapped[Id] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    key_id: Mapped[Id]
    title_sealed: Mapped[bytes]
    purpose_sealed: Mapped[bytes | None]
    state: Mapped[Word] = mapped_column(comment="open | closed")
    revision: Mapped[int] = mapped_column(default=1, comment="counts every change of what stands here; ETag and guard")
    created_at: Mapped[datetime]


class CollaborationParty(Base):
    """One party; invited by mail until a person has joined for an organisation."""

    __tablename__ = "collaboration_party"
    __table_args__ = (UniqueConstraint("collaboration_id", "email"), UniqueConstraint("collaboration_id", "organisation_id"))

    id: Mapped[Id] = mapped_column(primary_key=True)
    collaboration_id: Mapped[str] = mapped_column(ForeignKey("collaboration.id"), index=True)
    name: Mapped[Line] = mapped_column(comment="as invited; the organisation's name once joined")
    email: Mapped[Line]
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), comment="who joined for it")
    part: Mapped[Word] = mapped_column(comment="maker | facilitation | funding; the last two weigh nothing, with the reason recorded")
    state: Mapped[Word] = mapped_column(comment="invited | joined | left")
    created_at: Mapped[datetime]


class Background(Base):
    """What a party brings along and keeps: a registered idea, or a described item."""

    __tablename__ = "background"

    id: Mapped[Id] = mapped_column(primary_key=True)
    collaboration_id: Mapped[str] = mapped_column(ForeignKey("collaboration.id"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("idea_version.id"), comment="the registered idea, if any")
    description_sealed: Mapped[bytes]
    result_of: Mapped[str | None] = mapped_column(
        ForeignKey("collaboration.id"), comment="another collaboration, whose result this is and whose split says who holds it"
    )
    excluded: Mapped[bool] = mapped_column(default=False, comment="listed in order to be kept out of the project")
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Contribution(Base):
    """What a party did, as said by it: role, degree, points, effort or cost."""

    __tablename__ = "contribution"

    id: Mapped[Id] = mapped_column(primary_key=True)
    collaboration_id: Mapped[str] = mapped_column(ForeignKey("collaboration.id"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), comment="who recorded it")
    role: Mapped[Word] = mapped_column(comment="concept | form | engineering | prototype | brand | facilitation | funding")
    degree: Mapped[Word | None] = mapped_column(comment="lead | equal | supporting")
    said_sealed: Mapped[bytes] = mapped_column(comment="JSON: title, points, hours, cost, currency; exact numbers as text")
    severable: Mapped[bool] = mapped_column(default=False)
    built_on: Mapped[LongText] = mapped_column(comment="ids of background and contributions, separated by one space")
    version_id: Mapped[str | None] = mapped_column(ForeignKey("idea_version.id"), comment="its own registration")
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Result(Base):
    """A right that came out of the collaboration, as its parties describe it: what grants are about, beside background."""

    __tablename__ = "result"

    id: Mapped[Id] = mapped_column(primary_key=True)
    collaboration_id: Mapped[str] = mapped_column(ForeignKey("collaboration.id"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"), comment="who listed it")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    idea_id: Mapped[str | None] = mapped_column(ForeignKey("idea.id"), index=True, comment="the registered idea that it is")
    said_sealed: Mapped[bytes] = mapped_column(comment="JSON: title, right, law, territory, days, background used, consent, licences")
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LicenceGrant(Base):
    """A licence in a result or in background, as recorded. Never edited: another one takes its place, or it is withdrawn."""

    __tablename__ = "licence_grant"
    __table_args__ = (UniqueConstraint("collaboration_id", "number"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    collaboration_id: Mapped[str] = mapped_column(ForeignKey("collaboration.id"), index=True)
    number: Mapped[int]
    party_id: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"), comment="who recorded it")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    record_sealed: Mapped[bytes] = mapped_column(comment="grant.json (rights.grant_record) verbatim, as logged")
    answer_sealed: Mapped[bytes] = mapped_column(comment="JSON: what the check said when it was recorded, with all that it looked at")
    who_sealed: Mapped[bytes] = mapped_column(comment="JSON: identities of party and person that recorded it, as logged")
    state: Mapped[Word] = mapped_column(comment="standing | superseded | withdrawn")
    replaces: Mapped[str | None] = mapped_column(ForeignKey("licence_grant.id"), unique=True, comment="the grant whose place it took")
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(comment="when it was superseded or withdrawn")
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="its entry in the log")


class GrantAct(Base):
    """Something done for a grant: a party signed, was told, was offered the share, declined the offer, withdrew what it recorded."""

    __tablename__ = "grant_act"
    __table_args__ = (UniqueConstraint("grant_id", "party_id", "kind"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("licence_grant.id"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"), comment="whom it concerns: who signed, was told, …")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), comment="who recorded it")
    kind: Mapped[Word] = mapped_column(comment="signed | notified | offered | declined | withdrawn")
    day: Mapped[Word] = mapped_column(comment="ISO 8601")
    who_sealed: Mapped[bytes] = mapped_column(comment="JSON: identities of that party and that person, as logged")
    created_at: Mapped[datetime]
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="its entry in the log")


class Split(Base):
    """A computed allocation with policy, inputs, result and reasons, so that anyone can replay it. Never changed once accepted."""

    __tablename__ = "split"
    __table_args__ = (UniqueConstraint("collaboration_id", "number"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    collaboration_id: Mapped[str] = mapped_column(ForeignKey("collaboration.id"), index=True)
    number: Mapped[int]
    policy: Mapped[Word] = mapped_column(comment="rule id@version")
    record_sealed: Mapped[bytes] = mapped_column(
        comment="the record (rights.replay) as it stands once all who are asked have accepted, verbatim"
    )
    run_digest: Mapped[bytes] = mapped_column(LargeBinary(32), comment="digest of policy and canonical input: what the parties accept")
    parties_sealed: Mapped[bytes] = mapped_column(comment="JSON: id, identity, name, part of each party as logged when it was proposed")
    awaited: Mapped[int] = mapped_column(comment="of those who are asked, parties that have not accepted yet; 0 exactly when accepted")
    state: Mapped[Word] = mapped_column(comment="proposed | accepted | declined | superseded")
    follows: Mapped[str | None] = mapped_column(ForeignKey("split.id"), comment="the accepted split that stood when this one was proposed")
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True, comment="its entry in the log, made when it was proposed")
    proposed_by: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class SplitAcceptance(Base):
    """One party's answer to one split."""

    __tablename__ = "split_acceptance"
    __table_args__ = (UniqueConstraint("split_id", "party_id"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    split_id: Mapped[str] = mapped_column(ForeignKey("split.id"), index=True)
    party_id: Mapped[str] = mapped_column(ForeignKey("collaboration_party.id"))
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    accepted: Mapped[bool]
    reason_sealed: Mapped[bytes | None] = mapped_column(comment="why it was declined")
    at: Mapped[datetime]
    commitment: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True, comment="entry of the acceptance; null when declined")


class Initiative(Base):
    """An initiative as it was pre-checked before it began, kept to come back to. No evidence: changed and deleted at will."""

    __tablename__ = "initiative"

    id: Mapped[Id] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    key_id: Mapped[Id]
    said_sealed: Mapped[bytes] = mapped_column(comment="JSON: title, whose law, rights, day, participants with their mail addresses")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
