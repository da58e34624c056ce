"""What a campaign's filings come to: before the gates, once the number of messages is known, and while it is sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum

from xinfeng.campaigns.models import Campaign
from xinfeng.channels.models import Channel
from xinfeng.content.models import TemplateVersion
from xinfeng.delivery import failover
from xinfeng.delivery.models import Chunk, ChunkState, Plan, PlanChannel
from xinfeng.delivery.planning import Window
from xinfeng.filings.bulk import covered_days, current_peaks
from xinfeng.filings.faults import Fault
from xinfeng.filings.peaks import PeakAhead, ahead, peak_days
from xinfeng.filings.terms import Terms, filed_for, lapses, terms_for
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import business_day, day_bounds
from xinfeng.policy import reads as policy
from xinfeng.policy.calendar import Mark
from xinfeng.policy.facts import OPEN_PLAN_STATES


def terms_of(campaign: Campaign, *, day: date, windows: Sequence[Window]) -> Terms | None:
    """What the campaign has of its channel on its first day; None while it has no channel or no text."""
    version, channel = campaign.template_version, campaign.channel
    if version is None or channel is None:
        return None
    return terms_for(version.signature, channel, version, day=day, days=days_of(windows))


def days_of(windows: Sequence[Window]) -> list[date]:
    """The business days on which there is a window."""
    zone = xinfeng_settings.load().zone
    return sorted({business_day(start, zone) for start, _ in windows})


def holidays(first: date, last: date) -> dict[date, str]:
    """Days off by date, as the calendar names them."""
    return {one.day: one.name for one in policy.calendar_days(first, last) if one.mark is Mark.HOLIDAY}


def peaks_between(first: date, last: date) -> dict[date, str]:
    """The peak days from `first` to `last`, both included."""
    return peak_days(current_peaks(), holidays(first, last), first, last)


@dataclass(frozen=True, slots=True)
class Bulk:
    """Peak days among a campaign's: those on which so much may not be sent, with what is missing, and those on which a
    number is relied on."""

    held: dict[date, Fault] = field(default_factory=dict)
    relied_on: tuple[date, ...] = ()


def bulk_of(terms: Terms | None, *, channel_id: int, windows: Sequence[Window], messages: int) -> Bulk:
    """How a campaign of so many messages stands with its peak days."""
    days = days_of(windows)
    if terms is None or terms.bulk is None or not days:
        return Bulk()
    wanted = set(days)
    peaks = {day: name for day, name in peaks_between(days[0], days[-1]).items() if day in wanted}
    counts = {day: messages + _planned_on(day, channel_id) for day in peaks}
    threshold = current_peaks().threshold
    held = terms.bulk_faults(peaks, counts, threshold=threshold)
    return Bulk(held, tuple(day for day, count in counts.items() if count > threshold and day not in held))


def _planned_on(day: date, channel_id: int) -> int:
    """Marketing messages that leave, or may still leave, over a channel on a day."""
    start, end = day_bounds(day, xinfeng_settings.load().zone)
    that_day = Q(planned_at__gte=start, planned_at__lt=end) | Q(
        state__in=OPEN_PLAN_STATES, deadline__gt=start
    )
    found = Plan.objects.filter(that_day, purpose="marketing")
    whole = found.filter(channel_id=channel_id, route_id__isnull=True).aggregate(sum=Sum("messages"))["sum"]
    # what goes by a route may come to leave over any of its channels
    plans = PlanChannel.objects.filter(channel_id=channel_id, plan__in=found.filter(route_id__isnull=False))
    routed = Plan.objects.filter(pk__in=plans.values("plan_id")).aggregate(sum=Sum("messages"))["sum"]
    return (whole or 0) + (routed or 0)


def without(windows: Sequence[Window], days: Sequence[date] | dict[date, Fault]) -> tuple[Window, ...]:
    """The windows of the other days."""
    zone = xinfeng_settings.load().zone
    return tuple(one for one in windows if business_day(one[0], zone) not in days)


def lapsed(campaign: Campaign, *, now: datetime) -> list[str]:
    """What the campaign's plan relied on that is not in force any more (`filings.terms.lapses`); empty: all is.

    A plan that goes by a route first leaves the channels whose filings ended: what another channel of its lane can carry
    goes there. Only what is left for want of one counts.
    """
    plan, version, channel = campaign.plan, campaign.template_version, campaign.channel
    if plan is None or version is None:
        return []
    if channel is not None:
        return _lapses(version, channel, plan.policy.get("filing") or {}, plan, now=now)
    kept = (plan.policy.get("route") or {}).get("filing") or {}
    found: list[str] = []
    for one in Channel.objects.filter(pk__in=waiting_channels(plan.pk)):
        what = _lapses(version, one, kept.get(str(one.pk)) or {}, plan, now=now)
        if what and not _leave(plan, one.pk, now=now):
            found += what
    return list(dict.fromkeys(found))


def _leave(plan: Plan, channel_id: int, *, now: datetime) -> bool:
    with transaction.atomic():
        return failover.leave_channel(plan.pk, channel_id, reason="filing_lapsed", now=now)


def _lapses(
    version: TemplateVersion, channel: Channel, relied_on: Mapping[str, Any], plan: Plan, *, now: datetime
) -> list[str]:
    zone = xinfeng_settings.load().zone
    today = business_day(now, zone)
    ahead = [
        business_day(datetime.fromisoformat(start), zone)
        for start, end in plan.windows
        if datetime.fromisoformat(end) > now
    ]
    days = [day for day in dict.fromkeys(ahead) if day >= today] or [today]
    terms = filed_for(version.signature, channel, version, day=today, days=days)
    return lapses(relied_on, terms, planned_for=days)


def waiting_channels(plan_id: int) -> set[int]:
    """The channels over which something of a plan may still leave."""
    chunks = Chunk.objects.filter(plan_id=plan_id).exclude(state=ChunkState.DONE)
    return {one for lane, now in chunks.values_list("lane", "channel_id").distinct() for one in (*lane, now)}


SOON_DAYS = 14
"""So many days before the deadline of a peak its countdown is shown with campaigns."""


def peaks_without_number(today: date, channel: str) -> list[PeakAhead]:
    """The peaks whose deadline is near and for which this channel (by name) has no number."""
    settings, days = current_peaks(), next_peak_days(today, days=60)
    covered = covered_days(today, max(days, default=today), channel=channel)
    found = ahead(days, today, lead_days=settings.lead_days, covered=covered)
    return [one for one in found if not one.covered and 0 <= one.days_left <= SOON_DAYS]


def next_peak_days(today: date, *, days: int = 120) -> dict[date, str]:
    """The peak days ahead, from today on."""
    return peaks_between(today, today + timedelta(days=days))
