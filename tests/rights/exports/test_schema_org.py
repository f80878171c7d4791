"""A result as schema.org."""

from __future__ import annotations

from fractions import Fraction

from ipr_service.rights.contributions import Contribution
from ipr_service.rights.exports.schema_org import work

MADE = (Contribution("c1", "a", "form"), Contribution("c2", "h", "facilitation"), Contribution("c3", "f", "funding"))
NAMES = {"a": "Anna", "h": "The hub", "f": "The fund"}


def test_makers_create_organisers_contribute_and_funders_fund() -> None:
    found = work("The chair", "copyright", MADE, {"a": Fraction(1)}, NAMES, "CC-BY-4.0", "https://example.org/r")
    assert [one["name"] for one in found["creator"]] == ["Anna"]
    assert [(one["roleName"], one["contributor"]["name"]) for one in found["contributor"]] == [
        ("form and look", "Anna"),
        ("facilitation", "The hub"),
    ]
    assert [one["name"] for one in found["funder"]] == ["The fund"]
    assert [one["name"] for one in found["copyrightHolder"]] == ["Anna"]
    assert (found["license"], found["usageInfo"]) == ("https://spdx.org/licenses/CC-BY-4.0.html", "https://example.org/r")
    assert found["creditText"] == "Anna 1"


def test_what_nobody_said_is_left_out_and_a_design_has_no_copyright_holder() -> None:
    found = work("The chair", "design", MADE[:1], {"a": Fraction(1, 2), "b": Fraction(1, 2)}, NAMES)
    assert found.keys() == {"@context", "@type", "name", "creator", "contributor", "creditText"}
    assert work("x", "software", (), {}, {}, "MIT OR Apache-2.0")["license"] == "MIT OR Apache-2.0"
    assert work("x", "software", (), {}, {})["@type"] == "SoftwareSourceCode"
