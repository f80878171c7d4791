"""What a person reads in a template: strings of a ``template.yaml``, of ``shared.yaml`` and of a clause's head, for ``make translations``.

Babel calls :func:`extract` (``ipr_service/web/translations/babel.cfg``). These strings lead through the interview. The text of an agreement
itself is no such string: a clause is written in a language by somebody who answers for it, never through a catalogue of phrases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

import yaml

SPOKEN = frozenset({"title", "summary", "label", "help", "why"})


def extract(file: IO[bytes], keywords: object, comment_tags: object, options: object) -> Iterable[tuple[int, str, str, list[str]]]:
    """Babel's extraction method: (line, function, message, comments) of every string that a person reads.

    Args:
        file: a YAML file, or a clause with its YAML head between two lines ``---``.
        keywords, comment_tags, options: Babel's, not used.
    """
    text = file.read().decode()
    clause = text.startswith("---\n")
    head = text.split("\n---\n")[0] if clause else text
    for node in _strings(yaml.compose(head, Loader=yaml.SafeLoader), frozenset({"title"}) if clause else SPOKEN):
        yield node.start_mark.line + 1, "", node.value, []


def _strings(node: yaml.Node, spoken: frozenset[str]) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.SequenceNode):
        for entry in node.value:
            yield from _strings(entry, spoken)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value in spoken and isinstance(value, yaml.ScalarNode):
                yield value
            elif key.value == "options":
                yield from (label for _, label in value.value)
            elif key.value == "notes":
                yield from value.value
            else:
                yield from _strings(value, spoken)
