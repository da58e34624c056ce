"""What an inspection is about: some days, and if wanted one signature, channel or campaign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from xinfeng.campaigns.models import Campaign
from xinfeng.delivery.models import Plan
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import day_bounds

MOST_DAYS = 1096


@dataclass(frozen=True, slots=True)
class Scope:
    """Business days, both included. `plan_ids` None: every plan; otherwise what the filters leave."""

    first: date
    last: date
    signature_id: int | None = None
    channel_id: int | None = None
    campaign_id: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        return xinfeng_settings.load().zone

    @property
    def since(self) -> datetime:
        """The first moment, UTC."""
        return day_bounds(self.first, self.zone)[0]

    @property
    def until(self) -> datetime:
        """The first moment after it, UTC."""
        return day_bounds(self.last, self.zone)[1]

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def narrowed(self) -> bool:
        return any(one is not None for one in (self.signature_id, self.channel_id, self.campaign_id))

    def plan_ids(self) -> list[int] | None:
        """The plans that the filters leave; None: no filter, so every message of the period counts."""
        if not self.narrowed:
            return None
        if self.campaign_id is None and self.signature_id is None and self.channel_id is not None:
            found = Plan.objects.filter(pk__in=_over(self.channel_id), planned_at__lt=self.until)
            return list(found.values_list("pk", flat=True))
        campaigns = Campaign.objects.filter(plan__isnull=False)
        if self.campaign_id is not None:
            campaigns = campaigns.filter(pk=self.campaign_id)
        if self.signature_id is not None:
            campaigns = campaigns.filter(template_version__signature_id=self.signature_id)
        if self.channel_id is not None:
            campaigns = campaigns.filter(plan__in=_over(self.channel_id))
        return [one for one in campaigns.values_list("plan_id", flat=True) if one is not None]

    def as_json(self) -> dict[str, str | int]:
        """For a job, and for the manifest of an export."""
        found: dict[str, str | int] = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        for name in ("signature_id", "channel_id", "campaign_id"):
            value = getattr(self, name)
            if value is not None:
                found[name] = value
        return found


def scope(
    first: date,
    last: date,
    *,
    signature_id: int | None = None,
    channel_id: int | None = None,
    campaign_id: int | None = None,
) -> Scope:
    """Raises InvalidInput `inspection.period`, `inspection.too_long` (at_most)."""
    if last < first:
        raise InvalidInput("inspection.period")
    if (last - first).days >= MOST_DAYS:
        raise InvalidInput("inspection.too_long", at_most=MOST_DAYS)
    return Scope(first, last, signature_id, channel_id, campaign_id)


def read_scope(value: dict[str, str | int]) -> Scope:
    """What `as_json` wrote."""
    return scope(
        date.fromisoformat(str(value["first"])),
        date.fromisoformat(str(value["last"])),
        signature_id=_id(value.get("signature_id")),
        channel_id=_id(value.get("channel_id")),
        campaign_id=_id(value.get("campaign_id")),
    )


def last_month(today: date) -> Scope:
    """The calendar month before `today`'s."""
    last = today.replace(day=1) - timedelta(days=1)
    return Scope(last.replace(day=1), last)


def _id(value: str | int | None) -> int | None:
    return None if value is None else int(value)


def _over(channel_id: int) -> QuerySet[Plan, int]:
    """The plans that went over a channel, or may have: of one that goes by a route, any channel of it."""
    return Plan.objects.filter(Q(channel_id=channel_id) | Q(channels__channel_id=channel_id)).values_list(
        "pk", flat=True
    )
