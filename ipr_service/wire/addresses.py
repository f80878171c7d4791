"""What an address may hold: numbers that a column can hold. Beyond it there is nothing, and no database is asked."""

from __future__ import annotations

from werkzeug.routing import IntegerConverter, ValidationError

LARGEST = 2**31 - 1
"""Largest value of an integer column (PostgreSQL: integer, four bytes)."""


class Ordinal(IntegerConverter):
    """``<int:…>`` in a route."""

    def to_python(self, value: str) -> int:
        number: int = super().to_python(value)
        if number > LARGEST:
            raise ValidationError
        return number
