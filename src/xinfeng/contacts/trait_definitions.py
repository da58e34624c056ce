"""What a computed trait is: a measure over some of a contact's events. Pure; the values are `trait_values`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal

from xinfeng.contacts.models import EventKind
from xinfeng.kernel.errors import InvalidInput

PREFIX = "t_"
"""Before a trait's key, in the lens's column for it."""

LONGEST_DAYS = 3660
LONGEST_CATEGORY, LONGEST_ITEM = 60, 200

TraitKind = Literal["number", "time", "text"]


class Measure(StrEnum):
    """What is made of the events. Hours and days are of the enterprise's zone.

    Count, sum and days are 0 for who has no such event; everything else is then not set. `interval_days` is the
    mean distance between days with such an event (not set with fewer than two days). Where two favourites or
    hours occur equally often, the one that occurred last wins.
    """

    LAST_AT = "last_at"
    FIRST_AT = "first_at"
    COUNT = "count"
    SUM_FEN = "sum_fen"
    AVERAGE_FEN = "average_fen"
    FAVOURITE_CATEGORY = "favourite_category"
    FAVOURITE_ITEM = "favourite_item"
    USUAL_HOUR = "usual_hour"
    INTERVAL_DAYS = "interval_days"
    DISTINCT_DAYS = "distinct_days"


KINDS: Mapping[Measure, TraitKind] = {
    Measure.LAST_AT: "time",
    Measure.FIRST_AT: "time",
    Measure.COUNT: "number",
    Measure.SUM_FEN: "number",
    Measure.AVERAGE_FEN: "number",
    Measure.FAVOURITE_CATEGORY: "text",
    Measure.FAVOURITE_ITEM: "text",
    Measure.USUAL_HOUR: "number",
    Measure.INTERVAL_DAYS: "number",
    Measure.DISTINCT_DAYS: "number",
}
"""The type a rule sees."""

UNITS: Mapping[Measure, str] = {
    Measure.SUM_FEN: "fen",
    Measure.AVERAGE_FEN: "fen",
    Measure.USUAL_HOUR: "hour",
    Measure.INTERVAL_DAYS: "days",
    Measure.DISTINCT_DAYS: "days",
}
"""What a number counts, where it is not just times."""


@dataclass(frozen=True, slots=True)
class Definition:
    """`kinds` are codes of EventKind, none for all; `category` must be equal, `item` contained; `days`: only the
    last so many days, today included (None: ever)."""

    measure: Measure
    kinds: tuple[int, ...] = ()
    category: str = ""
    item: str = ""
    days: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"measure": self.measure.value, "kinds": list(self.kinds)}


_BOUGHT = (int(EventKind.PURCHASE),)

READY_MADE: Sequence[tuple[str, str, str, Definition]] = (
    ("last_purchase", "最近购买", "Last purchase", Definition(Measure.LAST_AT, _BOUGHT)),
    ("total_spent", "累计消费", "Total spent", Definition(Measure.SUM_FEN, _BOUGHT)),
    ("purchases", "购买次数", "Purchases", Definition(Measure.COUNT, _BOUGHT)),
    (
        "favourite_category",
        "偏好品类",
        "Favourite category",
        Definition(Measure.FAVOURITE_CATEGORY, _BOUGHT),
    ),
    ("usual_hour", "常活跃时段", "Usual hour", Definition(Measure.USUAL_HOUR)),
    (
        "purchase_interval",
        "平均购买间隔",
        "Days between purchases",
        Definition(Measure.INTERVAL_DAYS, _BOUGHT),
    ),
)
"""Key, label, English label, definition: what the product brings (feature A5)."""


def read_definition(raw: object) -> Definition:
    """A definition from its JSON form, or from a form's fields.

    Raises InvalidInput `trait.definition` (field) for what no definition can hold.
    """
    if not isinstance(raw, Mapping):
        raise InvalidInput("trait.definition", field="definition")
    unknown = set(raw) - {"measure", "kinds", "category", "item", "days"}
    if unknown:
        raise InvalidInput("trait.definition", field=str(min(unknown, key=str))[:40])
    try:
        measure = Measure(raw.get("measure", ""))
    except ValueError:
        raise InvalidInput("trait.definition", field="measure") from None
    return Definition(
        measure,
        _kinds(raw.get("kinds", ())),
        _text(raw.get("category", ""), "category", LONGEST_CATEGORY),
        _text(raw.get("item", ""), "item", LONGEST_ITEM),
        _days(raw.get("days")),
    )


def _kinds(raw: object) -> tuple[int, ...]:
    if not isinstance(raw, list | tuple) or not all(type(one) is int for one in raw):
        raise InvalidInput("trait.definition", field="kinds")
    if not set(raw) <= set(EventKind.values):
        raise InvalidInput("trait.definition", field="kinds")
    return tuple(sorted(set(raw)))


def _text(raw: object, field: str, longest: int) -> str:
    if not isinstance(raw, str) or len(raw) > longest or not (raw.isprintable()):
        raise InvalidInput("trait.definition", field=field)
    return raw.strip()


def _days(raw: object) -> int | None:
    if raw is None:
        return None
    if type(raw) is not int or not 1 <= raw <= LONGEST_DAYS:
        raise InvalidInput("trait.definition", field="days")
    return raw
