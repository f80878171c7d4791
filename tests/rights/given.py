"""What the tests of this room start from: small parties and contributions, and strategies that make many."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st

from ipr_service.rights.contributions import DEGREES, Contribution
from ipr_service.rights.parties import Party

# A run makes many objects: a third of the examples of the profile in force, also when that is `make fuzz`.
FEWER = settings(max_examples=settings().max_examples // 3)

START = datetime(2026, 3, 2, 10, tzinfo=UTC)


def people(*ids: str) -> tuple[Party, ...]:
    return tuple(Party(id, f"The one called {id}") for id in ids)


def points(by_party: Mapping[str, int | Fraction]) -> tuple[Contribution, ...]:
    """One contribution per party, with these points."""
    return tuple(Contribution(f"c-{party}", party, "concept", points=Fraction(number)) for party, number in by_party.items())


PARTIES = people("anna", "bruno", "clara", "dora")

amounts = st.fractions(0, 1000, max_denominator=100)


@st.composite
def contributions(draw: st.DrawFn) -> tuple[Contribution, ...]:
    """Two to six complete contributions of the four parties, at least one of them in the pot and above 0."""
    made = []
    for number in range(draw(st.integers(1, 5))):
        made.append(
            Contribution(
                id=f"c{number}",
                party=draw(st.sampled_from(PARTIES)).id,
                role=draw(st.sampled_from(("concept", "form", "engineering", "prototype", "brand", "facilitation"))),
                degree=draw(st.sampled_from(sorted(DEGREES))),
                points=draw(amounts),
                effort=draw(amounts),
                severable=draw(st.booleans()) and draw(st.booleans()),
                registered_at=draw(st.none() | st.integers(0, 3).map(lambda hours: START + timedelta(hours=hours))),
            )
        )
    sure = Contribution("sure", "anna", "concept", degree="lead", points=Fraction(1), effort=Fraction(1))
    return (*made, sure)
