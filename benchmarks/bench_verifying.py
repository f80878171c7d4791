"""`ipr verify`, the whole process, beside a process that only imports the libraries it stands on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measurement import Measurement, median_ms

ROOT = Path(__file__).parents[1]
BUNDLE = ROOT / "tests/golden/golden.asice"
PARTS = "import click, asn1crypto.cms, asn1crypto.tsp, cryptography.x509, cryptography.hazmat.primitives.asymmetric.ec, rfc8785"


def _run(*words: str) -> None:
    subprocess.run([sys.executable, *words], cwd=ROOT, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def measure() -> Iterator[Measurement]:
    nothing = median_ms(lambda: _run("-c", "pass"))
    parts = median_ms(lambda: _run("-c", PARTS))
    ours = median_ms(lambda: _run("-m", "ipr_service", "verify", "--intact-only", str(BUNDLE)))
    yield Measurement("python that does nothing", nothing, "ms")
    yield Measurement("python that imports the libraries", parts, "ms")
    yield Measurement("`ipr verify` of a bundle with three files", ours, "ms", f"{ours / parts:.2f} × the imports")
