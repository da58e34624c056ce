"""Policy: who may be written to now. Gates, windows, caps, the calendar; each refusal carries one reason.

Owns: rule_change, calendar_day. Always holds: one expression over the lens
plans a campaign, tells the preflight who falls out and explains one contact; outer bounds can only be narrowed;
an unknown year never passes for workdays; a rule never takes effect before it is recorded.

Where: `reasons` the codes and their words · `settings`, `ceilings`, `defaults` the rules · `timeline` how they change ·
`calendar`, `windows`, `week` when · `counts`, `facts`, `claims`, `gates` who · `fatigue` how much · `actions`, `reads`.
"""

from __future__ import annotations

from datetime import date
from typing import Any


def snapshot(around: date | None = None) -> dict[str, Any]:
    """The rules in force as JSON, to be kept with a plan (`reads.snapshot`)."""
    from xinfeng.policy import reads  # models can't be imported before the app registry is ready

    return reads.snapshot(around)
