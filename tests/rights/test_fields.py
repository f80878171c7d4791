"""Fields of use: the tree, own fields, where sets meet."""

from __future__ import annotations

import pytest

from ipr_service.errors import InputError
from ipr_service.rights.fields import ALL, SHIPPED, FieldTree, field_title


def test_every_field_lies_in_all_of_them() -> None:
    assert all(SHIPPED.lineage(field)[-1] == ALL for field in SHIPPED.known)
    assert SHIPPED.lineage("chairs") == ("chairs", "seating", "furniture", "all")


def test_every_field_but_the_root_hangs_somewhere_and_has_a_word() -> None:
    assert [field for field in SHIPPED.known if len(SHIPPED.lineage(field)) == 1] == [ALL]
    assert all(field_title(field) != field or "-" not in field for field in SHIPPED.known)


@pytest.mark.parametrize(
    ("first", "second", "met"),
    [
        (("furniture",), ("chairs",), ("chairs",)),
        (("furniture",), ("lighting",), ()),
        (("all",), ("lamps", "food"), ("food", "lamps")),
        (("furniture", "chairs"), ("furniture",), ("furniture",)),
        (("seating", "tables"), ("chairs", "beds", "tables"), ("chairs", "tables")),
    ],
)
def test_fields_meet_in_the_narrower_one(first: tuple[str, ...], second: tuple[str, ...], met: tuple[str, ...]) -> None:
    assert SHIPPED.shared(first, second) == SHIPPED.shared(second, first) == met


def test_parts_never_make_up_a_field() -> None:
    assert SHIPPED.lacking(("seating",), ("chairs", "sofas", "benches")) == ("seating",)
    assert SHIPPED.lacking(("chairs", "lamps"), ("furniture",)) == ("lamps",)


def test_own_fields_hang_below_shipped_ones_in_any_order() -> None:
    tree = FieldTree((("folding", "stacking-chairs"), ("stacking-chairs", "chairs")))
    assert tree.lineage("folding") == ("folding", "stacking-chairs", "chairs", "seating", "furniture", "all")
    assert tree.shared(("furniture",), ("folding",)) == ("folding",)


@pytest.mark.parametrize(
    ("own", "pointer", "said"),
    [
        ((("chairs", "all"),), "/chairs", "a field of this service already"),
        ((("a", "chiars"),), "/a", 'did you mean "chairs"'),
        ((("a", "b"), ("b", "a")), "/a", "a < b < a"),
        ((("a", "a"),), "/a", "a < a"),
        ((("-", "all"),), "/-", "An id is 1 to 64"),
        (tuple((f"f{n}", "all") for n in range(501)), "", "at most 500"),
    ],
)
def test_own_fields_that_cannot_be_are_refused(own: tuple[tuple[str, str], ...], pointer: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as refused:
        FieldTree(own)
    assert refused.value.problems[0].pointer == pointer


def test_an_unknown_field_names_the_nearest() -> None:
    with pytest.raises(InputError, match='did you mean "lighting"'):
        SHIPPED.check("/field/0", "lightning")
