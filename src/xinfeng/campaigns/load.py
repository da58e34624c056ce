"""How many marketing messages leave per day: what was sent, what plans still hold, what is scheduled.

What plans still hold is laid into their windows at the rates of the channels that it waits for; of a campaign that is scheduled only the size of its
segment is known, as it was last counted, and the gates will leave some of these out: `at_most`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Sum
from django.db.models.functions import Coalesce

from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.channels.models import Channel
from xinfeng.delivery.forecast import Window, within_hours
from xinfeng.delivery.models import Chunk, ChunkState, Plan
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import business_day
from xinfeng.lens.engine import Lens
from xinfeng.policy.counts import OPEN_PLAN_STATES
from xinfeng.policy.fatigue import per_day
from xinfeng.segments.reads import last_sizes

AHEAD = BACK = 14
"""Days."""


@dataclass(frozen=True)
class DayLoad:
    """Messages: `sent` by plans that are finished, `planned` by plans that are open, `scheduled` at most."""

    day: date
    sent: int = 0
    planned: int = 0
    scheduled: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.planned + self.scheduled


def load_ahead(copy: Lens, *, now: datetime) -> list[DayLoad]:
    """The days from BACK ago to AHEAD ahead. Refresh the lens before."""
    zone = xinfeng_settings.load().zone
    today = business_day(now, zone)
    first, last = today - timedelta(days=BACK), today + timedelta(days=AHEAD - 1)
    sent = per_day(copy, "marketing", first, last, zone=zone)
    planned, scheduled = _planned(now), _scheduled()
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [DayLoad(day, sent.get(day, 0), planned.get(day, 0), scheduled.get(day, 0)) for day in days]


def _planned(now: datetime) -> dict[date, int]:
    """What open plans still hold, by the day on which it will leave."""
    zone = xinfeng_settings.load().zone
    waiting: dict[int, dict[int, int]] = {}
    for plan_id, channel_id, left in (
        Chunk.objects.exclude(state=ChunkState.DONE)
        .filter(plan__state__in=OPEN_PLAN_STATES, plan__purpose="marketing")
        .values_list("plan_id", "channel_id")
        .annotate(left=Sum(F("last_id") - Coalesce(F("intent_upto"), F("first_id") - 1)))
    ):
        waiting.setdefault(plan_id, {})[channel_id] = left
    channels = Channel.objects.in_bulk()
    found: dict[date, int] = {}
    for plan in Plan.objects.filter(pk__in=list(waiting)):
        windows = [
            (datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in plan.windows
        ]
        own = {one: channels[one].rate_per_s if one in channels else 1 for one in waiting[plan.pk]}
        together = sum(own.values())
        per_s = min(plan.rate_per_s or together, together)
        for channel_id, left in waiting[plan.pk].items():
            hours = channels[channel_id].hours if channel_id in channels else None
            usable = within_hours(windows, hours, zone) if plan.route_id else windows
            _lay(left, usable, per_s * own[channel_id] / together, plan, now=now, zone=zone, into=found)
    return found


def _lay(
    waiting: int,
    windows: Sequence[Window],
    per_s: float,
    plan: Plan,
    *,
    now: datetime,
    zone: ZoneInfo,
    into: dict[date, int],
) -> None:
    """Lay messages of a plan into windows at a rate in parts per second, and count them by day."""
    parts = max(1, round(plan.parts / plan.messages)) if plan.messages else 1
    for start, end in windows:
        opens = max(start, now)
        if end <= opens or not waiting:
            continue
        leaves = min(waiting, int((end - opens).total_seconds() * per_s) // parts)
        day = business_day(opens, zone)
        into[day] = into.get(day, 0) + leaves
        waiting -= leaves


def _scheduled() -> dict[date, int]:
    zone = xinfeng_settings.load().zone
    campaigns = Campaign.objects.filter(
        state=CampaignState.SCHEDULED, purpose="marketing", scheduled_at__isnull=False
    ).values_list("scheduled_at", "segment_id")
    known = list(campaigns)
    sizes = last_sizes([segment for _at, segment in known if segment is not None])
    found: dict[date, int] = {}
    for at, segment in known:
        if at is not None and segment in sizes:
            day = business_day(at, zone)
            found[day] = found.get(day, 0) + sizes[segment].size
    return found
