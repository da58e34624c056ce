"""How the base fares: states, this quarter's rate against its target, budget."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xinfeng.console.components import Share, Stat
from xinfeng.console.numbers.labels import OBSTACLES, STATES, tabs
from xinfeng.console.permissions import allowed
from xinfeng.console.templatetags.xinfeng_format import num, pct
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.hygiene import reads
from xinfeng.hygiene.models import State
from xinfeng.hygiene.settings import plan_settings
from xinfeng.kernel.money import LI_PER_FEN, yuan
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.lens.engine import lens


@require_safe
@allowed("number.view")
def page(request: HttpRequest) -> HttpResponse:
    copy, now = lens(), utc_now()
    copy.refresh()
    counts, rate = reads.counts(copy), reads.rate(now, lens=copy)
    context: dict[str, Any] = {
        "tabs": tabs("numbers"),
        "counts": counts,
        "rate": rate,
        "obstacle": OBSTACLES.get(rate.obstacle) if rate.base else None,
        "shares": _shares(counts),
        "stats": _stats(counts),
        "progress": _progress(rate),
        "budget": _budget(rate),
    }
    return render(request, "numbers/overview.html", context)


def _shares(counts: reads.Counts) -> list[Share]:
    return [
        Share(
            label,
            counts.by_state[state],
            tone,
            "" if state is State.UNKNOWN else f"{reverse('numbers.list')}?show={state.name.lower()}",
        )
        for state, (label, tone) in STATES.items()
    ]


def _stats(counts: reads.Counts) -> list[Stat]:
    listed = reverse("numbers.list")
    known = counts.base - counts.by_state[State.UNKNOWN]
    return [
        Stat(_("有号码的客户"), num(counts.base), unit=_("人")),
        Stat(
            _("已知状态"),
            pct(known, counts.base) if counts.base else "—",
            hint=_("%(n)s 人") % {"n": num(known)},
        ),
        Stat(
            _("已隔离"),
            num(counts.quarantined),
            f"{listed}?show=quarantined",
            tone="warn" if counts.quarantined else "neutral",
            hint=_("暂不发送") if counts.quarantined else "",
            unit=_("人"),
        ),
        Stat(
            _("待核易主"),
            num(counts.recheck),
            f"{listed}?show=recheck",
            tone="warn" if counts.recheck else "neutral",
            hint=_("空号后又有人接收") if counts.recheck else "",
            unit=_("人"),
        ),
        Stat(_("携号转网"), num(counts.ported), f"{listed}?show=ported", unit=_("人")),
    ]


def _progress(rate: reads.Rate) -> dict[str, Any]:
    """This quarter's share, the forecast and the target side by side."""
    by_receipt = rate.revalidated - rate.by_lookup
    base = rate.base or 1
    return {
        "kind": "rank",
        "x": [_("目标"), _("季末预计"), _("已复核"), _("其中送达回执"), _("其中号码检测")],
        "series": [
            {
                "name": _("占有号码的客户"),
                "data": [
                    rate.target / base,
                    rate.forecast / base,
                    rate.revalidated / base,
                    by_receipt / base,
                    rate.by_lookup / base,
                ],
                "tone": "bad" if rate.obstacle else "accent",
            }
        ],
        "percent": True,
    }


def _budget(rate: reads.Rate) -> list[tuple[Any, str, str]]:
    """What was asked and paid for, today and this month, each with its limit."""
    settings = plan_settings()
    spent = reads.spent(None, business_day(utc_now(), xinfeng_settings.load().zone))
    unlimited = _("不限")

    def count(limit: int) -> str:
        return num(limit) if limit else unlimited

    def money(limit: int) -> str:
        return f"¥{yuan(limit)}" if limit else unlimited

    return [
        (_("今天查询"), num(spent.today), count(settings.per_day)),
        (_("本月查询"), num(spent.month), count(settings.per_month)),
        (_("今天费用"), f"¥{yuan(-(-spent.today_li // LI_PER_FEN))}", money(settings.per_day_fen)),
        (_("本月费用"), f"¥{yuan(-(-spent.month_li // LI_PER_FEN))}", money(settings.per_month_fen)),
    ]
