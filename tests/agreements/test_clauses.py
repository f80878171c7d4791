"""A clause file is its front matter and its body: both are checked, and what reads and what is declared are the same."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.agreements import clauses
from ipr_service.agreements.clauses import Clause
from ipr_service.errors import FormatError

HEAD = """---
id: sample
version: 1
title: Sample
kind: mandatory
jurisdictions: [PT]
variables: {variables}
why: one line
source: own
mark: unverified
fallback: none
---
"""


def clause(body: str, variables: str = "[]") -> Clause:
    return clauses.load(HEAD.format(variables=variables) + body, "sample.md")


def refusal(body: str, variables: str = "[]") -> str:
    with pytest.raises(FormatError) as caught:
        clause(body, variables)
    return str(caught.value)


def test_the_digest_is_the_sha256_of_the_file() -> None:
    text = HEAD.format(variables="[]") + "Hello.\n"
    assert clauses.load(text, "x").digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\x07", "\r", "\u00ad", "e\u0301"])
def test_invisible_control_and_undecomposed_characters_are_refused_in_a_clause(sign: str) -> None:
    assert "NFC" in refusal(f"one {sign} two\n")


def test_a_variable_that_is_read_and_not_declared_is_refused_and_the_other_way_round() -> None:
    assert "undeclared ['b']" in refusal("{{ a }} {{ b }}\n", "[a]")
    assert "not read ['b']" in refusal("{{ a }}\n", "[a, b]")


@pytest.mark.parametrize(
    "entry", ["kind: maybe", "version: 0", "id: Big_Id", "mark: sure", "surprise: 1", "version: true", "variables: [1]"]
)
def test_a_wrong_front_matter_is_refused(entry: str) -> None:
    name = entry.split(":")[0]
    lines = [entry if line.startswith(name + ":") else line for line in HEAD.format(variables="[]").splitlines()]
    text = "\n".join(lines if entry in lines else [lines[0], entry, *lines[1:]]) + "\nx\n"
    with pytest.raises(FormatError, match=r"^sample\.md:\d+: "):
        clauses.load(text, "sample.md")


@given(st.text(max_size=200))
def test_any_text_is_a_clause_or_a_format_error_and_nothing_else(body: str) -> None:
    try:
        blocks = clause(body).blocks
    except FormatError:
        return
    assert blocks
