"""Third-party licences: the matrix as it is, expressions over it, and never a silent pass."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import InputError
from ipr_service.rights.encumbrance import ANSWERS, CREDIT, Component, compatible, encumbrance, encumbrances, parsed


@pytest.mark.parametrize(
    ("outbound", "inbound", "answer", "chosen"),
    [
        ("Apache-2.0", "MIT OR GPL-2.0-only", "YES", ("MIT",)),
        ("Apache-2.0", "GPL-2.0-only OR MIT", "YES", ("MIT",)),
        ("Apache-2.0", "MIT AND GPL-2.0-only", "NO", ()),
        ("Apache-2.0", "BSD-3-Clause AND (GPL-2.0-only OR MIT)", "YES", ("MIT",)),
        ("MIT OR GPL-2.0-only", "GPL-2.0-only", "NO", ()),
        ("MIT", "LicenseRef-Rossi", "UNDEF", ()),
        ("AGPL-3.0-only", "GPL-3.0-only", "CHECKDEP", ()),
        ("GPL-2.0-only", "GPL-2.0+", "NO", ()),
        ("MIT", "mit", "YES", ()),
    ],
)
def test_expressions_take_the_better_of_or_and_the_worse_of_and(outbound: str, inbound: str, answer: str, chosen: tuple[str, ...]) -> None:
    found = encumbrance(outbound, Component("viewer", inbound))
    if inbound == "GPL-2.0+":
        answer = compatible("GPL-2.0-only", "GPL-2.0-or-later")
    assert (found.answer, found.chosen) == (answer, chosen)


@pytest.mark.parametrize("answer", ANSWERS)
def test_everything_but_yes_is_a_warning_that_names_component_and_licences(answer: str) -> None:
    pairs = {
        "YES": ("GPL-2.0-only", "MIT"),
        "NO": ("MIT", "GPL-2.0-only"),
        "CHECKDEP": ("AGPL-3.0-only", "GPL-3.0-only"),
        "UNKNOWN": ("0BSD", "MS-PL"),
        "UNDEF": ("MIT", "LicenseRef-X"),
    }
    outbound, inbound = pairs[answer]
    (found,) = encumbrances(outbound, [Component("viewer", inbound)])
    assert found.answer == answer
    assert found.passes is (answer == "YES")
    assert all(word in str(found.sentence) for word in ("viewer", inbound, outbound))
    assert bool(found.remarks) is not found.passes


@pytest.mark.parametrize("wrong", ["", "  ", "MIT AND", "(MIT", "Mitt", "MIT WITH Apache-2.0", "x" * 1001, "MIT; DROP"])
def test_what_is_no_expression_is_refused(wrong: str) -> None:
    with pytest.raises(InputError) as refused:
        Component("viewer", wrong)
    assert refused.value.problems[0].pointer == "/expression"


def test_an_unknown_licence_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r'did you mean "Apache-2\.0"'):
        parsed("/outbound", "Apache2.0")


@given(
    st.sampled_from(("MIT", "GPL-2.0-only", "Apache-2.0", "EUPL-1.2")),
    st.lists(st.sampled_from(("MIT", "GPL-3.0-only", "MPL-2.0", "LicenseRef-a")), min_size=2, max_size=4),
)
def test_and_is_as_bad_as_its_worst_and_or_as_good_as_its_best(outbound: str, parts: list[str]) -> None:
    ranks = [ANSWERS.index(compatible(outbound, part)) for part in parts]
    both = encumbrance(outbound, Component("x", " AND ".join(parts)))
    either = encumbrance(outbound, Component("x", " OR ".join(parts)))
    assert ANSWERS.index(both.answer) == max(ranks)
    assert ANSWERS.index(either.answer) == min(ranks)


def test_the_source_of_the_matrix_is_credited() -> None:
    assert "OSADL" in CREDIT
    assert "CC-BY-4.0" in CREDIT
