"""The wheel: built from the repository with pinned tools, installed in a fresh environment, and run there.

Top-level ``migrations/``, ``agreement_templates/`` and ``demo/`` travel inside the package; nothing but the dependencies comes from here.
"""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CARRIED = {
    "ipr_service": "ipr_service",
    "migrations": "ipr_service/_migrations",
    "agreement_templates": "ipr_service/_agreement_templates",
    "demo": "ipr_service/_demo",
}
WORTHLESS = shutil.ignore_patterns("__pycache__", "*.pyc")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, so that the checkout stays clean."""
    source = tmp_path_factory.mktemp("source")
    for folder in CARRIED:
        shutil.copytree(ROOT / folder, source / folder, ignore=WORTHLESS)
    for file in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", source / "dist", source]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next((source / "dist").glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; its dependencies are read from this environment, the checkout is not on its path."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True)
    python = home / "bin/python"
    install = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", "--no-compile", wheel]
    subprocess.run(install, check=True, capture_output=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True, check=True
    )
    (Path(site.stdout.strip()) / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return home


def _run(home: Path, *words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("IPR_", "PYTHONPATH"))}
    environment["IPR_ORIGIN"] = "log.example.org/packaging"
    return subprocess.run([home / "bin" / words[0], *words[1:]], cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def test_every_file_of_the_package_travels_in_the_wheel(wheel: Path) -> None:
    inside = set(zipfile.ZipFile(wheel).namelist())
    expected = {
        f"{target}/{path.relative_to(ROOT / folder)}"
        for folder, target in CARRIED.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert expected - inside == set()


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    inside = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in inside if ".dist-info/" not in name} == {"ipr_service"}
    assert [name for name in inside if name.endswith(".pyc")] == []
    assert any(name.endswith("licenses/LICENSE") for name in inside)


def test_every_folder_with_code_is_declared_as_a_package() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    declared = set(setup["options"]["packages"].split()) - {
        "ipr_service._migrations",
        "ipr_service._agreement_templates",
        "ipr_service._demo",
    }
    found = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "ipr_service").rglob("__init__.py")}
    assert declared == found


def test_the_installed_package_is_the_wheel_and_not_the_checkout(installed: Path, tmp_path: Path) -> None:
    script = (
        "import ipr_service.settings as s; print(s.resource_directory('migrations')); print(s.resource_directory('agreement_templates'))"
    )
    ran = _run(installed, "python", "-c", script, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    folders = [Path(line) for line in ran.stdout.splitlines()]
    assert all(folder.is_relative_to(installed) and any(folder.iterdir()) for folder in folders)
    assert [folder.name for folder in folders] == ["_migrations", "_agreement_templates"]


def test_the_installed_program_explains_itself(installed: Path, tmp_path: Path) -> None:
    ran = _run(installed, "ipr", "--help", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert {"serve", "register", "verify", "draft", "migrate"} <= set(ran.stdout.split())


def test_the_installed_program_migrates_an_empty_database(installed: Path, tmp_path: Path) -> None:
    ran = _run(installed, "ipr", "migrate", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "var/ipr.db").stat().st_size > 0


def test_the_installed_program_drafts_a_paper(installed: Path, tmp_path: Path) -> None:
    cases = sorted((ROOT / "agreement_templates/nda-one-way/cases").glob("*.yaml"))
    answers = shutil.copy(cases[0], tmp_path / "answers.yaml")
    ran = _run(installed, "ipr", "draft", "nda-one-way", "--answers", answers, "--language", "en", "--out", "nda.docx", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert zipfile.ZipFile(tmp_path / "nda.docx").testzip() is None
