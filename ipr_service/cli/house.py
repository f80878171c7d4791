"""How a command reaches the house: settings from the environment, the builders of ``app`` handed in by ``__main__``."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import click

from ipr_service.settings import Settings


def builders(ctx: click.Context) -> ModuleType:
    """``ipr_service.app``, loaded now.

    Raises:
        click.UsageError: the command was not started by ``ipr`` itself.
    """
    load: Callable[[], ModuleType] | None = ctx.find_root().obj
    if load is None:
        raise click.UsageError("start this command through `ipr`")
    return load()


def settings(*, demo: bool = False) -> Settings:
    """The settings from the environment."""
    return Settings.from_environ(demo=True) if demo else Settings.from_environ()
