"""The front door: the overview is quick and imports little, every command says what it does, exit codes are those of the contract."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ipr_service.cli.commands import COMMANDS
from ipr_service.cli.exits import EXITS, FALSE, INTERNAL, OUTSIDE, REFUSED, USAGE, exit_of
from ipr_service.errors import DamageError, ForbiddenError, FormatError, InputError, OutsideError, ServiceError, StorageFullError
from tests.cli.conftest import Ipr, environment

HEAVY = ("flask", "sqlalchemy", "typst", "pyhanko", "docx", "babel", "waitress", "huey", "alembic", "marshmallow")
NAMED = [name for name in COMMANDS if name != "log"]
PAGES = [(name,) for name in NAMED] + [("log",), ("log", "audit"), ("log", "export"), ("log", "watch")]


def _imports(folder: Path, *words: str) -> tuple[set[str], float]:
    """Packages that a process imported (top level), and how long it took, in seconds; the second run, with compiled modules."""
    command = [sys.executable, "-X", "importtime", "-m", "ipr_service", *words]
    for _ in range(2):
        began = time.process_time(), time.monotonic()
        done = subprocess.run(command, cwd=folder, env=environment(folder), capture_output=True, text=True, check=False)
        took = time.monotonic() - began[1]
    return {name.split(".")[0] for name in re.findall(r"\| +(\S+)$", done.stderr, re.M)}, took


def test_the_overview_imports_nothing_heavy(tmp_path: Path) -> None:
    imported, _ = _imports(tmp_path, "--help")
    assert "click" in imported
    assert not imported & set(HEAVY), imported & set(HEAVY)


def test_verify_imports_nothing_that_serves(tmp_path: Path) -> None:
    imported, _ = _imports(tmp_path, "verify", "--help")
    assert "cryptography" in imported
    assert not imported & {"flask", "sqlalchemy", "alembic", "huey", "waitress", "marshmallow"}


def test_the_overview_names_every_command_of_the_contract(ipr: Ipr) -> None:
    out = ipr("--help").out
    for name in ("serve", "worker", "migrate", "demo", "register", "verify", "log", "split", "draft", "backup", "restore"):
        assert re.search(rf"^  {name} ", out, re.M), name
    assert "Exit codes: 0 done or verified; 1 checked and found false" in out.replace("\n  ", " ")


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_every_help_page_says_what_the_command_does_in_a_sentence(ipr: Ipr, words: tuple[str, ...]) -> None:
    page = ipr(*words, "--help")
    assert page.code == 0, page.err
    assert page.err == ""
    assert page.out.startswith("Usage: ipr")
    sentence = page.out.split("\n\n")[1].strip()
    assert sentence[0].isupper()
    assert sentence.rstrip()[-1] in ".:"
    assert max(map(len, page.out.splitlines())) <= 120
    assert "\x1b" not in page.out


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_every_option_has_a_help_of_its_own(ipr: Ipr, words: tuple[str, ...]) -> None:
    out = ipr(*words, "--help").out
    if "Options:" not in out:
        return
    options = re.split(r"\n(?=  -)", out.split("Options:")[1])
    assert all(re.search(r"[a-z][^\n]*  \S|\n +\S", option) for option in options if option.strip()), options


@pytest.mark.parametrize("words", [("nonsense",), ("verify", "--nonsense"), ("serve", "extra"), ("log", "nonsense"), ("migrate", "extra")])
def test_wrong_arguments_end_with_2_and_one_line(ipr: Ipr, words: tuple[str, ...]) -> None:
    ended = ipr(*words)
    assert ended.code == USAGE
    assert "Error:" in ended.err
    assert "Traceback" not in ended.err


def test_an_unknown_setting_ends_with_2_and_names_it(ipr: Ipr) -> None:
    ended = ipr("migrate", IPR_ORIGN="x")
    assert ended.code == USAGE
    assert "IPR_ORIGN is no setting" in ended.err


def test_errors_speak_json_when_json_was_asked_for(ipr: Ipr, tmp_path: Path) -> None:
    ended = ipr("doctor", "--json", IPR_THREADS="many")
    assert ended.code == USAGE
    said = json.loads(ended.err)
    assert said["code"] == "settings"
    assert "IPR_THREADS" in said["detail"]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("x"), USAGE),
        (FormatError("x"), FALSE),
        (DamageError("x"), FALSE),
        (ForbiddenError("x"), REFUSED),
        (OutsideError("x"), OUTSIDE),
        (StorageFullError("x"), OUTSIDE),
        (ServiceError("x"), INTERNAL),
    ],
)
def test_each_kind_of_error_has_the_exit_code_of_the_contract(error: ServiceError, code: int) -> None:
    assert exit_of(error) == code


def test_every_kind_of_error_has_an_exit_code() -> None:
    def kinds(root: type[ServiceError]) -> list[type[ServiceError]]:
        return [root, *(kind for child in root.__subclasses__() for kind in kinds(child))]

    internal = {kind.code for kind in kinds(ServiceError) if exit_of(kind.__new__(kind)) == INTERNAL}
    assert internal == {"error"}
    assert set(EXITS.values()) == {USAGE, FALSE, REFUSED, OUTSIDE, INTERNAL}


def test_settings_are_explained_and_secrets_are_not_shown(ipr: Ipr) -> None:
    out = ipr("settings", IPR_SMTP_URL="smtp://u:canary-pw@mail.example", IPR_MAIL_FROM="a@b.example").out
    assert "IPR_ORIGIN" in out
    assert "canary-pw" not in out
    assert "IPR_TOKEN" in out


def test_the_doctor_names_what_is_off(ipr: Ipr, place: Path) -> None:
    out = ipr("doctor").out
    assert "mail: off" in out
    assert "not independent" in out


def test_the_outbox_is_empty_at_first_and_shows_what_was_kept(ipr: Ipr, place: Path) -> None:
    assert "No mail was kept." in ipr("outbox").out
    assert json.loads(ipr("outbox", "--json").out) == []


def test_completion_is_offered_for_bash(tmp_path: Path) -> None:
    more = {"_IPR_COMPLETE": "bash_source"}
    done = subprocess.run(
        [sys.executable, "-m", "ipr_service"], cwd=tmp_path, env=environment(tmp_path, **more), capture_output=True, text=True, check=False
    )
    assert "_ipr_completion" in done.stdout, done.stderr


def test_an_audit_that_finds_an_edited_row_ends_with_1_and_names_it(ipr: Ipr, place: Path, sqlite_url: str) -> None:
    (place / "chair.svg").write_bytes(b"<svg/>")
    assert ipr("register", "chair.svg", "--title", "T", "--bundle", "c.asice").code == 0
    raw = __import__("sqlite3").connect(place / "var" / "ipr.db")
    raw.execute("UPDATE log_entry SET kind = 'split', commitment = zeroblob(32)")
    raw.commit()
    raw.close()
    ended = ipr("log", "audit")
    assert ended.code == FALSE
    assert "log_checkpoint 1" in ended.out


def test_the_log_is_exported_as_static_files(ipr: Ipr, place: Path) -> None:
    (place / "chair.svg").write_bytes(b"<svg/>")
    assert ipr("register", "chair.svg", "--title", "T", "--bundle", "c.asice").code == 0
    assert ipr("log", "export", "out").code == 0
    assert (place / "out" / "checkpoint").read_bytes().startswith(b"test.invalid/cli\n1\n")
    assert (place / "out" / "tile" / "0" / "000.p" / "1").stat().st_size == 32
    assert ipr("log", "export", "chair.svg").code == 2
