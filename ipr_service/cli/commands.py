"""The one table of commands. A command's module is loaded when it is called, so that ``ipr --help`` and ``ipr verify`` import only
what they need. This is the one place where the package is imported inside a function (see tests/test_architecture.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

# name -> (module below ipr_service.cli, attribute, one line for the overview)
COMMANDS: Mapping[str, tuple[str, str, str]] = {
    "register": ("register", "register", "Register files: hash them here, keep the proof bundle."),
    "watch": ("watch_command", "watch", "Watch a folder: register new and changed files as versions."),
    "verify": ("verify", "verify", "Check a proof bundle, offline."),
    "conformance": ("conformance", "conformance_command", "Run the conformance vectors of the proof format."),
    "split": ("split", "split", "Compute who gets which share, and why."),
    "grants": ("grants", "grants", "Check licence grants against one another."),
    "law": ("law", "law", "Show what the law of a country says about a right, with sources."),
    "pay": ("pay", "pay", "Compute who is paid what, and why."),
    "guide": ("guide", "guide", "Find out which paper and which rule fits."),
    "draft": ("draft", "draft", "Draft an agreement as Word or PDF."),
    "renew": ("renew", "renew", "Carry proofs on before their timestamps end."),
    "refresh": ("refresh", "refresh", "Fetch newer timestamps into a proof bundle."),
    "tsa": ("tsa", "tsa", "List public timestamp authorities, or try one."),
    "log": ("log", "log", "Audit, export or watch a log."),
    "serve": ("serve", "serve", "Run the service."),
    "worker": ("worker", "worker", "Run the background worker."),
    "migrate": ("migrate", "migrate", "Bring the database to this version and make the keys."),
    "demo": ("demo", "demo", "Walk the whole journey on real files."),
    "outbox": ("outbox", "outbox", "Show the mails that were kept because no mail server is set."),
    "backup": ("backup", "backup", "Write a backup of rows, keys and files."),
    "restore": ("backup", "restore", "Bring a backup back into an empty place."),
    "settings": ("settings", "settings", "Explain every setting and show its value."),
    "doctor": ("doctor", "doctor", "Look for what is off, missing or dangerous here."),
}


class Commands(click.Group):
    """A group that knows its commands by the table and imports one only when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"ipr_service.cli.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])
