"""What the documents say is what the code does."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def test_the_reference_pages_are_what_the_code_says() -> None:
    done = subprocess.run([sys.executable, "docs/build.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?![a-z]+:|#)([^)#\s]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_readme_names_the_two_commands_first() -> None:
    commands = re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), re.M)
    assert commands[:2] == ["run", "test"]


def test_every_make_command_that_a_page_names_exists() -> None:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = {(page.name, name) for page in PAGES for name in re.findall(r"(?:`|^)make ([a-z]+)", page.read_text(), re.M)}
    assert {(page, name) for page, name in named if name not in known} == set()


def test_every_ipr_command_in_the_readme_exists() -> None:
    text = (ROOT / "README.md").read_text()
    named = set(re.findall(r"(?:`|\.venv/bin/)ipr ([a-z]+)", text))
    known = set(re.findall(r"^## `ipr ([a-z]+)`$", (ROOT / "docs/reference/cli.md").read_text(), re.M))
    assert named - known == set()


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs/adr").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_lint_fails_from_the_day_on_which_a_row_of_the_law_is_overdue() -> None:
    def ask(day: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "docs.overdue", day], cwd=ROOT, capture_output=True, text=True, check=False)

    in_time, late = ask("2027-08-22"), ask("2027-08-23")
    assert (in_time.returncode, in_time.stdout) == (0, "")
    assert late.returncode == 1
    assert "IT@1 patent.licence_exclusive (c.c. 1108; Cass. 265/1981): was to be read again by 2027-08-22" in late.stdout
    lint = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    assert "-m docs.overdue" in lint
