"""Complaints per million: by month, and by what was sent, each with its exact interval against the limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.campaigns.complaint_rates import Line, by_dimension
from xinfeng.complaints import rates, settings
from xinfeng.complaints.rates import Rate, against
from xinfeng.complaints.settings import Rules, Threshold
from xinfeng.complaints.waivers import waive, waived
from xinfeng.console.complaints.intervals import Bar, Scale
from xinfeng.console.complaints.labels import CONSEQUENCES, DIMENSIONS, per_million, tabs
from xinfeng.console.components import Tab
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.permissions import allowed, may
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, day_bounds, utc_now

MONTHS = 12
PERIODS = (30, 90, 365)
MOST_LINES = 100


@dataclass(frozen=True)
class Shown:
    """One line of the page. `verdict`: what the limits say of it, in words and a colour."""

    id: int
    name: str
    url: str
    rate: Rate
    bar: Bar | None
    verdict: tuple[str, Tone]
    odds: str
    closes: bool
    waived_until: datetime | None

    @property
    def per_million(self) -> str:
        return per_million(self.rate.per_million)

    @property
    def interval(self) -> str:
        found = self.rate.interval
        return f"{per_million(found.low)} – {per_million(found.high)}" if found else "—"


@require_safe
@allowed("complaint.view")
def page(request: HttpRequest) -> HttpResponse:
    dimension = request.GET.get("by", "signature")
    days = request.GET.get("days", str(PERIODS[0]))
    if dimension not in DIMENSIONS or days not in {str(one) for one in PERIODS}:
        raise InvalidInput("request.filter", name="by")
    now, rules = utc_now(), settings.current()
    lines = by_dimension(dimension, now - timedelta(days=int(days)), now, rules=rules)[:MOST_LINES]
    months = rates.months(_month_bounds(now), rules=rules)
    scale = Scale.over([one.rate.interval.high for one in lines if one.rate.interval])
    this_month = months[-1]
    context = {
        "tabs": tabs(request),
        "switch": [
            Tab(label, f"?by={code}&days={days}", code == dimension) for code, label in DIMENSIONS.items()
        ],
        "periods": [(one, str(one) == days) for one in PERIODS],
        "dimension": dimension,
        "lines": [_shown(one, rules, scale, now=now) for one in lines],
        "scale": scale,
        "limits": scale.limits([_limit(one) for one in rules.thresholds if one.enabled]),
        "month": this_month,
        "month_rate": per_million(this_month.rate.per_million),
        "month_interval": this_month.rate.interval,
        "month_low": per_million(this_month.rate.interval.low) if this_month.rate.interval else "—",
        "month_high": per_million(this_month.rate.interval.high) if this_month.rate.interval else "—",
        "against": [
            (one, _label(one.threshold), CONSEQUENCES[one.threshold.consequence], _odds(one.probability))
            for one in against(this_month.rate, rules)
        ],
        "chart": _chart(months),
        "rules": rules,
        "can_waive": may(request.user, "complaint.handle") and dimension in ("signature", "template"),
    }
    return render(request, "complaints/rates.html", context)


@require_POST
@allowed("complaint.handle")
def let_pass(request: HttpRequest) -> HttpResponse:
    """Waive the closing limit for a signature or a template."""
    dimension, id_ = request.POST.get("dimension", ""), request.POST.get("id", "")
    days = request.POST.get("days", "")
    if not all(text.isascii() and text.isdigit() and len(text) < 10 for text in (id_, days)):
        raise InvalidInput("complaint.waiver", at_most_days=31)
    now = utc_now()
    waive(
        dimension,
        int(id_),
        reason=request.POST.get("reason", ""),
        until=now + timedelta(days=int(days)),
        actor=request.user.get_username(),
        now=now,
    )
    messages.success(request, _("已放行，预检时会写明是谁、为什么。"))
    return redirect(f"{reverse('complaints.rates')}?by={dimension}")


def _shown(line: Line, rules: Rules, scale: Scale, *, now: datetime) -> Shown:
    rate = line.rate
    interval, estimate = rate.interval, rate.per_million
    found = against(rate, rules)
    surely = [one for one in found if one.surely]
    worst = surely[-1] if surely else None
    closing = rules.limit("close")
    closes = closing is not None and rate.surely_above(closing.per_million, rules=rules)
    let = waived(line.dimension, line.id, now=now) if closes else None
    strictest = found[0] if found else None
    return Shown(
        id=line.id,
        name=line.name,
        url=_url(line),
        rate=rate,
        bar=scale.bar(interval, estimate) if interval and estimate is not None else None,
        verdict=_verdict(
            worst.threshold if worst else None,
            any(one.above for one in found),
            too_few=interval is None
            or (strictest is not None and interval.high > strictest.threshold.per_million),
        ),
        odds=_odds(strictest.probability) if strictest else "—",
        closes=closes,
        waived_until=let.until if let else None,
    )


def _verdict(surely: Threshold | None, above: bool, *, too_few: bool) -> tuple[str, Tone]:
    """`too_few`: so little was delivered that the strictest limit may still be passed."""
    if surely is not None:
        return _("高于 %(limit)s") % {"limit": f"{surely.per_million:g}"}, "bad"
    if above:
        return _("可能偏高，还说不准"), "warn"
    if too_few:
        return _("没有超，样本还少"), "neutral"
    return _("在限额内"), "good"


def _odds(probability: float | None) -> str:
    if probability is None:
        return "—"
    if probability > 0.999:
        return "> 99.9%"
    return "< 0.1%" if probability < 0.001 else f"{probability:.1%}"


def _url(line: Line) -> str:
    names = {
        "campaign": "campaigns.report",
        "template": "templates.detail",
        "segment": "segments.detail",
        "channel": "channels.detail",
    }
    try:
        return reverse(names[line.dimension], args=[line.id]) if line.dimension in names else ""
    except NoReverseMatch:
        return ""


def _label(threshold: Threshold) -> str:
    english = (get_language() or "").startswith("en")
    return (threshold.label_en if english else "") or threshold.label


def _limit(threshold: Threshold) -> tuple[float, str, str]:
    return (
        threshold.per_million,
        f"{_label(threshold)} {threshold.per_million:g}",
        CONSEQUENCES[threshold.consequence][1],
    )


def _month_bounds(now: datetime) -> list[tuple[datetime, datetime]]:
    zone = xinfeng_settings.load().zone
    today = business_day(now, zone)
    firsts = []
    year, month = today.year, today.month
    for _n in range(MONTHS):
        firsts.append(date(year, month, 1))
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    bounds = []
    for first in reversed(firsts):
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        bounds.append((day_bounds(first, zone)[0], day_bounds(after, zone)[0]))
    return bounds


def _chart(months: list[rates.Month]) -> dict[str, object]:
    zone = xinfeng_settings.load().zone
    known = [one for one in months if one.rate.delivered]
    high = [one.rate.interval.high if one.rate.interval else None for one in known]
    low = [one.rate.interval.low if one.rate.interval else None for one in known]
    label: Text = _("每百万送达")
    return {
        "kind": "line" if len(known) > 1 else "bar",
        "x": [f"{one.first.astimezone(zone):%Y-%m}" for one in known],
        "series": [
            {"name": _("上限（95%）"), "data": _rounded(high), "tone": "neutral"},
            {"name": _("投诉率"), "data": _rounded([one.rate.per_million for one in known]), "tone": "bad"},
            {"name": _("下限（95%）"), "data": _rounded(low), "tone": "neutral"},
        ],
        "unit": label,
    }


def _rounded(values: list[float | None]) -> list[float | None]:
    return [None if one is None else round(one, 3) for one in values]
