"""Provisions: nothing outside the table can be typed into a pack."""

from __future__ import annotations

import pytest

from ipr_service.errors import FormatError
from ipr_service.rights import jurisdictions, provisions, strict_yaml
from ipr_service.rights.periods import Period


def read(text: str) -> provisions.Provision:
    return provisions.from_node(strict_yaml.read(text))


def test_a_provision_reads_as_typed_details() -> None:
    said = read("{power: license, who: alone, notice: true, notice-days: P45D, compensate: true}")
    assert (said.kind, said.about, said.word("who"), said.flag("notice"), said.flag("court")) == ("power", "license", "alone", True, False)
    assert (said.period("notice-days"), said.period("block"), said.word("if")) == (Period(days=45), None, "")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{power: licence, who: alone}", "licence"),
        ("{power: use}", "who"),
        ("{power: use, who: nobody}", "nobody"),
        ("{power: use, who: alone, notcie: true}", "did you mean"),
        ("{power: use, duty: use, who: alone}", "exactly one"),
        ("{who: alone}", "exactly one"),
        ("{power: use, who: alone, notice: perhaps}", "true or false"),
        ("{preempt: sell-share, before: three months}", "P3M"),
        ("{owner: employee, to: the employer}", "employer"),
        ("[power, use]", "mapping"),
    ],
)
def test_what_is_not_in_the_table_is_refused_at_its_line(text: str, why: str) -> None:
    with pytest.raises(FormatError, match=rf"(?s)Line 1, .*{why}"):
        read(text)


def test_every_provision_of_every_pack_reads_back_as_written() -> None:
    for reference in jurisdictions.SHIPPED:
        for row in jurisdictions.shipped(reference).rows:
            for said in row.says:
                written = ", ".join(
                    f"{name}: {str(value).lower() if isinstance(value, bool) else f'{value!r}'}" for name, value in said.to_data().items()
                )
                assert read("{" + written + "}") == said
