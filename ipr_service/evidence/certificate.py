"""The certificate: one page that a judge can read, about one registration.

It repeats in words and digests what the bundle proves in bytes; it is no proof itself, and says so. The page is typeset
by Typst as PDF/A-2b, without tags, to be small enough to travel in every bundle; `verify.html` says the same to a screen reader.
Titles, names and roles reach Typst as data, never as source; what the page's type has no letter for is shown as a box and said.
The same data gives the same bytes.

A title is a secret: the page is made for the holder, and lies in the holder's bundle only.
"""

from __future__ import annotations

import io
import json
import re
import struct
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

import segno
import typst

from ipr_service.errors import N_

FONT = "IPR Page"
_FONT_FILE = "IPRPage-Regular.ttf"
MAX_FILES_SHOWN = 4
MAX_CONTRIBUTORS_SHOWN = 5
_TITLE_SHOWN, _NAME_SHOWN, _IDENTITY_SHOWN, _ROLE_SHOWN, _ORIGIN_SHOWN = 110, 64, 60, 44, 90
_BOX = "□"

Translate = Callable[[str], str]


@dataclass(frozen=True)
class CertifiedContributor:
    """``identity`` as in the statement (``mailto:`` is not shown); ``share`` the exact fraction as text, or empty."""

    identity: str
    role: str
    share: str


@dataclass(frozen=True)
class CertifiedFile:
    """``position`` from 1; ``size`` in bytes; digests raw, 32 and 64 bytes."""

    position: int
    name: str
    size: int
    sha256: bytes
    sha512: bytes


@dataclass(frozen=True)
class CertifiedToken:
    """A token over the checkpoint. ``independent`` is False for the service's own clock, whatever the authority calls itself."""

    authority: str
    time: datetime
    independent: bool


@dataclass(frozen=True)
class CertificateData:
    """What the page says.

    Args:
        kind: the manifest's kind, such as ``idea``.
        title: of what was registered; empty when the service does not know it (hash-only).
        commitment: C, 32 bytes.
        index: zero-based index of the entry in the log.
        origin: the log's origin.
        fingerprint: SHA-256 of the log's Ed25519 vkey line, 64 lower-case hex digits.
        log_size: size in the signed checkpoint.
        root: root hash in the signed checkpoint, 32 bytes.
        signed_at: when the service signed the checkpoint by its own clock; aware.
        verify_url: address of the public verification page, shown and in the QR code.
        language: BCP 47 tag of the page.
    """

    kind: str
    title: str
    contributors: tuple[CertifiedContributor, ...]
    files: tuple[CertifiedFile, ...]
    commitment: bytes
    index: int
    origin: str
    fingerprint: str
    log_size: int
    root: bytes
    signed_at: datetime
    tokens: tuple[CertifiedToken, ...]
    verify_url: str
    language: str = "en"


_LABELS = {
    "heading": N_("Certificate of registration"),
    "kind_line": N_("Entry in a public log"),
    "issuer": N_("IPR Service"),
    "page": N_("Page 1 of 1"),
    "qr_alt": N_("QR code with the address of the public verification page"),
    "qr_label": N_("Check it here"),
    "contributors_label": N_("Contributors, as stated by the person who registered"),
    "files_label": N_("Files"),
    "log_label": N_("Where it stands"),
    "proved_label": N_("What this proves"),
    "not_proved_label": N_("What it does not prove"),
    "check_label": N_("How to check, with or without us"),
}
_PROVED = (
    N_("These exact files and statements existed when the checkpoint was signed."),
    N_("They stand at this index of the log, and nobody who compares checkpoints can be shown another history."),
)
_NOT_PROVED = (
    N_("Who the author is: names are statements of the person who registered."),
    N_("That the idea is new, or that no one else has rights in it."),
)
_CHECK = (
    N_("Open the public verification page, or verify.html from the proof bundle, and drop the bundle there."),
    N_("Without any of our software: unpack the bundle and run  sh verify.sh  with the fingerprint of the log."),
    N_("Compare the fingerprint above with the one that the log publishes or that others kept. A bundle cannot vouch for itself."),
)
KIND_NAMES = {
    "idea": N_("an idea"),
    "contribution": N_("a contribution"),
    "disclosure": N_("a disclosure"),
    "split": N_("a split"),
    "agreement": N_("an agreement"),
    "signature": N_("a signature"),
    "transfer": N_("a transfer"),
    "supersession": N_("a supersession"),
    "renewal": N_("a renewal"),
}


