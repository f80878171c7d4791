"""What is carried as it came: the vendored parts, byte for byte, with their licences; and what pages are made of."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from pathlib import Path

import pytest
from flask import Flask

from ipr_service.web.journey import At, steps
from ipr_service.web.pictures import ring

STATIC = Path(__file__).parents[2] / "ipr_service" / "web" / "static"
# SHA-256 of the files in the packages @picocss/pico 2.1.1 and hash-wasm 4.12.0 as published; of hash-wasm's scripts without the comment
# in their first six lines (`tail -n +7 dist/sha256.umd.min.js`), which says what stands in the licence.
VENDORED = {
    "hash-wasm-4.12.0-sha256.min.js": "423e079d196440a434d4f884db70a26e59cc01a022c092fcba049bbb0a90957d",
    "hash-wasm-4.12.0-sha512.min.js": "806776b1816a7295088ca16462f1cf0b68bef01bd9359a95bf768ccc5a3c74b9",
    "hash-wasm-LICENSE.txt": "c14dea172f72f2714284a0ac2ab1b00b5352a01409d58255a46227ffc541debd",
    "pico-2.1.1.min.css": "fbc9a63fc9fc9f72d12fd7fc9806e11fa9f77ae4f9cad146b27003a1119ba3db",
    "pico-LICENSE.md": "afaff063e044233f917b7807dccab022f09dca474f92b642846bee4850655bbf",
}


def test_vendored_files_are_those_that_were_published() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (STATIC / "vendor").iterdir()}
    assert found == VENDORED


def test_our_style_sheet_and_script_fetch_nothing_from_elsewhere() -> None:
    for name in ("ipr.css", "ipr.js", "icon.svg"):
        text = (STATIC / name).read_text().replace("http://www.w3.org/2000/svg", "")
        assert "//" not in text.replace("// ", "")
        assert "@import" not in text


def test_a_stamped_file_may_be_kept_and_a_bare_one_is_asked_for_again(app: Flask) -> None:
    client = app.test_client()
    with client.get("/static/ipr.css?v=1") as stamped, client.get("/static/ipr.css") as bare:
        assert "immutable" in stamped.headers["Cache-Control"]
        assert "immutable" not in bare.headers["Cache-Control"]


def test_only_the_worker_that_hashes_may_compile_and_it_may_talk_to_nobody(app: Flask) -> None:
    client = app.test_client()
    policies = {}
    for name in ("hash-worker.js", "hash-only.js", "sha2.js"):
        with client.get(f"/static/{name}?v=1") as answer:
            policies[name] = answer.headers["Content-Security-Policy"]
    assert policies["hash-worker.js"] == "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; report-uri /csp-report"
    assert "wasm" not in policies["hash-only.js"] + policies["sha2.js"] + client.get("/").headers["Content-Security-Policy"]


def test_a_ring_draws_exact_shares_around_the_whole_turn(app: Flask) -> None:
    with app.test_request_context("/"):
        arcs = ring([("A", Fraction(1, 3)), ("B", Fraction(2, 3))])
    assert [(arc.fraction, arc.percent, arc.length, arc.offset) for arc in arcs] == [
        ("1/3", "33.33 %", "333.333", "0"),
        ("2/3", "66.67 %", "666.667", "-333.333"),
    ]


def test_the_journey_has_its_seven_steps_each_with_a_word(app: Flask) -> None:
    with app.test_request_context("/"):
        strip = steps({"register": At("done", "3 files"), "share": At("now", "Invite")})
        assert [step.name for step in strip] == ["Register", "Share", "Work together", "Agree", "Draft", "Sign", "Verify"]
        assert [step.word for step in strip[:3]] == ["3 files", "Invite", "Not yet"]
        with pytest.raises(ValueError, match="no step"):
            steps({"dance": At("now", "x")})


def test_whoever_asks_for_the_icon_without_reading_a_page_gets_it(app: Flask) -> None:
    with app.test_client().get("/favicon.ico") as answer:
        assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
