"""Every command line in docs/cli.md is one that ``ipr`` takes."""

from __future__ import annotations

import re
import shlex
from importlib import import_module
from pathlib import Path

import click
import pytest

from ipr_service.cli.commands import COMMANDS

GUIDE = Path(__file__).parents[2] / "docs" / "cli.md"
LINES = [
    line for block in re.findall(r"```sh\n(.*?)```", GUIDE.read_text(), re.S) for line in block.splitlines() if line.startswith("ipr ")
]


def _command(words: list[str]) -> tuple[click.Command, list[str]]:
    module, attribute, _ = COMMANDS[words[0]]
    command, rest = getattr(import_module(f"ipr_service.cli.{module}"), attribute), words[1:]
    if isinstance(command, click.Group):
        return command.commands[rest[0]], rest[1:]
    return command, rest


@pytest.mark.parametrize("line", LINES)
def test_every_line_names_a_command_and_options_that_exist(line: str) -> None:
    command, rest = _command(shlex.split(line, comments=True)[1:])
    known = {name for parameter in command.params if isinstance(parameter, click.Option) for name in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= known
    assert command.params or not rest


def test_every_command_stands_in_the_guide() -> None:
    text = GUIDE.read_text()
    assert [name for name in COMMANDS if not re.search(rf"ipr {name}\b|`{name}", text)] == []


def test_the_guide_gives_the_exit_codes_of_the_contract() -> None:
    assert re.findall(r"^\| (\d+) \|", GUIDE.read_text(), re.M) == ["0", "1", "2", "3", "4", "70"]
