"""How much was sent, on which consent, and who was left out; counted in the lens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import ibis

from xinfeng.channels.models import Channel
from xinfeng.delivery.models import Plan
from xinfeng.delivery.outcomes import count_states
from xinfeng.inspection.period import Scope
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import business_day
from xinfeng.lens.engine import Lens, lens
from xinfeng.policy.reasons import MINOR


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a breakdown."""

    key: str
    messages: int
    parts: int


@dataclass(frozen=True, slots=True)
class Volume:
    """Messages planned in the period; each breakdown adds up to `messages`. `by_day` by business day, ascending;
    `by_carrier` by the contact's number range as it is now; `by_channel` by the channel's name."""

    messages: int
    parts: int
    by_day: tuple[Line, ...]
    by_channel: tuple[Line, ...]
    by_purpose: tuple[Line, ...]
    by_carrier: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """Messages that rest on consent of one source; `proven` of them on entries that name a proof."""

    source: str
    messages: int
    proven: int
    with_notice: int


@dataclass(frozen=True, slots=True)
class Consents:
    """On what the messages of the period rest. `missing`: on an entry that the ledger does not have: must be 0."""

    messages: int
    proven: int
    missing: int
    by_source: tuple[ConsentLine, ...]

    @property
    def proven_share(self) -> float | None:
        return self.proven / self.messages if self.messages else None


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of the messages of the period, by `delivery.outcomes`; they add up to all of them."""

    by_state: dict[str, int]

    @property
    def messages(self) -> int:
        return sum(self.by_state.values())


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Contacts that gates refused in the period, by reason; `minors` are those known to be under age."""

    contacts: int
    minors: int
    by_reason: tuple[tuple[str, int], ...]


def volume(asked: Scope) -> Volume:
    """Messages and parts by day, channel, purpose and carrier."""
    copy = fresh()
    message = messages(copy, asked)
    contact = copy.table("contact")
    contact = contact.select(known=contact["id"], carrier=contact["carrier"])
    joined = message.left_join(contact, message["contact_id"] == contact["known"])
    counted = joined.group_by("plan_id", "carrier").aggregate(n=joined.count(), parts=joined["parts"].sum())
    found = copy.rows(counted).to_pylist()
    plans = _plans({row["plan_id"] for row in found})
    names = {one.pk: one.name for one in Channel.objects.all()}
    sums: dict[str, dict[str, list[int]]] = {"day": {}, "channel": {}, "purpose": {}, "carrier": {}}
    for row in found:
        plan = plans.get(row["plan_id"])
        at, purpose, channel = plan if plan else (None, "", 0)
        keys = {
            "day": business_day(at, asked.zone).isoformat() if at else "",
            "channel": names.get(channel, str(channel)),
            "purpose": purpose,
            "carrier": _carrier(row["carrier"]),
        }
        for kind, key in keys.items():
            line = sums[kind].setdefault(key, [0, 0])
            line[0] += int(row["n"])
            line[1] += int(row["parts"])
    total = [sum(one[place] for one in sums["purpose"].values()) for place in (0, 1)]
    by_day = tuple(sorted(_lines(sums["day"]), key=lambda one: one.key))
    return Volume(
        total[0], total[1], by_day, _lines(sums["channel"]), _lines(sums["purpose"]), _lines(sums["carrier"])
    )


def outcomes(asked: Scope) -> Outcomes:
    """What became of the messages."""
    counted = count_states(fresh(), asked.plan_ids(), since=asked.since, until=asked.until)
    return Outcomes({state.value: count for state, count in counted.items()})


def consents(asked: Scope) -> Consents:
    """On which source of consent each message rests, and whether its entry names a proof."""
    copy = fresh()
    message = messages(copy, asked)
    entry = copy.table("consent_entry")
    entry = entry.filter(entry["granted"]).select("seq", "source", "notice_id", "proven")
    joined = message.left_join(entry, message["consent_seq"] == entry["seq"])
    counted = joined.group_by("source").aggregate(
        n=joined.count(),
        proven=joined["proven"].fill_null(False).cast("int64").sum(),
        noticed=joined["notice_id"].notnull().cast("int64").sum(),
    )
    lines: dict[str, list[int]] = {}
    missing = 0
    for row in copy.rows(counted).to_pylist():
        if row["source"] is None:
            missing += int(row["n"])
            continue
        line = lines.setdefault(row["source"], [0, 0, 0])
        for place, name in enumerate(("n", "proven", "noticed")):
            line[place] += int(row[name])
    by_source = sorted(
        (ConsentLine(source, *line) for source, line in lines.items()),
        key=lambda one: (-one.messages, one.source),
    )
    return Consents(
        sum(one.messages for one in by_source) + missing,
        sum(one.proven for one in by_source),
        missing,
        tuple(by_source),
    )


def left_out(asked: Scope) -> LeftOut:
    """Who was not written to, and why."""
    copy = fresh()
    rows = copy.table("left_out")
    rows = rows.filter(rows["at"] >= asked.since, rows["at"] < asked.until)
    if (plans := asked.plan_ids()) is not None:
        rows = rows.filter(rows["plan_id"].isin(plans or [0]))
    counted = rows.group_by("reason").aggregate(n=rows.count())
    found = {row["reason"]: int(row["n"]) for row in copy.rows(counted).to_pylist()}
    by_reason = tuple(sorted(found.items(), key=lambda one: (-one[1], one[0])))
    return LeftOut(sum(found.values()), found.get(MINOR, 0), by_reason)


def fresh() -> Lens:
    """The lens, brought up to date."""
    copy = lens()
    copy.refresh()
    return copy


def messages(copy: Lens, asked: Scope) -> ibis.Table:
    """The messages the period is about."""
    message = copy.table("message")
    message = message.filter(message["planned_at"] >= asked.since, message["planned_at"] < asked.until)
    plans = asked.plan_ids()
    return message if plans is None else message.filter(message["plan_id"].isin(plans or [0]))


def _plans(ids: set[int]) -> dict[int, tuple[datetime | None, str, int]]:
    found = Plan.objects.filter(pk__in=ids).values_list("pk", "planned_at", "purpose", "channel_id")
    return {pk: (at, purpose, channel) for pk, at, purpose, channel in found}


def _carrier(value: int | None) -> str:
    return str(int(Carrier.UNKNOWN) if value is None else value)


def _lines(sums: dict[str, list[int]]) -> tuple[Line, ...]:
    lines = (Line(key, *counts) for key, counts in sums.items())
    return tuple(sorted(lines, key=lambda one: (-one.messages, one.key)))
