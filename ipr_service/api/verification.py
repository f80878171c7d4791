"""Verify a proof bundle through the API, without an account. Nothing that is sent is kept.

Nothing is made either, so a repeated request needs no Idempotency-Key.
"""

from __future__ import annotations

import json
from typing import Any, cast

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from ipr_service.api.place import context
from ipr_service.api.resource import Resource
from ipr_service.api.schemas import verification as schemas
from ipr_service.errors import N_, FieldProblem, InputError, TooLargeError
from ipr_service.services import verifying
from ipr_service.services.verifying import Against

blueprint = Resource("verification", __name__, url_prefix="/verifications", description="Check a proof bundle, for everyone")
FIELDS = ("own_log", "fingerprint", "trust")
FILES = ("bundle", "files")
_TRUTH = {"true": True, "false": False, "": False}
_BODY = {
    "type": "object",
    "properties": {
        "bundle": {"type": "string", "format": "binary", "description": f"the .asice file; at most {verifying.LARGEST} bytes in all"},
        "files": {
            "type": "array",
            "maxItems": verifying.MOST_FILES,
            "items": {"type": "string", "format": "binary"},
            "description": "files to compare with those that were registered",
        },
        "own_log": {"type": "string", "enum": ["true", "false"], "description": "trust the log of this service, as it states its own key"},
        "fingerprint": {"type": "string", "description": "trust the log key with this fingerprint, 64 hexadecimal digits"},
        "trust": {"type": "string", "description": "a trust list: verifier keys, a tlog-policy, PEM roots, as ipr verify --trust takes it"},
    },
    "required": ["bundle"],
    "additionalProperties": False,
}


@blueprint.post("")
@blueprint.response(200, schemas.Report)
@blueprint.for_everyone
@blueprint.doc(requestBody={"content": {"multipart/form-data": {"schema": _BODY}}, "required": True})
def verify() -> Any:
    """Verify a bundle. Trust comes from you: without own_log, fingerprint or trust a bundle is at best intact. Nothing is stored."""
    against, bundle = _sent()
    files = [(file.filename or "", cast("Any", file.stream)) for file in request.files.getlist("files")]
    found = verifying.verify(context(), bundle, files, against, source=request.remote_addr or "unknown")
    return {**json.loads(found.report.to_json()), "compared_with": list(found.compared_with)}


def _sent() -> tuple[Against, Any]:
    """What was sent, each part known and of its form.

    Raises:
        InputError: each part that cannot be taken.
        TooLargeError: more than the limit.
    """
    try:
        form, files = request.form, request.files
    except RequestEntityTooLarge as problem:
        said = N_("At most {limit} bytes can be checked here at once. Check larger bundles with ipr verify, which needs no service.")
        raise TooLargeError.at("/bundle", said, limit=verifying.LARGEST) from problem
    unknown = [name for name in (*form, *files) if name not in (*FIELDS, *FILES)]
    problems = [FieldProblem(f"/{name}", N_("Unknown field.")) for name in unknown]
    problems += [FieldProblem(f"/{name}", N_("Send this as a file.")) for name in FILES if name in form]
    problems += [FieldProblem(f"/{name}", N_("Send this as text.")) for name in FIELDS if name in files]
    if len(files.getlist("bundle")) != 1:
        problems.append(FieldProblem("/bundle", N_("Send exactly one proof bundle, as multipart/form-data.")))
    if form.get("own_log", "") not in _TRUTH:
        problems.append(FieldProblem("/own_log", N_("Write true or false without quotes.")))
    if problems:
        raise InputError(N_("Some fields cannot be taken; see errors."), problems=problems)
    against = Against(_TRUTH[form.get("own_log", "")], form.get("fingerprint", ""), form.get("trust", ""))
    return against, files["bundle"].stream
