"""Put verify.html and verify.sh together: ``python -m docs.verifier``; ``--check`` compares and writes nothing, and so do tests.

Both travel in every bundle, so they are made small: the parts in ``evidence/files/verifier`` are what people read and change. The page is
one file: its parts without comments and with short names, the sentences of the catalogues, and a policy that allows exactly this script and
this style. The shell script loses its comments, but those at its head, and its indentation.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import minify
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
PARTS = ROOT / "ipr_service/evidence/files/verifier"
PAGE = ROOT / "ipr_service/evidence/files/verify.html"
SCRIPT = ROOT / "ipr_service/evidence/files/verify.sh"
SCRIPTS = ("checks.js", "mldsa.js", "tokens.js", "report.js", "page.js")
MARKED = re.compile(r'N_\(("(?:[^"\\]|\\.)*")\)')
ATTRIBUTE = re.compile(r'data-t="([^"]*)"')
LANGUAGES = ("it",)


def sentences() -> tuple[str, ...]:
    """Every sentence of the parts, in their order."""
    source = "".join((PARTS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    found = [json.loads(text) for text in MARKED.findall(source)] + ATTRIBUTE.findall((PARTS / "page.html").read_text(encoding="utf-8"))
    return tuple(dict.fromkeys(found))


def extract(handle: BinaryIO, *_: Any, **__: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """For Babel: the sentences of one part, as babel.cfg says."""
    source = handle.read().decode()
    for pattern in (MARKED, ATTRIBUTE):
        for found in pattern.finditer(source):
            sentence = json.loads(found[1]) if pattern is MARKED else found[1]
            yield source.count("\n", 0, found.start()) + 1, "_", sentence, []


def words(language: str) -> dict[str, str]:
    """The sentences in one language, from every catalogue of it."""
    known: dict[str, str] = {}
    for path in sorted((ROOT / "ipr_service/web/translations" / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as handle:
            known |= {message.id: message.string for message in read_po(handle) if isinstance(message.id, str)}
    return {sentence: known[sentence] for sentence in sentences() if known.get(sentence)}


def made() -> bytes:
    """The page."""
    spoken = {language: words(language) for language in LANGUAGES}
    script = f"const WORDS = {json.dumps(spoken, ensure_ascii=False)};\n"
    script += "".join((PARTS / name).read_text(encoding="utf-8") for name in SCRIPTS)
    script = MARKED.sub(r"\1", script).replace('"use strict";\n', "").replace("const N_ = (text) => text;", "")
    script = minify.string("application/javascript", f'(()=>{{"use strict";{script}}})()')  # in a function, so that its names can be short
    style = minify.string("text/css", (PARTS / "page.css").read_text(encoding="utf-8"))
    page = (PARTS / "page.html").read_text(encoding="utf-8")
    values = {"script": _hash(script), "style": _hash(style), "css": style, "script_text": script}
    return re.sub(r"\{(script|style|css|script_text)\}", lambda found: values[found[1]], page).encode()


def made_script() -> bytes:
    """The shell script: its first lines, then every line without comment and indentation."""
    head, body = (PARTS / "verify.sh").read_text(encoding="utf-8").split("\n\n", 1)
    lines = (re.sub(r"(^|\s+)# [^\"'`]*$", "", line).strip() for line in body.splitlines())
    return "\n".join([head, *filter(None, lines), ""]).encode()


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def main() -> int:
    """0 when written or when it is what the parts make."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    files = {PAGE: made(), SCRIPT: made_script()}
    if parser.parse_args().check:
        return int(any(path.read_bytes() != content for path, content in files.items()))
    for path, content in files.items():
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
