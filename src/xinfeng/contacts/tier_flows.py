"""Where people are and how they move between tiers, counted in the lens: today, in a period, and if rules changed.

A day ends at midnight of the enterprise's zone. Only people in force are counted; who came in the period has no
tier at its beginning. Where somebody was on a day follows from today's tier and the facts since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import ibis

from xinfeng.contacts import clock
from xinfeng.contacts.models import Tier
from xinfeng.contacts.persons import of_the_living
from xinfeng.contacts.tier_placing import placed
from xinfeng.contacts.tier_rules import TierRules, check
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import day_bounds
from xinfeng.lens.engine import Lens

LONGEST_PERIOD_DAYS = 3 * 366
_NEWCOMER = -1


@dataclass(frozen=True)
class Flows:
    """How many people went from which tier to which; from None: they came in the period. Who stayed is in it."""

    people: Mapping[tuple[int | None, int], int]

    def moves(self) -> list[tuple[int | None, int, int]]:
        """(from, to, people) of those who changed, most first."""
        found = [(before, tier, count) for (before, tier), count in self.people.items() if before != tier]
        return sorted(found, key=lambda move: (-move[2], move[0] or 0, move[1]))

    @property
    def before(self) -> dict[int, int]:
        """How many each tier had at the beginning."""
        counts = Counter[int]()
        for (before, _), count in self.people.items():
            if before is not None:
                counts[before] += count
        return {int(tier): counts[tier] for tier in Tier}

    @property
    def after(self) -> dict[int, int]:
        """How many each tier has at the end."""
        counts = Counter[int]()
        for (_, tier), count in self.people.items():
            counts[tier] += count
        return {int(tier): counts[tier] for tier in Tier}

    @property
    def changed(self) -> int:
        """How many are in another tier than at the beginning, newcomers not counted."""
        return sum(count for (before, tier), count in self.people.items() if before not in (tier, None))

    @property
    def came(self) -> int:
        """How many came in the period."""
        return sum(count for (before, _), count in self.people.items() if before is None)


def counts(lens: Lens) -> dict[int, int]:
    """How many people each tier has now."""
    contact = lens.table("contact")
    rows = lens.rows(contact.group_by("tier").agg(people=contact.count())).to_pylist()
    return {int(tier): 0 for tier in Tier} | {row["tier"]: row["people"] for row in rows}


def preview(lens: Lens, rules: TierRules, *, now: datetime) -> Flows:
    """Who would be where under these rules, from where they are now. Raises InvalidInput as `tier_rules.check`."""
    check(rules)
    return _flows(lens, placed(lens, rules, now=now))


def flows(lens: Lens, first_day: date, last_day: date) -> Flows:
    """How people moved from the beginning of `first_day` to the end of `last_day`.

    Raises InvalidInput `tiers.period` for a period that ends before it begins or is longer than three years.
    """
    _check_period(first_day, last_day)
    zone = xinfeng_settings.load().zone
    start, end = day_bounds(first_day, zone)[0], day_bounds(last_day, zone)[1]
    contact = lens.table("contact")
    fact = of_the_living(lens, lens.table("tier_fact"))
    people = contact.filter(contact["created_at"] < end).select("id", "tier", "created_at")
    people = _with_tier_at(people, fact, start, "at_start")
    people = _with_tier_at(people, fact, end, "at_end")
    met = people.select(
        before=ibis.cases((people["created_at"] >= start, _NEWCOMER), else_=people["at_start"]),
        tier=people["at_end"],
    )
    return _flows(lens, met)


def _with_tier_at(people: ibis.Table, fact: ibis.Table, moment: datetime, name: str) -> ibis.Table:
    """The tier at a moment: what the first change since then went away from, else today's."""
    later = fact.filter(fact["at"] >= moment)
    in_order = (later["id"] << 3) + later["before"]  # a tier takes three bits
    first = later.group_by("contact_id").agg(first=in_order.min())
    met = people.left_join(first, people["id"] == first["contact_id"]).drop("contact_id")
    was = (met["first"] & 7).cast("int16")
    return met.mutate(**{name: ibis.coalesce(was, met["tier"])}).drop("first")


def daily_counts(lens: Lens, first_day: date, last_day: date) -> list[tuple[date, dict[int, int]]]:
    """How many people each tier had at the end of each day. Raises InvalidInput `tiers.period` as `flows`."""
    _check_period(first_day, last_day)
    zone = xinfeng_settings.load().zone
    since, until_year = day_bounds(first_day, zone)[1], last_day.year + 1
    fact = of_the_living(lens, lens.table("tier_fact"))
    fact = fact.filter(fact["at"] >= since)
    day = clock.local_day(fact["at"], zone, until_year=until_year)
    moved = fact.group_by(day=day, before="before", tier="tier").agg(people=fact.count())
    contact = lens.table("contact")
    came = contact.filter(contact["created_at"] >= since)
    arrivals = came.group_by(day=clock.local_day(came["created_at"], zone, until_year=until_year))
    changes: dict[date, Counter[int]] = {}
    for row in lens.rows(moved).to_pylist():
        counter = changes.setdefault(_EPOCH + timedelta(days=row["day"]), Counter())
        counter[row["tier"]] += row["people"]
        counter[row["before"]] -= row["people"]
    for row in lens.rows(arrivals.agg(people=came.count())).to_pylist():
        changes.setdefault(_EPOCH + timedelta(days=row["day"]), Counter())[int(Tier.NONE)] += row["people"]
    return list(reversed(list(_backwards(counts(lens), changes, first_day, last_day))))


_EPOCH = date(1970, 1, 1)


def _backwards(
    today: dict[int, int], changes: dict[date, Counter[int]], first_day: date, last_day: date
) -> Iterator[tuple[date, dict[int, int]]]:
    """From how it is now, undo the changes day by day."""
    now = Counter(today)
    for later in sorted((day for day in changes if day > last_day), reverse=True):
        now.subtract(changes[later])
    day = last_day
    while day >= first_day:
        yield day, {int(tier): now[tier] for tier in Tier}
        now.subtract(changes.get(day, Counter()))
        day -= timedelta(days=1)


def _flows(lens: Lens, table: ibis.Table) -> Flows:
    counted: Any = table.group_by("before", "tier").agg(people=table.count())
    people = {
        (None if row["before"] == _NEWCOMER else row["before"], row["tier"]): row["people"]
        for row in lens.rows(counted).to_pylist()
    }
    return Flows(people)


def _check_period(first_day: date, last_day: date) -> None:
    if not first_day <= last_day <= first_day + timedelta(days=LONGEST_PERIOD_DAYS):
        raise InvalidInput("tiers.period")
