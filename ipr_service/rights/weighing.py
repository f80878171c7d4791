"""The rules that turn a pot into shares: one pure function per kind, exact fractions in, terms out.

What is missing is refused and named, never taken for 0. Nothing here depends on the order of the input: parties come out by id,
and where the items of one kind diminish, the greatest comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from operator import attrgetter
from typing import Any, Final, TypeVar, cast

from ipr_service.errors import N_, FieldProblem, InputError, RefusedError
from ipr_service.rights import language
from ipr_service.rights.amounts import Cost
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.derivation import Aside, Term
from ipr_service.rights.facts import NUMBER
from ipr_service.rights.language import Lacking, Scope
from ipr_service.rights.notation import common_multiple, fraction_text, total
from ipr_service.rights.precedence import Missing, Undetermined, UndeterminedError
from ipr_service.rights.rules import Part, Pool, Pools, Weigh
from ipr_service.rights.scopes import Known, check_size

HELD: Final = language.Name("held", NUMBER)
"""The fact of this name is what a party held in the split before: a rule that weighs it tells shares as they were."""
NOTHING: Final = Fraction(0)
ONE: Final = Fraction(1)


@dataclass(frozen=True)
class Pot:
    """What is to be divided.

    Args:
        parties: ids, in canonical order.
        contributions: what counts, in canonical order, each by the party whose it counts as.
        asides: what does not.
        part: of the whole, what the pot is.
    """

    parties: Sequence[str]
    contributions: Sequence[Contribution]
    asides: Sequence[Aside]
    known: Known
    part: Fraction = ONE


@dataclass(frozen=True)
class Measured:
    """What was measured, in columns: one place for each thing.

    Args:
        parties: whose it is. amounts: how much it counts.
        ids: the contributions; empty when the parties themselves were measured.
        ways: how each amount came about; empty when it was simply said.
    """

    parties: Sequence[str]
    amounts: Sequence[Fraction]
    ids: Sequence[str] = ()
    ways: Sequence[str] = ()

    @property
    def counted(self) -> tuple[Sequence[Any], Sequence[Any], Sequence[Any]]:
        """Ids, amounts and ways of the contributions; empty columns when parties were measured."""
        return (self.ids, self.amounts if self.ids else (), self.ways)


def weigh(rule: Weigh, pot: Pot) -> tuple[Term, ...]:
    """One measure for the whole pot.

    Raises:
        InputError: a contribution does not say its measure; money in two currencies; places that are not 1, 2, 3 …
        UndeterminedError: a fact is missing.
        RefusedError: all that is weighed adds up to 0, or to more than the whole it is a part of.
    """
    if rule.by == "heads":
        return _heads(rule, pot)
    if rule.once is not None:
        _check_places(rule, pot)
    if rule.worth is not None:
        measured, unit = _worth(rule, pot)
    else:
        measured = _said(rule.by, pot.contributions)
        unit = one_currency(made.cost for made in pot.contributions) if rule.by == "cost" else None
    if rule.diminish is not None:
        measured = _diminished(rule, pot, measured)
    return _terms(rule, pot, measured, unit or rule.unit)


def _terms(rule: Weigh, pot: Pot, measured: Measured, unit: str | None) -> tuple[Term, ...]:
    """A party's measures over everybody's, or over ``out_of``."""
    ratios = [amount.as_integer_ratio() for amount in measured.amounts]
    denominators = {under for _, under in ratios}
    common = common_multiple(denominators)
    scale = {under: common // under for under in denominators}
    units = [over * scale[under] for over, under in ratios]
    whole = Fraction(sum(units), common) if rule.out_of is None else rule.out_of
    if sum(units) > whole * common:
        msgid = N_("The parts add up to {sum} of {whole}; nobody can hold more than there is")
        raise RefusedError(msgid, sum=fraction_text(Fraction(sum(units), common)), whole=fraction_text(whole))
    if whole == 0:
        if rule.on_zero == "heads":
            return _heads(rule, pot, fallback=True)
        raise no_basis()
    own: dict[str, list[int]] = defaultdict(list)
    for position, party in enumerate(measured.parties):
        own[party].append(position)
    measure = "held" if rule.worth == HELD else rule.by
    terms = []
    for party in sorted(own):
        pick = own[party]
        part = Fraction(sum([units[position] for position in pick]), common)
        ids, amounts, ways = (tuple([column[position] for position in pick]) if column else () for column in measured.counted)
        terms.append(Term(party, rule.id, measure, None, pot.part, part, whole, ids, unit, amounts=amounts, told=ways))
    return tuple(terms)


def _heads(rule: Weigh, pot: Pot, *, fallback: bool = False) -> tuple[Term, ...]:
    """One each for every party, but not for one whose contributions all stay outside the pot."""
    made_by: dict[str, list[str]] = {party: [] for party in pot.parties}
    for made in pot.contributions:
        made_by[made.party].append(made.id)
    heads = _taking_part(pot)
    if not heads:
        raise no_basis()
    count = Fraction(len(heads))
    return tuple(Term(party, rule.id, "heads", None, pot.part, ONE, count, tuple(made_by[party]), fallback=fallback) for party in heads)


def _taking_part(pot: Pot) -> list[str]:
    """Every party but those whose contributions all stay outside the pot."""
    inside = {made.party for made in pot.contributions}
    only_aside = {aside.party for aside in pot.asides} - inside
    return [party for party in pot.parties if party not in only_aside]


def _said(by: str, made_in: Sequence[Contribution]) -> Measured:
    """Each contribution with its measure; what nobody said is asked for, not taken for 0."""
    ids, parties = [made.id for made in made_in], [made.party for made in made_in]
    said: list[Fraction | None]
    said = [made.cost.amount if made.cost else None for made in made_in] if by == "cost" else list(map(attrgetter(by), made_in))
    amounts = [amount for amount in said if amount is not None]
    if len(amounts) < len(said):
        msgid = N_("{contribution} has no {measure}; write a number, 0 included")
        missing = [{"contribution": id, "measure": by} for id, amount in zip(ids, said, strict=True) if amount is None]
        problems = [FieldProblem(f"/contributions/{values['contribution']}/{by}", msgid, values) for values in missing]
        raise InputError(msgid, problems=problems, **missing[0])
    return Measured(parties, amounts, ids)


def one_currency(costs: Iterable[Cost | None]) -> str:
    """The one currency of the costs, or "" when there are none.

    Raises:
        InputError: there are several.
    """
    currencies = sorted({cost.currency for cost in costs if cost})
    if len(currencies) > 1:
        msgid = N_("Costs in {currencies} cannot be added; give all in one currency")
        raise InputError.at("/contributions", msgid, currencies=", ".join(currencies))
    return "".join(currencies)


def _worth(rule: Weigh, pot: Pot) -> tuple[Measured, str | None]:
    """What the rule's expression gives for each contribution or party, how it came about, and the currency if it is money."""
    if rule.worth is None:
        raise TypeError("the rule has no expression")
    things: list[tuple[str, str, Scope]]
    if rule.each == "party":
        things = [(party, f"/parties/{party}", pot.known.party(party)) for party in _taking_part(pot)]
    else:
        things = [(made.party, f"/contributions/{made.id}", pot.known.contribution(made)) for made in pot.contributions]
    lacking: list[Missing] = []
    amounts: list[Fraction] = []
    money: list[Cost] = []
    for _, place, scope in things:
        found = placed(place, partial(language.evaluate, rule.worth, scope))
        if isinstance(found, Lacking):
            lacking += found.missing
            continue
        if isinstance(found, Cost):
            money.append(found)
        amount = found.amount if isinstance(found, Cost) else cast("Fraction", found)
        placed(place, partial(check_size, amount))
        amounts.append(amount)
    if lacking:
        raise UndeterminedError(Undetermined("basis", tuple(dict.fromkeys(lacking))))
    ids = [made.id for made in pot.contributions] if rule.each == "contribution" else []
    ways = [language.told(rule.worth, scope) for _, _, scope in things]
    return Measured([party for party, _, _ in things], amounts, ids, ways), one_currency(money) or None


