"""Three verifiers that share no code agree on a hundred random changes of a bundle, and none of them ever crashes."""

from __future__ import annotations

import io
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from ipr_service.evidence import bundle
from ipr_service.evidence.report import Report
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from tests.evidence.mutations import TRUST, mutations

FILES = Path(bundle.__file__).parent / "files"
CHANGED = tuple(mutations(100))
KNOWN = TrustList.from_bytes(TRUST.read_bytes())
_SAID = re.compile(r"intact: (yes|no), trusted: (yes|no), timed: (yes|no)\n\Z")


def judged(data: bytes) -> Report:
    return verify(io.BytesIO(data), KNOWN)


REPORTS = tuple(judged(data) for _, data in CHANGED)


def verdicts(report: Report) -> tuple[bool, bool, bool]:
    return report.intact, report.trusted, report.timed


def test_most_changes_are_found_and_each_finding_has_a_name() -> None:
    assert sum(not report.intact for report in REPORTS) > 80
    assert all(report.failed for report in REPORTS if not report.intact)


@pytest.mark.needs("openssl", "unzip", "xxd")
def test_the_script_agrees_with_ipr_verify_on_a_hundred_random_mutations(tmp_path: Path) -> None:
    def run(number: int) -> str:
        path = tmp_path / f"{number}.asice"
        path.write_bytes(CHANGED[number][1])
        done = subprocess.run(["sh", FILES / "verify.sh", TRUST, path], capture_output=True, text=True, check=False)
        found = _SAID.search(done.stdout)
        assert found, done.stdout + done.stderr
        assert done.returncode == (0 if found.groups()[:2] == ("yes", "yes") else 1)
        mine, its = verdicts(REPORTS[number]), tuple(word == "yes" for word in found.groups())
        unchecked = "ML-DSA-44 is not checked" in done.stdout and "signatures" in {check.name for check in REPORTS[number].failed}
        return "" if mine == its or (unchecked and mine[2] == its[2]) else f"{CHANGED[number][0]}: ipr {mine}, script {its}\n{done.stdout}"

    with ThreadPoolExecutor(2) as pool:
        differ = [said for said in pool.map(run, range(len(CHANGED))) if said]
    assert not differ, "\n".join(differ)


def said_by(page: Page, data: bytes) -> tuple[bool, ...]:
    page.locator("#bundle").set_input_files({"name": "idea.asice", "mimeType": "application/zip", "buffer": data})
    page.locator("#go").click()
    expect(page.locator("#report .answer")).to_be_visible()
    return tuple(page.locator("#report").get_attribute(f"data-{verdict}") == "yes" for verdict in ("intact", "trusted", "timed"))


@pytest.mark.needs("Chromium")
def test_the_page_agrees_with_ipr_verify_on_a_hundred_random_mutations() -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True).new_page()
        page.goto((FILES / "verify.html").as_uri())
        page.locator("#trust").fill(TRUST.read_text())
        found = [said_by(page, data) for _, data in CHANGED]
        browser.close()
    differ = [
        (how, verdicts(report), its) for (how, _), report, its in zip(CHANGED, REPORTS, found, strict=True) if verdicts(report) != its
    ]
    assert not differ, "\n".join(map(str, differ))
