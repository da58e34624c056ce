"""How rules change: from when, why, and who changed what before; for the pages of windows and ceilings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from xinfeng.campaigns import binding
from xinfeng.console.content.labels import TRADES
from xinfeng.console.permissions import allowed
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import business_day, day_bounds, utc_now
from xinfeng.policy import reads
from xinfeng.policy.timeline import Change, Kind

MOST_SHOWN = 20
BACK = ("settings.windows", "settings.caps", "settings.trade")


class ChangeForm(forms.Form):
    """From when a change holds, and why; left empty, at once."""

    from_day = forms.DateField(
        label=_("从哪天起"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("留空：立即生效。填以后的日期：那天零点起生效，之前可以撤回。"),
    )
    why = forms.CharField(label=_("为什么改"), required=False, max_length=200)

    def when(self, now: datetime) -> dict[str, Any]:
        """What the actions take. A day that has begun means at once."""
        day: date | None = self.cleaned_data["from_day"]
        zone = xinfeng_settings.load().zone
        since = day_bounds(day, zone)[0] if day is not None and day != business_day(now, zone) else None
        return {"effective_from": since, "why": self.cleaned_data["why"]}

    def said(self) -> str:
        """What to say of a change that holds later; empty for one that holds now."""
        day: date | None = self.cleaned_data["from_day"]
        if day is None or day <= business_day(utc_now(), xinfeng_settings.load().zone):
            return ""
        return gettext("已保存，从 %(day)s 零点起生效；在那之前可以撤回。") % {"day": day.isoformat()}


@dataclass(frozen=True)
class Entry:
    """One line of a history: `what` in words, whether it is still to come."""

    change: Change
    what: str
    to_come: bool


def of_settings(keys: Sequence[str]) -> list[Entry]:
    """The changes of the settings that concern any of `keys`, the last first."""
    found = [
        (one, said)
        for one in reads.changes(Kind.SETTINGS)
        if (said := _settings_words({key: one.value[key] for key in keys if key in one.value}))
    ]
    return _entries(found)


def of_trade(trade: str) -> list[Entry]:
    return _entries([(one, _windows_words(one.value)) for one in reads.changes(Kind.WINDOWS, trade)])


def of_windows() -> list[Entry]:
    """Those of all trades, and of the outer bounds."""
    found = [
        (one, f"{TRADES.get(one.subject, one.subject)}{gettext('：')}{_windows_words(one.value)}")
        for one in reads.changes(Kind.WINDOWS)
    ]
    found += [
        (one, said)
        for one in reads.changes(Kind.SETTINGS)
        if (said := _settings_words({key: one.value[key] for key in _BOUNDS if key in one.value}))
    ]
    return _entries(sorted(found, key=lambda pair: pair[0].id, reverse=True))


@require_POST
@allowed("settings.edit")
def withdraw(request: HttpRequest, change_id: int) -> HttpResponse:
    """Take back a change that is still to come."""
    back = request.POST.get("back", "")
    if back not in BACK:
        raise Http404("back")
    binding.withdraw_change(change_id, actor=request.user.get_username(), now=utc_now())
    messages.success(request, gettext("已撤回，这次修改不会生效。"))
    trade = request.POST.get("trade", "")
    return (
        redirect(back, trade=trade)
        if back == "settings.trade" and trade in TRADES
        else redirect("settings.windows" if back == "settings.trade" else back)
    )


def _entries(found: Sequence[tuple[Change, str]]) -> list[Entry]:
    now = utc_now()
    return [Entry(one, said, one.effective_from > now) for one, said in found[:MOST_SHOWN]]


_BOUNDS = ("earliest", "latest", "service_hours")
_SPANS = {"day": _("每天"), "week": _("七天"), "month": _("30 天")}
_PURPOSES = {"marketing": _("营销"), "service": _("服务")}
_TIERS = {
    "none": _("未分层"),
    "new": _("新客"),
    "active": _("活跃"),
    "dormant": _("沉睡"),
    "potential": _("潜在"),
    "industry": _("同业"),
}


def _settings_words(value: Mapping[str, Any]) -> str:
    said = []
    if "earliest" in value:
        said.append(gettext("营销最早 %(at)s") % {"at": value["earliest"]})
    if "latest" in value:
        said.append(gettext("营销最晚 %(at)s") % {"at": value["latest"]})
    if "service_hours" in value:
        hours = value["service_hours"]
        said.append(
            gettext("服务短信 %(a)s–%(b)s") % {"a": hours[0], "b": hours[1]}
            if hours
            else gettext("服务短信不限时")
        )
    for purpose, spans in value.get("ceilings", {}).items():
        told = [f"{_SPANS[span]} {_limit(limit)}" for span, limit in spans.items()]
        said.append(f"{_PURPOSES.get(purpose, purpose)}{gettext('：')}{gettext('、').join(told)}")
    for tier, (most, days) in value.get("tier_caps", {}).items():
        told_cap = gettext("%(days)s 天 %(most)s 条") % {"days": days, "most": most}
        said.append(f"{_TIERS.get(tier, tier)}{gettext('：')}{told_cap}")
    return gettext("；").join(said)


def _limit(limit: int | None) -> str:
    if limit is None:
        return gettext("不限")
    return ngettext("%(n)s 条", "%(n)s 条", limit) % {"n": limit}


def _windows_words(windows: Sequence[Mapping[str, Any]]) -> str:
    if not windows:
        return gettext("清空，同“其他”")
    return gettext("、").join(f"{one['starts']}–{one['ends']}" for one in windows)
