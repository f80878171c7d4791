"""Starting: how long until `ipr` answers, and how much disk `make run` takes.

The environment is made anew from requirements.txt by the same script that `make run` uses; its size is read after the program
has run once, so that what Python byte-compiles on the way is counted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measurement import Measurement, median_ms

ROOT = Path(__file__).parents[1]


def _megabytes(folder: Path) -> float:
    """The sizes of all files of a folder, in 10^6 bytes; symbolic links are not followed."""
    return sum(path.lstat().st_size for path in folder.rglob("*")) / 1e6


def measure() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary)
        (copy / ".ci").mkdir()
        shutil.copy(ROOT / ".ci/environment", copy / ".ci")
        shutil.copy(ROOT / "requirements.txt", copy)
        for folder in ("ipr_service", "migrations", "agreement_templates"):
            shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
        begun = time.perf_counter()
        subprocess.run([".ci/environment", "requirements.txt"], cwd=copy, check=True, stdout=subprocess.DEVNULL)
        yield Measurement("environment of `make run`, made anew", time.perf_counter() - begun, "s", "warm package cache")
        compiling = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

        def ipr(*words: str) -> None:
            subprocess.run([copy / ".venv/bin/ipr", *words], cwd=copy, env=compiling, check=True, stdout=subprocess.DEVNULL)

        yield Measurement("`ipr --help`", median_ms(lambda: ipr("--help")), "ms", "target 250")
        yield Measurement("`ipr verify --help`", median_ms(lambda: ipr("verify", "--help")), "ms")
        ipr("demo", "build/demo")
        yield Measurement("disk after the demo ran in it", _megabytes(copy / ".venv"), "MB", "limit 250")
