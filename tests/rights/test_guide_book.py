"""The known answers for the guide, as their file stands; and further cases of the same shape."""

from pathlib import Path

import pytest

from ipr_service.rights import guide_book
from ipr_service.rights.guide_file import shipped

(FILE,) = (Path(__file__).parents[1] / "cases" / "rights").glob("10_*.yaml")
GUIDE = shipped()


def test_the_lambert_guide_comes_out_as_published() -> None:
    text = FILE.read_text(encoding="utf-8")
    assert [answer.holds for answer in guide_book.run(text, GUIDE).answers] == [True] * 7
    turned = text.replace("model 2", "model 9").replace("model 3", "model 2").replace("undecided", "model 3")
    assert [answer.holds for answer in guide_book.run(turned, GUIDE).answers] == [False] * 7


@pytest.mark.parametrize(
    ("case", "holds", "said"),
    [
        ("{input: {yes: 7}, expect_error: six}", True, "from 0 to 6"),
        ("{input: {yes: 7}, expect: model 2}", False, "from 0 to 6"),
        ("{input: {yes: true}, expect: model 2}", False, "from 0 to 6"),
        ("{input: {stage: show}, decision: agreement, expect: nda-one-way}", True, ""),
        ("{input: {stage: show}, decision: nothing, expect: nda-one-way}", False, "no decision"),
        ("{input: {stage: nowhere}, expect: undecided}", False, "Please check"),
        ("{input: {lead: 'yes'}, expect: undecided}", True, ""),
        ("{input: {weather: fine}, expect: undecided}", None, ""),
    ],
)
def test_further_cases_run_and_wrong_ones_say_why(case: str, holds: bool | None, said: str) -> None:
    (answer,) = guide_book.run(f"id: x\nkind: interview.model_choice\ncases:\n- {case}\n", GUIDE).answers
    assert answer.holds is holds
    assert said in answer.refused