def same(msgid: str) -> str:
    """The translation into English: none."""
    return msgid


def bundled_fonts() -> Path:
    """The folder of the type that this package carries."""
    return Path(str(package_files("ipr_service") / "fonts"))


def render(data: CertificateData, fonts: Path, translate: Translate = same) -> bytes:
    """The certificate as PDF/A-2b.

    Args:
        data: what to say.
        fonts: folder with the page's type (docs/page_font.py makes it); `bundled_fonts` is the one in this package.
        translate: gettext of the page's language.
    """
    page = {name: translate(msgid) for name, msgid in _LABELS.items()}
    content = page | _statements(data, translate) | _registered(data, fonts, translate) | {"facts": _facts(data, translate)}
    content |= {"font": FONT, "language": data.language.split("-")[0], "qr": _qr(data.verify_url)}
    source = (package_files("ipr_service.evidence") / "files" / "certificate.typ").read_bytes()
    made = typst.compile(
        source,
        format="pdf",
        sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(fonts)]),
        pdf_standards=["a-2b"],
        pdf_tags=False,
        timestamp=int(data.signed_at.timestamp()),
    )
    return bytes(made)


def _statements(data: CertificateData, translate: Translate) -> dict[str, Any]:
    kind = translate(KIND_NAMES.get(data.kind, KIND_NAMES["idea"]))
    sentence = translate(
        N_(
            "On {day} at {time} UTC, by its own clock, the log {origin} signed its checkpoint of size {size}. "
            "Entry {index} of that log commits to {kind}: to the files and statements below, and to nothing else."
        )
        if data.title or data.files
        else N_(
            "On {day} at {time} UTC, by its own clock, the log {origin} signed its checkpoint of size {size}. "
            "Entry {index} of that log commits to {kind}. The service was given the commitment alone; "
            "what it stands for is in openings.json."
        )
    )
    moment = data.signed_at.astimezone(UTC)
    day, time, origin = moment.strftime("%Y-%m-%d"), moment.strftime("%H:%M:%S"), _short(data.origin, _ORIGIN_SHOWN)
    footer = translate(N_("This page repeats what the proof bundle proves. It is no proof by itself. Entry {index} of {origin}."))
    return {
        "sentence": sentence.format(day=day, time=time, origin=origin, kind=kind, size=data.log_size, index=data.index),
        "footer": footer.format(index=data.index, origin=origin),
        "proved": [translate(msgid) for msgid in _PROVED],
        "not_proved": [translate(msgid) for msgid in _NOT_PROVED],
        "check": [translate(msgid) for msgid in _CHECK],
    }


def _registered(data: CertificateData, fonts: Path, translate: Translate) -> dict[str, Any]:
    letters = _letters(fonts / _FONT_FILE)

    def shown(text: str, limit: int) -> str:
        return _breakable(_short(_printable(text, letters), limit))

    title = data.title or translate(N_("Title not known to the service"))
    changed = _printable(title, letters) != title or len(title) > _TITLE_SHOWN
    more = translate(N_("and {count} more, all listed in openings.json of the proof bundle"))
    files, people = data.files[:MAX_FILES_SHOWN], data.contributors[:MAX_CONTRIBUTORS_SHOWN]
    return {
        "title": shown(title, _TITLE_SHOWN),
        "title_note": translate(N_("Not all of the title can be shown here; its exact text stands in openings.json.")) if changed else "",
        "contributors": [
            {
                "identity": shown(person.identity.removeprefix("mailto:"), _IDENTITY_SHOWN),
                "role": shown(person.role, _ROLE_SHOWN),
                "share": shown(person.share, _ROLE_SHOWN),
            }
            for person in people
        ],
        "contributors_more": more.format(count=len(data.contributors) - len(people)) if len(people) < len(data.contributors) else "",
        "files": [
            {
                "name": f"{file.position}. {shown(file.name, _NAME_SHOWN)}",
                "size": translate(N_("{count} bytes")).format(count=f"{file.size:,}".replace(",", "\u202f")),
                "sha256": file.sha256.hex(),
                "sha512": _halves(file.sha512.hex()),
            }
            for file in files
        ],
        "files_more": more.format(count=len(data.files) - len(files)) if len(files) < len(data.files) else "",
    }


