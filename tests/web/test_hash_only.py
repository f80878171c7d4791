"""Hash-only in a real browser: the same bytes as the Python, a bundle that verifies, and nothing but 32 bytes on the wire."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect
from sqlalchemy import select

from ipr_service.evidence import bundle as container
from ipr_service.evidence.trust import TrustList
from ipr_service.evidence.tsp import read_query
from ipr_service.evidence.verification import verify
from ipr_service.services import registration
from ipr_service.services.context import Context
from ipr_service.store.schema import IdeaVersion, LogEntry
from tests.support import vectors
from tests.support.house import PASSWORD, person
from tests.web.chromium import chromium, served

pytestmark = pytest.mark.needs("Chromium")
TITLE, NAME, TEXT = "Lamp «Perla» che galleggia", "lampada-perla.step", "It floats on a thread of light."
DRAWING = os.urandom(300_000)


@dataclass
class House:
    ctx: Context
    address: str
    browser: Browser
    cookies: list[Any] = field(default_factory=list)

    def page(self, **options: Any) -> Page:
        page = self.browser.new_context(**options).new_page()
        page.set_default_timeout(20_000)
        return page

    def sara(self, **options: Any) -> Page:
        """A page on which Sara is logged in."""
        page = self.page(**options)
        if not self.cookies:
            page.goto(f"{self.address}/login")
            page.get_by_label("Mail address").fill("sara@example.org")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()
            page.wait_for_url(f"{self.address}/")
            self.cookies.extend(page.context.cookies())
        page.context.add_cookies(self.cookies)
        return page


@pytest.fixture(scope="module")
def house(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(_sqlite_template, folder / "ipr.db")
    with served(f"sqlite:///{folder / 'ipr.db'}", folder / "data") as (ctx, address), chromium() as browser:
        registration.register_commitment(ctx, person(ctx, "Sara"), os.urandom(32))  # so that there is a checkpoint to name
        yield House(ctx, address, browser)


def trusting(ctx: Context) -> TrustList:
    return TrustList.from_bytes("".join(f"{key.to_text()}\n" for key in ctx.service_keys.log_keys.vkeys).encode())


def chosen(name: str, content: bytes, kind: str = "model/step") -> dict[str, Any]:
    return {"name": name, "mimeType": kind, "buffer": content}


def test_the_digests_are_those_of_python_at_every_length_around_a_block(house: House) -> None:
    page = house.page()
    page.goto(house.address)
    data = os.urandom(2_000)
    lengths = [*range(0, 260), 500, 1_000, 1_999]
    found = page.evaluate(
        """async ([data, lengths]) => {
          const { Sha256, Sha512, Crc32 } = await import("/static/sha2.js"), { hex, fromBase64 } = await import("/static/evidence.js");
          const bytes = fromBase64(data);
          return lengths.map((length) => [Sha256, Sha512].map((Hash) => {
            const hash = new Hash();
            for (let at = 0; at < length; at += 1 + at % 97) hash.update(bytes.subarray(at, Math.min(length, at + 1 + at % 97)));
            return hex(hash.digest());
          }).concat(new Crc32().update(bytes.subarray(0, length)).digest()));
        }""",
        [base64.b64encode(data).decode(), lengths],
    )
    expected = [[hashlib.sha256(data[:n]).hexdigest(), hashlib.sha512(data[:n]).hexdigest(), zlib.crc32(data[:n])] for n in lengths]
    assert found == expected


def test_for_the_salts_of_the_vectors_the_browser_makes_the_bytes_of_the_vectors(house: House) -> None:
    page = house.page()
    page.goto(house.address)
    openings, manifest = (json.loads(vectors.data(f"bundle/{name}.json")) for name in ("openings", "manifest"))
    salts = [vectors.data("bundle/salt").hex(), *(one["salt"] for one in (*openings["files"], *openings["statements"]))]
    made = page.evaluate(
        """async ({ salts, openings, checkpoint, kind }) => {
          const { commit, fromBase64, base64 } = await import("/static/evidence.js");
          const bytes = (digits) => Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
          const made = commit({
            kind, checkpoint: fromBase64(checkpoint), salts: () => bytes(salts.shift()),
            files: openings.files.map((file) => ({ sha256: bytes(file.sha256), sha512: bytes(file.sha512) })),
            statements: openings.statements.map((one) => one.statement),
          });
          return Object.fromEntries(Object.entries(made).map(([name, value]) => [name, base64(value)]));
        }""",
        {"salts": salts, "openings": openings, "checkpoint": manifest["checkpoint"], "kind": manifest["kind"]},
    )
    for name, member in {"manifest": "manifest.json", "openings": "openings.json", "salt": "salt", "entry": "entry"}.items():
        assert base64.b64decode(made[name]) == vectors.data(f"bundle/{member}"), member
    assert made["commitment"] == "W8j9RWOJKu7dZrD01v04efpQIYjgYJcYm96+rOEZelQ="  # as the README of the vectors says


@pytest.mark.parametrize("value", ['"\\ud800"', '"e\\u0301"', "1.5", "9007199254740992"])
def test_what_has_no_canonical_form_is_refused(house: House, value: str) -> None:
    page = house.page()
    page.goto(house.address)
    script = """async (text) => { const { canonical } = await import("/static/evidence.js");
      try { return canonical(JSON.parse(text)); } catch (problem) { return problem.name; } }"""
    assert page.evaluate(script, value) == "RangeError"


def test_canonical_keys_stand_in_the_order_of_utf_16_as_rfc_8785_asks(house: House) -> None:
    page = house.page()
    page.goto(house.address)
    script = """async () => (await import("/static/evidence.js")).canonical(
      { "\\u20ac": 1, "\\r": 2, "1": 3, "\\ud83d\\ude00": 4, "\\u00f6": 5 })"""
    assert page.evaluate(script) == '{"\\r":2,"1":3,"ö":5,"€":1,"😀":4}'


def register(page: Page, address: str, *files: dict[str, Any], title: str = TITLE, inside: bool = True) -> None:
    page.goto(address)
    page.get_by_label("Title", exact=True).fill(title)
    page.get_by_label("Text (optional)").fill(TEXT)
    page.get_by_label("Files (optional)").set_input_files(list(files))  # type: ignore[arg-type]
    page.get_by_label("Put the files into the proof bundle too").set_checked(inside)
    page.get_by_role("button", name="Compute and register").click()
    expect(page.get_by_text("Now save your proof bundle")).to_be_visible()


def saved(page: Page) -> bytes:
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the proof bundle").click()
    return Path(download.value.path()).read_bytes()


def listening(page: Page) -> tuple[list[Request], list[str]]:
    requests: list[Request] = []
    said: list[str] = []
    page.context.on("request", lambda request: requests.append(request))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda problem: said.append(str(problem)))
    return requests, said


def test_a_bundle_made_in_the_browser_is_intact_and_trusted_and_only_32_bytes_were_sent(house: House) -> None:
    page = house.sara()
    requests, said = listening(page)
    page.goto(f"{house.address}/ideas/new/hash-only")
    page.get_by_text("Who made it?").click()
    page.get_by_label("Mail address of contributor 2").fill("marko@example.org")
    page.get_by_label("Role of contributor 2").fill("mechanics")
    page.get_by_label("Share of contributor 1").fill("62,5 %")
    page.get_by_label("Share of contributor 2").fill("3/8")
    page.get_by_label("Title", exact=True).fill(TITLE)
    page.get_by_label("Text (optional)").fill(TEXT)
    page.get_by_label("Files (optional)").set_input_files([chosen(NAME, DRAWING)])  # type: ignore[list-item]
    page.get_by_role("button", name="Compute and register").click()
    expect(page.get_by_text("Now save your proof bundle")).to_be_visible()
    data = saved(page)

    report = verify(io.BytesIO(data), trusting(house.ctx), [("copy.step", io.BytesIO(DRAWING))])
    assert bool(report), report.failed
    assert report.facts.title == TITLE
    assert report.facts.people == ("mailto:sara@example.org", "mailto:marko@example.org")
    _nothing_left(requests, data)
    assert said == []


def _nothing_left(requests: list[Request], data: bytes) -> None:
    """No title, name, text, salt or digest of a file in any address, header or body; the bodies are 32 bytes and one RFC 3161 query."""
    secrets = [TITLE, TEXT, NAME, "marko", "mechanics", "Perla"]
    raw = [hashlib.new(name, DRAWING).digest() for name in ("sha256", "sha512", "sha1", "md5")]
    opened = container.read(io.BytesIO(data))
    openings = json.loads(opened.read("openings.json"))
    salts = [opened.read("salt"), *(bytes.fromhex(one["salt"]) for one in (*openings["files"], *openings["statements"]))]
    forms = [
        form for value in (*raw, *salts) for form in (value, value.hex().encode(), base64.b64encode(value), base64.urlsafe_b64encode(value))
    ]
    bodies = [request.post_data_buffer for request in requests if request.post_data_buffer]
    for request in requests:
        wire = f"{request.method} {request.url} {request.headers}".encode() + (request.post_data_buffer or b"")
        assert not [secret for secret in secrets if secret.encode() in wire or base64.b64encode(secret.encode()) in wire], request.url
        assert not [form for form in forms if form in wire], request.url
    commitment, query = bodies
    assert len(commitment) == 32
    assert b"ipr/entry/v1 " + base64.b64encode(commitment) + b"\n" == opened.read("entry")
    assert read_query(query).digest == hashlib.sha256(opened.read("META-INF/ASiCManifest.xml")).digest()


def test_the_service_keeps_32_bytes_and_nothing_that_opens_them(house: House) -> None:
    page = house.sara()
    register(page, f"{house.address}/ideas/new/hash-only", chosen(NAME, b"other drawing"))
    with house.ctx.database.reading() as session:
        version = session.scalars(select(IdeaVersion).order_by(IdeaVersion.id.desc()).limit(1)).one()
        entry = session.scalars(select(LogEntry).where(LogEntry.commitment == version.commitment)).one()
    assert (version.hash_only, version.title_sealed, entry.manifest, entry.opening_sealed, entry.key_id) == (True, None, None, None, None)
    stored = b"".join(path.read_bytes() for path in house.ctx.settings.data_dir.parent.rglob("*") if path.is_file())
    for secret in (
        TITLE.encode(),
        NAME.encode(),
        hashlib.sha256(b"other drawing").digest(),
        hashlib.sha256(b"other drawing").hexdigest().encode(),
    ):
        assert secret not in stored


def test_files_may_stay_beside_the_bundle(house: House) -> None:
    page = house.sara()
    register(page, f"{house.address}/ideas/new/hash-only", chosen("a.txt", b"one"), chosen("b", b"two"), inside=False)
    report = verify(io.BytesIO(saved(page)), trusting(house.ctx), [("b", io.BytesIO(b"two"))])
    assert bool(report), report.failed
    assert [check.outcome for check in report.checks if check.name.startswith("file.")] == ["absent", "absent"]


def test_a_next_version_names_the_one_before(house: House) -> None:
    page = house.sara()
    register(page, f"{house.address}/ideas/new/hash-only", chosen("a.txt", b"one"))
    first = container.read(io.BytesIO(saved(page)))
    page.get_by_role("button", name="Go to the receipt").click()
    page.get_by_role("button", name="Go to the idea").click()
    page.get_by_role("button", name="Register a new version").click()
    register(page, page.url, chosen("a.txt", b"two"))
    second = saved(page)
    assert verify(io.BytesIO(second), trusting(house.ctx)).trusted
    manifest = json.loads(container.read(io.BytesIO(second)).read("manifest.json"))
    assert first.read("entry") == f"ipr/entry/v1 {manifest['previous']}\n".encode()


def test_a_broken_line_loses_nothing_and_the_same_bytes_are_sent_again(house: House) -> None:
    page = house.sara()
    sent: list[bytes | None] = []
    page.goto(f"{house.address}/ideas/new/hash-only")
    with house.ctx.database.reading() as session:
        before = len(session.scalars(select(LogEntry.index)).all())

    def break_after_sending(route: Any) -> None:
        sent.append(route.request.post_data_buffer)
        if len(sent) == 1:
            route.fetch(max_redirects=0)  # it arrived, and its answer is lost
            route.abort()
        else:
            route.continue_()

    page.route("**/ideas/commitments?*", break_after_sending)
    page.get_by_label("Title", exact=True).fill("Line")
    page.get_by_label("Text (optional)").fill("It breaks.")
    page.get_by_role("button", name="Compute and register").click()
    expect(page.get_by_text("Nothing is lost: try again")).to_be_visible()
    page.get_by_role("button", name="Compute and register").click()
    expect(page.get_by_text("Now save your proof bundle")).to_be_visible()
    assert sent[0] == sent[1]
    with house.ctx.database.reading() as session:
        assert len(session.scalars(select(LogEntry.index)).all()) == before + 1
    assert verify(io.BytesIO(saved(page)), trusting(house.ctx)).trusted


def test_leaving_before_the_bundle_is_saved_is_warned_of(house: House) -> None:
    page = house.sara()
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    register(page, f"{house.address}/ideas/new/hash-only", chosen("a.txt", b"one"))
    page.get_by_role("button", name="Go to the receipt").click()
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    assert asked == ["beforeunload"]
    saved(page)
    page.get_by_role("button", name="Go to the receipt").click()
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    assert asked == ["beforeunload"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"title": " "}, "a title of 1 to 200 characters"),
        ({"title": "safe\u202etxt.exe"}, "a title of 1 to 200 characters"),
        ({"text": ""}, "nothing to register yet"),
        ({"share": "1/2"}, "exactly 1"),
        ({"share": "2"}, "exactly 1"),
        ({"email": "marko@example.org"}, "each address once"),
    ],
)
def test_a_refusal_in_the_browser_says_what_to_do_and_sends_nothing(house: House, fields: dict[str, str], said: str) -> None:
    page = house.sara()
    page.goto(f"{house.address}/ideas/new/hash-only")
    requests, _ = listening(page)
    page.get_by_label("Title", exact=True).fill(fields.get("title", "Lamp"))
    page.get_by_label("Text (optional)").fill(fields.get("text", "It floats."))
    page.get_by_text("Who made it?").click()
    page.get_by_label("Mail address of contributor 1").fill(fields.get("email", "sara@example.org"))
    page.get_by_label("Share of contributor 1").fill(fields.get("share", ""))
    page.get_by_label("Mail address of contributor 2").fill(fields.get("email", ""))
    page.get_by_role("button", name="Compute and register").click()
    expect(page.get_by_role("alert")).to_contain_text(said)
    assert [request for request in requests if request.method == "POST"] == []


def test_without_scripts_the_page_says_so_and_shows_no_form(house: House) -> None:
    page = house.sara(java_script_enabled=False)
    page.goto(f"{house.address}/ideas/new/hash-only")
    expect(page.get_by_text("This page needs scripts")).to_be_visible()
    expect(page.locator("#hash-only")).to_be_hidden()
