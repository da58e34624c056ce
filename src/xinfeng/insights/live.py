"""The numbers of a plan while it is being sent; cheap enough to ask every two seconds at a million messages.

Every message is in exactly one state, so `planned` is always the sum of the states, and `audience` is `planned`
plus `left_out`: numbers that people act on have to add up, paused and stopped campaigns included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from xinfeng.channels.models import Channel
from xinfeng.channels.reads import telling_displayed
from xinfeng.delivery.forecast import Forecast, forecast
from xinfeng.delivery.models import Chunk, ChunkState, Outcome, Plan, PlanState, PlanTotals, ReplyMeaning
from xinfeng.delivery.outcomes import FALLEN_BACK, MessageState, message_state
from xinfeng.insights.stages import ON_WIRE, WAITING, IdRange, attempts_of, cost_of, handed_over, staged
from xinfeng.kernel.errors import NotFound
from xinfeng.lens.engine import Lens, lens

RATE_OVER = timedelta(seconds=10)
"""The rate shown is the mean over this time."""


@dataclass(frozen=True)
class Count:
    """How many messages (or contacts) share a code: a gate's reason, a carrier's code. `kind`: of the channels that it
    came over ("": none, or no longer known), as a bare number means something else with each protocol."""

    code: str
    messages: int
    kind: str = ""


@dataclass(frozen=True)
class LiveNumbers:
    """A plan at the moment `at`.

    planned = waiting + on_wire + accepted + delivered + failed + uncertain + withheld. `on_wire`: handed to the
    socket, no answer yet. `replied` and `opted_out` count contacts; who opted out has also replied. `per_s` is
    in parts. `displayed` of those delivered were shown by a handset, among `displayed_of` whose channel can know; for
    `fell_back` of those accepted the carrier sent the SMS behind a 5G message, of which nothing more is told. `forecast` is about what still has to leave; None when nothing will.
    """

    plan_id: int
    state: str
    state_reason: str
    at: datetime
    audience: int
    planned: int
    parts: int
    left_out: int
    waiting: int
    on_wire: int
    accepted: int
    delivered: int
    failed: int
    uncertain: int
    withheld: int
    replied: int
    opted_out: int
    left_out_by: tuple[Count, ...]
    failed_by: tuple[Count, ...]
    uncertain_by: tuple[Count, ...]
    withheld_by: tuple[Count, ...]
    cost_li: int
    per_s: float
    forecast: Forecast | None
    displayed: int = 0
    displayed_of: int = 0
    fell_back: int = 0
    carried_by: Mapping[int, int] = field(default_factory=dict)
    """Messages by the channel that carried them, or may have."""
    kept_from: datetime | None = None
    """The messages are past their retention: these are the totals counted at this time (`delivery.retention`)."""

    @property
    def submitted(self) -> int:
        """Messages that a carrier answered about, or may have got."""
        return self.accepted + self.delivered + self.failed + self.uncertain

    @property
    def done(self) -> int:
        """Messages that nothing more will be tried for."""
        return self.submitted + self.withheld

    @property
    def delivered_share(self) -> float | None:
        """Delivered of all that have a definite end at the carrier; None before there is one."""
        ended = self.delivered + self.failed
        return self.delivered / ended if ended else None

    @property
    def displayed_share(self) -> float | None:
        """Shown, of what was delivered over channels that can know it; None where none can."""
        return self.displayed / self.displayed_of if self.displayed_of else None


def live_numbers(plan_id: int, *, now: datetime) -> LiveNumbers:
    """Brings the lens up to date first. Raises NotFound `plan.unknown`."""
    plan = Plan.objects.filter(pk=plan_id).first()
    if plan is None:
        raise NotFound("plan.unknown", plan=plan_id)
    if (kept := kept_numbers(plan, now=now)) is not None:
        return kept
    on_wire = handed_over(plan_id)  # before the refresh: what is answered by then is not on the wire
    copy = lens()
    copy.refresh()
    return numbers_of(plan, copy, _states(copy, plan_id, on_wire), cost_li=cost_of(copy, plan_id), now=now)


def kept_numbers(plan: Plan, *, now: datetime) -> LiveNumbers | None:
    """The numbers of a plan whose messages are past their retention; None: they are not."""
    totals = PlanTotals.objects.filter(plan_id=plan.pk).first()
    return None if totals is None else _from_totals(plan, totals, now)


def numbers_of(
    plan: Plan, copy: Lens, counted: Iterable[dict[str, Any]], *, cost_li: int, now: datetime
) -> LiveNumbers:
    """The numbers, from messages that somebody has counted: by `stage`, `code` and `channel_id`, how many `messages` with
    how many `parts`, and how many of them were `displayed`."""
    plan_id = plan.pk
    states = _States(counted, dict(Channel.objects.values_list("pk", "kind")))
    left_out = _counts(copy, "left_out", "reason", plan_id)
    replied, opted_out = _replies(copy, plan_id)
    planned_parts = states.parts(WAITING)
    return LiveNumbers(
        plan_id=plan_id,
        state=plan.state,
        state_reason=plan.reason,
        at=now,
        audience=plan.audience,
        planned=plan.messages,
        parts=plan.parts,
        left_out=sum(count.messages for count in left_out),
        waiting=states.messages(WAITING),
        on_wire=states.messages(ON_WIRE),
        accepted=states.messages(MessageState.ACCEPTED),
        delivered=states.messages(MessageState.DELIVERED),
        failed=states.messages(MessageState.FAILED),
        uncertain=states.messages(MessageState.UNCERTAIN),
        withheld=states.messages(MessageState.WITHHELD),
        replied=replied,
        opted_out=opted_out,
        left_out_by=left_out,
        failed_by=states.by_code(MessageState.FAILED),
        uncertain_by=states.by_code(MessageState.UNCERTAIN),
        withheld_by=states.by_code(MessageState.WITHHELD),
        cost_li=cost_li,
        per_s=_parts_per_s(copy, plan_id, now),
        forecast=_forecast(plan, planned_parts, now) if planned_parts else None,
        displayed=states.displayed,
        displayed_of=states.displayed_of(telling_displayed()),
        fell_back=states.with_code(MessageState.ACCEPTED, FALLEN_BACK),
        carried_by=states.by_channel(),
    )


def _from_totals(plan: Plan, totals: PlanTotals, now: datetime) -> LiveNumbers:
    return LiveNumbers(
        plan_id=plan.pk,
        state=plan.state,
        state_reason=plan.reason,
        at=now,
        audience=plan.audience,
        planned=totals.messages,
        parts=totals.parts,
        left_out=sum(totals.left_out.values()),
        waiting=totals.planned,
        on_wire=0,
        accepted=totals.accepted,
        delivered=totals.delivered,
        failed=totals.failed,
        uncertain=totals.uncertain,
        withheld=totals.withheld,
        replied=totals.replied,
        opted_out=totals.opted_out,
        left_out_by=_as_counts(totals.left_out),
        failed_by=_as_counts(totals.failed_by),
        uncertain_by=(),
        withheld_by=(),
        cost_li=totals.cost_li,
        per_s=0.0,
        forecast=None,
        displayed=totals.displayed,
        displayed_of=totals.displayed_of,
        fell_back=totals.fell_back,
        kept_from=totals.counted_at,
    )


def _as_counts(found: dict[str, int]) -> tuple[Count, ...]:
    return tuple(Count(code, n) for code, n in sorted(found.items(), key=lambda one: (-one[1], one[0])))


class _States:
    """Messages and parts by state, code and channel. `kinds` of channels, by id."""

    def __init__(self, rows: Iterable[dict[str, Any]], kinds: Mapping[int, str]) -> None:
        self._rows = list(rows)
        self._kinds = kinds

    def messages(self, state: str) -> int:
        return sum(row["messages"] for row in self._rows if row["stage"] == state)

    def parts(self, state: str) -> int:
        return sum(row["parts"] for row in self._rows if row["stage"] == state)

    @property
    def displayed(self) -> int:
        """Messages that a handset showed."""
        return sum(int(row["displayed"] or 0) for row in self._rows)

    def displayed_of(self, channel_ids: Collection[int]) -> int:
        """Messages delivered over these channels."""
        return sum(
            row["messages"]
            for row in self._rows
            if row["stage"] == MessageState.DELIVERED and row["channel_id"] in channel_ids
        )

    def with_code(self, state: str, code: str) -> int:
        return sum(row["messages"] for row in self._rows if row["stage"] == state and row["code"] == code)

    def by_channel(self) -> dict[int, int]:
        """Messages by the channel that carried them, or may have."""
        counts: Counter[int] = Counter()
        for row in self._rows:
            if row["channel_id"] is not None:
                counts[row["channel_id"]] += row["messages"]
        return dict(counts)

    def by_code(self, state: str) -> tuple[Count, ...]:
        counts: Counter[tuple[str, str]] = Counter()
        for row in self._rows:
            if row["stage"] == state:
                counts[row["code"] or "", self._kinds.get(row["channel_id"], "")] += row["messages"]
        found = [Count(code, messages, kind) for (code, kind), messages in counts.items()]
        return tuple(sorted(found, key=lambda count: (-count.messages, count.code, count.kind)))


def _states(copy: Lens, plan_id: int, on_wire: Sequence[IdRange]) -> list[dict[str, Any]]:
    messages = staged(message_state(copy, [plan_id]), on_wire)
    counted = messages.group_by("stage", "code", "channel_id").aggregate(
        messages=messages.count(), parts=messages["parts"].sum(), displayed=messages["displayed"].sum()
    )
    rows: list[dict[str, Any]] = copy.rows(counted).to_pylist()
    return rows


def _counts(copy: Lens, table: str, column: str, plan_id: int) -> tuple[Count, ...]:
    rows = copy.table(table)
    rows = rows.filter(rows["plan_id"] == plan_id)
    counted = rows.group_by(column).aggregate(messages=rows.count())
    found = [Count(row[column], row["messages"]) for row in copy.rows(counted).to_pylist()]
    return tuple(sorted(found, key=lambda count: (-count.messages, count.code)))


def _replies(copy: Lens, plan_id: int) -> tuple[int, int]:
    """Contacts who replied, and of these, who opted out."""
    reply = copy.table("reply")
    reply = reply.filter(reply["plan_id"] == plan_id)
    opted_out = reply["meaning"] == ReplyMeaning.OPT_OUT.value
    asked = reply.aggregate(
        replied=reply["contact_id"].nunique(), opted_out=reply["contact_id"].nunique(where=opted_out)
    )
    row = copy.rows(asked).to_pylist()[0]
    return int(row["replied"]), int(row["opted_out"])


def _parts_per_s(copy: Lens, plan_id: int, now: datetime) -> float:
    attempts = attempts_of(copy, plan_id)
    recent = attempts.filter(attempts["at"] > now - RATE_OVER, attempts["outcome"] != Outcome.THROTTLED.value)
    return int(copy.scalar(recent.count()) or 0) / RATE_OVER.total_seconds()


def _forecast(plan: Plan, parts: int, now: datetime) -> Forecast | None:
    if plan.state not in (PlanState.READY, PlanState.RUNNING, PlanState.PAUSED):
        return None
    windows = [(datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in plan.windows]
    channel_rate = _rate_of_channels(plan)
    per_s = min(plan.rate_per_s or channel_rate, channel_rate)
    usable = [(start, min(end, plan.deadline)) for start, end in windows if start < plan.deadline]
    return forecast(parts, per_s=per_s, windows=usable, now=now)


def _rate_of_channels(plan: Plan) -> int:
    """Parts per second of all channels that something of the plan waits for."""
    waiting = Chunk.objects.filter(plan=plan).exclude(state=ChunkState.DONE).values("channel_id")
    rates = list(Channel.objects.filter(pk__in=waiting).values_list("rate_per_s", flat=True))
    return sum(rates) or Channel.objects.values_list("rate_per_s", flat=True).get(pk=plan.channel_id)
