"""The operator's page: kept mails with their text, tasks that were given up, what is switched off, and who this log is."""

from __future__ import annotations

from flask import Blueprint, Response
from flask_babel import gettext as _

from ipr_service.services import outbox, publishing, readiness, renewing, standing, witnessing
from ipr_service.services.access import require_operator
from ipr_service.web.forms import once
from ipr_service.web.pages import actor, ctx, done, logged_in, render
from ipr_service.web.witnesses import kinds, reasons

pages = Blueprint("operator", __name__, url_prefix="/operator")
_SHOWN = 20  # proofs that end soon; `ipr renew --due --dry-run` lists all


@pages.get("")
@logged_in
def index() -> Response:
    """How this installation stands."""
    require_operator(actor())
    settings, due = ctx().settings, renewing.listed(ctx(), actor())
    switched = [
        (_("Mail"), bool(settings.smtp_url), _("Mails are kept here and go nowhere."), "IPR_SMTP_URL"),
        (
            _("Independent time"),
            bool(settings.tsa_urls),
            _("Only our own clock stamps checkpoints; that is no independent proof of time."),
            "IPR_TSA_URLS",
        ),
        (
            _("Witnesses"),
            bool(ctx().network.asked),
            _("Nobody else cosigns our checkpoints; only we can say that the log was never rewritten."),
            "IPR_WITNESSES",
        ),
        (_("Word to PDF"), bool(settings.converter), _("Word files that come back are not turned into PDF."), "IPR_CONVERTER"),
    ]
    return render(
        "operator/index.html",
        switched=switched,
        checks=readiness.look(ctx()),
        figures=readiness.figures(ctx()),
        mails=outbox.kept_mails(ctx(), actor()),
        failed=outbox.failed_rows(ctx(), actor()),
        origin=settings.origin,
        fingerprint=ctx().service_keys.log_keys.fingerprint,
        keys=publishing.vkeys(ctx()).decode().split(),
        standing=standing.look(ctx(), actor()),
        due=due[:_SHOWN],
        due_count=len(due),
        due_by_holders=sum(one.by == "holder" for one in due),
        renew_days=settings.renew_days,
        kinds=kinds(),
        reasons=reasons(),
        witness_vkey=witnessing.vkey(ctx()),
        witness_url=f"{settings.base_url}/witness",
    )


@pages.post("/tasks/<row_id>/retry")
@logged_in
@once
def retry(row_id: str) -> Response:
    """Try a given-up task again."""
    outbox.retry(ctx(), actor(), row_id)
    return done(_("The task will be tried again now."), "operator.index")