def _facts(data: CertificateData, translate: Translate) -> list[dict[str, object]]:
    moment = data.signed_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    signed = translate(N_("size {size}, signed {moment} by the service's own clock"))
    rows: list[tuple[str, str, bool]] = [
        (N_("Commitment"), data.commitment.hex(), True),
        (N_("Log, index"), _breakable(f"{_short(data.origin, _ORIGIN_SHOWN)}, {data.index}"), False),
        (N_("Key fingerprint"), data.fingerprint, True),
        (N_("Checkpoint"), signed.format(size=data.log_size, moment=moment), False),
        (N_("Root hash"), data.root.hex(), True),
        (N_("Timestamps"), _tokens(data.tokens, translate), False),
        (N_("Verification page"), _breakable(_short(data.verify_url, 120)), False),
    ]
    return [{"label": translate(label), "value": value, "code": code} for label, value, code in rows]


def _tokens(tokens: Sequence[CertifiedToken], translate: Translate) -> str:
    if not tokens:
        return translate(N_("no authority's timestamp in this bundle; the time rests on the log alone"))
    independent, own = N_("{authority}, {moment}"), N_("{authority}, {moment} (test authority, not independent)")
    said = [
        translate(independent if token.independent else own).format(
            authority=_short(token.authority, 50), moment=token.time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        )
        for token in tokens[:2]
    ]
    return "; ".join(said)


def _qr(url: str) -> list[int]:
    out = io.BytesIO()
    code = segno.make(url, error="m", micro=False)
    code.save(out, kind="png", scale=4, border=0, dark="#1d2733")  # a colour, as all else, so that one profile does
    return list(out.getvalue())


def _short(text: str, limit: int) -> str:
    """At most ``limit`` characters; what is left out is left out of the middle, where names differ least."""
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - tail - 1]}…{text[-tail:]}"


def _halves(digits: str) -> str:
    return f"{digits[:64]}\n{digits[64:]}"


def _breakable(text: str) -> str:
    """Give words too long for a line places to break: a zero-width space after every 12 characters of such a word."""
    return re.sub(r"\S{25,}", lambda word: "\u200b".join(re.findall(r".{1,12}", word[0])), text)


def _printable(text: str, letters: frozenset[int]) -> str:
    """``text`` with a box for every letter that the page's type lacks, and for controls and direction marks."""
    return "".join(c if ord(c) in letters and unicodedata.category(c)[0] != "C" else _BOX for c in text)


@cache
def _letters(font: Path) -> frozenset[int]:
    """The code points below U+10000 that a TrueType font draws (OpenType `cmap`, format 4)."""
    raw = font.read_bytes()
    count = struct.unpack_from(">H", raw, 4)[0]
    tables = dict(struct.unpack_from(">4s4xI", raw, 12 + 16 * number) for number in range(count))
    cmap = tables[b"cmap"]
    for number in range(struct.unpack_from(">H", raw, cmap + 2)[0]):
        table = cmap + struct.unpack_from(">I", raw, cmap + 8 + 8 * number)[0]
        if struct.unpack_from(">H", raw, table)[0] == 4:
            return frozenset(_segments(raw, table))
    raise ValueError(f"{font} has no cmap of format 4")


def _segments(raw: bytes, table: int) -> list[int]:
    pairs = struct.unpack_from(">H", raw, table + 6)[0]
    count = pairs // 2
    ends = struct.unpack_from(f">{count}H", raw, table + 14)
    starts = struct.unpack_from(f">{count}H", raw, table + 16 + pairs)
    return [code for start, end in zip(starts, ends, strict=True) for code in range(start, end + 1) if code != 0xFFFF]