T = TypeVar("T")


def placed(pointer: str, build: Callable[[], T]) -> T:
    """``build()``, with the pointer of the thing it is about in front of any refusal."""
    try:
        return build()
    except InputError as problem:
        raise InputError.at(pointer, problem.msgid, **problem.values) from problem


def _diminished(rule: Weigh, pot: Pot, measured: Measured) -> Measured:
    """Of several of one kind by one party, the greatest counts whole, the next ``diminish`` of itself, and so on."""
    if rule.diminish is None or rule.within is None:
        raise TypeError("the policy was checked to say the kind")
    kinds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, made in enumerate(pot.contributions):
        kind = pot.known.contribution(made)(rule.within)
        if isinstance(kind, Missing):
            raise UndeterminedError(Undetermined("basis", (kind,)))
        kinds[made.party, str(kind)].append(position)
    amounts, ways = list(measured.amounts), list(measured.ways) or [fraction_text(amount) for amount in measured.amounts]
    for positions in kinds.values():
        factor = ONE
        for place, position in enumerate(sorted(positions, key=lambda at: (-measured.amounts[at], measured.ids[at]))):
            check_size(factor)
            if place:
                amounts[position] *= factor
                ways[position] += f" × {fraction_text(factor)}"
            factor *= rule.diminish
    return Measured(measured.parties, amounts, measured.ids, ways)


