"""Numbers that a carrier has just called written to too often: left in peace for a while.

A carrier's frequency code (`channels.codes`, action `cool_down`) on a receipt or a refusal keeps marketing from the
contact for `COOL_DOWN` from then on; writing again at once only meets the same refusal, and counts against us.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import ibis

from xinfeng.channels.codes import Action, Phase, book
from xinfeng.channels.codes.shapes import is_pattern

COOL_DOWN = timedelta(hours=24)
"""The longest window that vendors state for one number (Alibaba Cloud, Tencent Cloud: a day)."""
PLANNED_WITHIN = timedelta(days=10)
"""Messages looked at: receipts come within 72 hours, plans send within days."""


def frequency_codes(phase: Phase) -> list[str]:
    """Codes that say it whatever the channel: bare numbers mean something else with each protocol."""
    return [
        one.pattern
        for one in book().entries()
        if one.phase is phase
        and one.action is Action.COOL_DOWN
        and not is_pattern(one.pattern)
        and not one.pattern.isdecimal()
    ]


def cooling(lens: Any, contact_id: Any, *, until: datetime) -> Any:
    """Whether a carrier called this contact written to too often within `COOL_DOWN` before `until`."""
    if lens.is_empty("message"):
        return ibis.literal(False)
    since = until - COOL_DOWN
    receipt, attempt, message = lens.table("receipt"), lens.table("attempt"), lens.table("message")
    told = receipt.filter(
        receipt.received_at > since,
        receipt.message_id.notnull(),
        receipt.stat.upper().isin(frequency_codes(Phase.RECEIPT)),
    )
    refused = attempt.filter(
        attempt.at > since, attempt.outcome == 2, attempt.code.upper().isin(frequency_codes(Phase.SUBMIT))
    )
    about = ibis.union(told.select("message_id"), refused.select("message_id"))
    lately = message.filter(message.planned_at > since - PLANNED_WITHIN)
    return contact_id.isin(lately.semi_join(about, lately.id == about.message_id).contact_id)
