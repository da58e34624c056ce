"""Send windows per trade, inside the outer bounds, each with the source of its default."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import time
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.campaigns import binding
from xinfeng.channels.models import Channel
from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.content.labels import TRADES
from xinfeng.console.permissions import allowed, may
from xinfeng.console.preferences import history
from xinfeng.console.preferences.history import ChangeForm
from xinfeng.console.preferences.months import months_from
from xinfeng.console.preferences.tabs import tabs
from xinfeng.kernel.errors import NotAllowed, XinfengError
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.policy import reads
from xinfeng.policy.defaults import in_language
from xinfeng.policy.settings import (
    BOUNDS_SOURCE,
    HARD_EARLIEST,
    HARD_LATEST,
    DailyWindow,
    PolicySettings,
)
from xinfeng.policy.week import cells_of, read_cells, windows_from, write_cells

MOST_WINDOWS = 6
WEEKDAYS = (
    ("1", _("一")),
    ("2", _("二")),
    ("3", _("三")),
    ("4", _("四")),
    ("5", _("五")),
    ("6", _("六")),
    ("7", _("日")),
)


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class WindowForm(forms.Form):
    """One span of the day. A row left empty is no window."""

    starts = forms.TimeField(label=_("开始"), widget=TimeInput(), required=False)
    ends = forms.TimeField(label=_("结束"), widget=TimeInput(), required=False)
    weekdays = forms.MultipleChoiceField(
        label=_("星期"), choices=WEEKDAYS, widget=forms.CheckboxSelectMultiple, required=False
    )
    workdays_only = forms.BooleanField(label=_("只在工作日（按日历）"), required=False)
    source = forms.CharField(label=_("依据"), max_length=200, required=False)

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("starts")) != bool(cleaned.get("ends")):
            raise forms.ValidationError(_("开始和结束要一起填。"))
        return cleaned

    def window(self) -> DailyWindow | None:
        given = self.cleaned_data
        if not given.get("starts"):
            return None
        weekdays = frozenset(int(day) for day in given["weekdays"])
        return DailyWindow(
            given["starts"],
            given["ends"],
            weekdays or frozenset(range(1, 8)),
            given["workdays_only"],
            given["source"],
        )


WindowRows = forms.formset_factory(
    WindowForm, extra=1, max_num=MOST_WINDOWS, validate_max=True, can_delete=True
)


class BoundsForm(ChangeForm):
    """The outer bounds of all trades, and hours for service messages."""

    earliest = forms.TimeField(label=_("营销最早"), widget=TimeInput())
    latest = forms.TimeField(label=_("营销最晚"), widget=TimeInput())
    service_from = forms.TimeField(label=_("服务短信从"), widget=TimeInput(), required=False)
    service_to = forms.TimeField(
        label=_("服务短信到"),
        widget=TimeInput(),
        required=False,
        help_text=_("两项都留空：服务短信任何时候都可以发。"),
    )


@require_safe
@allowed("settings.view")
def page(request: HttpRequest) -> HttpResponse:
    settings = reads.settings_at(utc_now())
    return _page(request, settings, BoundsForm(initial=_initial(settings)))


@require_POST
@allowed("settings.edit")
def bounds(request: HttpRequest) -> HttpResponse:
    form, now = BoundsForm(request.POST), utc_now()
    if form.is_valid():
        given = form.cleaned_data
        hours = [given["service_from"], given["service_to"]]
        value = {
            "earliest": f"{given['earliest']:%H:%M}",
            "latest": f"{given['latest']:%H:%M}",
            "service_hours": [f"{at:%H:%M}" for at in hours if at is not None] if any(hours) else None,
        }
        try:
            binding.save_settings(value, actor=request.user.get_username(), now=now, **form.when(now))
        except XinfengError as fault:
            fields = {
                "policy.outer_bounds": "earliest",
                "policy.service_hours": "service_to",
                "policy.effective_from": "from_day",
            }
            show_fault(form, fault, fields)
        else:
            messages.success(request, form.said() or _saved())
            return redirect("settings.windows")
    return _page(request, reads.settings_at(now), form, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("settings.view")
def edit(request: HttpRequest, trade: str) -> HttpResponse:
    """Drawn on the grid (`mode` grid), or filled into fields. No window at all is asked about before it is saved. Who
    may not change settings looks at the same page."""
    if trade not in TRADES:
        raise Http404(trade)
    may_edit = may(request.user, "settings.edit")
    if request.method == "POST" and not may_edit:
        raise NotAllowed("permission.missing", permission="settings.edit")
    now = utc_now()
    settings = reads.settings_at(now)
    present = reads.trade_windows(now).get(trade, ())
    drawn = request.POST.get("mode") == "grid"
    posted = request.POST if request.method == "POST" else None
    rows = WindowRows(
        posted if posted is not None and not drawn else None,
        initial=[_row(window) for window in present],
        prefix="w",
    )
    week = WeekForm(posted if drawn else None, initial=_week(present))
    if not may_edit:
        rows.extra = 0
        _only_to_look_at([*rows, week])
    change = ChangeForm(posted)
    fault_words = forms.Form({})
    fault_words.full_clean()
    asks_first = False
    if posted is not None and change.is_valid() and (week.is_valid() if drawn else rows.is_valid()):
        try:
            windows = _drawn(week, present) if drawn else _filled(rows)
            asks_first = not windows and bool(present) and trade != "other" and "sure" not in posted
            if not asks_first:
                binding.save_windows(
                    trade, windows, actor=request.user.get_username(), now=now, **change.when(now)
                )
                messages.success(request, change.said() or _saved())
                return redirect("settings.windows")
        except XinfengError as fault:
            show_fault(fault_words, fault)
    return render(
        request,
        "preferences/trade.html",
        {
            "rows": rows,
            "week": week,
            "change": change,
            "trade": TRADES[trade],
            "trade_code": trade,
            "may_edit": may_edit,
            "asks_first": asks_first,
            "kept_post": _hidden(request) if asks_first else [],
            "drawable": cells_of(present) is not None,
            "months": months_from(business_day(now, settings.zone), settings=settings, trade=trade),
            "history": history.of_trade(trade),
            "back": "settings.trade",
            **_bounds_words(settings),
            "channels": [one for one in Channel.objects.filter(enabled=True).order_by("pk") if one.hours],
            "fault": fault_words,
            "crumbs": [
                Crumb(_("设置"), reverse("settings")),
                Crumb(_("发送时段"), reverse("settings.windows")),
            ],
        },
        status=400 if posted is not None else 200,
    )


def _only_to_look_at(shown: Iterable[forms.BaseForm]) -> None:
    for form in shown:
        for field in form.fields.values():
            field.disabled = True


class WeekForm(forms.Form):
    """The grid, and what holds for all that is drawn on it."""

    week = forms.CharField(widget=forms.HiddenInput, max_length=1000)
    workdays_only = forms.BooleanField(
        label=_("只在工作日（按日历）"),
        required=False,
        help_text=_("放假的日子不发，调休上班的周末照发：周末也要画上。"),
    )
    source = forms.CharField(label=_("依据"), max_length=200, required=False)


def _week(present: Sequence[DailyWindow]) -> dict[str, object]:
    return {
        "week": write_cells(cells_of(present) or frozenset()),
        "workdays_only": bool(present) and all(one.workdays_only for one in present),
        "source": present[0].source if present else "",
    }


def _drawn(form: WeekForm, present: Sequence[DailyWindow]) -> tuple[DailyWindow, ...]:
    given = form.cleaned_data
    return windows_from(
        read_cells(given["week"]),
        workdays_only=given["workdays_only"],
        source=given["source"],
        old=[one for one in present if given["source"] == present[0].source],
    )


def _filled(rows: Any) -> list[DailyWindow]:
    kept = [form.window() for form in rows if not form.cleaned_data.get("DELETE")]
    return sorted((one for one in kept if one is not None), key=lambda one: one.starts)


def _hidden(request: HttpRequest) -> list[tuple[str, str]]:
    """What was posted, to be posted again with a word that it was meant."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in map(str, values)
    ]


