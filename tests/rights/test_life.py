"""The life of a split: known answers of the cases and of RIGHTS.md 5a, and that whatever happens the shares are whole."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError, RefusedError
from ipr_service.rights import life, policies, telling
from ipr_service.rights.allocation import allocate
from ipr_service.rights.contributions import Contribution
from ipr_service.rights.life import Version
from ipr_service.rights.shares import Split
from tests.rights.given import people, points

F = Fraction
ABC = Split.of({"A": F(1, 2), "B": F(3, 10), "C": F(1, 5)})
POINTS = policies.shipped("points@1")


def test_who_withdraws_leaves_its_share_to_the_others_in_proportion() -> None:
    chapter = life.withdraw(ABC, "C")
    assert chapter.after.fractions == {"A": F(5, 8), "B": F(3, 8)}
    assert chapter.source == "FR CPI L613-31; PT CC 1411(3)"
    assert str(telling.step(chapter.steps[0], ".")).startswith("50 % becomes 62.5 %, with a part of the 20 % that a leaver does not keep")


def test_the_last_one_cannot_withdraw() -> None:
    with pytest.raises(RefusedError, match="Nobody is left to receive the share"):
        life.withdraw(Split.of({"A": F(1)}), "A")


def test_a_leaver_keeps_what_was_earned() -> None:
    assert life.leave(ABC, {"C": F(1, 4)}, "our letter").after.fractions == {"A": F(19, 32), "B": F(57, 160), "C": F(1, 20)}


def test_two_who_leave_at_once_leave_to_those_who_stay_only() -> None:
    # B and C keep a half each: 3/20 and 1/10; A takes the 1/4 they free.
    after = life.leave(ABC, {"B": F(1, 2), "C": F(1, 2)}, "our letter").after.fractions
    assert after == {"A": F(3, 4), "B": F(3, 20), "C": F(1, 10)}


def test_a_share_may_be_handed_on_in_part_or_whole() -> None:
    assert life.transfer(ABC, "A", "D", F(1, 5), "deed").after.fractions == {"A": F(2, 5), "B": F(3, 10), "C": F(1, 5), "D": F(1, 10)}
    assert life.transfer(ABC, "C", "A", F(1), "deed").after.fractions == {"A": F(7, 10), "B": F(3, 10)}


def test_who_joins_is_made_room_for_in_proportion() -> None:
    after = life.join(ABC, "D", F(1, 10), "our letter").after.fractions
    assert after == {"A": F(9, 20), "B": F(27, 100), "C": F(9, 50), "D": F(1, 10)}


def test_an_erased_persons_share_stands_under_a_pseudonym() -> None:
    chapter = life.erase(ABC, "B", "p-7")
    assert chapter.after.fractions == {"A": F(1, 2), "C": F(1, 5), "p-7": F(3, 10)}
    assert chapter.steps == ()


def test_what_every_claim_grants_is_sure_and_the_rest_is_held_exactly() -> None:
    claim = Split.of({"A": F(2, 5), "B": F(2, 5), "C": F(1, 5)})
    hold = life.dispute(ABC, [claim])
    assert hold.sure == {"A": F(2, 5), "B": F(3, 10), "C": F(1, 5)}
    assert hold.held == F(1, 10)
    assert life.dispute(ABC, []).held == 0


def test_a_late_contribution_leaves_the_signed_run_untouched() -> None:
    signed = allocate(POINTS, people("a", "b"), points({"a": 1, "b": 1}), signed_by=("a", "b"))
    digest = signed.digest
    extra = Contribution("late", "b", "form", points=F(2))
    counted, noted = life.late(signed, extra, counts=True), life.late(signed, extra, counts=False)
    assert counted.draft is not None
    assert counted.draft.computed.fractions == {"a": F(1, 4), "b": F(3, 4)}
    assert counted.draft.unsigned == ("a", "b")
    assert noted.draft is None
    assert "has no effect" in str(noted.sentence)
    assert (signed.digest, signed.split.fractions) == (digest, {"a": F(1, 2), "b": F(1, 2)})


def test_a_version_takes_the_place_of_the_one_before_and_never_changes_it() -> None:
    first = Version(1, ABC)
    second = first.then(life.withdraw(ABC, "C"))
    third = second.then(Split.of({"A": F(1, 2), "B": F(1, 2)}))
    assert (first.split, first.supersedes, second.supersedes, third.supersedes) == (ABC, None, 1, 2)
    with pytest.raises(RefusedError, match="another split"):
        second.then(life.withdraw(ABC, "C"))


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (lambda: life.withdraw(ABC, "D"), '"D" holds no share'),
        (lambda: life.leave(ABC, {"C": F(5, 4)}, "s"), "would keep 5/4"),
        (lambda: life.transfer(ABC, "A", "A", F(1, 2), "s"), "to somebody else"),
        (lambda: life.transfer(ABC, "A", "B", F(0), "s"), "more than 0"),
        (lambda: life.join(ABC, "A", F(1, 2), "s"), "A holds a share already"),
        (lambda: life.join(ABC, "D", F(1), "s"), "less than all"),
        (lambda: life.erase(ABC, "A", "B"), "B holds a share already"),
    ],
)
def test_what_cannot_be_is_refused_by_name(event: object, says: str) -> None:
    with pytest.raises(InputError, match=says):
        event()  # type: ignore[operator]  # a lambda of the table


shares = st.lists(st.integers(1, 30), min_size=2, max_size=5)
part = st.fractions(0, 1, max_denominator=12)


@given(shares, st.lists(part, min_size=3, max_size=3))
def test_whatever_happens_the_shares_are_whole_and_nobody_who_stays_loses_by_a_leaver(weights: list[int], parts: list[Fraction]) -> None:
    split = Split.of({f"p{number}": F(weight, sum(weights)) for number, weight in enumerate(weights)})
    left = life.leave(split, {"p0": parts[0]}, "s")
    assert all(left.after.fractions[party] >= share for party, share in split.fractions.items() if party != "p0")
    joined = life.join(left.after, "new", min(parts[1], F(1, 2)) or F(1, 3), "s")
    moved = life.transfer(joined.after, "new", "p1", parts[2] or F(1), "s")
    assert sum(moved.after.fractions.values()) == 1  # and every Split was checked when it was made
