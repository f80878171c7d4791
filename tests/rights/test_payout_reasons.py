"""Every amount says why, in a sentence and exactly."""

from fractions import Fraction

from ipr_service.rights import waterfall
from ipr_service.rights.payout_reasons import account, mixed, steps
from ipr_service.rights.revenue import Entered, Position, payout
from tests.rights.test_revenue import CAMP

THIRDS = {name: Fraction(1, 3) for name in ("anna", "bruno", "clara")}


def told(entered: Entered) -> dict[str, list[str]]:
    return {one.holder: [str(one.headline), *map(str, one.details)] for one in account(payout(entered))}


def test_a_single_share_is_told_with_its_part_its_whole_and_what_is_carried() -> None:
    plan = waterfall.by_split("EUR")
    first = payout(Entered(plan, Position(), 5, split=THIRDS))
    assert told(Entered(plan, Position(), 5, split=THIRDS))["anna"] == [
        "0.02 EUR: 33 1/3 % of the 0.05 EUR that is left for shares (step rest; the accepted split)",
        "Exactly 1 2/3 times 0.01 EUR. 0 of that unit was open before, -1/3 stays open",
    ]
    again = told(Entered(plan, first.position, 10, split=THIRDS))
    assert again["clara"][1] == "Exactly 1 2/3 times 0.01 EUR. 2/3 of that unit was open before, 1/3 stays open"


def test_several_amounts_are_told_one_by_one() -> None:
    assert told(Entered(CAMP, Position(), 30_000, {"bruno": 4_000}))["bruno"] == [
        "64.02 EUR: 3 amounts, told below",
        "40.00 EUR: what it spent for all, repaid before anybody shares (step back; s)",
        "16.67 EUR: 33 1/3 % of the 50.00 EUR for makers (step tiers; s)",
        "Exactly 1666 2/3 times 0.01 EUR. 0 of that unit was open before, -1/3 stays open",
        "7.35 EUR: 33 1/3 % of the 22.06 EUR for makers (step tiers; s)",
        "Exactly 735 1/3 times 0.01 EUR. 0 of that unit was open before, 1/3 stays open",
    ]


def test_disputed_money_says_that_it_is_kept() -> None:
    halves = {"anna": Fraction(1, 2), "bruno": Fraction(1, 2)}
    entered = Entered(waterfall.by_split("JPY"), Position(), 600, {}, halves, ({"anna": Fraction(1)},))
    assert told(entered)["held"] == ["300 JPY kept aside: 50 % of the 600 JPY depends on a dispute (step rest; the accepted split)"]


def test_somebody_who_gets_nothing_is_told_so() -> None:
    entered = Entered(waterfall.by_split("EUR"), Position(), 5, {}, {"anna": Fraction(1), "bruno": Fraction(0)})
    assert told(entered)["bruno"] == ["Nothing in this payout; what was open before stays open"]


def test_every_step_says_what_it_took_of_what_reached_it() -> None:
    made = payout(Entered(CAMP, Position(), 30_000, {"bruno": 4_000}))
    assert [str(sentence) for _step, sentence in steps(made)] == [
        "Repays costs: 40.00 EUR of 300.00 EUR that reached it",
        "Pays fixed sums once: 15.00 EUR of 260.00 EUR that reached it",
        "Takes 15 % of what reaches it (rounded to the nearest, halves to the even unit): 36.75 EUR of 245.00 EUR",
        "Takes 50 % of what reaches it until 20.00 EUR is recouped (rounded down): 20.00 EUR of 208.25 EUR",
        "Band 1: 100.00 EUR of 188.25 EUR that reached it",
        "Band 2: 88.25 EUR of 88.25 EUR that reached it",
    ]


def test_a_reader_gets_her_own_decimal_mark() -> None:
    (one, *_) = account(payout(Entered(waterfall.by_split("EUR"), Position(), 5, split=THIRDS)), ",")
    assert str(one.headline).startswith("0,02 EUR: 33 1/3 % of the 0,05 EUR")


def test_a_fraction_is_written_as_people_write_it() -> None:
    assert [mixed(Fraction(n, 3)) for n in (5, -5, 2, -2, 3, 0)] == ["1 2/3", "-1 2/3", "2/3", "-2/3", "1", "0"]
