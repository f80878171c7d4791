"""The desk: the page a person comes home to. Each subject brings its section; none knows the others.

A page module registers what it shows::

    @desk.section(order=10)
    def my_ideas(ctx: Context, actor: Actor) -> desk.Section | None:
        …

``waiting`` rows of all sections are gathered at the top: what waits for this person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ipr_service.services.access import Actor
from ipr_service.services.context import Context


@dataclass(frozen=True)
class Item:
    """One line: what it is, where it is, how it stands. ``kind`` as in ``ui.state``."""

    title: str
    href: str
    word: str = ""
    kind: str = "waiting"
    detail: str = ""


@dataclass(frozen=True)
class Section:
    """What one subject shows.

    Args:
        title: heading, translated.
        items: newest first, at most a handful.
        waiting: what waits for this person, with the verb as title ("Sign the NDA with Studio Blu").
        more: address of the whole list.
        empty: what to say when there is nothing, and what to do: (sentence, address, button).
    """

    title: str
    items: tuple[Item, ...] = ()
    waiting: tuple[Item, ...] = ()
    more: str = ""
    empty: tuple[str, str, str] | None = None


Build = Callable[[Context, Actor], Section | None]
_SECTIONS: dict[str, tuple[int, Build]] = {}


def section(order: int) -> Callable[[Build], Build]:
    """Register a section. ``order``: 10 ideas, 20 shown to me, 30 collaborations, 40 agreements."""

    def register(build: Build) -> Build:
        _SECTIONS[f"{build.__module__}.{build.__qualname__}"] = (order, build)
        return build

    return register


def sections(ctx: Context, actor: Actor) -> list[Section]:
    """Everything there is to show, in order."""
    built = [build(ctx, actor) for _order, build in sorted(_SECTIONS.values(), key=lambda row: row[0])]
    return [found for found in built if found is not None]
