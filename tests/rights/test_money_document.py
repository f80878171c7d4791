"""docs/money.md is run: every case in it pays what it expects, and `ipr pay` says the lines under it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ipr_service.cli.pay import told
from ipr_service.rights.money_case import load
from ipr_service.rights.money_run import run

DOCUMENT = (Path(__file__).parents[2] / "docs" / "money.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```\n\n```text\n(.*?)```", DOCUMENT, re.DOTALL)


@pytest.mark.parametrize(("text", "said"), EXAMPLES, ids=[text.split()[1] for text, _ in EXAMPLES])
def test_the_documented_example_is_what_happens(text: str, said: str) -> None:
    case = load(text)
    done = run(case)
    assert case.expect
    assert done.unexpected() == ()
    printed = [line.strip() for line in told(done).splitlines()]
    assert [line for line in said.strip().splitlines() if not any(line in one for one in printed)] == []


def test_every_example_is_run() -> None:
    assert len(EXAMPLES) == DOCUMENT.count("```yaml") == DOCUMENT.count("```text")
