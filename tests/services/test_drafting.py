"""Drafting: what is filled in, what is asked, what is refused, and that the final text is one text in two forms."""

from __future__ import annotations

import io
from base64 import b64encode
from hashlib import sha256

import pytest
from docx import Document as Word
from sqlalchemy import select

from ipr_service.agreements import word_text
from ipr_service.errors import ForbiddenError, InputError, MissingAnswerError, NotFoundError, RefusedError, StaleError
from ipr_service.services import agreements, audit, ceremonies, drafting, joining, papers, proposing
from ipr_service.services.access import NOBODY
from ipr_service.services.context import Context
from ipr_service.services.drafting import CreateAgreement, NamedSignatory
from ipr_service.services.shares import Propose
from ipr_service.store.schema import Agreement, AgreementDocument, LogEntry
from tests.agreements.test_same_text import pdf_text, squeezed
from tests.services.workshop import chair, record
from tests.support.house import MovingClock, person
from tests.support.papers import MARA, answered, completed, draft


def test_an_nda_is_filled_in_from_the_idea_and_the_profile(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    nda = draft(ctx)
    found = drafting.interview(ctx, nda.actor, nda.id)
    with ctx.database.reading() as session:
        entry = session.scalars(select(LogEntry).where(LogEntry.kind == "idea")).one()
    (proof,) = found.answers["proofs"]
    assert proof == {"commitment": b64encode(entry.commitment).decode(), "log": "test.invalid/log", "index": 0, "logged_on": "2026-11-02"}
    discloser, recipient = found.answers["parties"]
    assert (discloser["name"], discloser["country"], discloser["rep"]) == ("Mobili Rossi", "IT", "Sara")
    assert (recipient["name"], recipient["natural_person"], recipient["notice_email"]) == ("Mara Vidal", True, "mara@vidal.example")
    assert found.answers["law"] == "IT"


def test_only_what_the_data_does_not_answer_is_open(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    nda = draft(ctx)
    found = drafting.interview(ctx, nda.actor, nda.id)
    about_parties = {"0/form", "0/reg_no", "0/seat", "0/capacity", "1/seat", "1/country"}
    assert {problem.pointer for problem in found.problems} == {"/courts", *(f"/parties/{one}" for one in about_parties)}
    origins = {one.question.id: (one.origin, one.source) for one in found.questions}
    assert origins["proofs"] == ("data", "disclosure")
    assert origins["confirm_days"][0] == "default"
    assert next(one for one in found.questions if one.question.id == "courts").clauses == ("Governing law and courts",)


def test_missing_answers_are_listed_by_their_questions(sqlite_ctx: Context) -> None:
    nda = draft(sqlite_ctx)
    attempts = (
        lambda: drafting.finalise(sqlite_ctx, nda.actor, nda.id),
        lambda: drafting.document(sqlite_ctx, nda.actor, nda.id, "pdf"),
    )
    for attempt in attempts:
        with pytest.raises(MissingAnswerError) as refused:
            attempt()
        assert "Which courts decide?" in " ".join(map(str, refused.value.problems))
        assert len(refused.value.problems) == 7


def test_the_preview_names_each_gap(sqlite_ctx: Context) -> None:
    nda = draft(sqlite_ctx)
    words = [text for _, text in drafting.preview(sqlite_ctx, nda.actor, nda.id).paragraphs()]
    assert any("The courts of [Which courts decide?] have exclusive jurisdiction" in text for text in words)


@pytest.mark.parametrize(
    ("answers", "pointer", "said"),
    [
        ({"cap": "12"}, "/cap", "EUR 12500.00"),
        ({"confirm_days": "soon"}, "/confirm_days", "3 years"),
        ({"purpose": "x" * 1001}, "/purpose", "between 1 and 1000"),
        ({"courts": "Porto\u202e"}, "/courts", "direction of text"),
        ({"nothing": "x"}, "/nothing", "no question"),
        ({"proofs": "x"}, "/proofs", "a list of 0 to 100"),
    ],
)
def test_a_wrong_answer_names_the_field_its_limit_and_the_remedy(
    sqlite_ctx: Context, answers: dict[str, object], pointer: str, said: str
) -> None:
    nda = draft(sqlite_ctx)
    with pytest.raises(InputError) as refused:
        drafting.answer(sqlite_ctx, nda.actor, nda.id, answers, 1)
    assert [problem.pointer for problem in refused.value.problems] == [pointer]
    assert said in str(refused.value.problems[0])


def test_of_two_who_answer_at_once_the_second_is_told(ctx: Context) -> None:
    nda = draft(ctx)
    assert drafting.answer(ctx, nda.actor, nda.id, {"courts": "Udine"}, 1) == 2
    with pytest.raises(StaleError):
        drafting.answer(ctx, nda.actor, nda.id, {"courts": "Porto"}, 1)
    assert drafting.interview(ctx, nda.actor, nda.id).answers["courts"] == "Udine"


def test_an_answer_can_be_taken_back(sqlite_ctx: Context) -> None:
    nda = draft(sqlite_ctx)
    drafting.answer(sqlite_ctx, nda.actor, nda.id, {"courts": "Udine"}, 1)
    drafting.answer(sqlite_ctx, nda.actor, nda.id, {"courts": None}, 2)
    assert "/courts" in {problem.pointer for problem in drafting.interview(sqlite_ctx, nda.actor, nda.id).problems}


@pytest.mark.needs("poppler")
def test_the_final_text_is_the_same_in_word_and_pdf_and_its_digests_are_logged(sqlite_ctx: Context) -> None:
    ctx = sqlite_ctx
    nda = answered(ctx)
    drafting.finalise(ctx, nda.actor, nda.id)
    docx, pdf = (drafting.document(ctx, nda.actor, nda.id, form) for form in ("docx", "pdf"))
    found = agreements.agreement(ctx, nda.actor, nda.id)
    assert found.document is not None
    assert (found.document.docx_sha256, found.document.pdf_sha256) == (sha256(docx).hexdigest(), sha256(pdf).hexdigest())
    with ctx.database.reading() as session:
        agreement, document = session.get_one(Agreement, nda.id), session.get_one(AgreementDocument, found.document.id)
        expected = papers.of_terms(ctx, agreement, document).paragraphs()
    assert word_text.paragraphs_of(docx) == expected
    printed = squeezed(pdf_text(pdf))
    assert [text for _, text in expected if len(squeezed(text)) < 60 and squeezed(text) not in printed] == []
    assert audit.audit(ctx)


def test_a_final_text_cannot_be_answered_and_a_newer_one_replaces_it(ctx: Context, clock: MovingClock) -> None:
    nda = answered(ctx)
    first = drafting.finalise(ctx, nda.actor, nda.id)
    with pytest.raises(RefusedError, match="cannot be changed"):
        drafting.answer(ctx, nda.actor, nda.id, {"courts": "Porto"}, 3)
    drafting.reopen(ctx, nda.actor, nda.id)
    revision = drafting.interview(ctx, nda.actor, nda.id).revision
    drafting.answer(ctx, nda.actor, nda.id, {"courts": "Porto"}, revision)
    clock.forward(seconds=1)
    second = drafting.finalise(ctx, nda.actor, nda.id)
    with ctx.database.reading() as session:
        newest = ceremonies.newest_document(session, nda.id)
        assert newest is not None
        assert (newest.id, newest.number, session.get_one(AgreementDocument, first).state) == (second, 2, "dropped")


def test_a_draft_says_in_its_footer_that_it_is_one(sqlite_ctx: Context) -> None:
    nda = answered(sqlite_ctx)
    word = Word(io.BytesIO(drafting.document(sqlite_ctx, nda.actor, nda.id, "docx")))
    assert "Draft, not reviewed by counsel" in "".join(text for part in word.sections for text in (p.text for p in part.footer.paragraphs))


def test_another_organisation_finds_nothing(ctx: Context) -> None:
    nda, stranger = draft(ctx), person(ctx, "Nadia", organisation="Elsewhere")
    for attempt in (
        lambda id: drafting.interview(ctx, stranger, id),
        lambda id: drafting.preview(ctx, stranger, id),
        lambda id: drafting.answer(ctx, stranger, id, {}, 1),
        lambda id: drafting.finalise(ctx, stranger, id),
        lambda id: drafting.document(ctx, stranger, id, "pdf"),
        lambda id: agreements.agreement(ctx, stranger, id),
        lambda id: agreements.download(ctx, stranger, id, "sealed"),
    ):
        said = []
        for agreement_id in (nda.id, "0" * 26):
            with pytest.raises(NotFoundError) as refused:
                attempt(agreement_id)
            said.append(str(refused.value))
        assert said[0] == said[1]
    assert agreements.agreements(ctx, stranger) == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"kind": "marriage"}, "/kind"),
        ({"language": "xx"}, "/language"),
        ({"signatories": (NamedSignatory("recipient", "Mara", "nowhere"),)}, "/signatories/0/email"),
        ({"signatories": (NamedSignatory("witness", "Mara", "a@b.org"),)}, "/signatories/0/role"),
        ({"signatories": (MARA, MARA)}, "/signatories/1/email"),
    ],
)
def test_what_cannot_be_drafted_is_refused_at_its_field(sqlite_ctx: Context, change: dict[str, object], pointer: str) -> None:
    order = {"kind": "nda-one-way", "language": "en", "title": "NDA", "signatories": (MARA,), **change}
    with pytest.raises(InputError) as refused:
        drafting.create(sqlite_ctx, person(sqlite_ctx), CreateAgreement(**order))  # type: ignore[arg-type]
    assert pointer in {problem.pointer for problem in refused.value.problems}


