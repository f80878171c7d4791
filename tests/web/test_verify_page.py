"""The public verification page: without scripts by sending, with scripts in the browser; trust never comes from the bundle."""

from __future__ import annotations

import base64
import gzip
import io
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse

from docs import verifier
from ipr_service.evidence.bundle import current_tools
from ipr_service.services import proving, registration, verifying
from ipr_service.services.context import Context
from ipr_service.services.intake import open_intake
from ipr_service.services.registration import RegisterIdea
from ipr_service.web.verify import _core
from tests.golden import generate
from tests.support.house import forget_limits, person
from tests.web.chromium import chromium, served
from tests.web.conftest import Browser

CHAIR = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M4 4h8v8"/></svg>'
GOLDEN = generate.GOLDEN.read_bytes()
GOLDEN_KEY = "764564415cc5af5889b0b204835076f16b29770f1e610593d5ddb58296f55ca3"


def registered(ctx: Context) -> bytes:
    """The proof bundle of one registration."""
    sara = person(ctx)
    intake = open_intake(ctx, sara)
    intake.take("chair.svg", None, io.BytesIO(CHAIR))
    made = registration.register_idea(ctx, sara, RegisterIdea("Folding <b>chair</b>", description="oak"), intake)
    out = io.BytesIO()
    proving.write_bundle(ctx, sara, made.idea_id, None, out)
    return out.getvalue()


def part(data: bytes, name: str) -> FileStorage:
    return FileStorage(io.BytesIO(data), name)


def send(guest: Browser, data: bytes, against: str = "own", **fields: object) -> TestResponse:
    return guest.send("/verify", **{"bundle": part(data, "idea.asice"), "against": against, **fields})


def said(answer: TestResponse) -> str:
    page = answer.get_data(as_text=True)
    return page[page.index('id="result"') : page.index("<hr>")]


def test_whoever_holds_a_bundle_gets_a_yes_with_reasons_without_an_account(guest: Browser, sqlite_ctx: Context) -> None:
    data = registered(sqlite_ctx)
    page = said(send(guest, data, files=[part(CHAIR, "copy.svg"), part(b"x", "other.svg")]))
    assert 'class="answer no" id="answer" role="status">Not among the registered files: other.svg.' in page
    assert "The bundle itself: intact and trusted; no independent timestamp was verified." in page
    assert "copy.svg is file 1 of this bundle" in page
    assert "other.svg is not among the files" in page
    assert "Not proved: who the author is" in page
    assert sqlite_ctx.service_keys.log_keys.fingerprint in page
    assert page.count("<h3>Intact: yes") + page.count("<h3>Trusted: yes") + page.count("<h3>Timed by others: no") == 3
    assert "<code>inclusion</code>" in page
    assert "Folding &lt;b&gt;chair" in page
    assert "sara@example.org" in page


def test_a_bundle_does_not_vouch_for_itself(guest: Browser, sqlite_ctx: Context) -> None:
    page = said(send(guest, GOLDEN, "none"))
    assert f"Intact; signed by key {GOLDEN_KEY}, which only this bundle vouches for" in page
    assert "Compared with no fingerprint" in page
    assert "<h3>Trusted: no" in page


def test_a_bundle_of_another_log_is_not_trusted_because_this_service_is(guest: Browser, sqlite_ctx: Context) -> None:
    page = said(send(guest, GOLDEN, "own"))
    assert "<h3>Trusted: no" in page
    assert "is not in your trust list" in page


def test_the_fingerprint_that_the_reader_brings_decides(guest: Browser, sqlite_ctx: Context) -> None:
    spaced = " ".join(re.findall(".{8}", GOLDEN_KEY.upper()))
    assert "<h3>Trusted: yes" in said(send(guest, GOLDEN, "other", fingerprint=spaced))
    page = said(send(guest, GOLDEN, "other", fingerprint="0" * 64))
    assert "<h3>Trusted: no" in page
    assert "not the one that you named" in page


@pytest.mark.parametrize(("fingerprint", "words"), [("", "Enter the fingerprint"), ("12", "this one has 2"), ("g" * 64, "64 digits")])
def test_a_fingerprint_that_cannot_be_one_is_refused_at_its_field(guest: Browser, fingerprint: str, words: str) -> None:
    answer = send(guest, GOLDEN, "other", fingerprint=fingerprint)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert 'id="fingerprint-wrong"' in page


