"""Expressions: the small typed language in which a policy says what a contribution counts and when a rule applies.

An expression is a value (``facts``), the name of something known, or one operation::

    points                                       # a name
    {times: [{over: [effort, 8]}, "1.5"]}        # one and a half per day of eight hours
    {if: [{in: [role, [concept, form]]}, 2, 1]}  # a set of codes
    {months: [joined, left]}                     # whole months between two dates

Types are checked when the policy is loaded, so that a run meets only what may be missing. What is missing makes the whole
missing, unless ``all``/``any``/``if`` do not need it, or ``{known: name}`` asks. There is no division by zero: it is
refused with what was divided. No loop, no recursion, no power, no text search, no call: :data:`OPERATIONS` is all there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from ipr_service.errors import N_, InputError, RefusedError
from ipr_service.rights.amounts import Cost
from ipr_service.rights.facts import CODE, CODES, DATE, FLAG, MONEY, NUMBER, PARTY, Value, shown, text_of, type_of
from ipr_service.rights.precedence import Missing

MAX_NODES = 200
MAX_DEPTH = 10
MAX_ARGUMENTS = 20


@dataclass(frozen=True)
class Literal:
    """A value that stands in the policy."""

    value: Value
    type: str


@dataclass(frozen=True)
class Name:
    """Something known about the contribution, the party or the case."""

    name: str
    type: str


@dataclass(frozen=True)
class Apply:
    """One operation on what stands below it."""

    operation: str
    arguments: tuple[Expression, ...]
    type: str


Expression: TypeAlias = Literal | Name | Apply

Scope: TypeAlias = Callable[[str], "Value | Missing"]
"""What is known here, by name; or what is missing."""


@dataclass(frozen=True)
class Lacking:
    """The outcome of an expression that needs what nobody stated."""

    missing: tuple[Missing, ...]


Outcome: TypeAlias = Value | Lacking


def evaluate(expression: Expression, scope: Scope) -> Outcome:
    """The value of an expression where ``scope`` says what is known, or what is lacking for it.

    Raises:
        InputError: money in two currencies is added or compared.
        RefusedError: a division by zero.
    """
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, Name):
        found = scope(expression.name)
        return Lacking((found,)) if isinstance(found, Missing) else found
    early = _EARLY.get(expression.operation)
    if early is not None:
        return early(expression.arguments, scope)
    values: list[Any] = []
    lacking: list[Missing] = []
    for argument in expression.arguments:
        value = evaluate(argument, scope)
        if isinstance(value, Lacking):
            lacking += value.missing
        else:
            values.append(value)
    if lacking:
        return Lacking(tuple(dict.fromkeys(lacking)))
    return _DO[expression.operation](values)


def _all(arguments: tuple[Expression, ...], scope: Scope) -> Outcome:
    return _decided(arguments, scope, decisive=False)


def _any(arguments: tuple[Expression, ...], scope: Scope) -> Outcome:
    return _decided(arguments, scope, decisive=True)


def _decided(arguments: tuple[Expression, ...], scope: Scope, *, decisive: bool) -> Outcome:
    """Three-valued and/or (Kleene): one decisive part settles it, whatever the others lack."""
    found = [evaluate(argument, scope) for argument in arguments]
    if any(value is decisive for value in found):
        return decisive
    lacking = [fact for value in found if isinstance(value, Lacking) for fact in value.missing]
    return Lacking(tuple(dict.fromkeys(lacking))) if lacking else not decisive


def _if(arguments: tuple[Expression, ...], scope: Scope) -> Outcome:
    condition = evaluate(arguments[0], scope)
    return condition if isinstance(condition, Lacking) else evaluate(arguments[1 if condition else 2], scope)


def _known(arguments: tuple[Expression, ...], scope: Scope) -> Outcome:
    return not isinstance(evaluate(arguments[0], scope), Lacking)


_EARLY: Final[Mapping[str, Callable[[tuple[Expression, ...], Scope], Outcome]]] = MappingProxyType(
    {"all": _all, "any": _any, "if": _if, "known": _known}
)
"""Operations that may do without some of their arguments."""


def _amounts(values: list[Any]) -> tuple[list[Fraction], str | None]:
    """Plain numbers, and the one currency if they are money."""
    if not isinstance(values[0], Cost):
        return values, None
    currencies = sorted({one.currency for one in values})
    if len(currencies) > 1:
        msgid = N_("Costs in {currencies} cannot be added; give all in one currency")
        raise InputError.at("", msgid, currencies=", ".join(currencies))
    return [one.amount for one in values], currencies[0]


def _of(number: Fraction, currency: str | None) -> Value:
    return number if currency is None else Cost(number, currency)


def _plus(values: list[Any]) -> Value:
    amounts, currency = _amounts(values)
    return _of(sum(amounts, Fraction(0)), currency)


def _minus(values: list[Any]) -> Value:
    (left, right), currency = _amounts(values)
    if currency is not None and right > left:
        msgid = N_("{left} less {right} is below 0; money here is never negative")
        raise InputError.at("", msgid, left=shown(values[0]), right=shown(values[1]))
    return _of(left - right, currency)


def _times(values: list[Any]) -> Value:
    product, currency = Fraction(1), None
    for value in values:
        if isinstance(value, Cost):
            product, currency = product * value.amount, value.currency
        else:
            product *= value
    return _of(product, currency)


def _over(values: list[Any]) -> Value:
    left, right = values
    under = right.amount if isinstance(right, Cost) else right
    if not under:
        raise RefusedError(N_("{number} cannot be divided by 0"), number=shown(left))
    if isinstance(right, Cost):
        amounts, _ = _amounts([left, right])
        return amounts[0] / under
    return Cost(left.amount / under, left.currency) if isinstance(left, Cost) else left / under


def _months(values: list[Any]) -> Fraction:
    """Whole months from the first day to the second.

    Raises:
        InputError: the second day is before the first.
    """
    first, last = values
    if last < first:
        raise InputError(N_("{last} is before {first}. Swap the two days, or correct one"), first=str(first), last=str(last))
    months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
    return Fraction(months)


def _least(values: list[Any]) -> Value:
    amounts, currency = _amounts(values)
    return _of(min(amounts), currency)


def _greatest(values: list[Any]) -> Value:
    amounts, currency = _amounts(values)
    return _of(max(amounts), currency)


def _compared(test: Callable[[Any, Any], bool]) -> Callable[[list[Any]], bool]:
    def compare(values: list[Any]) -> bool:
        (left, right), _ = _amounts(values)
        return test(left, right)

    return compare


_DO: Final[Mapping[str, Callable[[list[Any]], Value]]] = MappingProxyType(
    {
        "plus": _plus,
        "minus": _minus,
        "times": _times,
        "over": _over,
        "least": _least,
        "greatest": _greatest,
        "months": _months,
        "not": lambda values: not values[0],
        "same": lambda values: bool(values[0] == values[1]),
        "in": lambda values: values[0] in values[1],
        "below": _compared(lambda left, right: left < right),
        "up-to": _compared(lambda left, right: left <= right),
        "before": lambda values: bool(values[0] < values[1]),
    }
)


def typed(operation: str, types: tuple[str, ...]) -> str | None:
    """The type that an operation gives for arguments of these types, or None when it does not take them."""
    if operation in ("plus", "minus", "least", "greatest"):
        return types[0] if _one_kind(types, NUMBER, MONEY) else None
    if operation == "times":
        return _product(types)
    if operation == "over":
        return _QUOTIENTS.get(types)
    if operation == "if":
        return types[1] if types[0] == FLAG and types[1] == types[2] else None
    if operation == "months":
        return NUMBER if _one_kind(types, DATE) else None
    return FLAG if _compares(operation, types) else None


_QUOTIENTS: Final[Mapping[tuple[str, ...], str]] = MappingProxyType(
    {(NUMBER, NUMBER): NUMBER, (MONEY, NUMBER): MONEY, (MONEY, MONEY): NUMBER}
)


def _one_kind(types: tuple[str, ...], *kinds: str) -> bool:
    return len(set(types)) == 1 and types[0] in kinds


def _product(types: tuple[str, ...]) -> str | None:
    if not set(types) <= {NUMBER, MONEY} or types.count(MONEY) > 1:
        return None
    return MONEY if MONEY in types else NUMBER


def _compares(operation: str, types: tuple[str, ...]) -> bool:
    """Whether an operation that answers yes or no takes arguments of these types."""
    if operation == "known":
        return True
    if operation == "in":
        return types in ((CODE, CODES), (PARTY, CODES))
    kinds = {
        "not": (FLAG,),
        "all": (FLAG,),
        "any": (FLAG,),
        "same": (NUMBER, MONEY, DATE, CODE, PARTY, FLAG),
        "below": (NUMBER, MONEY),
        "up-to": (NUMBER, MONEY),
        "before": (DATE,),
    }
    return _one_kind(types, *kinds[operation])


ARITY: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    dict.fromkeys(("plus", "times", "least", "greatest", "all", "any"), (1, MAX_ARGUMENTS))
    | dict.fromkeys(("minus", "over", "months", "same", "in", "below", "up-to", "before"), (2, 2))
    | {"not": (1, 1), "known": (1, 1), "if": (3, 3)}
)
"""Least and most arguments of every operation; the keys are all operations there are."""

OPERATIONS: Final = tuple(sorted(ARITY))


def to_data(expression: Expression) -> Any:
    """The expression as it would stand in a file."""
    if isinstance(expression, Name):
        return expression.name
    if isinstance(expression, Literal):
        value = expression.value
        if isinstance(value, tuple):
            return list(value)
        if isinstance(value, str):
            return {"party": value}
        return value if isinstance(value, bool) else text_of(value)
    return {expression.operation: [to_data(argument) for argument in expression.arguments]}


def codes_in(expression: Expression, name: str) -> frozenset[str]:
    """The codes that an expression looks for in ``name``: those that make a difference."""
    if not isinstance(expression, Apply):
        return frozenset()
    found = frozenset[str]().union(*(codes_in(argument, name) for argument in expression.arguments))
    if expression.operation in ("in", "same") and any(isinstance(one, Name) and one.name == name for one in expression.arguments):
        values = [one.value for one in expression.arguments if isinstance(one, Literal)]
        found |= {str(code) for value in values for code in (value if isinstance(value, tuple) else (value,))}
    return found


def names_in(expression: Expression) -> frozenset[str]:
    """Every name that the expression reads."""
    if isinstance(expression, Name):
        return frozenset((expression.name,))
    if isinstance(expression, Literal):
        return frozenset()
    return frozenset().union(*(names_in(argument) for argument in expression.arguments))


SIGNS: Final = MappingProxyType({"plus": " + ", "minus": " − ", "times": " × ", "over": " / "})


def told(expression: Expression, scope: Scope) -> str:
    """The expression with its values in place, for a derivation: ``200 × 50 EUR × 2``."""
    if isinstance(expression, Literal):
        return shown(expression.value)
    if isinstance(expression, Name):
        found = scope(expression.name)
        return expression.name if isinstance(found, Missing) else f"{shown(found)}"
    if expression.operation == "if":
        condition = evaluate(expression.arguments[0], scope)
        return told(expression.arguments[1 if condition is True else 2], scope)
    parts = [_inner(argument, scope) for argument in expression.arguments]
    sign = SIGNS.get(expression.operation)
    return sign.join(parts) if sign else f"{expression.operation}({', '.join(parts)})"


def _inner(argument: Expression, scope: Scope) -> str:
    text = told(argument, scope)
    nested = isinstance(argument, Apply) and argument.operation in SIGNS
    return f"({text})" if nested else text


def literal(value: Value) -> Literal:
    """A value of the policy with its type."""
    return Literal(value, type_of(value))