def test_titles_answers_and_names_of_parties_rest_encrypted(sqlite_ctx: Context) -> None:
    nda = answered(sqlite_ctx)
    drafting.finalise(sqlite_ctx, nda.actor, nda.id)
    folder = sqlite_ctx.settings.data_dir.parent
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for secret in (b"NDA for the folding chair", b"Via Roma 1", b"Carrer de la Fusta"):
        assert secret not in stored


def test_nobody_drafts_without_logging_in(sqlite_ctx: Context) -> None:
    with pytest.raises(Exception, match="log in"):
        drafting.create(sqlite_ctx, NOBODY, CreateAgreement("nda-one-way", "en", "x"))


def test_completed_parties_keep_their_roles(sqlite_ctx: Context) -> None:
    nda = draft(sqlite_ctx)
    found = drafting.interview(sqlite_ctx, nda.actor, nda.id)
    assert [one["role"] for one in completed(found.answers["parties"])] == ["discloser", "recipient"]


def test_a_co_development_agreement_is_filled_in_from_the_collaboration_and_its_accepted_split(ctx: Context, clock: MovingClock) -> None:
    made = chair(ctx)
    record(ctx, made)
    split = proposing.propose(ctx, made.marco, made.id, Propose("points@1"))
    for who in (made.marco, made.anna):
        proposing.accept(ctx, who, made.id, split)
    clock.forward(seconds=1)
    order = CreateAgreement("co-development", "en", "The oak chair", collaboration_id=made.id, split_id=split)
    agreement_id = drafting.create(ctx, made.marco, order)
    found = drafting.interview(ctx, made.anna, agreement_id)  # the other party sees the draft
    assert {(one["party"], one["share"]) for one in found.answers["shares"]} == {("Rovere s.r.l.", "1/2"), ("Studio Blu", "1/2")}
    assert (found.answers["split_rule"], found.answers["project"]) == ("points@1", "A chair without screws")
    assert sorted(one["party"] for one in found.answers["contributions"]) == ["Rovere s.r.l.", "Rovere s.r.l.", "Studio Blu"]
    assert sorted(party.name for party in found.parties) == ["Rovere s.r.l.", "Studio Blu"]
    facts = {"form": "s.r.l.", "reg_no": "1", "seat": "Via 1", "capacity": "owner"}
    accepted = found.answers["shares"]
    others = (
        {"shares": [{**accepted[0], "share": "9/10"}, {**accepted[1], "share": "1/10"}]},
        {"shares": [{**accepted[0], "party": accepted[1]["party"]}, {**accepted[1], "party": accepted[0]["party"]}]},
        {"split_rule": "agreed by negotiation"},
        {"split_commitment": None},
    )
    for other in others:
        with pytest.raises(InputError) as refused:
            drafting.answer(ctx, made.marco, agreement_id, other, 1)
        assert [one.pointer for one in refused.value.problems] == [f"/{next(iter(other))}"]
    drafting.answer(ctx, made.marco, agreement_id, {"shares": [{**one, "reason": "as agreed"} for one in accepted]}, 1)
    answers = {
        "parties": [{**one, **facts} for one in found.answers["parties"]],
        "workplan": [{"task": "drawings", "party": "Studio Blu", "outcome": "drawings, 1 to 1", "due": "2027-03-31"}],
        "lead": "Rovere s.r.l.",
        "credit_line": "Design Studio Blu, made by Rovere",
        "courts": "Udine",
    }
    drafting.answer(ctx, made.marco, agreement_id, answers, 2)
    assert drafting.interview(ctx, made.marco, agreement_id).problems == ()
    words = [text for _, text in drafting.preview(ctx, made.anna, agreement_id).paragraphs()]
    assert any("50%" in text or "50 %" in text for text in words)
    with pytest.raises(ForbiddenError):
        drafting.finalise(ctx, made.anna, agreement_id)
    with ctx.database.reading() as session:
        named = drafting.planned_signatories(session, agreement_id)
    assert {(one.name, one.organisation_name) for one in named} == {("Marco", "Rovere s.r.l."), ("Anna", "Studio Blu")}


