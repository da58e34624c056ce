"""Send windows per trade, inside the outer bounds, each with the source of its default."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.campaigns import binding
from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.content.labels import TRADES
from xinfeng.console.permissions import allowed
from xinfeng.console.preferences.tabs import tabs
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.policy import reads
from xinfeng.policy.defaults import in_language
from xinfeng.policy.settings import (
    BOUNDS_SOURCE,
    HARD_EARLIEST,
    HARD_LATEST,
    DailyWindow,
    PolicySettings,
)

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


class BoundsForm(forms.Form):
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
    settings = reads.current_settings()
    return _page(request, settings, BoundsForm(initial=_initial(settings)))


@require_POST
@allowed("settings.edit")
def bounds(request: HttpRequest) -> HttpResponse:
    form = BoundsForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        hours = [given["service_from"], given["service_to"]]
        value = {
            "earliest": f"{given['earliest']:%H:%M}",
            "latest": f"{given['latest']:%H:%M}",
            "service_hours": [f"{at:%H:%M}" for at in hours if at is not None] if any(hours) else None,
        }
        try:
            binding.save_settings(value, actor=request.user.get_username(), now=utc_now())
        except XinfengError as fault:
            show_fault(form, fault, {"policy.outer_bounds": "earliest", "policy.service_hours": "service_to"})
        else:
            messages.success(
                request, gettext("已保存。新的计划按新的时段；已经在发的活动只会收紧，不会多出时间。")
            )
            return redirect("settings.windows")
    return _page(request, reads.current_settings(), form, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("settings.edit")
def edit(request: HttpRequest, trade: str) -> HttpResponse:
    if trade not in TRADES:
        raise Http404(trade)
    present = reads.trade_windows().get(trade, ())
    rows = WindowRows(request.POST or None, initial=[_row(window) for window in present], prefix="w")
    fault_words, spoken = forms.Form({}), get_language() or ""
    fault_words.full_clean()
    if request.method == "POST" and rows.is_valid():
        kept = [form.window() for form in rows if not form.cleaned_data.get("DELETE")]
        windows = sorted((one for one in kept if one is not None), key=lambda one: one.starts)
        try:
            binding.save_windows(trade, windows, actor=request.user.get_username(), now=utc_now())
        except XinfengError as fault:
            show_fault(fault_words, fault)
        else:
            messages.success(
                request, gettext("已保存。新的计划按新的时段；已经在发的活动只会收紧，不会多出时间。")
            )
            return redirect("settings.windows")
    context = {
        "rows": rows,
        "trade": TRADES[trade],
        "fault": fault_words,
        "hard": (HARD_EARLIEST, HARD_LATEST),
        "bounds_source": BOUNDS_SOURCE[spoken.startswith("en")],
        "crumbs": [Crumb(_("设置"), reverse("settings")), Crumb(_("发送时段"), reverse("settings.windows"))],
    }
    return render(request, "preferences/trade.html", context)


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
        "hard": (HARD_EARLIEST, HARD_LATEST),
        "bounds_source": BOUNDS_SOURCE[spoken.startswith("en")],
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
