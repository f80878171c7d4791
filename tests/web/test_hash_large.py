"""A large file in a real browser: the page stays awake while it is hashed, memory stays flat, and it can be stopped."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ipr_service.evidence import bundle as container
from ipr_service.evidence.commitment import Openings
from ipr_service.evidence.verification import verify
from tests.web.test_hash_only import House, house, saved, trusting  # noqa: F401 - a fixture

pytestmark = pytest.mark.needs("Chromium")
MIB = 1 << 20
# A clock of the page itself: how often it ticked, and the longest it ever stood still, in milliseconds.
TICKING = """() => { let last = performance.now(); window.ticks = 0; window.longest = 0;
  setInterval(() => { const now = performance.now(); ticks++; longest = Math.max(longest, now - last); last = now; }, 50); }"""


def film(folder: Path, size: int) -> Path:
    """A file with holes and something to read at its beginning, in its middle and at its end."""
    path = folder / "film.mov"
    with path.open("wb") as stream:
        for place in (0, size // 2, size - 5):
            stream.seek(place)
            stream.write(b"scene")
    assert path.stat().st_size == size
    return path


def begin(page: Page, address: str, path: Path) -> None:
    page.goto(f"{address}/ideas/new/hash-only")
    page.evaluate(TICKING)
    page.get_by_label("Title", exact=True).fill("Film")
    page.get_by_label("Files (optional)").set_input_files(path)
    page.get_by_label("Put the files into the proof bundle too").set_checked(False)
    page.get_by_role("button", name="Compute and register").click()


def digests(path: Path) -> tuple[bytes, bytes]:
    with path.open("rb") as stream:
        narrow = hashlib.file_digest(stream, "sha256").digest()
        stream.seek(0)
        return narrow, hashlib.file_digest(stream, "sha512").digest()


def memory(house: House) -> int:  # noqa: F811
    """MiB that all processes of this browser hold together."""
    processes = house.browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    held = [re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{one['id']}/status").read_text()) for one in processes]
    return sum(int(one[1]) for one in held if one) >> 10


def reach(page: Page, part: float) -> None:
    """Wait until so much of everything is hashed. (The page's policy lets nobody evaluate, playwright's own waiting included.)"""
    while page.locator("#progress").evaluate("bar => bar.value") < part:
        page.wait_for_timeout(100)


def registered(house: House, page: Page, path: Path) -> None:  # noqa: F811
    data = saved(page)
    openings = Openings.from_bytes(container.read(io.BytesIO(data)).read("openings.json"))
    assert (openings.files[0].sha256, openings.files[0].sha512) == digests(path)
    assert verify(io.BytesIO(data), trusting(house.ctx)).trusted


def test_two_hundred_megabytes_are_hashed_while_the_page_ticks_on(house: House, tmp_path: Path) -> None:  # noqa: F811
    path = film(tmp_path, 200 * MIB + 5)
    page = house.sara()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    begin(page, house.address, path)
    expect(page.locator("#amount")).to_contain_text("of 209.7 MB")
    before = page.evaluate("ticks")
    expect(page.locator("#made")).to_be_visible(timeout=240_000)
    assert page.evaluate("ticks") > before
    assert page.evaluate("longest") < 2_000  # 200 MB at once would hold it for longer
    assert said == []
    registered(house, page, path)


def test_hashing_can_be_stopped_and_begun_again_and_nothing_is_sent_meanwhile(house: House, tmp_path: Path) -> None:  # noqa: F811
    page = house.sara()
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    begin(page, house.address, film(tmp_path, 20_000 * MIB))
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped. Nothing was sent")).to_be_visible()
    expect(page.locator("#working")).to_be_hidden()
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    assert sent == []
    assert page.evaluate("document.activeElement.type") == "submit"
    assert page.get_by_label("Title", exact=True).is_enabled()
    page.get_by_role("button", name="Remove: film.mov").click()
    small = tmp_path / "small.txt"
    small.write_bytes(b"small")
    page.get_by_label("Files (optional)").set_input_files(small)
    page.get_by_role("button", name="Compute and register").click()
    expect(page.locator("#made")).to_be_visible(timeout=60_000)
    registered(house, page, small)


ASK = """() => new Promise((done) => { const worker = new Worker("/static/hash-worker.js", { type: "module" });
  worker.onmessage = ({ data }) => { if (data.digests || data.failed) done(data.compiled); };
  worker.postMessage({ number: 0, file: new Blob(["letter"]) }); })"""


def test_the_worker_compiles_what_no_page_may(house: House) -> None:  # noqa: F811
    page = house.page()
    page.goto(house.address)
    assert page.evaluate(ASK) is True
    compiling = "() => WebAssembly.compile(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)).then(() => 'compiled', () => 'refused')"
    assert page.evaluate(compiling) == "refused"


def test_without_web_assembly_the_script_of_the_house_computes_the_same(house: House, tmp_path: Path) -> None:  # noqa: F811
    path = film(tmp_path, 9 * MIB + 1)
    page = house.sara()
    page.context.route("**/vendor/hash-wasm*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    begin(page, house.address, path)
    expect(page.locator("#made")).to_be_visible(timeout=120_000)
    registered(house, page, path)


@pytest.mark.soak
def test_four_gigabytes_are_hashed_in_the_memory_of_a_letter(house: House, tmp_path: Path) -> None:  # noqa: F811
    path = film(tmp_path, 4_000_000_000)
    page = house.sara()
    begin(page, house.address, path)
    expect(page.locator("#amount")).to_contain_text("of 4 GB")
    reach(page, 0.05)
    early = memory(house)
    reach(page, 0.9)
    late = memory(house)
    expect(page.locator("#made")).to_be_visible(timeout=600_000)
    pause = page.evaluate("longest")
    print(f"browser: {early} MiB at a twentieth, {late} MiB at nine tenths; longest pause {pause:.0f} ms")  # noqa: T201 - for whoever asked
    assert late < early + 256
    assert pause < 5_000
    registered(house, page, path)
