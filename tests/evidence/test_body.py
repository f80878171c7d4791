from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipr_service.errors import FormatError
from ipr_service.evidence.body import Checkpoint, is_name
from tests.support import vectors

NAMES = st.text(alphabet=st.characters(exclude_categories=["C", "Z"], exclude_characters="+"), min_size=1, max_size=20)


@given(NAMES, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_a_checkpoint_survives_its_text(origin: str, size: int, root: bytes) -> None:
    checkpoint = Checkpoint(origin, size, root)
    assert Checkpoint.from_text(checkpoint.to_text()) == checkpoint


def test_the_golden_body_is_read_and_its_digest_is_that_of_the_file() -> None:
    data = vectors.data("bundle/checkpoint.body")
    checkpoint = Checkpoint.from_text(data.decode())
    assert (checkpoint.origin, checkpoint.size) == ("demo.invalid/golden", 13)
    assert checkpoint.to_text().encode() == data
    assert checkpoint.body_digest() == hashlib.sha256(data).digest()


ROOT = "7iO8ZqAjTy/vi8Fav4dD6bjg+6RWxCJdEOenZoYb9Dk="


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"o\n1\n{ROOT}",
        f"o\n1\n{ROOT}\nextension\n",
        f"o\n1\n{ROOT}\n\n",
        f"o\n01\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n١\n{ROOT}\n",
        f"o\n9223372036854775808\n{ROOT}\n",
        f"o\n{'9' * 5000}\n{ROOT}\n",
        f"o \n1\n{ROOT}\n",
        f"o+p\n1\n{ROOT}\n",
        f"\n1\n{ROOT}\n",
        f"o\n1\n{ROOT[:-4]}\n",
        "o\n1\n7iO8ZqAjTy/vi8Fav4dD6bjg+6RWxCJdEOenZoYb9Dl=\n",
        f"o\r\n1\n{ROOT}\n",
    ],
)
def test_every_other_text_is_refused(text: str) -> None:
    with pytest.raises(FormatError):
        Checkpoint.from_text(text)


@given(st.text(max_size=60))
def test_any_text_is_refused_or_survives(text: str) -> None:
    try:
        checkpoint = Checkpoint.from_text(text)
    except FormatError:
        return
    assert checkpoint.to_text() == text


def test_a_name_has_no_space_no_plus_and_no_control_character() -> None:
    assert is_name("log.example/2026")
    assert is_name("κατάλογος")
    assert not any(is_name(name) for name in ("", "a b", "a\u00a0b", "a+b", "a\nb", "a\x7f", "a\u202e", "a\ud800"))
