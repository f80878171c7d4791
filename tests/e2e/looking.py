"""What is asked of every page: axe finds nothing (WCAG 2.2 AA; light and dark; desk and phone), nothing scrolls sideways at 320 px,
and the keyboard's focus is seen.

Source: WCAG 2.2, 1.4.3, 1.4.10, 2.4.7, 2.4.11, 2.5.8 and what axe-core tests of the rest.
"""

from __future__ import annotations

import json
from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.e2e.site import DESK, PHONE

NARROWEST: Final = {"width": 320, "height": 720}
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_ALL: Final = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
_WAYS: Final = ((DESK, "light"), (PHONE, "dark"))  # the colours are the same at both widths, the layout the same in both colours

# What sticks out of the window, unless it stands in something that scrolls by itself.
_WIDE: Final = """() => {
  const wide = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= wide) return [];
  const inside = (node) => { for (let up = node.parentElement; up; up = up.parentElement)
    if (["auto", "scroll", "hidden"].includes(getComputedStyle(up).overflowX)) return true; return false; };
  return [...document.body.querySelectorAll("*")].filter((node) => node.getBoundingClientRect().right > wide + 1 && !inside(node))
    .slice(0, 5).map((node) => `${node.tagName} ${node.className} ${(node.textContent || "").trim().slice(0, 40)}`);
}"""

# Where the focus is, whether an outline shows it, and whether it can be seen where it stands.
_FOCUS: Final = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return { where: "nowhere", seen: true };
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  const within = (at, size) => Math.min(size - 1, Math.max(0, at));
  const x = within(box.left + box.width / 2, innerWidth), y = within(box.top + box.height / 2, innerHeight);
  const above = document.elementFromPoint(x, y), small = box.width < 2 || box.height < 2;
  const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const inView = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const clear = above && (node === above || node.contains(above) || above.contains(node)
    || (above.closest("label") && above.closest("label").contains(node)));
  return { where: `${node.tagName} ${node.id || node.name || node.textContent.trim().slice(0, 30)}`, ring, inView, clear, small,
    seen: ring && inView && !!clear && !small && node.matches(":focus-visible") };
}"""


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands: rule, element, what is wrong."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(f"axe.run({json.dumps(_ALL)})")["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {' '.join(check['message'] for check in (*node['any'], *node['all'], *node['none']))[:240]}"
        for one in found
        for node in one["nodes"]
    ]


def looked_at(page: Page) -> None:
    """Look at a page from every side, and leave it as it was."""
    before, found = page.viewport_size or DESK, []
    for viewport, colours in _WAYS:
        page.set_viewport_size(viewport)  # type: ignore[arg-type]
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")  # type: ignore[arg-type]
        found += [f"{viewport['width']} {colours} {one}" for one in violations(page)]
    page.set_viewport_size(NARROWEST)  # type: ignore[arg-type]
    found += [f"wide at {NARROWEST['width']}: {one}" for one in page.evaluate(_WIDE)]
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(before)
    assert found == [], f"{page.url}\n" + "\n".join(found)


def focus(page: Page) -> dict[str, Any]:
    """What has the focus, and whether it is seen."""
    return dict(page.evaluate(_FOCUS))


# Targets smaller than 24 by 24 px that stand alone; a link within a sentence is as high as its line (WCAG 2.5.8, "inline").
_SMALL: Final = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
  .filter((node) => node.checkVisibility() && !node.closest(".skip, p, li > span, dd"))
  .map((node) => [node, (["checkbox", "radio"].includes(node.type) && node.closest("label") || node).getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 23.9)
  .map(([node, box]) => `${node.outerHTML.slice(0, 120)} ${box.width.toFixed()} x ${box.height.toFixed()}`)"""


def small_targets(page: Page) -> list[str]:
    """What is too small to be hit with a finger."""
    return list(page.evaluate(_SMALL))
