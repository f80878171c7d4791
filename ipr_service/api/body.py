"""Request bodies that a schema alone cannot describe: JSON read strictly, and the JSON part of a multipart form."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

import marshmallow as ma
from flask import request

from ipr_service.errors import N_, FieldProblem, InputError

DEEPEST = 32
LONGEST_NUMBER = 30
"""Digits. Python itself refuses, with an error of its own, more than 4300."""


def strict_json(raw: str | bytes) -> dict[str, Any]:
    """A JSON object: UTF-8 without a byte order mark, no key twice, no NaN, no endless number, at most 32 levels deep.

    Raises:
        InputError: says what is wrong with it.
    """

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) != len(found):
            raise InputError.at("", N_("A key stands twice in this JSON. Send each key once."))
        return made

    def refuse(_text: str) -> Any:
        raise InputError.at("", N_("NaN and Infinity are no JSON numbers."))

    try:
        text = raw if isinstance(raw, str) else raw.decode()  # json itself would guess UTF-16 and skip a byte order mark
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=refuse, parse_int=_whole, parse_float=_number)
    except (ValueError, RecursionError) as problem:
        raise InputError.at("", N_("This is not JSON. Send an object, encoded as UTF-8 without a byte order mark.")) from problem
    if not isinstance(value, dict):
        raise InputError.at("", N_("Send a JSON object."))
    if _depth(value) > DEEPEST:
        raise InputError.at("", N_("This JSON is nested deeper than {limit} levels."), limit=DEEPEST)
    return value


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise InputError.at("", N_("A number here is longer than {limit} digits. Send a shorter one."), limit=LONGEST_NUMBER)
    return int(digits)


def _number(digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        raise InputError.at("", N_("NaN and Infinity are no JSON numbers."))
    return value


def _depth(value: Any) -> int:
    level, deepest = [value], 0
    while level and deepest <= DEEPEST:
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())]
        deepest += 1
    return deepest


def load(schema: ma.Schema, raw: str | bytes) -> dict[str, Any]:
    """A JSON object that fits a schema.

    Raises:
        InputError: each field that does not, by JSON pointer.
    """
    try:
        loaded: dict[str, Any] = schema.load(strict_json(raw))
    except ma.ValidationError as problem:
        found = [FieldProblem(pointer, text) for pointer, text in _flatten(problem.normalized_messages(), "")]
        raise InputError(N_("Some fields cannot be taken; see errors."), problems=found) from problem
    return loaded


def _flatten(messages: Any, path: str) -> list[tuple[str, str]]:
    if isinstance(messages, dict):
        return [one for key, inner in messages.items() for one in _flatten(inner, path if key == "_schema" else f"{path}/{key}")]
    return [(path, str(text).replace("{", "{{").replace("}", "}}")) for text in messages]


def order_of(schema: ma.Schema, part: str = "order") -> dict[str, Any]:
    """The JSON of a request: the body, or the form field ``part`` of a multipart request beside files."""
    if request.mimetype == "multipart/form-data":
        return load(schema, request.form.get(part, ""))
    return load(schema, request.get_data())