def test_contribution_terms_are_filled_in_from_the_collaboration(sqlite_ctx: Context) -> None:
    made = chair(sqlite_ctx)
    mara = NamedSignatory("participant", "Mara Vidal", "mara@vidal.example")
    order = CreateAgreement("contribution-terms", "en", "Terms for Mara", collaboration_id=made.id, signatories=(mara,))
    found = drafting.interview(sqlite_ctx, made.marco, drafting.create(sqlite_ctx, made.marco, order))
    assert (found.answers["credit_name"], found.answers["challenge"]) == ("Mara Vidal", "A chair without screws")
    assert [party.role for party in found.parties] == ["organiser", "participant"]


def test_a_collaboration_of_one_has_nothing_to_agree(sqlite_ctx: Context) -> None:
    sara = person(sqlite_ctx, organisation="Mobili Rossi")
    alone = joining.begin(sqlite_ctx, sara, joining.Begin("Alone"))
    with pytest.raises(RefusedError, match="at least two parties"):
        drafting.create(sqlite_ctx, sara, CreateAgreement("co-development", "en", "x", collaboration_id=alone))


def test_an_idea_or_collaboration_of_others_fills_in_nothing(sqlite_ctx: Context) -> None:
    made, stranger = chair(sqlite_ctx), person(sqlite_ctx, "Nadia", organisation="Elsewhere")
    with pytest.raises(NotFoundError):
        drafting.create(sqlite_ctx, stranger, CreateAgreement("co-development", "en", "x", collaboration_id=made.id))
    with pytest.raises(NotFoundError):
        drafting.create(sqlite_ctx, stranger, CreateAgreement("nda-one-way", "en", "x", idea_id="0" * 26, signatories=(MARA,)))
