"""Deflate (RFC 1951), written here so that the same content packs to the same bytes for ever.

Every zlib packs a little differently, and a browser's again: a bundle made with one of them could not be made again with another.
This writer is small instead of fast: one block with Huffman codes of its own, greedy matches over hash chains. It is meant for the
few kilobytes around the files, never for the files. `web/static/deflate.js` writes the same bytes. Unpacking is zlib's business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

_WINDOW, _LONGEST, _SHORTEST, _TRIES = 32_768, 258, 3, 48
_END = 256
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)  # section 3.2.7


def _ranges(first: int, extra: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """``(first value, extra bits)`` of each length or distance code (section 3.2.5)."""
    rows = []
    for bits in extra:
        rows.append((first, bits))
        first += 1 << bits
    return tuple(rows)


_LENGTHS = (*_ranges(3, (0,) * 8 + (1,) * 4 + (2,) * 4 + (3,) * 4 + (4,) * 4 + (5,) * 4)[:28], (258, 0))
_DISTANCES = _ranges(1, (0, 0, *(bits for bits in range(14) for _ in range(2))))
_Package = tuple[int, tuple[int, ...]]


@cache
def _code_of(value: int, rows: tuple[tuple[int, int], ...]) -> int:
    return max(code for code, (first, _) in enumerate(rows) if first <= value)


class _Bits:
    """Bits in the order of section 3.1.1: numbers from their lowest bit, Huffman codes from their highest."""

    def __init__(self) -> None:
        self.whole, self.held, self.count = bytearray(), 0, 0

    def put(self, value: int, size: int) -> None:
        self.held |= value << self.count
        self.count += size
        while self.count >= 8:
            self.whole.append(self.held & 255)
            self.held >>= 8
            self.count -= 8

    def code(self, entry: tuple[int, int]) -> None:
        value, size = entry
        self.put(int(f"{value:0{size}b}"[::-1], 2) if size else 0, size)


def pack(data: bytes) -> bytes:
    """``data`` as one deflate stream."""
    found = list(_matches(data))
    literals, distances = [0] * 286, [0] * 30
    literals[_END] = 1
    for length, distance in found:
        literals[length if not distance else 257 + _code_of(length, _LENGTHS)] += 1
        if distance:
            distances[_code_of(distance, _DISTANCES)] += 1
    if not any(distances):
        distances[0] = 1
    sizes, places = _sizes(literals, 15), _sizes(distances, 15)
    bits = _Bits()
    bits.put(0b101, 3)  # the last block, with codes of its own
    _put_sizes(bits, sizes, places)
    symbols, steps = _codes(sizes), _codes(places)
    for length, distance in found:
        if not distance:
            bits.code(symbols[length])
            continue
        code, step = _code_of(length, _LENGTHS), _code_of(distance, _DISTANCES)
        bits.code(symbols[257 + code])
        bits.put(length - _LENGTHS[code][0], _LENGTHS[code][1])
        bits.code(steps[step])
        bits.put(distance - _DISTANCES[step][0], _DISTANCES[step][1])
    bits.code(symbols[_END])
    bits.put(0, -bits.count % 8)
    return bytes(bits.whole)


def _matches(data: bytes) -> Iterator[tuple[int, int]]:
    """``(byte, 0)`` or ``(length, distance)``; a match is put off by one byte when a longer one starts there."""
    newest: dict[bytes, int] = {}
    before = [-1] * len(data)
    at = known = 0

    def learn(end: int) -> None:
        nonlocal known
        for place in range(known, min(end, len(data) - 2)):
            before[place] = newest.get(data[place : place + 3], -1)
            newest[data[place : place + 3]] = place
        known = max(known, end)

    def longest(place: int) -> tuple[int, int]:
        learn(place)
        best, distance, tries = _SHORTEST - 1, 0, _TRIES
        limit = min(_LONGEST, len(data) - place)
        other = newest.get(data[place : place + 3], -1) if limit >= _SHORTEST else -1
        while other >= 0 and place - other <= _WINDOW and tries and best < limit:
            tries -= 1
            if data[other : other + best + 1] == data[place : place + best + 1]:
                size = best + 1
                while size < limit and data[other + size] == data[place + size]:
                    size += 1
                best, distance = size, place - other
            other = before[other]
        return best, distance

    while at < len(data):
        size, distance = longest(at)
        if distance and size < _LONGEST and longest(at + 1)[0] > size:
            distance = 0
        if distance:
            yield size, distance
            at += size
        else:
            yield data[at], 0
            at += 1


def _sizes(counts: Sequence[int], limit: int) -> list[int]:
    """Lengths of an optimal prefix code of at most ``limit`` bits, by package-merge; equal weights keep their order."""
    single: list[_Package] = sorted(((count, (symbol,)) for symbol, count in enumerate(counts) if count), key=lambda one: one[0])
    sizes = [0] * len(counts)
    if len(single) == 1:
        sizes[single[0][1][0]] = 1
        return sizes
    merged = single
    for _ in range(limit - 1):
        pairs = [(a[0] + b[0], a[1] + b[1]) for a, b in zip(merged[::2], merged[1::2], strict=False)]
        merged = sorted([*single, *pairs], key=lambda one: one[0])
    for _, symbols in merged[: 2 * len(single) - 2]:
        for symbol in symbols:
            sizes[symbol] += 1
    return sizes


def _codes(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """The canonical codes of these lengths (section 3.2.2), each with its length."""
    codes, code = [(0, 0)] * len(sizes), 0
    for size in range(1, 16):
        for symbol in (symbol for symbol, own in enumerate(sizes) if own == size):
            codes[symbol] = (code, size)
            code += 1
        code <<= 1
    return codes


def _put_sizes(bits: _Bits, sizes: list[int], places: list[int]) -> None:
    """The two codes' lengths, run-length encoded (section 3.2.7)."""
    counts = [max(257, _last(sizes)), _last(places)]
    runs = list(_runs(sizes[: counts[0]] + places[: counts[1]]))
    frequency = [0] * 19
    for symbol, _, _ in runs:
        frequency[symbol] += 1
    own = _sizes(frequency, 7)
    shown = max(4, _last([own[symbol] for symbol in _ORDER]))
    bits.put(counts[0] - 257, 5)
    bits.put(counts[1] - 1, 5)
    bits.put(shown - 4, 4)
    for symbol in _ORDER[:shown]:
        bits.put(own[symbol], 3)
    codes = _codes(own)
    for symbol, value, size in runs:
        bits.code(codes[symbol])
        bits.put(value, size)


def _last(sizes: Sequence[int]) -> int:
    return max(place for place, size in enumerate(sizes, 1) if size)


def _runs(sizes: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """``(symbol, extra value, extra bits)``."""
    at = 0
    while at < len(sizes):
        size, run = sizes[at], 1
        while at + run < len(sizes) and sizes[at + run] == size:
            run += 1
        if size == 0 and run >= 3:
            run = min(run, 138)
            yield (17, run - 3, 3) if run <= 10 else (18, run - 11, 7)
        elif size and run >= 4:
            run = min(run, 7)
            yield size, 0, 0
            yield 16, run - 4, 2
        else:
            run = 1
            yield size, 0, 0
        at += run
