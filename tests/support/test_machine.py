"""What the machine lacks is named, once, with the command that installs it; nothing is skipped silently."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.machine import PARTS, Part, absent, closing_line

ROOT = Path(__file__).parents[2]


def _lacking(name: str) -> Part:
    return Part(name, name.lower(), lambda: False)


def test_the_closing_line_names_each_part_and_one_command_for_all() -> None:
    line = closing_line([_lacking("Chromium"), _lacking("Go")])
    assert line == (
        "Tests were skipped because this machine lacks Chromium, Go. Install: sudo apt-get install --no-install-recommends chromium go"
    )


def test_a_machine_that_has_everything_gets_no_line() -> None:
    assert closing_line([]) == ""


def test_only_what_is_absent_is_reported() -> None:
    parts = [Part("There", "there", lambda: True), _lacking("Away")]
    assert [part.name for part in absent(["There", "Away"], parts)] == ["Away"]


def test_a_part_that_nobody_knows_is_a_mistake_in_the_test() -> None:
    with pytest.raises(KeyError):
        absent(["Chromiun"])


def test_continuous_integration_installs_every_part() -> None:
    script = (ROOT / ".ci/run").read_text()
    assert [part.name for part in PARTS if not set(part.package.split()) <= set(script.split())] == []


def _run(folder: Path, body: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(f"import pytest\n{body}\ndef test_fine(): pass\n")
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-c",
        ROOT / "pyproject.toml",
    ]
    command += ["--rootdir", folder, folder / "test_sample.py"]
    without_programs = {**os.environ, "PATH": str(folder), **environment}
    return subprocess.run(command, cwd=ROOT, env=without_programs, capture_output=True, text=True, check=False)


NEEDY = "@pytest.mark.needs('Chromium', 'openssl')\ndef test_needy(): pass"


def test_a_lacking_part_is_named_just_before_the_result(tmp_path: Path) -> None:
    ran = _run(tmp_path, NEEDY, IPR_TEST_COMPLETE="")
    *_, line, result = ran.stdout.strip().splitlines()
    assert line.endswith("lacks Chromium, openssl. Install: sudo apt-get install --no-install-recommends chromium openssl")
    assert result.startswith("1 passed, 1 skipped")
    assert ran.returncode == 0


def test_on_a_machine_said_to_be_complete_a_lacking_part_fails_the_run(tmp_path: Path) -> None:
    assert _run(tmp_path, NEEDY, IPR_TEST_COMPLETE="1").returncode == 1


def test_a_skip_that_names_no_need_fails_the_run(tmp_path: Path) -> None:
    ran = _run(tmp_path, "def test_lazy(): pytest.skip('later')", IPR_TEST_COMPLETE="")
    assert "Skipped without a named need" in ran.stdout
    assert ran.returncode == 1
