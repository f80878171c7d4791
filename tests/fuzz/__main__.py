"""Run atheris over the parsers: `python -m tests.fuzz [NAME …] [--seconds N]`; part of `make fuzz`.

Each target runs in a process of its own, from its seeds; what it found new is kept in `build/fuzz/NAME`, so that the next run goes on from
there. A finding ends with the input that makes it; put that input into a test before mending anything.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

HERE = Path("build/fuzz")


def one(name: str, seconds: int) -> None:
    """Fuzz one target in this process; never returns."""
    import atheris

    with atheris.instrument_imports(include=["ipr_service.evidence", "asn1crypto", "rfc8785"]):
        from tests.fuzz.targets import TARGETS
    target = TARGETS[name]
    kept = HERE / name
    kept.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (kept / f"seed-{number}").write_bytes(seed)
    limits = [f"-max_total_time={seconds}", "-max_len=65536", "-timeout=20", "-rss_limit_mb=2048", f"-artifact_prefix={HERE}/{name}-"]
    atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", str(kept)], target.run)
    atheris.Fuzz()


def main() -> int:
    """0 when no target broke a promise."""
    if sys.argv[1:2] == ["--here"]:
        one(sys.argv[2], int(sys.argv[3]))
    from tests.fuzz.targets import TARGETS  # only now: what atheris looks into, it has to import itself

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(TARGETS)}; all when none is named")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    chosen = parser.parse_args()
    if unknown := set(chosen.names) - set(TARGETS):
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    broken = []
    for name in chosen.names or TARGETS:
        command = [sys.executable, "-m", "tests.fuzz", "--here", name, str(chosen.seconds)]
        done = subprocess.run(command, env={**os.environ, "PYTHONUNBUFFERED": "1"}, capture_output=True, text=True, check=False)
        runs = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        sys.stdout.write(f"{name:16} {'holds' if done.returncode == 0 else 'BROKEN'} {runs[-1].split()[-1] if runs else '-'} runs\n")
        sys.stdout.flush()
        if done.returncode:
            broken.append(name)
            sys.stdout.write(done.stdout[-4000:] + done.stderr[-4000:])
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
