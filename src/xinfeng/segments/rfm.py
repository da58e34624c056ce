"""The RFM grid (feature B4): buyers by how recently, how often and for how much they bought.

Recency, frequency and monetary value over a window are the classic grid of direct marketing (Hughes, *Strategic
Database Marketing*, 1994). The limits are the reader's to choose; every cell is also a rule that can be edited.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ibis

from xinfeng.contacts.models import EventKind
from xinfeng.contacts.persons import of_person, of_the_living
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.lens.engine import Lens

MOST_LIMITS = 4
LONGEST_WINDOW = 3_660
LARGEST = 10**12


@dataclass(frozen=True)
class Limits:
    """Where the grid is cut. `recency`: days, ascending; who bought within the first is in the best row.
    `frequency`: purchases from which the next column begins; `monetary`: fen from which the next one begins.
    Only purchases of the last `window` days count."""

    recency: tuple[int, ...] = (30, 90)
    frequency: tuple[int, ...] = (2, 4)
    monetary: tuple[int, ...] = (20_000, 100_000)
    window: int = 365

    def __post_init__(self) -> None:
        for name in ("recency", "frequency", "monetary"):
            _check(name, getattr(self, name))
        if not 1 <= self.window <= LONGEST_WINDOW or self.recency[-1] >= self.window:
            raise InvalidInput("rfm.window", longest=LONGEST_WINDOW)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and sheets: recency, frequency, monetary."""
        return len(self.recency) + 1, len(self.frequency) + 1, len(self.monetary) + 1


def _check(name: str, limits: Sequence[int]) -> None:
    fits = 1 <= len(limits) <= MOST_LIMITS and all(1 <= each <= LARGEST for each in limits)
    if not fits or any(low >= high for low, high in zip(limits, limits[1:], strict=False)):
        raise InvalidInput("rfm.limits", field=name, most=MOST_LIMITS)
    if name == "frequency" and limits[0] < 2:
        raise InvalidInput("rfm.limits", field=name, most=MOST_LIMITS)


@dataclass(frozen=True)
class Cell:
    """A place in the grid, each counted from 0: most recent, rarest, smallest."""

    recency: int
    frequency: int
    monetary: int


def counts(lens: Lens, limits: Limits, now: datetime) -> dict[Cell, int]:
    """Buyers in each cell, empty cells left out, in one question. Refresh the lens before."""
    zone = xinfeng_settings.load().zone
    today = business_day(now, zone)

    def since(days: int) -> datetime:
        return day_bounds(today - timedelta(days=days), zone)[0]

    event = of_person(lens, lens.table("event"))
    bought = event.filter(
        event["kind"] == EventKind.PURCHASE.value, event["at"] >= since(limits.window), event["at"] <= now
    )
    each = bought.group_by("contact_id").aggregate(
        last=bought["at"].max(), times=bought.count(), fen=bought["amount_fen"].sum().fill_null(0)
    )
    each = of_the_living(lens, each)
    placed = each.select(
        r=_bucket(each["last"], [since(days) for days in limits.recency], falling=True),
        f=_bucket(each["times"], limits.frequency),
        m=_bucket(each["fen"], limits.monetary),
    )
    counted = placed.group_by("r", "f", "m").aggregate(people=placed.count())
    return {Cell(row["r"], row["f"], row["m"]): int(row["people"]) for row in lens.rows(counted).to_pylist()}


def _bucket(value: Any, limits: Sequence[Any], *, falling: bool = False) -> Any:
    """How many limits the value has reached; `falling`: how many it has fallen behind."""
    total = ibis.literal(0, "int64")
    for limit in limits:
        reached = value < ibis.literal(limit) if falling else value >= ibis.literal(limit)
        total = total + reached.cast("int64")
    return total


def rule_of(cell: Cell, limits: Limits) -> dict[str, Any]:
    """The rule, in JSON, that describes the buyers of a cell.

    Raises InvalidInput `rfm.cell` when the grid has no such place.
    """
    rows, columns, sheets = limits.shape
    if not (0 <= cell.recency < rows and 0 <= cell.frequency < columns and 0 <= cell.monetary < sheets):
        raise InvalidInput("rfm.cell")
    parts: list[dict[str, Any]] = []
    if cell.recency < len(limits.recency):
        parts.append(_last("in_last_days", limits.recency[cell.recency], limits))
    if cell.recency > 0:
        parts.append(_last("not_in_last_days", limits.recency[cell.recency - 1], limits))
    lowest = limits.frequency[cell.frequency - 1] if cell.frequency else 1
    parts.append(_measure("count", "at_least", lowest, limits))
    if cell.frequency < len(limits.frequency):
        parts.append(_measure("count", "less_than", limits.frequency[cell.frequency], limits))
    if cell.monetary > 0:
        parts.append(_measure("amount_fen", "at_least", limits.monetary[cell.monetary - 1], limits))
    if cell.monetary < len(limits.monetary):
        parts.append(_measure("amount_fen", "less_than", limits.monetary[cell.monetary], limits))
    return {"all": parts}


def _last(op: str, days: int, limits: Limits) -> dict[str, Any]:
    return _measure("last", op, days, limits)


def _measure(measure: str, op: str, value: int, limits: Limits) -> dict[str, Any]:
    return {
        "event": "purchase",
        "measure": measure,
        "op": op,
        "value": value,
        "period": {"days": limits.window},
    }
