"""A hundred ways to change a bundle, the same ones every time: bytes of the file, and members packed again without a trace."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

from ipr_service.evidence import bundle, conformance
from tests.conformance.material import packed

FOLDER = conformance.shipped()
TRUST = FOLDER / "two-tokens.trust"
WHOLE = {name: (FOLDER / f"{name}.asice").read_bytes() for name in ("two-tokens", "renewed-in-a-tree", "one-file", "stored")}


def mutations(count: int, seed: int = 7) -> Iterator[tuple[str, bytes]]:
    """``(what was done, the changed bundle)``."""
    chance = random.Random(seed)
    for number in range(count):
        name = chance.choice(list(WHOLE))
        if number % 3 == 0:
            how, data = _bytes(chance, WHOLE[name])
        else:
            how, data = _member(chance, WHOLE[name])
        yield f"{number} {name}: {how}", data


def _bytes(chance: random.Random, data: bytes) -> tuple[str, bytes]:
    at, size = chance.randrange(len(data)), chance.choice((1, 2, 40))
    kind = chance.choice(("flip", "delete", "insert", "repeat", "cut", "zero"))
    return f"{kind} {size} at {at}", _changed(chance, kind, data, at, size)


def _changed(chance: random.Random, kind: str, data: bytes, at: int, size: int) -> bytes:
    if kind == "flip":
        return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
    if kind == "delete":
        return data[:at] + data[at + size :]
    if kind == "insert":
        return data[:at] + chance.randbytes(size) + data[at:]
    if kind == "repeat":
        return data[:at] + data[at : at + size] + data[at:]
    if kind == "cut":
        return data[:at]
    return data[:at] + bytes(min(size, len(data) - at)) + data[at + size :]


def _member(chance: random.Random, whole: bytes) -> tuple[str, bytes]:
    """One member changed, dropped, or exchanged for another; the container itself stays in its form."""
    opened = bundle.read(io.BytesIO(whole))
    members = {name: opened.read(name) for name in opened.names}
    name = chance.choice([name for name in members if members[name] and not name.endswith((".pdf", ".html", ".txt", ".sh"))])
    kind = chance.choice(("flip", "flip", "flip", "delete", "insert", "repeat", "cut", "drop", "other", "lines"))
    if kind == "drop":
        del members[name]
    elif kind == "other":
        members[name] = members[chance.choice(list(members))]
    elif kind == "lines":
        lines = members[name].splitlines(keepends=True)
        chance.shuffle(lines)
        members[name] = b"".join(lines)
    else:
        members[name] = _changed(chance, kind, members[name], chance.randrange(len(members[name])), chance.choice((1, 3)))
    return f"{kind} {name}", packed(members)
