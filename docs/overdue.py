"""Name every row of the jurisdiction packs whose review date has passed: part of ``make lint``, which fails on them.

The only check here that looks at the calendar: law that nobody has read again in time must not stay unnoticed because no code changed.
``python -m docs.overdue 2028-01-01`` asks for another day than today.
"""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime

from ipr_service.rights import jurisdictions


def main(words: list[str]) -> int:
    """0 when no row is overdue on the day."""
    day = date.fromisoformat(words[0]) if words else datetime.now(UTC).date()
    late = jurisdictions.overdue(day)
    for row in late:
        print(f"{row.pack} {row.id} ({row.article}): was to be read again by {row.review_by}")
    if late:
        print(f"{len(late)} rows of the law are overdue. Read them again; a new reading is a new version of the pack.", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
