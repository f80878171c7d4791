"""Ideas and contributions, their versions, files and contributors.

Titles, descriptions and file names stand only inside ``title_sealed`` and the entry's openings, encrypted under the idea's key.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ipr_service.store.schema.base import Base, Id, Line, LongText, Word


class Idea(Base):
    """One idea or contribution through all its versions."""

    __tablename__ = "idea"

    id: Mapped[Id] = mapped_column(primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[Word] = mapped_column(comment="idea | contribution")
    label: Mapped[Word] = mapped_column(comment="neutral name for outsiders, tells nothing: Idea 7F3K-2M")
    key_id: Mapped[Id]
    state: Mapped[Word] = mapped_column(comment="registered | withdrawn | erased")
    versions: Mapped[int] = mapped_column(comment="number of the newest version; guards concurrent new versions")
    created_at: Mapped[datetime]


class IdeaVersion(Base):
    """One registered state of an idea. Its commitment finds its log entry."""

    __tablename__ = "idea_version"
    __table_args__ = (UniqueConstraint("idea_id", "number"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    idea_id: Mapped[str] = mapped_column(ForeignKey("idea.id"), index=True)
    number: Mapped[int]
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), comment="who registered it; its files rest under this name")
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    hash_only: Mapped[bool] = mapped_column(comment="the service holds the 32 bytes of the commitment and nothing else")
    title_sealed: Mapped[bytes | None] = mapped_column(comment="for lists; null when hash-only and no title was entrusted")
    language: Mapped[str] = mapped_column(String(8), default="en")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]


class IdeaFile(Base):
    """One file of a version; name, media type and digests stand in the openings."""

    __tablename__ = "idea_file"
    __table_args__ = (UniqueConstraint("version_id", "position"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("idea_version.id"), index=True)
    position: Mapped[int] = mapped_column(comment="1-based, as in the openings")
    blob: Mapped[str | None] = mapped_column(String(128), comment="null when only its digests were sent")
    size: Mapped[int] = mapped_column(BigInteger, comment="bytes of the plain file")


class Contributor(Base):
    """Who is named on a version, with the role and share as stated, and what she answered."""

    __tablename__ = "contributor"
    __table_args__ = (UniqueConstraint("version_id", "position"),)

    id: Mapped[Id] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("idea_version.id"), index=True)
    position: Mapped[int]
    email: Mapped[Line]
    name: Mapped[Line | None]
    role: Mapped[Word]
    share: Mapped[str | None] = mapped_column(String(64), comment="exact fraction as text, null when not stated")
    state: Mapped[Word] = mapped_column(comment="self | asked | confirmed | declined")
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    commitment: Mapped[bytes | None] = mapped_column(LargeBinary(32), comment="entry of the confirmation")


class Transfer(Base):
    """An idea offered to another organisation. Done when the receiver accepts; both answers stand in one entry."""

    __tablename__ = "transfer"

    id: Mapped[Id] = mapped_column(primary_key=True)
    idea_id: Mapped[str] = mapped_column(ForeignKey("idea.id"), index=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True, comment="who gives")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), comment="who offered")
    email: Mapped[Line] = mapped_column(comment="whom it was offered to")
    versions: Mapped[int] = mapped_column(comment="number of the newest version when it was offered; no newer one passes unseen")
    state: Mapped[Word] = mapped_column(comment="offered | accepted | declined | withdrawn")
    receiver_organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"))
    receiver_person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    said_sealed: Mapped[bytes | None] = mapped_column(comment="JSON: names and addresses of both sides as logged, under the idea's key")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    commitment: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)


class Publication(Base):
    """Parts of a version that were opened to everybody at one moment. Closing it hides the page; it takes nothing back."""

    __tablename__ = "publication"

    id: Mapped[Id] = mapped_column(primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("idea_version.id"), index=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    identity: Mapped[Line] = mapped_column(comment="of the person, as logged")
    positions: Mapped[LongText] = mapped_column(comment="numbers separated by one space; 0 is title and description")
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    commitment: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
