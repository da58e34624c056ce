"""Computing traits in the lens: as few passes over the events as the definitions allow, in slices of people.

One pass gives all plain measures (times, counts, sums) of all definitions. Favourites, hours and days need one
each for what they count (`_Axis`) among the same events. A slice of people bounds the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import reduce
from operator import and_
from typing import Any
from zoneinfo import ZoneInfo

import ibis

from xinfeng.contacts import clock
from xinfeng.contacts.models import Trait
from xinfeng.contacts.persons import of_person, without_withdrawn
from xinfeng.contacts.trait_definitions import PREFIX, Definition, Measure, read_definition
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.lens.engine import Lens
from xinfeng.lens.feeds import Column, ColumnType, Derived

TABLE = "trait"
NEWEST = "event_id"
"""A column of the table: the newest event a row was computed from, of any kind."""

EVENTS_A_SLICE = 6_000_000
"""About how many events are grouped at a time: what is grouped then stays in memory and near the processor."""

_TYPES: Mapping[Measure, ColumnType] = {
    Measure.LAST_AT: ColumnType.TIME,
    Measure.FIRST_AT: ColumnType.TIME,
    Measure.COUNT: ColumnType.BIGINT,
    Measure.SUM_FEN: ColumnType.BIGINT,
    Measure.AVERAGE_FEN: ColumnType.BIGINT,
    Measure.FAVOURITE_CATEGORY: ColumnType.TEXT,
    Measure.FAVOURITE_ITEM: ColumnType.TEXT,
    Measure.USUAL_HOUR: ColumnType.SMALLINT,
    Measure.INTERVAL_DAYS: ColumnType.NUMBER,
    Measure.DISTINCT_DAYS: ColumnType.INT,
}


def trait_columns(connection: Connection) -> list[Column]:
    """A column for each trait in force."""
    rows = connection.execute("select key, definition from trait where not archived order by id").fetchall()
    return [
        Column(NEWEST, ColumnType.BIGINT),
        *(Column(PREFIX + key, _TYPES[read_definition(raw).measure]) for key, raw in rows),
    ]


def build(
    lens: Lens, columns: Collection[str], now: datetime, among: ibis.Table | None
) -> Iterator[ibis.Table]:
    """The rows of the table: everybody in force but those who withdrew profiling, with each trait's value."""
    rows = Trait.objects.filter(archived=False).order_by("id").values_list("key", "definition")
    wanted = {key: read_definition(raw) for key, raw in rows if PREFIX + key in columns}
    yield from values(lens, wanted, now=now, among=among, zone=xinfeng_settings.load().zone)


