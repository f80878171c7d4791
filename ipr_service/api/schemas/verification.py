"""A verification report as the API gives it; the same keys as ``ipr verify --json``."""

from __future__ import annotations

from marshmallow import fields

from ipr_service.api.schemas.base import Strict


class Check(Strict):
    """One named check."""

    name = fields.String(metadata={"description": "stable; a number stands for the place: file.2"})
    verdict = fields.String(metadata={"description": "intact, trusted or timed"})
    outcome = fields.String(metadata={"description": "holds, fails, absent or not asked"})
    reason = fields.String()


class Compared(Strict):
    """A file that was sent to compare."""

    name = fields.String()
    position = fields.Integer(allow_none=True, metadata={"description": "its place among the files, from 1; null when it is not there"})
    reason = fields.String()


class Entry(Strict):
    """What the bundle says; believe it only as far as the verdicts go."""

    kind = fields.String()
    title = fields.String()
    people = fields.List(fields.String())
    commitment = fields.String()
    index = fields.Integer(allow_none=True)
    origin = fields.String()
    size = fields.Integer(allow_none=True)
    fingerprint = fields.String(metadata={"description": "of the key that signed, as the bundle names it"})


class Token(Strict):
    """An authority's word on the time."""

    authority = fields.String()
    time = fields.String()
    independent = fields.Boolean()


class Report(Strict):
    """Three verdicts kept apart, with every check by name."""

    verified = fields.Boolean(metadata={"description": "intact and trusted, and every file that was sent to compare is in it"})
    intact = fields.Boolean()
    trusted = fields.Boolean()
    timed = fields.Boolean()
    headline = fields.String()
    failed = fields.List(fields.String())
    checks = fields.List(fields.Nested(Check))
    compared = fields.List(fields.Nested(Compared))
    entry = fields.Nested(Entry)
    tokens = fields.List(fields.Nested(Token))
    summary = fields.List(fields.String())
    compared_with = fields.List(fields.String(), metadata={"description": "fingerprints of the logs that the reader trusts"})
