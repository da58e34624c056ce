"""Where everybody is, and how people move between tiers in a period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from xinfeng.console.components import Stat
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.contacts.labels import TIERS
from xinfeng.console.permissions import allowed
from xinfeng.console.templatetags.xinfeng_format import num, pct
from xinfeng.console.tiers.tabs import tabs
from xinfeng.console.words import sentence
from xinfeng.contacts import tier_flows
from xinfeng.contacts.models import Tier
from xinfeng.contacts.tier_flows import Flows
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.lens.engine import Lens, lens

SHOWN = (Tier.NEW, Tier.ACTIVE, Tier.POTENTIAL, Tier.DORMANT, Tier.INDUSTRY, Tier.NONE)
"""The tiers in the order of a customer's life."""

PERIODS: tuple[tuple[int, Text], ...] = (
    (30, gettext_lazy("近 30 天")),
    (90, gettext_lazy("近 90 天")),
    (365, gettext_lazy("近一年")),
)
_CHART_TONES: Mapping[int, Tone] = {
    Tier.NEW: "info",
    Tier.ACTIVE: "good",
    Tier.DORMANT: "warn",
    Tier.POTENTIAL: "accent",
    Tier.INDUSTRY: "bad",
    Tier.NONE: "neutral",
}
_MOST_POINTS = 120


@dataclass(frozen=True)
class Cell:
    """How many went one way; `stayed`: the same tier before and after. `strong` from 0 to 4: how many of all."""

    people: int
    stayed: bool
    strong: int
    url: str


@dataclass(frozen=True)
class Line:
    """Everybody who was in one tier at the beginning, and where they are at the end."""

    label: Text
    total: int
    cells: list[Cell]


@require_safe
@allowed("tier.view")
def page(request: HttpRequest) -> HttpResponse:
    """How many people each tier has now, and what happened in the period that ends today."""
    given = request.GET.get("days", "")
    days = next((days for days, _label in PERIODS if given == str(days)), PERIODS[0][0])
    today = business_day(utc_now(), xinfeng_settings.load().zone)
    first = today - timedelta(days=days - 1)
    context: dict[str, Any] = {
        "tabs": tabs("tiers"),
        "periods": PERIODS,
        "days": days,
        "first": first,
        "today": today,
    }
    try:
        mirror = lens()
        mirror.refresh()
        counts = tier_flows.counts(mirror)
        context |= {"stats": stats(counts), "total": sum(counts.values())}
        context |= _moves(mirror, first, today)
    except Conflict as fault:
        context["fault"] = sentence(fault)
    return render(request, "tiers/overview.html", context)


def _moves(mirror: Lens, first: date, last: date) -> dict[str, Any]:
    flows = tier_flows.flows(mirror, first, last)
    return {
        "flows": flows,
        "heads": [(TIERS[tier][0], people_url(tier)) for tier in SHOWN],
        "lines": matrix(flows),
        "trend": trend(mirror, first, last),
        "going": going(flows),
    }


def people_url(tier: int) -> str:
    return f"{reverse('contacts')}?tier={int(tier)}"


def stats(counts: Mapping[int, int]) -> list[Stat]:
    """A number for each tier, its share, and a way to the people."""
    total = sum(counts.values())
    return [
        Stat(
            TIERS[tier][0],
            num(counts[tier]),
            people_url(tier),
            unit=_("人"),
            hint=pct(counts[tier], total) if total else "",
        )
        for tier in SHOWN
    ]


def matrix(flows: Flows) -> list[Line]:
    """From each tier to each; newcomers first."""
    most = max((count for before, tier, count in flows.moves()), default=0)
    lines = []
    for before in (None, *SHOWN):
        of_line = [flows.people.get((before, int(tier)), 0) for tier in SHOWN]
        cells = [
            Cell(people, before == tier, _strength(people, most) if before != tier else 0, people_url(tier))
            for tier, people in zip(SHOWN, of_line, strict=True)
        ]
        label = _("期间新加入") if before is None else TIERS[before][0]
        lines.append(Line(label, sum(of_line), cells))
    return lines


def _strength(people: int, most: int) -> int:
    return 0 if not people else max(1, min(4, round(4 * people / most)))


def trend(mirror: Lens, first: date, last: date) -> dict[str, Any]:
    """How many each tier had, day by day; thinned out where there are more days than points."""
    days = tier_flows.daily_counts(mirror, first, last)
    step = -(-len(days) // _MOST_POINTS)
    days = days[::-step][::-1]
    return {
        "kind": "line",
        "x": [f"{day:%m-%d}" for day, _counts in days],
        "unit": _("人"),
        "series": [
            {
                "name": TIERS[tier][0],
                "data": [counts[tier] for _day, counts in days],
                "tone": _CHART_TONES[tier],
            }
            for tier in SHOWN
        ],
    }


def going(flows: Flows) -> dict[str, Any] | None:
    """Where those who left each tier went; None when nobody moved."""
    if not flows.moves():
        return None
    begins = (None, *SHOWN)
    return {
        "kind": "stack",
        "x": [_("新加入") if before is None else TIERS[before][0] for before in begins],
        "unit": _("人"),
        "series": [
            {
                "name": _("到{tier}").format(tier=TIERS[tier][0]),
                "data": [
                    flows.people.get((before, int(tier)), 0) if before != tier else 0 for before in begins
                ],
                "tone": _CHART_TONES[tier],
            }
            for tier in SHOWN
        ],
    }
