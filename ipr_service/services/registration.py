"""Register an idea or a contribution, a new version of it, or a bare commitment; and what co-contributors answer.

The receipt is given after the commit and never before. Hash-only: the service receives the 32 bytes of the commitment and nothing else;
no title, no name, no digest of a file ever reaches it, and it can never open the entry.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy.orm import Session

from ipr_service.errors import N_, ConflictError, InputError, ServiceError, UnavailableError
from ipr_service.evidence import statement_forms, statements
from ipr_service.evidence.commitment import Committed
from ipr_service.services import access, idempotency, invitations
from ipr_service.services.access import Actor
from ipr_service.services.context import Context
from ipr_service.services.entries import commit_to, logged
from ipr_service.services.intake import Intake
from ipr_service.services.letters import letter
from ipr_service.services.words import clean_choice, clean_email, clean_line, clean_text, collecting, fold_email
from ipr_service.store.schema import Contributor, Idea, IdeaFile, IdeaVersion, Invitation, Participant, Person
from ipr_service.store.sequencer import Insert, Logged, Receipt, Update, WritePlan

MAX_TITLE, MAX_DESCRIPTION, MAX_ROLE, MAX_CONTRIBUTORS = 200, 20_000, 60, 50
KINDS = ("idea", "contribution")
# Languages of title and description: those of the agreements, and the others of the region (ISO 639-1).
LANGUAGES = (
    "ar", "bg", "bs", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fi", "fr", "ga", "gl", "he", "hr", "hu", "it",
    "lt", "lv", "mk", "mt", "nl", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "tr", "uk",
)  # fmt: skip
_TAKEN = N_("This commitment is registered already. Each registration has salts of its own: make a new one.")
_CHANGED = N_("Somebody registered a newer version meanwhile. Look at it, then register yours after it.")


@dataclass(frozen=True)
class NamedContributor:
    """Who is named on a version. ``share`` is an exact fraction as text (``3/8``), or None for an equal part."""

    email: str
    role: str
    share: str | None = None


@dataclass(frozen=True)
class RegisterIdea:
    """What to register. With an empty ``contributors`` the person acting is the only one.

    Args:
        title: 1 to 200 characters.
        description: up to 20,000 characters; text alone is enough, files are not required.
        language: BCP 47 tag of title and description.
    """

    title: str
    description: str = ""
    language: str = "en"
    kind: str = "idea"
    contributors: tuple[NamedContributor, ...] = ()


@dataclass(frozen=True)
class Registered:
    """The receipt: what was logged, where, under which signed checkpoint."""

    idea_id: str
    version_id: str
    number: int
    receipt: Receipt


@dataclass(frozen=True)
class _Named:
    email: str
    role: str
    share: Fraction
    is_actor: bool


def clean_order(order: RegisterIdea) -> RegisterIdea:
    """The order with each field in its one form.

    Raises:
        InputError: every field that was refused, its limit and the remedy.
    """
    with collecting() as check:
        title = check(clean_line, "/title", order.title, MAX_TITLE)
        description = check(clean_text, "/description", order.description, MAX_DESCRIPTION, required=False)
        language = check(clean_choice, "/language", order.language, LANGUAGES)
        kind = check(clean_choice, "/kind", order.kind, KINDS)
    return RegisterIdea(title, description, language, kind, order.contributors)


def _share(pointer: str, text: str | None) -> Fraction | None:
    if not text:
        return None
    try:
        return statement_forms.parse_fraction(text)
    except InputError as problem:
        raise InputError.at(pointer, problem.msgid, **problem.values) from problem


def clean_contributors(named: Sequence[NamedContributor]) -> tuple[tuple[str, str, Fraction], ...]:
    """Address, role and exact share of each: all shares stated and summing to 1, or none stated and equal.

    Raises:
        InputError: too many, one twice, or shares that do not add up; says by how much.
    """
    if len(named) > MAX_CONTRIBUTORS:
        raise InputError.at("/contributors", N_("At most {limit} contributors fit on one version."), limit=MAX_CONTRIBUTORS)
    with collecting() as check:
        cleaned = [
            (
                check(clean_email, f"/contributors/{at}/email", one.email),
                check(clean_line, f"/contributors/{at}/role", one.role, MAX_ROLE),
                check(_share, f"/contributors/{at}/share", one.share),
            )
            for at, one in enumerate(named)
        ]
    folded = [fold_email(email) for email, _, _ in cleaned]
    for at, email in enumerate(folded):
        if email in folded[:at]:
            raise InputError.at(f"/contributors/{at}/email", N_("This address is named twice. Name each contributor once."))
    stated = [share for _, _, share in cleaned if share is not None]
    if stated and len(stated) != len(cleaned):
        raise InputError.at("/contributors", N_("State a share for every contributor, or for none: then all parts are equal."))
    if stated and sum(stated) != 1:
        total = str(sum(stated))
        raise InputError.at("/contributors", N_("The shares add up to {total}. They must add up to exactly 1."), total=total)
    return tuple((email, role, Fraction(1, len(cleaned)) if share is None else share) for email, role, share in cleaned)


def _named(person: Person, named: Sequence[NamedContributor]) -> tuple[_Named, ...]:
    """The contributors; the person alone when nobody is named."""
    cleaned = clean_contributors(named) or ((person.email, "author", Fraction(1)),)
    return tuple(_Named(email, role, share, fold_email(email) == person.email_folded) for email, role, share in cleaned)


def _statements(order: RegisterIdea, intake: Intake, named: Sequence[_Named]) -> list[dict[str, Any]]:
    said: list[dict[str, Any]] = [statements.subject(order.title, order.description, order.language)]
    for position, file in enumerate(intake.files, 1):
        said.append(statements.file(position, file.name, file.digests.size, file.media_type))
    said += [statements.contributor(f"mailto:{one.email}", one.role, one.share) for one in named]
    return said


def register_idea(ctx: Context, actor: Actor, order: RegisterIdea, intake: Intake) -> Registered:
    """Register what ``intake`` took in under the title and contributors of ``order``.

    Returns:
        the receipt, on the disk.

    Raises:
        InputError: names each field, its limit and the remedy; the intake is aborted.
        ConflictError: somebody registered a newer version meanwhile.
        StorageFullError: nothing was kept.
        UnavailableError: ask again with the same request key, which tells whether it was written.
    """
    try:
        return _register(ctx, actor, order, intake)
    except UnavailableError:
        raise  # perhaps after the commit: then rows name what was taken in; else the sweep removes it
    except ServiceError:
        intake.abort()
        raise


def _register(ctx: Context, actor: Actor, order: RegisterIdea, intake: Intake) -> Registered:
    order = clean_order(order)
    if not order.description.strip() and not intake.files:
        raise InputError.at("/files", N_("There is nothing to register yet. Add a file or describe the idea."))
    with ctx.database.reading() as session:
        person = session.get_one(Person, access.require_person(actor))
        named = _named(person, order.contributors)
        idea, before = _before(session, intake)
        made = commit_to(
            ctx,
            session,
            idea.kind if idea else order.kind,
            _statements(order, intake, named),
            files=[file.digests for file in intake.files],
            previous=None if before is None else before.commitment,
        )
    number = 1 if before is None else before.number + 1
    steps = _steps(ctx, actor, order, intake, named, made, number)
    plan = WritePlan((*steps, *idempotency.claim(ctx, actor, intake.idea_id)), (logged(ctx, made, intake.idea_id, intake.key_id),))
    (receipt,) = ctx.write(plan)
    return Registered(intake.idea_id, intake.version_id, number, receipt)


def _before(session: Session, intake: Intake) -> tuple[Idea | None, IdeaVersion | None]:
    if intake.is_new:
        return None, None
    idea = session.get_one(Idea, intake.idea_id)
    before = session.query(IdeaVersion).filter_by(idea_id=idea.id, number=idea.versions).one()
    return idea, before


def _steps(
    ctx: Context, actor: Actor, order: RegisterIdea, intake: Intake, named: Sequence[_Named], made: Committed, number: int
) -> list[Insert | Update]:
    now, person_id = ctx.now(), access.require_person(actor)
    version = {
        "id": intake.version_id,
        "idea_id": intake.idea_id,
        "organisation_id": intake.organisation_id,
        "number": number,
        "commitment": made.commitment,
        "hash_only": False,
        "title_sealed": ctx.seal(intake.key_id, "idea.title", order.title.encode()),
        "language": order.language,
        "person_id": person_id,
        "created_at": now,
    }
    files = tuple(
        {"id": ctx.new_id(), "version_id": intake.version_id, "position": at, "blob": file.blob, "size": file.digests.size}
        for at, file in enumerate(intake.files, 1)
    )
    begin: list[Insert | Update] = [] if intake.is_new else _next(intake, number)
    if intake.is_new:
        idea, owner = new_idea(ctx, actor, intake.organisation_id, (intake.idea_id, intake.key_id, ctx.new_id()), order.kind)
        begin = [Insert(Idea, (idea,)), Insert(Participant, (owner,))]
    return [*begin, Insert(IdeaVersion, (version,)), Insert(IdeaFile, files), *_contributors(ctx, actor, intake, named)]


def new_idea(
    ctx: Context, actor: Actor, organisation_id: str, ids: tuple[str, str, str], kind: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows of a new idea and of its owner.

    Args:
        ids: of the idea, of its key, and of the owner's row.
    """
    now, (idea_id, key_id, owner_id) = ctx.now(), ids
    idea = {
        "id": idea_id,
        "organisation_id": organisation_id,
        "person_id": access.require_person(actor),
        "kind": kind,
        "label": f"{'Idea' if kind == 'idea' else 'Contribution'} {idea_id[-8:-4]}-{idea_id[-4:]}",
        "key_id": key_id,
        "state": "registered",
        "versions": 1,
        "created_at": now,
    }
    owner = {
        "id": owner_id,
        "thing_id": idea_id,
        "kind": "idea",
        "organisation_id": organisation_id,
        "person_id": None,
        "role": "owner",
        "created_at": now,
    }
    return idea, owner


