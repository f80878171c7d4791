"""Extract every string that a person may read, and bring the catalogues up to date: ``make translations``.

Read are the code (``_``, ``N_``), the pages, and the questions of the agreements, as ``ipr_service/web/translations/babel.cfg`` says. A
catalogue is every ``.po`` file of a language together: a string may stand in any of them. What no source says any more is taken
out where it stands; what no file has yet is added to ``messages.po`` with an empty translation. Nothing is guessed: a changed string is a
new string. ``--check`` (a test runs the same functions) writes nothing and names what is missing.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords, parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
TRANSLATIONS = ROOT / "ipr_service/web/translations"
WIDTH = 140
Msgid = str | tuple[str, ...]


def extracted() -> Catalog:
    """Every string of the sources, English, with the places where it stands."""
    with (TRANSLATIONS / "babel.cfg").open() as handle:
        methods, options = parse_mapping_cfg(handle)
    found = Catalog(charset="utf-8")
    keywords = {**parse_keywords(["_", "N_", "gettext", "ngettext:1,2"])}
    for folder in ("ipr_service", "agreement_templates"):
        rows = extract_from_dir(str(ROOT / folder), _below(methods, folder), _below_options(options, folder), keywords)
        for name, line, message, _comments, context in rows:
            found.add(message, locations=[(f"{folder}/{name}", line)], context=context)
    return found


def _below(methods: list[tuple[str, str]], folder: str) -> list[tuple[str, str]]:
    """The rows of babel.cfg for one folder, their patterns from there on: Babel walks no other folder then."""
    return [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods if pattern.startswith(f"{folder}/")]


def _below_options(options: dict[str, dict[str, str]], folder: str) -> dict[str, dict[str, str]]:
    return {pattern.removeprefix(f"{folder}/"): chosen for pattern, chosen in options.items()}


def catalogues(language: str) -> Iterator[tuple[Path, Catalog]]:
    """Every ``.po`` file of a language."""
    for path in sorted((TRANSLATIONS / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as handle:
            yield path, read_po(handle, locale=language)


def missing(language: str) -> list[Msgid]:
    """Strings of the sources that no file of the language translates, sorted."""
    said = {message.id for _, catalogue in catalogues(language) for message in catalogue if message.id and _is_said(message.string)}
    return sorted((message.id for message in extracted() if message.id and message.id not in said), key=str)


def _is_said(translation: str | tuple[str, ...]) -> bool:
    return all(translation) if isinstance(translation, tuple) else bool(translation)


def languages() -> list[str]:
    """The languages that the package carries, besides English."""
    return sorted(folder.name for folder in TRANSLATIONS.iterdir() if folder.is_dir())


def update(language: str) -> None:
    """Take out what no source says, add what no file has."""
    wanted, there = extracted(), set[Msgid]()
    for path, catalogue in catalogues(language):
        gone = [message.id for message in catalogue if message.id and message.id not in wanted]
        there |= {message.id for message in catalogue}
        for msgid in gone:
            catalogue.delete(msgid)
        if gone:
            _write(path, catalogue)
    new = [message for message in wanted if message.id and message.id not in there]
    if new:
        path = TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"
        with path.open("rb") as handle:
            catalogue = read_po(handle, locale=language)
        for message in new:
            catalogue.add(message.id, flags=message.flags)
        _write(path, catalogue)


def _write(path: Path, catalogue: Catalog) -> None:
    with path.open("wb") as handle:
        write_po(handle, catalogue, width=WIDTH, no_location=True, omit_header=True, sort_output=True, ignore_obsolete=True)


def main() -> int:
    """Write, or with ``--check`` name what is missing; 0 when every string is translated into every language."""
    parser = argparse.ArgumentParser(description="Extract the strings and update the catalogues")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a translation is missing")
    check = parser.parse_args().check
    if not check:
        (ROOT / "build").mkdir(exist_ok=True)
        with (ROOT / "build/messages.pot").open("wb") as handle:
            write_po(handle, extracted(), width=WIDTH, omit_header=True, sort_output=True)
        for language in languages():
            update(language)
    lacking = {language: missing(language) for language in languages()}
    for language, msgids in lacking.items():
        print(f"{language}: {len(msgids)} to be translated", *(f"  {msgid}" for msgid in msgids), sep="\n")
    return 1 if check and any(lacking.values()) else 0


if __name__ == "__main__":
    raise SystemExit(main())