def test_no_bundle_chosen_is_said_in_words(guest: Browser) -> None:
    answer = guest.send("/verify", against="own")
    assert answer.status_code == 422
    assert "Choose a proof bundle first." in answer.get_data(as_text=True)


@pytest.mark.parametrize("data", [b"", b"PK", b"%PDF-1.7", GOLDEN[:-1], GOLDEN + b"x", GOLDEN[:5000] + b"\x00" + GOLDEN[5001:]])
def test_damaged_and_foreign_files_get_an_answer_and_no_error(guest: Browser, data: bytes) -> None:
    answer = send(guest, data)
    assert answer.status_code == 200
    page = said(answer)
    assert "Not intact" in page
    assert "<h3>Intact: no</h3><p>Something in this file is not as it was" in page
    assert "Every byte and hash agrees" not in page


def test_a_good_bundle_is_not_said_to_be_stamped_by_others_when_only_the_service_did(guest: Browser, sqlite_ctx: Context) -> None:
    page = said(send(guest, registered(sqlite_ctx)))
    assert "<h3>Intact: yes</h3><p>Every byte and hash agrees" in page
    assert "An authority other than the service stamped" not in page
    assert re.search("<h3>Timed by others: no</h3><p>(The only stamp is the service’s own|No authority other)", page)


def test_a_changed_file_is_named_in_plain_words_and_the_checks_stand_below(guest: Browser) -> None:
    at = GOLDEN.index(b"files/0001") + 60
    page = said(send(guest, GOLDEN[:at] + bytes([GOLDEN[at] ^ 1]) + GOLDEN[at + 1 :], "none"))
    assert "A file in this bundle is not the one that was registered: file 1." in page
    assert "What fails: " in page
    assert "file.1" in page


@pytest.mark.parametrize(
    ("name", "words"), [("executed.pdf", "This ZIP is no proof bundle"), ("[Content_Types].xml", "This ZIP is no proof bundle")]
)
def test_another_zip_is_said_to_be_one_and_what_to_check_instead(guest: Browser, name: str, words: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"x" * 100)
    page = said(send(guest, out.getvalue()))
    assert words in page
    assert "packed again" not in page


def test_a_pdf_is_said_to_be_one(guest: Browser) -> None:
    assert "This is a PDF, not a proof bundle." in said(send(guest, b"%PDF-1.7\n" + b"x" * 200))


def test_nothing_that_was_sent_is_kept(guest: Browser, sqlite_ctx: Context) -> None:
    send(guest, GOLDEN, files=[part(b"a very particular content", "x")])
    stored = b"".join(path.read_bytes() for path in sqlite_ctx.settings.data_dir.parent.rglob("*") if path.is_file())
    assert b"a very particular content" not in stored
    assert GOLDEN[:200] not in stored


def test_more_than_the_limit_is_refused_and_the_limit_named(guest: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "LARGEST", 10_000)
    answer = send(guest, GOLDEN)
    assert answer.status_code == 413
    assert "larger than 10 kB" in answer.get_data(as_text=True)


def test_too_many_files_to_compare_are_refused(guest: Browser) -> None:
    page = send(guest, GOLDEN, files=[part(b"x", f"{n}.txt") for n in range(21)]).get_data(as_text=True)
    assert "At most 20 files can be compared at once" in page


def test_checking_is_limited_by_address(guest: Browser, sqlite_ctx: Context) -> None:
    forget_limits(sqlite_ctx)
    hidden = guest.hidden("/verify")
    codes = [guest.client.post("/verify", data={**hidden, "bundle": part(b"x", "x"), "against": "none"}).status_code for _ in range(61)]
    assert codes[:60] == [200] * 60
    assert codes[60] == 429


def test_the_page_runs_the_very_checks_of_the_bundles_own_verifier(app: Flask) -> None:
    core = _core()
    assert core == "".join((verifier.PARTS / name).read_text() for name in verifier.SCRIPTS if name != "page.js")
    assert verifier.made() == current_tools().verify_html
    assert "async function verify(" in core
    assert "getElementById" not in core
    answer = app.test_client().get("/verify/checks.js")
    assert (answer.mimetype, answer.get_data(as_text=True)) == ("text/javascript", core)