def hash_only_version(
    ctx: Context, actor: Actor, organisation_id: str, version_id: str, idea_id: str, number: int, commitment: bytes
) -> dict[str, Any]:
    """The row of a version of which the service holds 32 bytes and nothing else."""
    return {
        "id": version_id,
        "idea_id": idea_id,
        "organisation_id": organisation_id,
        "number": number,
        "commitment": commitment,
        "hash_only": True,
        "language": actor.language,
        "person_id": access.require_person(actor),
        "created_at": ctx.now(),
    }


def _next(intake: Intake, number: int) -> list[Insert | Update]:
    where = (Idea.id == intake.idea_id, Idea.versions == number - 1, Idea.state == "registered")
    return [Update(Idea, where, {"versions": number}, otherwise=ConflictError(_CHANGED))]


def _contributors(ctx: Context, actor: Actor, intake: Intake, named: Sequence[_Named]) -> list[Insert | Update]:
    """Rows for the contributors; each but the person acting gets a mail with a link, and no word of what it is about."""
    now = ctx.now()
    steps: list[Insert | Update] = []
    for position, one in enumerate(named, 1):
        row: Mapping[str, Any] = {
            "id": ctx.new_id(),
            "version_id": intake.version_id,
            "position": position,
            "email": one.email,
            "role": one.role,
            "share": statement_forms.format_fraction(one.share),
            "state": "self" if one.is_actor else "asked",
            "person_id": actor.person_id if one.is_actor else None,
            "decided_at": now if one.is_actor else None,
        }
        steps.append(Insert(Contributor, (row,)))
        if not one.is_actor:
            steps += _ask(ctx, actor, intake.organisation_id, row["id"], one.email)
    return steps


