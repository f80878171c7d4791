"""Who may do what to which thing: the one place where tenancy is asked (law 10).

A thing has participants (store.schema.Participant): an organisation, sometimes one person of it, and a role in the thing. A person
has a role in an organisation. A verb is allowed when both tables allow it; list queries use the same tables through
:func:`visible`. No face and no other service answers this again.

What a person may not see and what does not exist give the same answer: :class:`NotFoundError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from ipr_service.errors import N_, ForbiddenError, NotFoundError, UnauthenticatedError
from ipr_service.store.schema import Participant, Publication

# What a participant's role in a thing allows, by kind of thing.
_READ = frozenset({"see", "prove"})
THING_VERBS: Mapping[str, Mapping[str, frozenset[str]]] = {
    "idea": {
        "owner": _READ | {"read", "revise", "show", "withdraw", "erase", "invite", "transfer", "publish"},
        "contributor": _READ,
    },
    "disclosure": {
        "owner": _READ | {"open", "revoke", "edit", "log"},
        "recipient": frozenset({"see", "view"}),
    },
    "collaboration": {
        "owner": _READ | {"edit", "invite", "contribute", "propose", "decide", "draft", "close"},
        "party": _READ | {"contribute", "propose", "decide", "draft"},
        "former": _READ,
    },
    "initiative": {"owner": frozenset({"see", "edit"})},
    "agreement": {
        "owner": _READ | {"edit", "send", "withdraw", "download", "sign"},
        "party": _READ | {"download", "sign"},
        "signatory": _READ | {"download", "sign"},
    },
}

# What a person's role in the organisation allows, whatever the thing.
_VIEWER = frozenset({"see", "prove", "read", "download", "log", "view"})
_ADVISOR = _VIEWER | {"draft", "edit", "negotiate"}
_MEMBER = _ADVISOR | {
    "revise",
    "show",
    "withdraw",
    "invite",
    "open",
    "revoke",
    "contribute",
    "propose",
    "decide",
    "send",
    "sign",
    "close",
    "create",
}
_OWNER = _MEMBER | {"erase", "transfer", "publish", "administer"}
MEMBER_VERBS: Mapping[str, frozenset[str]] = {"viewer": _VIEWER, "advisor": _ADVISOR, "member": _MEMBER, "owner": _OWNER}

READING_VERBS = _VIEWER
SCOPES = tuple(f"{kind}s:{right}" for kind in (*THING_VERBS, "organisation") for right in ("read", "write"))


@dataclass(frozen=True)
class Actor:
    """Who is acting.

    Args:
        person_id: the person, or None for nobody.
        organisation_id: the organisation acted for; what is created belongs to it.
        roles: organisation id to role, for every organisation in whose name this actor may act now. A browser session holds all
            memberships of the person, an API token just the token's organisation.
        scopes: None for a browser session; else the token's scopes.
        is_operator: may see the operator's page; never a right on a thing.
        request_id: for the logs.
        language: interface language, an IETF tag.
        request_key: the Idempotency-Key or one-time form id of this request, if it carries one; see ``services.idempotency``.
        request_seen: whether that key was sent before, as far as the look that found this actor could tell.
        request_body: SHA-256 of the request when its key is still to be taken, together with what it makes; None when it was taken.
    """

    person_id: str | None = None
    organisation_id: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    scopes: frozenset[str] | None = None
    is_operator: bool = False
    request_id: str = ""
    language: str = "en"
    request_key: str | None = None
    request_seen: bool = False
    request_body: bytes | None = None


NOBODY = Actor()


def _scope(verb: str, kind: str) -> str:
    return f"{kind}s:{'read' if verb in READING_VERBS else 'write'}"


def _scoped(actor: Actor, verb: str, kind: str) -> bool:
    return actor.scopes is None or _scope(verb, kind) in actor.scopes


def _mine(actor: Actor, verb: str) -> list[str]:
    """The organisations in which the actor's own role allows the verb."""
    return sorted(org for org, role in actor.roles.items() if verb in MEMBER_VERBS.get(role, frozenset()))


