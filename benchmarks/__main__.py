"""``make bench``: run every benchmark, or those named, and print one table.

A benchmark is a module ``benchmarks/bench_<name>.py`` with ``measure() -> Iterator[Measurement]`` and a docstring that says what is
compared with what. Numbers are of this machine, today: they are printed, never asserted.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from pathlib import Path

from rich.console import Console
from rich.table import Table


def names() -> list[str]:
    """Every benchmark there is."""
    return sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("name", nargs="*", choices=[[], *names()], help="which; all when none is named")
    chosen = parser.parse_args().name or names()
    console = Console()
    console.print(f"Python {platform.python_version()} on {os.cpu_count()} cores, {platform.machine()}")
    for name in chosen:
        module = importlib.import_module(f"benchmarks.bench_{name}")
        table = Table(title=(module.__doc__ or name).splitlines()[0], title_justify="left")
        for column in ("what", "value", "unit", "beside it"):
            table.add_column(column, justify="right" if column == "value" else "left")
        for row in module.measure():
            table.add_row(row.what, f"{row.value:,.{row.digits}f}", row.unit, row.beside)
        console.print(table)


if __name__ == "__main__":
    main()
