"""One sentence for a person: a msgid with values, so that a face says it in the reader's language; ``str()`` is the English one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sentence:
    """One sentence for a person.

    Args:
        msgid: English, with ``{placeholders}``.
        values: what fills them, as it is.
        words: what fills them, after being translated itself (msgids: names of roles, reasons of rules).
    """

    msgid: str
    values: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def text(self, translate: Callable[[str], str] = str) -> str:
        """The sentence, through ``translate`` (gettext)."""
        return translate(self.msgid).format(**self.values, **{name: translate(word) for name, word in self.words.items()})

    def __str__(self) -> str:
        return self.text()