# ---- in the browser --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Context, str, Page]]:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(_sqlite_template, folder / "ipr.db")
    with served(f"sqlite:///{folder / 'ipr.db'}", folder / "data") as (ctx, address), chromium() as browser:
        page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()
        page.set_default_timeout(20_000)
        yield ctx, address, page


def check(page: Page, address: str, data: bytes, *compare: tuple[str, bytes], fingerprint: str | None = None) -> str:
    page.goto(f"{address}/verify")
    page.get_by_label("Proof bundle").set_input_files({"name": "idea.asice", "mimeType": "application/zip", "buffer": data})
    files = [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in compare]
    page.get_by_label("Files to compare").set_input_files(files)  # type: ignore[arg-type]
    if fingerprint is not None:
        page.get_by_label("Fingerprint, 64 digits").fill(fingerprint)
    page.get_by_role("button", name="Check in this browser").click()
    expect(page.locator("#report .answer")).to_be_visible()
    return page.locator("#report").inner_text()


@pytest.mark.needs("Chromium")
def test_in_the_browser_nothing_is_sent_and_the_verdicts_are_the_same(house: tuple[Context, str, Page]) -> None:
    ctx, address, page = house
    data = registered(ctx)
    sent: list[str] = []
    said_aloud: list[str] = []
    page.on("console", lambda message: said_aloud.append(message.text))
    page.on("request", lambda request: sent.append(f"{request.method} {request.url.removeprefix(address).split('?')[0]}"))
    shown = check(page, address, data, ("copy.svg", CHAIR), ("other.svg", b"x"))
    assert shown.startswith(
        "Not among the registered files: other.svg.\n\nThe bundle itself: intact and trusted; no independent timestamp was verified."
    )
    assert page.locator("#report .answer.no").is_visible()
    assert "copy.svg is file 1 of this bundle." in shown
    assert "other.svg is not among the files" in shown
    assert "Timed by others: no" in shown
    assert page.get_by_role("img", name="From the file to the log to the time stamps and witnesses").is_visible()
    assert "Not proved: who the author is" in shown
    assert all(line.startswith("GET /verify") or line.startswith("GET /static/") for line in sent), sent
    assert said_aloud == []


@pytest.mark.needs("Chromium")
def test_in_the_browser_a_foreign_key_is_not_trusted_and_a_named_one_is(house: tuple[Context, str, Page]) -> None:
    _, address, page = house
    assert "Intact; not trusted" in check(page, address, GOLDEN) or page.locator("#report[data-intact=yes][data-trusted=no]").is_visible()
    assert "Intact and trusted" in check(page, address, GOLDEN, fingerprint=GOLDEN_KEY)
    assert "64 digits and letters" in check(page, address, GOLDEN, fingerprint="12")


@pytest.mark.needs("Chromium")
def test_in_the_browser_one_changed_byte_is_found_and_said(house: tuple[Context, str, Page]) -> None:
    _, address, page = house
    assert "Not intact" in check(page, address, GOLDEN[:5000] + bytes([GOLDEN[5000] ^ 1]) + GOLDEN[5001:])


@pytest.mark.needs("Chromium")
def test_a_dropped_bundle_is_checked_at_once(house: tuple[Context, str, Page]) -> None:
    _, address, page = house
    page.goto(f"{address}/verify")
    dropped = page.evaluate_handle(
        """(letters) => { const data = new DataTransfer();
           data.items.add(new File([Uint8Array.from(atob(letters), (c) => c.charCodeAt(0))], "idea.asice")); return data; }""",
        base64.b64encode(GOLDEN).decode(),
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": dropped})
    expect(page.locator("#report .answer")).to_contain_text("Intact")


@pytest.mark.needs("Chromium")
@pytest.mark.parametrize("width", [390, 1280])
def test_the_report_is_no_wider_than_the_screen(house: tuple[Context, str, Page], width: int) -> None:
    _, address, page = house
    page.set_viewport_size({"width": width, "height": 900})
    check(page, address, GOLDEN, fingerprint=GOLDEN_KEY)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_and_its_scripts_fit_in_thirty_kilobytes(guest: Browser) -> None:
    static = Path(verifying.__file__).parents[1] / "web" / "static"
    parts = [
        guest.client.get("/verify").data,
        _core().encode(),
        *((static / name).read_bytes() for name in ("verify.js", "ipr.js", "ideas.css")),
    ]
    assert sum(len(gzip.compress(part)) for part in parts) <= 30 * 1024
