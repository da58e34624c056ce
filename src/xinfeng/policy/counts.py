"""How many messages of a purpose each contact had since a day.

A message counts from the moment it is planned; one that was withheld does not. It counts on the business day it was
planned, or, where its plan finished later, on the day the plan finished; while the plan is open, on whatever day is
asked about: it may leave then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

import ibis

from xinfeng.contacts.feed import of_person
from xinfeng.kernel.time import day_bounds
from xinfeng.lens.engine import Lens

OPEN_PLAN_STATES = ("building", "ready", "running", "paused")
"""delivery.PlanState: messages of such a plan may still leave."""

_BITS = 15
_DIGITS = 4
_MOST = 2**_BITS - 1
"""A digit holds 32,767 messages to one person; the highest ceilings allow 10 a day, 3,660 in the longest span."""


class _Tables(Protocol):
    def table(self, name: str) -> ibis.Table: ...


def sent_since(day: date) -> str:
    """The column that counts messages from the beginning of a business day on."""
    return f"sent_since_{day:%Y%m%d}"


def messages_since(lens: _Tables, purpose: str, days: Sequence[date], zone: ZoneInfo) -> ibis.Table:
    """`contact_id` and a `sent_since` for each of `days` (ascending); a row for whoever has any.

    All messages of a plan count on the same day, so days are compared plan by plan, of which there are few. Four
    counts are summed as digits of one number: that halves the time of the largest sum.
    """
    plan, message, withheld = lens.table("plan"), lens.table("message"), lens.table("withheld")
    plan = plan.filter(plan.purpose == purpose)
    plan = plan.select(
        plan_id=plan.id,
        is_open=plan.state.isin(OPEN_PLAN_STATES),
        last=ibis.coalesce(plan.finished_at, plan.planned_at),
    )
    plan = plan.filter(plan.is_open | (plan.last >= ibis.literal(_start(days[0], zone))))
    numbers = {f"number_{at}": digits for at, digits in enumerate(_batched(days, _DIGITS))}
    plan = plan.select("plan_id", **{name: _packed(plan, digits, zone) for name, digits in numbers.items()})
    sent = message.select("id", "plan_id", "contact_id").join(plan, "plan_id")
    sent = of_person(cast(Lens, lens), sent.anti_join(withheld, sent.id == withheld.message_id))
    sums = sent.group_by("contact_id").aggregate(**{name: sent[name].sum() for name in numbers})
    counts = {
        sent_since(day): (sums[name].cast("int64") >> (_BITS * digit)) & _MOST
        for name, digits in numbers.items()
        for digit, day in enumerate(digits)
    }
    return sums.select("contact_id", **counts)


def _start(day: date, zone: ZoneInfo) -> datetime:
    return day_bounds(day, zone)[0]


def _packed(plan: ibis.Table, days: Sequence[date], zone: ZoneInfo) -> Any:
    """One message as a number with a digit for each day: 1 where it counts."""
    total = ibis.literal(0, "int64")
    for digit, day in enumerate(days):
        counts = (plan.is_open | (plan.last >= ibis.literal(_start(day, zone)))).cast("int64")
        total = total + counts * ibis.literal(2 ** (_BITS * digit), "int64")
    return total


def _batched(items: Sequence[date], size: int) -> list[Sequence[date]]:
    """Slices of up to `size` items, in their order."""
    return [items[start : start + size] for start in range(0, len(items), size)]