def _ask(ctx: Context, actor: Actor, organisation_id: str, contributor_id: str, email: str) -> tuple[Insert, Insert]:
    """Ask a named contributor to confirm; she learns what it is about after opening the link."""
    issued = invitations.issue(
        ctx, "contributor", contributor_id, organisation_id, access.require_person(actor), email, "contributor", actor.language, days=30
    )
    mail = letter(
        email,
        actor.language,
        N_("Please confirm your part"),
        N_("Somebody named you as a contributor when registering a work. Please look at it, and confirm or decline:"),
        "{link}",
        N_("The link is yours alone and works for 30 days."),
        link=invitations.link(ctx, issued.secret),
    )
    return Insert(Invitation, (issued.row,)), ctx.due("mail", mail, thing_id=contributor_id)


def register_commitment(ctx: Context, actor: Actor, commitment: bytes, *, idea_id: str | None = None, kind: str = "idea") -> Registered:
    """Register 32 bytes that were made elsewhere (browser or command line): hash-only.

    Args:
        commitment: C, 32 bytes.
        idea_id: a hash-only idea of which this is the next version, or None.

    Raises:
        InputError: not 32 bytes.
        ConflictError: this commitment is in the log already.
    """
    if len(commitment) != 32:
        raise InputError.at("/commitment", N_("A commitment has 32 bytes, written as 44 characters of base64."))
    if kind not in KINDS:
        raise InputError.at("/kind", N_("Choose idea or contribution."))
    begin: list[Insert | Update]
    version_id, *ids = ctx.new_ids(4)
    if idea_id is None:
        organisation_id, idea_id, number = access.require_creation(actor, "idea"), ids[0], 1
        idea, owner = new_idea(ctx, actor, organisation_id, (ids[0], ids[1], ids[2]), kind)  # no key is made: there is nothing to encrypt
        begin = [Insert(Idea, (idea,)), Insert(Participant, (owner,))]
    else:
        with ctx.database.reading() as session:
            access.require(session, actor, "revise", "idea", idea_id)
            found = session.get_one(Idea, idea_id)
            organisation_id, number, kind = found.organisation_id, found.versions + 1, found.kind
        where = (Idea.id == idea_id, Idea.versions == number - 1, Idea.state == "registered")
        begin = [Update(Idea, where, {"versions": number}, otherwise=ConflictError(_CHANGED))]
    version = hash_only_version(ctx, actor, organisation_id, version_id, idea_id, number, commitment)
    entry = Logged(commitment, kind, idea_id, None, None, None)
    insert = Insert(IdeaVersion, (version,), taken=ConflictError(_TAKEN))
    (receipt,) = ctx.write(WritePlan((*begin, insert, *idempotency.claim(ctx, actor, idea_id)), (entry,)))
    return Registered(idea_id, version_id, number, receipt)
