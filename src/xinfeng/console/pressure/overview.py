"""How many people got how many messages, who got the most, and how much goes out per day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xinfeng.campaigns import reads as campaigns
from xinfeng.campaigns.load import DayLoad, load_ahead
from xinfeng.console.components.parts import Text
from xinfeng.console.contacts.labels import TIERS
from xinfeng.console.permissions import allowed
from xinfeng.console.pressure.tabs import tabs
from xinfeng.console.words import sentence
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.lens.engine import lens
from xinfeng.policy import fatigue
from xinfeng.policy import reads as policy

PERIODS: tuple[tuple[int, Text], ...] = ((7, _("7 天")), (30, _("30 天")), (90, _("90 天")))
SHOWN = (1, 2, 4, 3, 5, 0)
"""contacts.Tier in the order of a customer's life."""
SHADES = 4


@dataclass(frozen=True)
class Cell:
    """One number; `shade` 0 to SHADES by its share of the row."""

    people: int
    shade: int


@dataclass(frozen=True)
class Line:
    label: Text
    cells: list[Cell]
    total: int


@dataclass(frozen=True)
class Square:
    """One day of the heat map."""

    load: DayLoad
    shade: int
    today: bool


@require_safe
@allowed("pressure.view")
def page(request: HttpRequest) -> HttpResponse:
    given = request.GET.get("days", "")
    days = next((one for one, _label in PERIODS if given == str(one)), 30)
    context: dict[str, Any] = {"tabs": tabs("pressure"), "periods": PERIODS, "days": days}
    now, zone = utc_now(), xinfeng_settings.load().zone
    try:
        copy = lens()
        copy.refresh()
        spread = fatigue.spread(copy, "marketing", days=days, now=now, zone=zone)
        most = fatigue.most_written(copy, "marketing", days=days, now=now, zone=zone)
        load = load_ahead(copy, now=now)
    except Conflict as fault:
        context["fault"] = sentence(fault)
        return render(request, "pressure/overview.html", context)
    people = {one.contact_id: one for one in campaigns.people([contact for contact, _sent in most])}
    context |= {
        "heads": [str(number) for number in range(fatigue.MOST_TOLD)] + [f"{fatigue.MOST_TOLD}+"],
        "lines": [_line(TIERS[tier][0], spread.by_tier[tier]) for tier in SHOWN],
        "all": _line(_("全部"), spread.total),
        "most": [
            (people[contact], sent, TIERS[people[contact].tier])
            for contact, sent in most
            if contact in people
        ],
        "weeks": _weeks(load, business_day(now, zone)),
        "ceiling": policy.settings_at(now).ceiling("marketing"),
    }
    return render(request, "pressure/overview.html", context)


def _line(label: Text, counts: Sequence[int]) -> Line:
    total = sum(counts)
    return Line(label, [Cell(one, _shade(one, total)) for one in counts], total)


def _shade(part: int, whole: int) -> int:
    return 0 if not part else min(SHADES, 1 + (SHADES - 1) * part // max(whole, 1))


def _weeks(load: Sequence[DayLoad], today: date) -> list[list[Square | None]]:
    """Monday to Sunday, empty where the days begin or end within a week."""
    most = max((one.total for one in load), default=0)
    squares = [Square(one, _shade(one.total, most), one.day == today) for one in load]
    first = load[0].day
    padded: list[Square | None] = [None] * (first - (first - timedelta(days=first.weekday()))).days + [
        *squares
    ]
    padded += [None] * (-len(padded) % 7)
    return [padded[at : at + 7] for at in range(0, len(padded), 7)]