def _saved() -> str:
    return gettext("已保存。新的计划按新的时段；已经在发的活动只会收紧，不会多出时间。")


def _bounds_words(settings: PolicySettings) -> dict[str, object]:
    return {
        "hard": (HARD_EARLIEST, HARD_LATEST),
        "house": (settings.earliest, settings.latest),
        "bounds_source": BOUNDS_SOURCE[(get_language() or "").startswith("en")],
    }


def _page(
    request: HttpRequest, settings: PolicySettings, form: BoundsForm, status: int = 200
) -> HttpResponse:
    windows, spoken = settings.windows, get_language() or ""
    trades = [
        (code, label, [(_told(one, spoken), _days(one)) for one in windows.get(code, ())])
        for code, label in TRADES.items()
    ]
    context = {
        "tabs": tabs("settings.windows"),
        "trades": trades,
        "form": form,
        "settings": settings,
        "history": history.of_windows(),
        "back": "settings.windows",
        **_bounds_words(settings),
    }
    return render(request, "preferences/windows.html", context, status=status)


def _told(window: DailyWindow, spoken: str) -> DailyWindow:
    return replace(window, source=in_language(window.source, spoken))


def _days(window: DailyWindow) -> str:
    if len(window.weekdays) == 7:
        return gettext("工作日（按日历）") if window.workdays_only else gettext("每天")
    names = dict(WEEKDAYS)
    days = gettext("周") + gettext("、").join(str(names[str(day)]) for day in sorted(window.weekdays))
    return days + (gettext("，且为工作日") if window.workdays_only else "")


def _row(window: DailyWindow) -> dict[str, object]:
    return {
        "starts": window.starts,
        "ends": window.ends,
        "weekdays": [str(day) for day in sorted(window.weekdays)],
        "workdays_only": window.workdays_only,
        "source": window.source,
    }


def _initial(settings: PolicySettings) -> dict[str, time | None]:
    hours = settings.service_hours or (None, None)
    return {
        "earliest": settings.earliest,
        "latest": settings.latest,
        "service_from": hours[0],
        "service_to": hours[1],
    }
