"""Complaints per million by what campaigns know of their plans: campaign, signature, template, segment; and by the
channel that carried each message, whichever a route chose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from xinfeng.campaigns.models import Campaign
from xinfeng.channels.models import Channel
from xinfeng.complaints import rates, settings
from xinfeng.complaints.rates import PlanRate, Rate
from xinfeng.complaints.settings import Rules

DIMENSIONS = ("campaign", "signature", "template", "segment", "channel")


@dataclass(frozen=True, slots=True)
class Line:
    """One campaign, signature …: its name and its rate. `id` is that of the thing itself."""

    dimension: str
    id: int
    name: str
    rate: Rate


@dataclass(frozen=True, slots=True)
class _Facets:
    """What a plan's campaign is made of: id and name of each."""

    of: dict[str, tuple[int, str]]


def by_dimension(
    dimension: str, since: datetime, until: datetime, *, rules: Rules | None = None
) -> list[Line]:
    """Every one that sent marketing in the period, those with the most complaints first, then by rate."""
    found = rates.plan_rates(since, until, rules=rules)
    if dimension == "channel":
        return _sorted(_by_channel(found))
    facets = _facets(found)
    sums: dict[int, Rate] = {}
    names: dict[int, str] = {}
    for one in found:
        known = facets.get(one.plan_id)
        if known is None or dimension not in known.of:
            continue
        key, name = known.of[dimension]
        sums[key] = sums.get(key, Rate(0, 0)) + one.rate
        names[key] = name
    return _sorted([Line(dimension, key, names[key], rate) for key, rate in sums.items()])


def _sorted(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.rate.complaints, -(line.rate.per_million or 0), line.id))


def _by_channel(found: Iterable[PlanRate]) -> list[Line]:
    """By the channel that carried each message; of one that is gone, or nobody knows, nothing is said."""
    sums: dict[int, Rate] = {}
    for one in found:
        for channel_id, rate in one.by_channel.items():
            sums[channel_id] = sums.get(channel_id, Rate(0, 0)) + rate
    names = dict(Channel.objects.filter(pk__in=sums).values_list("pk", "name"))
    return [Line("channel", key, names[key], rate) for key, rate in sums.items() if key in names]


def _facets(found: Iterable[PlanRate]) -> dict[int, _Facets]:
    plans = [one.plan_id for one in found]
    rows: Iterable[Any] = Campaign.objects.filter(plan_id__in=plans).values_list(
        "plan_id",
        "pk",
        "name",
        "template_version__signature_id",
        "template_version__signature__text",
        "template_version__template_id",
        "template_version__template__name",
        "segment_id",
        "segment__name",
    )
    facets = {}
    for plan_id, *values in rows:
        pairs = zip(DIMENSIONS[:-1], values[::2], values[1::2], strict=True)
        facets[int(plan_id or 0)] = _Facets(
            {name: (id_, text) for name, id_, text in pairs if id_ is not None}
        )
    return facets


def rate_of(dimension: str, dimension_id: int, *, now: datetime, rules: Rules | None = None) -> Rate:
    """Of a signature, a template, a segment or a channel over the last `window_days`, from what is kept."""
    rules = rules or settings.current()
    since = now - timedelta(days=rules.window_days)
    if dimension == "channel":
        kept = rates.plan_rates(since, now, rules=rules)
        return sum((one.by_channel.get(dimension_id, Rate(0, 0)) for one in kept), Rate(0, 0))
    field = {
        "signature": "template_version__signature_id",
        "template": "template_version__template_id",
        "segment": "segment_id",
    }[dimension]
    plans = Campaign.objects.filter(
        Q(**{field: dimension_id}), plan__isnull=False, purpose="marketing", plan__planned_at__gte=since
    )
    return rates.rate_of_plans(
        [int(one) for one in plans.values_list("plan_id", flat=True) if one], rules=rules
    )