def visible(actor: Actor, kind: str, verb: str = "see") -> Select[str]:
    """Ids of all things of this kind on which the actor may do ``verb``: for ``.where(Model.id.in_(visible(...)))``."""
    roles = [role for role, verbs in THING_VERBS[kind].items() if verb in verbs]
    organisations = _mine(actor, verb) if _scoped(actor, verb, kind) else []
    return (
        select(Participant.thing_id)
        .where(Participant.kind == kind, Participant.role.in_(roles), Participant.organisation_id.in_(organisations))
        .where(or_(Participant.person_id.is_(None), Participant.person_id == actor.person_id))
    )


def may(session: Session, actor: Actor, verb: str, kind: str, thing_id: str) -> bool:
    """Whether the actor may do ``verb`` to this thing."""
    if actor.person_id is None:
        return False
    if kind == "organisation":
        return _scoped(actor, verb, kind) and verb in MEMBER_VERBS.get(actor.roles.get(thing_id, ""), frozenset())
    return session.execute(visible(actor, kind, verb).where(Participant.thing_id == thing_id).limit(1)).first() is not None


def organisations(session: Session, actor: Actor, verb: str, kind: str, thing_id: str) -> tuple[str, ...]:
    """The actor's organisations in whose name they may do ``verb`` to this thing."""
    allowed = visible(actor, kind, verb).where(Participant.thing_id == thing_id).with_only_columns(Participant.organisation_id)
    return () if actor.person_id is None else tuple(sorted(set(session.scalars(allowed))))


def verbs(session: Session, actor: Actor, kind: str, thing_id: str) -> frozenset[str]:
    """Everything that the actor may do to this thing; for pages, which show only what would be let pass."""
    every = frozenset(verb for allowed in THING_VERBS[kind].values() for verb in allowed)
    return frozenset(verb for verb in every if may(session, actor, verb, kind, thing_id))


def require(session: Session, actor: Actor, verb: str, kind: str, thing_id: str) -> None:
    """Let the verb pass or say why not.

    Raises:
        UnauthenticatedError: nobody is logged in.
        NotFoundError: no such thing, or none that the actor may know of.
        ForbiddenError: the actor sees it but may not do this to it.
    """
    if actor.person_id is None:
        raise UnauthenticatedError(N_("Please log in first."))
    if may(session, actor, verb, kind, thing_id):
        return
    if not may(session, actor, "see", kind, thing_id):
        raise NotFoundError(N_("There is nothing here that you may see."))
    raise ForbiddenError(N_("Your role does not allow this. Ask an owner of the organisation."))


def public_positions(session: Session, version_id: str) -> frozenset[int]:
    """What anybody may see of a version, logged in or not: 0 for title and description, else the positions of files."""
    open_now = select(Publication.positions).where(Publication.version_id == version_id, Publication.closed_at.is_(None))
    return frozenset(int(one) for positions in session.scalars(open_now) for one in positions.split())


def require_creation(actor: Actor, kind: str) -> str:
    """The organisation that will own what the actor creates.

    Raises:
        UnauthenticatedError, ForbiddenError: as in :func:`require`.
    """
    if actor.person_id is None or actor.organisation_id is None:
        raise UnauthenticatedError(N_("Please log in first."))
    allowed = "create" in MEMBER_VERBS.get(actor.roles.get(actor.organisation_id, ""), frozenset())
    if not allowed or not _scoped(actor, "create", kind):
        raise ForbiddenError(N_("Your role does not allow this. Ask an owner of the organisation."))
    return actor.organisation_id


def require_person(actor: Actor) -> str:
    """The id of the person acting.

    Raises:
        UnauthenticatedError: nobody is logged in.
    """
    if actor.person_id is None:
        raise UnauthenticatedError(N_("Please log in first."))
    return actor.person_id


def require_operator(actor: Actor) -> None:
    """Only the operator's page asks this. For everyone else the page does not exist.

    Raises:
        NotFoundError: anyone but an operator in a browser.
    """
    if not actor.is_operator or actor.scopes is not None:
        raise NotFoundError(N_("There is nothing here that you may see."))
