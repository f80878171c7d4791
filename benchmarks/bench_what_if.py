"""What if: one drag of a slider in a collaboration of 200 contributions, as the page asks for it: rows read, computed, told, compared."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measurement import Measurement, median_ms
from ipr_service.services import contributing
from ipr_service.services.contributing import AddContribution
from ipr_service.services.what_if import Imagine, imagine
from tests.services.workshop import chair
from tests.support.house import build

CONTRIBUTIONS = 200


def measure() -> Iterator[Measurement]:
    with tempfile.TemporaryDirectory() as folder:
        ctx = build(f"sqlite:///{folder}/ipr.db", Path(folder) / "data")
        made = chair(ctx)
        ids = [
            contributing.add_contribution(
                ctx, (made.anna, made.marco)[number % 2], made.id, AddContribution(f"Piece {number}", "form", "lead", str(number % 40 + 1))
            )
            for number in range(CONTRIBUTIONS)
        ]
        moved = Imagine("points@1", points=((ids[0], "77"),))
        taken = median_ms(lambda: imagine(ctx, made.marco, made.id, moved), 11)
        ctx.database.close()
    yield Measurement(f"one number of {CONTRIBUTIONS} moved, from the rows to the sentences", taken, "ms", "limit 100 ms, page included")
