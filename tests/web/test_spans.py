"""The timeline: bars and cuts computed by hand."""

from __future__ import annotations

from datetime import date

from ipr_service.rights.conflicts import conflicts
from ipr_service.web.spans import WIDTH, picture
from tests.rights.grants import granted

TODAY = date(2026, 11, 22)


def test_bars_and_cuts_stand_where_their_days_are() -> None:
    first = granted("a", first="2027-01-01", last="2027-12-31")
    second = granted("b", first="2027-07-02", last="2028-12-30")
    shown = picture([("a", "A", "exclusive", first.days), ("b", "B", "sole", second.days)], conflicts((first, second)), TODAY)
    assert shown is not None
    (one, other) = shown.bars
    whole = 365 + 365  # to 2028-12-31, exclusive; 2028 has a 29 February
    assert (one.x, one.width) == (0, round(WIDTH * 365 / whole))
    assert other.x == round(WIDTH * 182 / whole)
    assert one.cuts == other.cuts == ((other.x, one.width - other.x),)
    assert [year for _x, year in shown.years] == ["2027", "2028"]


def test_open_ends_run_to_the_edge_and_one_day_is_still_seen() -> None:
    shown = picture(
        [("a", "A", "sole", granted("a").days), ("b", "B", "sole", granted("b", first="2027-01-01", last="2027-01-01").days)], (), TODAY
    )
    assert shown is not None
    assert (shown.bars[0].x, shown.bars[0].width) == (0, WIDTH)
    assert shown.bars[0].open_begin
    assert shown.bars[0].open_end
    assert shown.bars[1].width >= 2


def test_without_a_grant_there_is_no_picture() -> None:
    assert picture([], (), TODAY) is None
