"""``Idempotency-Key`` on every POST: a request that is sent again, by a shaky line or a double click, is done once.

Same key and same body: the first answer again, with ``Idempotent-Replay: true``. Same key, other body: 422. While the first is still
at work: 409 with Retry-After. Answers are kept for at least 24 hours. Only finished answers below 500 are kept: after a failure of ours
the key is free again, and nothing was kept.

A multipart body is told apart by its fields and the SHA-256 of each file, which werkzeug has put on disk by then. A token with other
scopes asks for something else: it is not given what a stronger one was answered.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from hashlib import sha256
from typing import IO, Any, TypeVar, cast

from flask import Response, current_app, g, make_response, request

from ipr_service.api.auth import actor, well_formed
from ipr_service.api.place import context
from ipr_service.errors import N_, ConflictError, InputError
from ipr_service.services import idempotency
from ipr_service.services.access import Actor

View = TypeVar("View", bound=Callable[..., Any])
PIECE = 1 << 20
KEPT = ("Content-Type", "Location", "ETag", "Link")


def _key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not well_formed(key):
        raise InputError.at("/Idempotency-Key", N_("An Idempotency-Key has 1 to 255 visible ASCII characters."))
    return key


def _digest(who: Actor) -> bytes:
    body = _parts() if request.mimetype == "multipart/form-data" else request.get_data(cache=True)
    head = [request.method, request.full_path, request.mimetype, sorted(who.scopes or ())]
    return sha256(json.dumps(head).encode() + b"\n" + body).digest()


def _parts() -> bytes:
    """What a multipart body says, whatever its boundary; one line of JSON, so that no part can pass for two."""
    fields = [[name, value] for name, value in request.form.items(multi=True)]
    files = [[name, file.filename, file.mimetype, _file_digest(file.stream)] for name, file in request.files.items(multi=True)]
    return json.dumps([fields, files]).encode()


def _file_digest(stream: IO[bytes]) -> str:
    """SHA-256, read in pieces; the stream stands at its beginning again."""
    made = sha256()
    while piece := stream.read(PIECE):
        made.update(piece)
    stream.seek(0)
    return made.hexdigest()


def once(view: View) -> View:
    """Decorate a POST view, outermost: the key is taken before it runs, its answer is kept."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        key = _key()
        if key is None:
            return view(*args, **kwargs)
        ctx = context()
        who = actor()  # carries the key, so that the verb can use it up in its own transaction
        kept = idempotency.begin(ctx, who, key, _digest(who))
        if kept is not None:
            return _replay(kept)
        try:
            answer = make_response(view(*args, **kwargs))
        except BaseException:
            idempotency.forget(ctx, who, key)  # it failed: nothing was kept, the key may be used again
            raise
        _keep(who, key, answer)
        return answer

    return cast(View, wrapped)


def once_by_rows(again: Callable[[str], Response]) -> Callable[[View], View]:
    """Decorate a POST view, outermost, whose verb takes the key in its own write (``idempotency.claim``).

    Neither key nor answer needs a write of its own: what was made tells whether the request was carried out, and the answer is made again.

    Args:
        again: the first answer, from the id of what was made.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            key = _key()
            if key is None:
                return view(*args, **kwargs)
            ctx, who = context(), actor()
            digest = _digest(who)
            if who.request_seen:
                return _sent_before(who, key, digest, again)
            g.api_actor = replace(who, request_body=digest)
            try:
                return view(*args, **kwargs)
            except ConflictError:
                if idempotency.is_new(ctx, who, key):
                    raise
                return _sent_before(who, key, digest, again)  # another request with this key was faster

        return cast(View, wrapped)

    return decorate


def _sent_before(who: Actor, key: str, digest: bytes, again: Callable[[str], Response]) -> Response:
    ctx = context()
    kept = idempotency.begin(ctx, who, key, digest)
    if kept is None:  # what was kept of it ran out this moment: the key is new again
        idempotency.forget(ctx, who, key)
        raise ConflictError(N_("The same request is still at work. Wait a moment and ask again."), retry_after=1)
    if kept.status is None and kept.thing_id is not None:
        answer = again(kept.thing_id)
        answer.headers["Idempotent-Replay"] = "true"
        return answer
    return _replay(kept)


def _replay(kept: idempotency.KeptAnswer) -> Response:
    """The first answer again; or, when the process was killed before it could answer, the id of what was made."""
    if kept.status is None:
        body = (json.dumps({"id": kept.thing_id}) + "\n").encode()
        replay: Response = current_app.response_class(body, status=200, mimetype="application/json")
    else:
        replay = current_app.response_class(kept.body, status=kept.status, headers=json.loads(kept.headers))
    replay.headers["Idempotent-Replay"] = "true"
    return replay


def _keep(who: Actor, key: str, answer: Response) -> None:
    ctx = context()
    if answer.status_code >= 500 or answer.is_streamed:
        idempotency.forget(ctx, who, key)
        return
    headers = json.dumps({name: answer.headers[name] for name in KEPT if name in answer.headers})
    idempotency.finish(ctx, who, key, answer.status_code, headers, answer.get_data())