def values(
    lens: Lens,
    definitions: Mapping[str, Definition],
    *,
    now: datetime,
    zone: ZoneInfo,
    among: ibis.Table | None = None,
) -> Iterator[ibis.Table]:
    """Tables with `contact_id`, `event_id` and `t_<key>` for each definition; together, everybody once.

    Only events up to `now` count: a clock that runs ahead somewhere does not make a purchase of tomorrow.
    """
    event = of_person(lens, lens.table("event"))
    contact = without_withdrawn(lens, lens.table("contact").select(contact_id="id"))
    if among is not None:
        event = event.semi_join(among, "contact_id")
        contact = contact.semi_join(among, "contact_id")
        slices = 1
    else:
        slices = -(-int(lens.scalar(lens.table("event").count())) // EVENTS_A_SLICE) or 1
    compute = _Computation(definitions, now, zone)
    for number in range(slices):
        mine = _slice(slices, number)
        yield compute.table(contact.filter(mine), event.filter(mine))


def _slice(slices: int, number: int) -> Callable[[ibis.Table], Any]:
    if slices == 1:
        return lambda table: ibis.literal(True)
    return lambda table: table["contact_id"] % slices == number


class _Axis(Enum):
    """What occurrences are counted by, where a plain aggregate will not do."""

    CATEGORY = "category"
    ITEM = "item"
    HOUR = "hour"
    DAY = "day"


_AXES = {
    Measure.FAVOURITE_CATEGORY: _Axis.CATEGORY,
    Measure.FAVOURITE_ITEM: _Axis.ITEM,
    Measure.USUAL_HOUR: _Axis.HOUR,
    Measure.INTERVAL_DAYS: _Axis.DAY,
    Measure.DISTINCT_DAYS: _Axis.DAY,
}


@dataclass(frozen=True)
class _Computation:
    definitions: Mapping[str, Definition]
    now: datetime
    zone: ZoneInfo

    def table(self, contact: ibis.Table, event: ibis.Table) -> ibis.Table:
        """One row for each of `contact`, from `event`."""
        found = contact.left_join(self._plain(event), "contact_id").drop("contact_id_right")
        for (events, axis), keys in self._groups().items():
            found = found.left_join(self._counted(event, events, axis, keys), "contact_id").drop(
                "contact_id_right"
            )
        return found.mutate(
            **{
                PREFIX + key: found[PREFIX + key].fill_null(0)
                for key, one in self.definitions.items()
                if one.measure in (Measure.COUNT, Measure.SUM_FEN, Measure.DISTINCT_DAYS)
            }
        )

    def _groups(self) -> dict[tuple[Definition, _Axis], list[str]]:
        """Keys of the traits that look at the same occurrences, by which events and what they are counted by."""
        found: dict[tuple[Definition, _Axis], list[str]] = {}
        for key, one in self.definitions.items():
            if one.measure in _AXES:
                events = Definition(Measure.COUNT, one.kinds, one.category, one.item, one.days)
                found.setdefault((events, _AXES[one.measure]), []).append(key)
        return found

    def _which(self, event: ibis.Table, one: Definition) -> Any:
        """The condition for the events a definition looks at."""
        conditions = [event["at"] <= self.now]
        if one.kinds:
            conditions.append(event["kind"].isin(one.kinds))
        if one.category:
            conditions.append(event["category"] == one.category)
        if one.item:
            conditions.append(event["item"].contains(one.item))
        if one.days is not None:
            today = business_day(self.now, self.zone)
            start, _ = day_bounds(today - timedelta(days=one.days - 1), self.zone)
            conditions.append(event["at"] >= start)
        return reduce(and_, (one.fill_null(False) for one in conditions))

    def _plain(self, event: ibis.Table) -> ibis.Table:
        measures: dict[str, Any] = {NEWEST: event["id"].max()}
        for key, one in self.definitions.items():
            where = self._which(event, one)
            match one.measure:
                case Measure.LAST_AT:
                    value = event["at"].max(where=where)
                case Measure.FIRST_AT:
                    value = event["at"].min(where=where)
                case Measure.COUNT:
                    value = event["id"].count(where=where)
                case Measure.SUM_FEN:
                    total = event["amount_fen"].sum(where=where).fill_null(0)  # least() passes over nulls
                    value = ibis.least(total, _MOST_FEN).cast("int64")
                case Measure.AVERAGE_FEN:
                    value = event["amount_fen"].mean(where=where).round().cast("int64")
                case _:
                    continue
            measures[PREFIX + key] = value
        return event.group_by("contact_id").agg(**measures)

    def _counted(self, event: ibis.Table, events: Definition, axis: _Axis, keys: Sequence[str]) -> ibis.Table:
        chosen = event.filter(self._which(event, events))
        if axis in (_Axis.CATEGORY, _Axis.ITEM):
            made = _favourite_text(chosen, axis.value)
        elif axis is _Axis.HOUR:
            hour = clock.local_hour(chosen["at"], self.zone, until_year=self.now.year)
            made = _usual_hour(chosen, hour)
        else:
            made = _days(chosen, clock.local_day(chosen["at"], self.zone, until_year=self.now.year))
        measures = {PREFIX + key: made[self.definitions[key].measure.value] for key in keys}
        return made.select("contact_id", **measures)


_MOST_FEN = 2**63 - 1
"""Sums are capped there: one person's absurd amounts must not keep everybody's traits from being computed."""

# What occurred most often, and last among equals, is the greatest of (count, second, what) in one value: a maximum
# is far cheaper than sorting, and so is grouping by one number than by two.

_SECOND_BITS = 34
"""A second until the year 2514."""


def _favourite_text(event: ibis.Table, column: str) -> ibis.Table:
    met = event.filter(event[column].notnull())
    counted = met.group_by("contact_id", column).agg(n=met.count(), last=met["at"].max())
    weight = (counted["n"] << _SECOND_BITS) + clock.seconds(counted["last"])
    ranked = counted.select("contact_id", rank=weight.cast("string").lpad(_DIGITS, "0") + counted[column])
    best = ranked.group_by("contact_id").agg(best=ranked["rank"].max())
    return best.select("contact_id", **{f"favourite_{column}": best["best"].substr(_DIGITS)})


_DIGITS = 19
"""Of the greatest whole number of 64 bits."""


def _usual_hour(event: ibis.Table, hour: Any) -> ibis.Table:
    counted = _by_number(event, hour, bits=_HOUR_BITS)
    weight = (counted["n"] << _SECOND_BITS) + clock.seconds(counted["last"])
    ranked = counted.select("contact_id", rank=(weight << _HOUR_BITS) + counted["what"])
    best = ranked.group_by("contact_id").agg(best=ranked["rank"].max())
    return best.select("contact_id", usual_hour=(best["best"] & (2**_HOUR_BITS - 1)).cast("int16"))


_HOUR_BITS = 5
_DAY_BITS = 18
"""A day until the year 2687."""


def _days(event: ibis.Table, day: Any) -> ibis.Table:
    counted = _by_number(event, ibis.greatest(day, 0), bits=_DAY_BITS)
    days = counted.count()
    span = counted["what"].max() - counted["what"].min()
    return counted.group_by("contact_id").agg(
        distinct_days=days.cast("int32"), interval_days=span / (days - 1).nullif(0)
    )


def _by_number(event: ibis.Table, what: Any, *, bits: int) -> ibis.Table:
    """How often, and when last, each contact did it, for each small number `what`."""
    packed = event.select("at", packed=(event["contact_id"] << bits) + what)
    counted = packed.group_by("packed").agg(n=packed.count(), last=packed["at"].max())
    return counted.select(
        "n", "last", contact_id=counted["packed"] >> bits, what=counted["packed"] & (2**bits - 1)
    )


SAMPLE = 8
_SAMPLED_EVENTS = 400


def sample_values(lens: Lens, definition: Definition, *, now: datetime) -> dict[int, Any]:
    """What a definition gives for a few people who did something lately, by contact; nothing is kept."""
    event = of_person(lens, lens.table("event"))
    if definition.kinds:
        event = event.filter(event["kind"].isin(definition.kinds))
    lately = event.filter(event["at"] <= now).order_by(event["id"].desc()).limit(_SAMPLED_EVENTS)
    people = without_withdrawn(lens, lens.table("contact").select(contact_id="id"))
    met = people.semi_join(lately, "contact_id").order_by("contact_id").limit(SAMPLE)
    ids = lens.rows(met).column("contact_id").to_pylist()
    if not ids:
        return {}
    chosen = people.filter(people["contact_id"].isin(ids))
    zone = xinfeng_settings.load().zone
    [table] = values(lens, {"sample": definition}, now=now, zone=zone, among=chosen)
    rows = lens.rows(table.order_by("contact_id")).to_pylist()
    return {row["contact_id"]: row[f"{PREFIX}sample"] for row in rows}


def trait_table(lens: Lens) -> ibis.Table:
    """The values as last computed, without those who have withdrawn profiling since."""
    return without_withdrawn(lens, lens.table(TABLE))


def overtaken_rows(lens: Lens) -> ibis.Table:
    """Whose rows are not what a computation would give now, as far as others' deeds go: column `contact_id`."""
    trait, event, alias = lens.table(TABLE), lens.table("event"), lens.table("alias")
    newest = lens.scalar(trait[NEWEST].max())
    fresh = event if newest is None else event.filter(event["id"] > newest)
    entitled = without_withdrawn(lens, lens.table("contact").select(contact_id="id"))
    absorbed = alias.semi_join(trait, alias["id"] == trait["contact_id"])
    return ibis.union(
        of_person(lens, fresh.select("contact_id")).semi_join(entitled, "contact_id"),
        entitled.anti_join(trait, "contact_id"),
        trait.anti_join(entitled, "contact_id").select("contact_id"),
        absorbed.select(contact_id="merged_into"),
    ).distinct()


DERIVED = Derived(TABLE, Column("contact_id", ColumnType.BIGINT), trait_columns, build)
