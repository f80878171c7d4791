"""verify.html, opened from disk in a real browser with no network, gives the same intact and trusted verdicts."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from docs import verifier
from ipr_service.evidence import bundle, conformance, container
from ipr_service.evidence.container import Source
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.verification import verify
from tests.golden import generate

PAGE = Path(bundle.__file__).parent / "files" / "verify.html"
FINGERPRINT = "764564415cc5af5889b0b204835076f16b29770f1e610593d5ddb58296f55ca3"
GOLDEN = generate.GOLDEN.read_bytes()
MEMBERS = {name: bundle.read(io.BytesIO(GOLDEN)).read(name) for name in bundle.read(io.BytesIO(GOLDEN)).names}
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SOURCE = PAGE.read_text(encoding="utf-8")
TRUST = (generate.VECTOR / "log.vkeys").read_text()


def hash_of(tag: str) -> str:
    inline = re.search(rf"<{tag}>(.*?)</{tag}>", SOURCE, re.DOTALL)
    assert inline
    return "'sha256-" + base64.b64encode(hashlib.sha256(inline[1].encode()).digest()).decode() + "'"


def test_the_page_is_what_its_parts_and_the_catalogues_make() -> None:
    assert verifier.made() == PAGE.read_bytes()


def test_the_script_in_the_bundle_is_its_source_without_comments() -> None:
    assert verifier.made_script() == verifier.SCRIPT.read_bytes()


def test_every_sentence_of_the_page_is_there_in_italian() -> None:
    assert set(verifier.sentences()) == set(verifier.words("it"))


def test_the_policy_allows_exactly_the_script_and_style_of_the_page() -> None:
    policy = f"default-src 'none'; script-src {hash_of('script')}; style-src {hash_of('style')}; base-uri 'none'; form-action 'none'"
    assert f'content="{policy}"' in SOURCE


def test_the_page_fits_in_thirty_kilobytes_and_names_no_address() -> None:
    assert len(gzip.compress(PAGE.read_bytes())) < 30 * 1024
    named = set(re.findall(r"https?://[^\"'<> ]+", SOURCE))  # only the names of XML forms
    assert {address.split("/")[2] for address in named} <= {"uri.etsi.org", "www.w3.org"}


@pytest.fixture(scope="module")
def browser_page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        context = browser.new_context(offline=True, viewport={"width": 390, "height": 844}, locale="en-GB")
        page = context.new_page()
        page.set_default_timeout(20_000)
        yield page
        browser.close()


@pytest.fixture
def page(browser_page: Page) -> Iterator[Page]:
    said: list[str] = []
    listen = lambda message: said.append(message.text)  # noqa: E731
    browser_page.on("console", listen)
    browser_page.goto(PAGE.as_uri())
    yield browser_page
    browser_page.remove_listener("console", listen)
    assert said == []


def check(page: Page, data: bytes, fingerprint: str = FINGERPRINT, compare: list[tuple[str, bytes]] | None = None) -> str:
    page.get_by_label("Fingerprint of the log").fill(fingerprint)
    page.get_by_label("Proof bundle").set_input_files({"name": "idea.asice", "mimeType": "application/zip", "buffer": data})
    if compare:
        files = [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in compare]
        page.get_by_label("Files to compare").set_input_files(files)  # type: ignore[arg-type]
    page.get_by_role("button", name="Verify").click()
    expect(page.locator("#report .answer")).to_be_visible()
    return page.locator("#report").inner_text()


def packed(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    container.write(out, [Source.of(one, data if one == name else old) for one, old in MEMBERS.items()])
    return out.getvalue()


in_browser = pytest.mark.needs("Chromium")


def verdicts(page: Page) -> tuple[str | None, ...]:
    report = page.locator("#report")
    return tuple(report.get_attribute(f"data-{verdict}") for verdict in ("intact", "trusted", "timed"))


@in_browser
def test_the_golden_bundle_is_intact_and_trusted_under_its_fingerprint(page: Page) -> None:
    said = check(page, GOLDEN, compare=[("copy.svg", MEMBERS["files/0001.svg"]), ("other.txt", b"other")])
    assert verdicts(page) == ("yes", "yes", "no")
    assert said.startswith(
        "Not among the registered files: other.txt.\n\nThe bundle itself: intact and trusted; no independent timestamp was verified."
    )
    assert "copy.svg is file 1 of this bundle." in said
    assert "other.txt is not among the files." in said
    assert "Not proved: who the author is, and that the idea is new." in said
    assert "Sedia pieghevole" in said
    assert page.get_by_role("img", name="In the log, entry 7 of demo.invalid/golden").is_visible()


@in_browser
@pytest.mark.parametrize("vector", ["", "two-tokens", "renewed", "renewed-twice", "renewal-keeps", "renewal-too-late", "own-clock"])
def test_every_check_has_the_name_and_the_outcome_that_ipr_verify_gives(page: Page, vector: str) -> None:
    data, trust = GOLDEN, TRUST
    if vector:
        (known,) = [one for one in conformance.read(conformance.shipped()) if one.name == vector]
        data, trust = known.bundle.read_bytes(), known.trust.read_text()
    check(page, data, trust)
    report = verify(io.BytesIO(data), TrustList.from_bytes(trust.encode()))
    shown = []
    for verdict, box in zip(("intact", "trusted", "timed"), page.locator("#report details").all(), strict=True):
        shown += [(one.locator("code").text_content(), verdict, one.get_attribute("class")) for one in box.locator("li").all()]
    assert sorted(shown) == sorted((one.name, one.verdict, one.outcome) for one in report.checks if one.name != "salt")


@in_browser
def test_in_italian_every_sentence_is_said(page: Page) -> None:
    page.get_by_role("button", name="IT").click()
    assert page.locator("h1").inner_text() == "Verifica un pacchetto di prova"
    page.locator("#trust").fill(FINGERPRINT)
    page.locator("#bundle").set_input_files({"name": "idea.asice", "mimeType": "application/zip", "buffer": GOLDEN})
    page.locator("#go").click()
    expect(page.locator("#report .answer")).to_contain_text("Integro e attendibile")
    assert "Non provato" in page.locator("#report").inner_text()


@in_browser
def test_without_a_fingerprint_only_the_bundle_vouches_for_the_key(page: Page) -> None:
    assert f"Intact; signed by key {FINGERPRINT}, which only this bundle vouches for." in check(page, GOLDEN, "")
    assert verdicts(page) == ("yes", "no", "no")


@in_browser
def test_another_fingerprint_is_said(page: Page) -> None:
    assert "Intact; not trusted: log-key." in check(page, GOLDEN, "0" * 64)
    assert FINGERPRINT in page.locator("#report").text_content()  # type: ignore[operator]


@in_browser
def test_a_pasted_fingerprint_may_hold_spaces_and_capitals(page: Page) -> None:
    assert "Intact and trusted" in check(page, GOLDEN, " " + FINGERPRINT[:32].upper() + "\u00a0" + FINGERPRINT[32:])


@in_browser
@pytest.mark.parametrize(
    ("given", "words"),
    [("12", "64 digits and letters"), ("log nonsense", "not written in its one way"), ("no such line", "cannot be read")],
)
def test_what_is_no_fingerprint_and_no_list_is_refused_in_words(page: Page, given: str, words: str) -> None:
    assert words in check(page, GOLDEN, given)


@in_browser
def test_a_forged_second_signature_is_found(page: Page) -> None:
    lines = MEMBERS["proof.tlog-proof"].split(b"\n")
    at = next(number for number, line in enumerate(lines) if line.startswith("\u2014".encode()) and len(line) > 1_000)
    name, blob = lines[at].rsplit(b" ", 1)
    forged = bytearray(base64.b64decode(blob))
    forged[200] ^= 1
    lines[at] = name + b" " + base64.b64encode(forged)
    assert "signatures" in check(page, packed("proof.tlog-proof", b"\n".join(lines))).splitlines()[0]


@in_browser
@pytest.mark.parametrize(
    ("name", "blamed"),
    [
        ("files/0001.svg", "file.1"),
        ("salt", "entry"),
        ("manifest.json", "entry"),
        ("openings.json", ""),
        ("entry", "inclusion"),
        ("checkpoint.body", "checkpoint.body"),
        ("proof.tlog-proof", ""),
        ("certificate.pdf", "container.list"),
        ("META-INF/ASiCManifest.xml", "container.list"),
    ],
)
def test_a_changed_byte_is_not_intact_and_the_check_is_named(page: Page, name: str, blamed: str) -> None:
    data = bytearray(MEMBERS[name])
    data[len(data) // 2] ^= 1
    said = check(page, packed(name, bytes(data)))
    assert said.startswith("Not intact: ")
    assert blamed in said.splitlines()[0]


@in_browser
@pytest.mark.parametrize("data", [b"", b"x" * 100, GOLDEN[:-1], GOLDEN + b"x", GOLDEN[:5000] + b"\x00" + GOLDEN[5001:]], ids=str)
def test_a_damaged_container_is_not_intact(page: Page, data: bytes) -> None:
    assert check(page, data).startswith("Not intact: ")


@in_browser
def test_it_can_be_used_with_the_keyboard_alone(page: Page) -> None:
    page.get_by_label("Proof bundle").set_input_files({"name": "idea.asice", "mimeType": "application/zip", "buffer": GOLDEN})
    page.get_by_label("Fingerprint of the log").focus()
    page.keyboard.insert_text(FINGERPRINT)
    page.keyboard.press("Enter")
    expect(page.locator("#report .answer")).to_be_visible()
    expect(page.locator("#report")).to_be_focused()


@in_browser
@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_is_wider_than_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    check(page, GOLDEN)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@in_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(page: Page, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    check(page, GOLDEN)
    # the page's own policy forbids foreign scripts; the copy without it has the same content
    page.set_content(re.sub(r"<meta http-equiv.*?>|<script>.*?</script>", "", page.content(), flags=re.DOTALL))
    assert Axe().run(page).response["violations"] == []
