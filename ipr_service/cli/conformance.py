"""``ipr conformance``: run the vectors of docs/standard through one of the three verifiers: this program, verify.sh or verify.html."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

import click

from ipr_service.cli.exits import DONE, FALSE
from ipr_service.errors import FormatError
from ipr_service.evidence import conformance
from ipr_service.evidence.conformance import Outcome, Vector, Verdicts
from ipr_service.evidence.report import VERDICTS

_LAST = re.compile(r"intact: (yes|no), trusted: (yes|no), timed: (yes|no)\Z")
_LACKS = {"ml-dsa": "ML-DSA-44 is not checked", "nfc": "normal form C", "": ""}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def _tool(name: str) -> Path:
    return Path(str(files("ipr_service.evidence") / "files" / name))


def _script(vectors: tuple[Vector, ...]) -> Iterator[Outcome]:
    """verify.sh, with the tools of this machine."""
    for vector in vectors:
        words = ["sh", str(_tool("verify.sh")), str(vector.trust), str(vector.bundle)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - our own script, on files of the folder
        found = _LAST.search(done.stdout.strip())
        verdicts = Verdicts(*(word == "yes" for word in found.groups())) if found else None
        lacking = bool(vector.needs) and _LACKS[vector.needs] in done.stdout
        if verdicts is None:
            yield Outcome(vector, Verdicts(False, False, False), blamed=False)
        else:
            yield Outcome(vector, None if lacking and verdicts != vector.expected else verdicts)


def _page(vectors: tuple[Vector, ...]) -> Iterator[Outcome]:
    """verify.html, opened from disk in a browser without network."""
    browser_path = next((path for path in map(shutil.which, _BROWSERS) if path), None)
    if browser_path is None or find_spec("playwright") is None:
        raise click.UsageError("--with html needs Chromium and the Python package playwright; both are in the test environment")
    from playwright.sync_api import sync_playwright  # of the test environment; everybody else does without

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True).new_page()
        page.goto(_tool("verify.html").as_uri())
        for vector in vectors:
            page.locator("#trust").fill(vector.trust.read_text())
            page.locator("#bundle").set_input_files(vector.bundle)
            page.locator("#go").click()
            page.locator("#report .answer").wait_for()
            yield Outcome(vector, Verdicts(*(page.locator("#report").get_attribute(f"data-{verdict}") == "yes" for verdict in VERDICTS)))
        browser.close()


_VERIFIERS = {"ipr": conformance.run, "sh": _script, "html": _page}


@click.command()
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--with", "verifier", type=click.Choice(list(_VERIFIERS)), default="ipr", help="Which verifier: this program, the script, the page."
)
@click.option("--only", metavar="TEXT", help="Only the vectors whose name or requirement begins so.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each vector.")
def conformance_command(folder: Path | None, verifier: str, only: str | None, as_json: bool) -> int:
    """Run the conformance vectors of docs/standard; FOLDER holds other ones than those of this release.

    Each vector is a bundle, what a reader trusts, and the three verdicts that have to follow. What a verifier cannot check, and
    says so, is counted apart.

    Exit 0 when every vector is kept; 1 when one is not; 2 for a folder without vectors.
    """
    try:
        vectors = conformance.read(folder or conformance.shipped())
    except FormatError as problem:
        raise click.UsageError(str(problem)) from problem
    chosen = tuple(one for one in vectors if only is None or one.name.startswith(only) or one.requirement == only)
    outcomes = []
    for outcome in _VERIFIERS[verifier](chosen):
        outcomes.append(outcome)
        if as_json:
            click.echo(json.dumps(_row(outcome)))
        elif not outcome.kept:
            click.echo(f"NOT KEPT {outcome.vector.name} ({outcome.vector.requirement}): {outcome.vector.why}")
            click.echo(f"         expected {outcome.vector.expected} {outcome.vector.fails}; found {outcome.found}")
    lost, unsaid = [one for one in outcomes if not one.kept], [one for one in outcomes if one.found is None]
    if not as_json:
        told = f", {len(unsaid)} that it says it cannot check" if unsaid else ""
        click.echo(f"{len(outcomes) - len(lost)} of {len(outcomes)} vectors kept{told}")
    return FALSE if lost or not outcomes else DONE


def _row(outcome: Outcome) -> dict[str, object]:
    found = "not checked" if outcome.found is None else str(outcome.found)
    vector = outcome.vector
    return {"name": vector.name, "requirement": vector.requirement, "expected": str(vector.expected), "found": found, "kept": outcome.kept}