def _check_places(rule: Weigh, pot: Pot) -> None:
    """Refuse places that are not 1, 2, 3 …, each taken once."""
    if rule.each == "party":
        things = [(party, pot.known.party(party)) for party in _taking_part(pot)]
    else:
        things = [(made.id, pot.known.contribution(made)) for made in pot.contributions]
    found = [(id, scope(rule.once or "")) for id, scope in things]
    missing = tuple(place for _, place in found if isinstance(place, Missing))
    if missing:
        raise UndeterminedError(Undetermined("basis", missing))
    taken: dict[object, str] = {}
    for id, place in found:
        if place in taken:
            msgid = N_("{first} and {second} have the same place, {place}; places are 1, 2, 3 …, each taken once")
            raise InputError.at(f"/{rule.once}", msgid, first=taken[place], second=id, place=str(place))
        taken[place] = id
    for number in range(1, len(found) + 1):
        if Fraction(number) not in taken:
            raise InputError.at(f"/{rule.once}", N_("Nobody has place {place}; places are 1, 2, 3 …, each taken once"), place=number)


def pool(rule: Pool, pot: Pot) -> tuple[Term, ...]:
    """The pot cut by role: a role's weight over the weights of the roles in which somebody worked."""
    by_role: dict[str, list[Contribution]] = {}
    weights = dict(rule.weights)
    for made in pot.contributions:
        if made.role not in weights:
            raise _unweighed(made, rule.id)
        by_role.setdefault(made.role, []).append(made)
    whole = total(weights[role] for role in by_role)
    if whole == 0:
        raise no_basis()
    degrees = dict(rule.degrees)
    return tuple(
        term for role in sorted(by_role) for term in _by_degree(rule.id, degrees, role, pot.part * weights[role] / whole, by_role[role])
    )


def _by_degree(rule: str, degrees: Mapping[str, Fraction], role: str, factor: Fraction, made_in: Sequence[Contribution]) -> Iterable[Term]:
    """One role's part of the pot, by each party's highest degree in it."""
    best: dict[str, Fraction] = {}
    made_by: dict[str, list[str]] = {}
    for made in made_in:
        if made.degree is None:
            message = N_("{contribution} does not say whether its maker led, worked as an equal or supported; the policy weighs that")
            raise InputError.at(f"/contributions/{made.id}/degree", message, contribution=made.id)
        best[made.party] = max(best.get(made.party, NOTHING), degrees[made.degree])
        made_by.setdefault(made.party, []).append(made.id)
    whole = total(best.values())
    return (Term(party, rule, "degree", role, factor, best[party], whole, tuple(made_by[party])) for party in sorted(best))


def pools(rule: Pools, pot: Pot) -> tuple[Term, ...]:
    """The pot cut into pools, each divided by its own measure; pools may be cut again."""
    known = {role for part in rule.pools for role in _roles(part)}
    for made in pot.contributions:
        if made.role not in known:
            raise _unweighed(made, rule.id)
    terms = tuple(_cut(rule, rule.pools, pot, pot.part, ""))
    if not terms:
        raise no_basis()
    return terms


def _roles(part: Part) -> set[str]:
    return set(part.roles).union(*(_roles(inner) for inner in part.pools))


def _cut(rule: Pools, parts: Sequence[Part], pot: Pot, factor: Fraction, path: str) -> Iterable[Term]:
    """One cut: each pool's weight over the weights of those that count."""
    filled = {part.name: [made for made in pot.contributions if made.role in _roles(part)] for part in parts}
    counting = [part for part in parts if rule.empty == "residual" or filled[part.name]]
    whole = total(part.weight for part in counting)
    for part in counting:
        own = factor * part.weight / whole
        name = f"{path} / {part.name}" if path else part.name
        if not filled[part.name]:
            continue
        inner = Pot(pot.parties, filled[part.name], pot.asides, pot.known, own)
        yield from _cut(rule, part.pools, inner, own, name) if part.pools else _within(rule, part, inner, name)


def _within(rule: Pools, part: Part, pot: Pot, name: str) -> Iterable[Term]:
    """One pool, divided by its measure among those who are in it."""
    people = sorted({made.party for made in pot.contributions})
    inner = Pot(people, pot.contributions, (), pot.known, pot.part)
    for term in weigh(Weigh(rule.id, part.by, rule.source), inner):
        yield Term(
            term.party,
            term.rule,
            term.measure,
            name,
            term.factor,
            term.part,
            term.whole,
            term.contributions,
            term.unit,
            False,
            term.amounts,
        )


def _unweighed(made: Contribution, rule: str) -> InputError:
    msgid = N_('{contribution} is in the role "{role}", which the rule {rule} does not weigh')
    return InputError.at(f"/contributions/{made.id}/role", msgid, contribution=made.id, role=made.role, rule=rule)


def no_basis() -> RefusedError:
    """Nothing to divide by."""
    return RefusedError(N_("There is no basis for a split: what the policy weighs adds up to 0, and it names nothing to fall back on"))
