"""Take the pictures of the twelve main pages, on a phone and at a desk, into ``docs/screenshots``: ``make screenshots``.

The people walk the same steps as the tests do, on a fresh service in a temporary folder. A picture is stored with a palette of at most
256 colours, chosen by how often they occur: these pages have few, and the pictures stay small.
"""

from __future__ import annotations

import base64
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

from ipr_service.app import configure_logs
from ipr_service.store.database import Database, migrate
from tests.e2e import steps
from tests.e2e.site import DESK, PHONE, Site, served
from tests.e2e.steps import MARKO, SARA, press
from tests.web.chromium import chromium

FOLDER: Final = Path(__file__).parents[2] / "docs/screenshots"

# Count the colours, keep the 256 most frequent, give every pixel the nearest of them.
_PALETTE: Final = """async (address) => {
  const image = new Image(); image.src = address; await image.decode();
  const { width, height } = image, canvas = new OffscreenCanvas(width, height), paint = canvas.getContext("2d");
  paint.drawImage(image, 0, 0);
  const bytes = paint.getImageData(0, 0, width, height).data, pixels = new Uint32Array(width * height), counts = new Map();
  for (let at = 0; at < pixels.length; at++) {
    const key = (bytes[4 * at] << 16) | (bytes[4 * at + 1] << 8) | bytes[4 * at + 2];
    pixels[at] = key; counts.set(key, (counts.get(key) || 0) + 1);
  }
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(([key]) => key), nearest = new Map();
  const part = (key, shift) => (key >> shift) & 255;
  const find = (key) => { let best = 0, least = Infinity;
    palette.forEach((other, at) => { const far = [16, 8, 0].reduce((sum, s) => sum + (part(key, s) - part(other, s)) ** 2, 0);
      if (far < least) { least = far; best = at; } });
    nearest.set(key, best); return best; };
  const indices = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at++) indices[at] = nearest.get(pixels[at]) ?? find(pixels[at]);
  let text = ""; for (let at = 0; at < indices.length; at += 32768) text += String.fromCharCode(...indices.subarray(at, at + 32768));
  return { width, height, palette, indices: btoa(text) };
}"""


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def with_palette(blank: Page, picture: bytes) -> bytes:
    """The same picture as PNG of colour type 3 (W3C PNG, third edition, 11.2). ``blank``: a page that may run our script."""
    made = blank.evaluate(_PALETTE, "data:image/png;base64," + base64.b64encode(picture).decode())
    width, height, pixels = made["width"], made["height"], base64.b64decode(made["indices"])
    lines = b"".join(b"\0" + pixels[at : at + width] for at in range(0, len(pixels), width))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    palette = b"".join(struct.pack(">I", colour)[1:] for colour in made["palette"])
    parts = (_chunk(b"IHDR", head), _chunk(b"PLTE", palette), _chunk(b"IDAT", zlib.compress(lines, 9)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@dataclass
class Pictures:
    """Where the pictures go."""

    site: Site
    folder: Path
    blank: Page
    taken: list[Path] = field(default_factory=list)

    def take(self, name: str, page: Page) -> None:
        """One page as both screens show it when it is opened."""
        before = page.viewport_size
        for kind, size in (("desk", DESK), ("phone", PHONE)):
            page.set_viewport_size(size)  # type: ignore[arg-type]
            page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
            picture = page.screenshot(animations="disabled")
            path = self.folder / f"{name}-{kind}.png"
            path.write_bytes(with_palette(self.blank, picture))
            self.taken.append(path)
        page.set_viewport_size(before)  # type: ignore[arg-type]


def walk(pictures: Pictures) -> None:
    """The journey once, stopping at the twelve main pages."""
    site, take = pictures.site, pictures.take
    sara, marko = site.visitor(DESK), site.visitor(PHONE)
    sara.goto(site.address)
    take("01-front", sara)
    press(sara, "Register an idea")
    steps.sign_up(sara, "Sara Conti", SARA, steps.FIRM)
    sara.reload()
    sara.get_by_label("Title", exact=True).fill(steps.IDEA)
    sara.get_by_label("Files").set_input_files((steps.DRAWING, steps.PHOTO))
    sara.get_by_label("Text", exact=False).first.fill(steps.ABOUT)
    take("02-register", sara)
    press(sara, "Register")
    take("03-receipt", sara)
    press(sara, "Go to the idea")
    idea = sara.url
    bundle = steps.downloaded(sara, "Proof bundle").path().read_bytes()
    steps.confirm_address(sara, site, SARA)
    sara.goto(idea)
    steps.offer(sara)
    shown = sara.url
    marko.goto(site.link(MARKO, "/invitations/"))
    steps.sign_up(marko, "Marko Kos", MARKO)
    press(marko, "Accept")
    marko.goto(site.link(MARKO, "/signing/"))
    take("09-sign", marko)
    steps.sign(marko, site, MARKO)
    steps.sign_by_mail(sara, site, SARA)
    site.work()
    marko.goto(shown)
    press(marko, "Open")
    sara.goto(shown)
    take("05-shown", sara)
    _together(pictures, sara, marko)
    sara.goto(f"{site.address}/verify")
    sara.get_by_label("Proof bundle").set_input_files([{"name": "idea.asice", "mimeType": "application/zip", "buffer": bundle}])
    press(sara, "Send it and check it there")
    take("10-verify", sara)


def _together(pictures: Pictures, sara: Page, marko: Page) -> None:
    """From the collaboration to the draft; the desk last, when something waits."""
    site, take = pictures.site, pictures.take
    steps.begin_together(sara)
    together = sara.url
    marko.goto(site.link(MARKO, "/invitations/"))
    press(marko, "Accept")
    press(marko, "Join")
    steps.contribute(marko, "Form of the low back", "Form and look", "3")
    sara.goto(together)
    steps.contribute(sara, "Frame and joints", "Engineering", "5")
    steps.propose(sara)
    sara.reload()
    take("07-split", sara)
    sara.goto(site.address)
    take("04-desk", sara)
    sara.get_by_role("link", name="Accept or decline a split").click()
    press(sara, "Accept this split")
    marko.goto(site.address)
    marko.get_by_role("link", name="Accept or decline a split").click()
    press(marko, "Accept this split")
    sara.goto(together)
    take("06-together", sara)
    _money(pictures, sara, marko, together)
    press(sara, "Draft the agreement")
    sara.get_by_label("Your name for it").fill("Co-development of the chair")
    press(sara, "Begin the draft")
    sara.reload()
    take("08-draft", sara)


def _money(pictures: Pictures, sara: Page, marko: Page, together: str) -> None:
    """A sale, its payout with the reasons, and the ledger after it."""
    sara.goto(f"{together}/money/record")
    sara.get_by_label("Amount").fill("1000.01")
    sara.get_by_label("What for?").fill("Ten chairs, first batch")
    press(sara, "Record")
    press(sara, "See what each would get")
    pictures.take("11-payout", sara)
    press(sara, "Propose this to everybody")
    marko.goto(pictures.site.address)
    marko.get_by_role("link", name="Accept or decline a payout").first.click()
    press(marko, "Accept this payout")
    sara.goto(f"{together}/money")
    pictures.take("12-money", sara)
    sara.goto(together)


def main(say: Callable[[str], object] = print) -> int:
    """Take them all; says what was written."""
    configure_logs("error")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        database = Database(f"sqlite:///{name}/ipr.db")
        migrate(database)
        database.close()
        with served(f"sqlite:///{name}/ipr.db", Path(name) / "data", browser, origin="log.example.org") as site:
            pictures = Pictures(site, FOLDER, browser.new_page())
            walk(pictures)
    for path in pictures.taken:
        say(f"{path.relative_to(FOLDER.parents[1])} {path.stat().st_size // 1000} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
