"""Queries about the log, and the consistency proof as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields

from ipr_service.api.schemas.base import Hash, Moment, Strict
from ipr_service.evidence.digest import to_base64

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_LARGEST = 2**53 - 1


class Size(fields.Integer):
    """The size of a log, in a query: decimal digits in their one spelling, no sign, no leading zero."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"minimum": 0, "maximum": _LARGEST, **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> int:
        if not isinstance(value, str) or not _SIZE.fullmatch(value) or int(value) > _LARGEST:
            raise ma.ValidationError(f"Write a number of entries, 0 to {_LARGEST}, in plain digits.")
        return int(value)


class Note(fields.Field[bytes]):
    """A signed note, verbatim: UTF-8 text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string", **kwargs.pop("metadata", {})}, **kwargs)

    def _serialize(self, value: bytes | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.decode("utf-8")


class ProofQuery(Strict):
    """Which entry."""

    commitment = Hash(required=True, metadata={"description": "C in standard base64 (URL-encode + and /)"})


class GrowthQuery(Strict):
    """From which size to which."""

    old_size = Size(required=True, data_key="from", metadata={"description": "Number of entries of the older state"})
    new_size = Size(load_default=None, data_key="to", metadata={"description": "Number of entries of the newer one; default all"})


class Growth(Strict):
    """That the log of ``from`` entries is the beginning of the one of ``to`` entries (RFC 6962 section 2.1.2)."""

    old_size = fields.Integer(data_key="from")
    new_size = fields.Integer(data_key="to")
    hashes = fields.List(Hash(), metadata={"description": "The proof; empty when the sizes are equal or `from` is 0"})
    old_checkpoint = Note(allow_none=True, metadata={"description": "The signed checkpoint of `from` entries, if the log signed one"})
    new_checkpoint = Note(allow_none=True, metadata={"description": "The signed checkpoint of `to` entries, if the log signed one"})


class Der(fields.Field[bytes]):
    """DER bytes in base64."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"type": "string", "format": "byte", **kwargs.pop("metadata", {})}, **kwargs)

    def _serialize(self, value: bytes | None, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else to_base64(value)


class TokensQuery(Strict):
    """Over which checkpoint."""

    size = Size(required=True, metadata={"description": "Size of the checkpoint that the tokens are over"})


class Token(Strict):
    """One authority's token over a checkpoint, verbatim, with what verifies it later (RFC 3161)."""

    authority = fields.String()
    independent = fields.Boolean(metadata={"description": "false: the service's own clock, which adds no trust"})
    time = Moment(attribute="obtained_at", metadata={"description": "genTime of the token"})
    ends = Moment(attribute="ends_at", metadata={"description": "When its certificates or algorithms end"})
    query = Der(metadata={"description": "TimeStampReq"})
    reply = Der(metadata={"description": "TimeStampResp"})
    chain = fields.String(metadata={"description": "Certificates from the signer to the root, PEM"})
    crls = fields.List(Der(), metadata={"description": "Revocation lists of that time"})
    ocsps = fields.List(Der(), metadata={"description": "OCSP responses of that time"})


class Tokens(Strict):
    """The tokens over one checkpoint, independent ones first."""

    size = fields.Integer()
    signed_at = Moment(metadata={"description": "When the service signed the checkpoint, by its own clock"})
    tokens = fields.List(fields.Nested(Token))
