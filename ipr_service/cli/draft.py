"""``ipr draft``: an agreement from a file of answers. Needs no server, no database, no configuration."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ipr_service.agreements import interview, rendering, typesetting, word_template
from ipr_service.agreements.assembly import assemble
from ipr_service.agreements.catalogue import Catalogue
from ipr_service.agreements.clauses import parse_yaml
from ipr_service.errors import N_, FormatError, InputError, TooLargeError
from ipr_service.settings import resource_directory

LARGEST = 1 << 20
_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_OUT = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.argument("kind")
@click.option("--answers", required=True, type=_FILE, metavar="FILE", help="YAML or JSON: answers by question id, and the list of parties.")
@click.option("--language", default="en", show_default=True, metavar="LL", help="Language of the text.")
@click.option("--out", required=True, type=_OUT, metavar="FILE", help="Where to write it; the name ends in .docx or .pdf.")
def draft(kind: str, answers: Path, language: str, out: Path) -> None:
    """Draft an agreement of KIND (nda-one-way, contribution-terms, co-development) as Word or PDF.

    Both come from the same clauses and say the same. The footer says that it is a draft and in which state of review its text is. With
    SOURCE_DATE_EPOCH set, the same answers give the same bytes.

    Exit 0: written. 2: a question is open or an answer cannot be taken (each is named), no such kind, or a path that cannot be opened.
    """
    suffix = out.suffix.lower()
    if suffix not in (".docx", ".pdf"):
        raise click.UsageError("--out names a file that ends in .docx or .pdf")
    catalogue = Catalogue.load(resource_directory("agreement_templates"))
    if kind not in catalogue.names():
        raise click.UsageError(f"there is no kind '{kind}'; there are: {', '.join(catalogue.names())}")
    chosen = catalogue.kind(kind)
    if language not in chosen.languages:
        raise click.UsageError(f"{kind} is not written in '{language}'; it is in: {', '.join(chosen.languages)}")
    document = assemble(chosen, interview.check(chosen, _answers(answers)), catalogue, language)
    made = _made()
    if suffix == ".docx":
        content = rendering.render_document(word_template.build(chosen, catalogue, language), document, made)
    else:
        content = typesetting.typeset(document, made)
    out.write_bytes(content)
    click.echo(f"{out}: {document.title}, {chosen.key}, {chosen.review}.")


def _made() -> datetime:
    """Now, or what SOURCE_DATE_EPOCH says (reproducible-builds.org)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now(UTC)


def _answers(path: Path) -> dict[str, Any]:
    """The answers of a file.

    Raises:
        InputError: it cannot be read as YAML or JSON. TooLargeError: more than 1 MiB.
    """
    raw = path.read_bytes()
    if len(raw) > LARGEST:
        raise TooLargeError(N_("A file of answers has at most {limit} bytes."), limit=LARGEST)
    try:
        text = raw.decode()
        data = json.loads(text) if path.suffix.lower() == ".json" else parse_yaml(text, path.name, 1)
    except (ValueError, RecursionError, FormatError) as problem:
        raise InputError(N_("{file} cannot be read as YAML or JSON: {reason}"), file=path.name, reason=str(problem)) from problem
    if not isinstance(data, dict):
        raise InputError(N_("{file} holds no answers: write question ids and their answers."), file=path.name)
    return data
