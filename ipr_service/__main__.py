"""The command line's door. Hands the builders of ``app`` to the commands that serve."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType

from ipr_service.cli.exits import run
from ipr_service.cli.root import ipr


def _app() -> ModuleType:
    """``ipr_service.app``, loaded when a command needs the whole house; ``ipr verify`` and ``--help`` never do."""
    return import_module("ipr_service.app")


def main() -> None:
    """Run ``ipr`` and leave with its exit code."""
    sys.exit(run(ipr.main, obj=_app))


if __name__ == "__main__":
    main()
