"""What all schemas of the API share: unknown fields are refused, types are never guessed.

marshmallow's own leniency is turned off where it would let two spellings pass for one value: integers are integers, booleans are JSON's,
moments carry a zone, text holds no NUL (PostgreSQL cannot store it), and lengths are said in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from ipr_service.errors import FormatError
from ipr_service.evidence.digest import parse_base64, to_base64


class Strict(ma.Schema):
    """A request body or answer: exactly these fields."""

    class Meta:
        unknown = ma.RAISE


class Text(fields.String):
    """Text without NUL and lone surrogates; ``most`` characters."""

    def __init__(self, *, most: int, least: int = 0, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=least or None, max=most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
            raise ma.ValidationError("This holds a character that is no text. Remove it.")
        return text


class Whole(fields.Integer):
    """A JSON integer, not a string, not 1.0."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(least, most), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ma.ValidationError("Write a whole number without quotes.")
        number: int = super()._deserialize(value, attr, data, **kwargs)
        return number


class Truth(fields.Boolean):
    """JSON true or false, nothing that looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ma.ValidationError("Write true or false without quotes.")
        return value


class Hash(fields.Field[bytes]):
    """32 bytes in their one canonical base64 spelling, 44 characters."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"type": "string", "minLength": 44, "maxLength": 44, "pattern": "^[A-Za-z0-9+/]{43}=$", **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _serialize(self, value: bytes | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else to_base64(value)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> bytes:
        try:
            return parse_base64(value, 32)
        except FormatError as problem:
            raise ma.ValidationError(str(problem)) from problem


class Moment(fields.Field[datetime]):
    """RFC 3339 with a zone; answers are UTC with Z."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "date-time", **kwargs.pop("metadata", {})}, **kwargs)

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise ma.ValidationError("Write a moment with its zone, like 2027-03-31T12:00:00Z.")
        return moment.astimezone(UTC)


def identifier(**kwargs: Any) -> fields.String:
    """A ULID in an answer."""
    return fields.String(
        validate=validate.Length(equal=26), metadata={"description": "ULID, 26 characters", **kwargs.pop("metadata", {})}, **kwargs
    )


class Problem(Strict):
    """An RFC 9457 problem document."""

    type = fields.String(required=True, metadata={"description": "stable URI reference /problems/<code>"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True, metadata={"description": "urn:ipr:request:<id>, as in X-Request-Id and the logs"})
    code = fields.String(required=True)
    errors = fields.List(fields.Nested(Strict.from_dict({"pointer": fields.String(), "detail": fields.String()}, name="FieldProblem")))
