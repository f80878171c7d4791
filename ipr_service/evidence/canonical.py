"""Canonical JSON for everything that is hashed: RFC 8785 (JCS), narrowed.

Narrower than JCS on purpose: no floats (an implementation's long decimals need not read back), integers only strictly
between -2^53 and 2^53, strings in NFC without lone surrogates, at most 32 containers inside one another. What is read
must equal its own canonical form byte for byte, so one value has one spelling and one digest.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NoReturn

import rfc8785

from ipr_service.errors import N_, FormatError

Json = dict[str, "Json"] | list["Json"] | str | int | bool | None
JsonInput = Mapping[str, "JsonInput"] | Sequence["JsonInput"] | str | int | bool | None

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1

# A string literal is one token, so brackets inside it do not count; the possessive quantifier keeps hostile input linear.
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|[\[\]{}]', re.DOTALL)
_INTEGER = re.compile(r"-?[0-9]{1,16}")


def to_jcs(value: JsonInput) -> bytes:
    """The canonical UTF-8 bytes of ``value`` (dict, list, tuple, str, int, bool, None).

    Raises:
        FormatError: a float, an integer outside +-(2^53 - 1), a string that is not NFC or holds a lone surrogate,
            a key that is no string, another type, or more than 32 containers inside one another.
    """
    _check(value, MAX_DEPTH)
    return rfc8785.dumps(value)


def from_jcs(data: bytes) -> Json:
    """The value whose canonical form ``data`` is.

    Raises:
        FormatError: not UTF-8, not JSON, duplicate keys, floats, NaN, too deep, or not equal to its own canonical form.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError(N_("This is not UTF-8 text.")) from error
    _refuse_depth(text)
    try:
        value: Json = json.loads(text, object_pairs_hook=_object, parse_float=_no_float, parse_constant=_no_float, parse_int=_integer)
    except ValueError as error:  # json.JSONDecodeError is one
        raise FormatError(N_("This is not JSON.")) from error
    if to_jcs(value) != data:
        raise FormatError(N_("This JSON is not in its canonical form (RFC 8785)."))
    return value


def _check(value: object, room: int) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_string(value)
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise FormatError(N_("Whole numbers must lie strictly between -2^53 and 2^53; write larger ones as text."))
    elif isinstance(value, (dict, list, tuple)):
        if not room:
            raise FormatError(N_("At most {limit} levels inside one another."), limit=MAX_DEPTH)
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str):
                    raise FormatError(N_("Every key of an object must be text."))
                _check_string(key)
        for member in value.values() if isinstance(value, dict) else value:
            _check(member, room - 1)
    elif isinstance(value, float):
        _no_float("")
    else:
        raise FormatError(N_("Canonical JSON takes only object, array, text, whole number, true, false and null."))


def _check_string(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise FormatError(N_("Text holds half of a surrogate pair.")) from error
    if not unicodedata.is_normalized("NFC", text):
        raise FormatError(N_("Text must be in Unicode normal form C (NFC)."))


def _refuse_depth(text: str) -> None:
    """Count brackets before the parser recurses on them."""
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[0] in ("{", "["):
            depth += 1
            if depth > MAX_DEPTH:
                raise FormatError(N_("At most {limit} levels inside one another."), limit=MAX_DEPTH)
        elif token[0] in ("}", "]"):
            depth -= 1


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FormatError(N_("An object names the same key twice."))
    return found


def _integer(digits: str) -> int:
    if not _INTEGER.fullmatch(digits):
        raise FormatError(N_("Whole numbers must lie strictly between -2^53 and 2^53; write larger ones as text."))
    return int(digits)


def _no_float(_: str) -> NoReturn:
    raise FormatError(N_("Numbers with a decimal point or exponent are not taken; write an exact fraction as text."))
