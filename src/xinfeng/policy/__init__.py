"""Policy: who may be written to now. Gates, windows, caps, the calendar; each refusal carries one reason.

Owns: send_window, calendar_day, and the stored setting `policy`. Always holds: one expression over the lens
plans a campaign, tells the preflight who falls out and explains one contact; outer bounds can only be narrowed;
an unknown year never passes for workdays.

Where: `reasons` the codes and their words · `settings`, `defaults` the rules · `calendar`, `windows` when ·
`facts`, `gates` who · `actions`, `reads`.
"""

from __future__ import annotations

from datetime import date
from typing import Any


def snapshot(around: date | None = None) -> dict[str, Any]:
    """The rules in force as JSON, to be kept with a plan (`reads.snapshot`)."""
    from xinfeng.policy import reads  # models can't be imported before the app registry is ready

    return reads.snapshot(around)
