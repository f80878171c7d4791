"""An export against the rows: each side that was changed is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from ipr_service.errors import DamageError, InputError
from ipr_service.services import publishing, registration
from ipr_service.services.audit import audit
from ipr_service.services.context import Context
from ipr_service.store.sequencer import Logged, WritePlan
from tests.support.house import person
from tests.support.network import copied


@pytest.fixture
def exported(sqlite_ctx: Context, tmp_path: Path) -> tuple[Context, Path]:
    """A log of 301 hash-only entries and its export."""
    logged = tuple(Logged(n.to_bytes(32, "big"), "idea", f"{n:026d}", None, None, None) for n in range(300))
    registration.register_commitment(sqlite_ctx, person(sqlite_ctx), b"\x01" * 32)
    sqlite_ctx.sequencer.write(WritePlan(logged=logged))
    publishing.export(sqlite_ctx, tmp_path / "export")
    return sqlite_ctx, tmp_path / "export"


def named(ctx: Context, folder: Path) -> list[str]:
    """Findings about the export and entries; rows that nobody names are not what is asked here."""
    return [finding.row for finding in audit(ctx, export=folder).findings if finding.row.startswith("export") or "changed" in finding.what]


def test_an_export_agrees_with_its_rows_also_after_the_log_grew(exported: tuple[Context, Path]) -> None:
    ctx, folder = exported
    assert named(ctx, folder) == []
    ctx.sequencer.write(WritePlan(logged=(Logged(b"\x07" * 32, "idea", "7" * 26, None, None, None),)))
    assert named(ctx, folder) == []


def test_an_export_is_brought_up_to_date_and_full_tiles_replace_partial_ones(exported: tuple[Context, Path]) -> None:
    ctx, folder = exported
    full = folder / "tile/0/000"
    before = full.stat().st_mtime_ns
    assert (folder / "tile/0/001.p/45").is_file()
    more = tuple(Logged(b"\x09" + n.to_bytes(31, "big"), "idea", f"9{n:025d}", None, None, None) for n in range(300))
    ctx.sequencer.write(WritePlan(logged=more))
    publishing.export(ctx, folder)
    assert (full.stat().st_mtime_ns, (folder / "tile/0/001").stat().st_size) == (before, 8192)
    assert not (folder / "tile/0/001.p").exists()
    assert named(ctx, folder) == []


@pytest.mark.parametrize(
    "path", ["tile/0/000", "tile/0/001.p/45", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/45", "log.vkeys", "checkpoint"]
)
@pytest.mark.parametrize("harm", ["gone", "a bit"])
def test_a_file_that_was_harmed_is_named(exported: tuple[Context, Path], path: str, harm: str) -> None:
    ctx, folder = exported
    data = (folder / path).read_bytes()
    if harm == "gone":
        (folder / path).unlink()
    else:
        (folder / path).write_bytes(data[:30] + bytes([data[30] ^ 1]) + data[31:])
    if (path, harm) == ("checkpoint", "gone"):
        with pytest.raises(InputError):
            audit(ctx, export=folder)
        return
    found = named(ctx, folder)
    assert {f"export {path}", f"export {path.replace('entries', '0')}"} & set(found), found


def test_an_export_of_more_than_the_rows_hold_says_that_they_were_rolled_back(exported: tuple[Context, Path], tmp_path: Path) -> None:
    ctx, folder = exported
    old = copied(ctx, tmp_path / "old.db")
    ctx.sequencer.write(WritePlan(logged=(Logged(b"\x07" * 32, "idea", "7" * 26, None, None, None),)))
    publishing.export(ctx, folder)
    assert "export checkpoint" in named(old, folder)
    with pytest.raises(DamageError, match="rolled back"):
        publishing.export(old, folder)


def test_an_export_of_another_history_names_the_first_entry_that_differs(exported: tuple[Context, Path], tmp_path: Path) -> None:
    ctx, folder = exported
    other = copied(ctx, tmp_path / "other.db")
    for one, mark in ((ctx, b"\x07"), (other, b"\x08")):
        one.sequencer.write(WritePlan(logged=(Logged(mark * 32, "idea", mark.hex() * 13, None, None, None),)))
    publishing.export(ctx, folder)
    assert named(other, folder) == ["log_entry 301"]
