"""The calendar: holidays, make-up workdays, days on which nothing may be sent; each with its source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.campaigns import binding
from xinfeng.console.components import Tab
from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.permissions import allowed
from xinfeng.console.preferences.months import month_of
from xinfeng.console.preferences.tabs import tabs
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.policy import reads
from xinfeng.policy.calendar import Mark, MarkedDay
from xinfeng.policy.defaults import in_language

MARKS: dict[str, tuple[Text, Tone]] = {
    "holiday": (_("放假"), "good"),
    "workday": (_("调休上班"), "info"),
    "blackout": (_("禁发"), "bad"),
}
FIRST_YEAR, LAST_YEAR = 2000, 2100


class DayForm(forms.Form):
    """One day. A day that is in the calendar already is changed."""

    day = forms.DateField(label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    mark = forms.ChoiceField(
        label=_("这一天"), choices=[(code, label) for code, (label, _tone) in MARKS.items()]
    )
    name = forms.CharField(label=_("名称"), max_length=40)
    source = forms.CharField(label=_("依据"), max_length=200, help_text=_("哪个通知，或谁决定的。"))
    provisional = forms.BooleanField(label=_("暂定"), required=False, help_text=_("正式通知还没有公布。"))


@require_safe
@allowed("settings.view")
def page(request: HttpRequest, year: int | None = None) -> HttpResponse:
    return _page(request, year or timezone.localdate().year, DayForm())


@require_POST
@allowed("settings.edit")
def mark(request: HttpRequest) -> HttpResponse:
    form = DayForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        marked = MarkedDay(
            given["day"], Mark(given["mark"]), given["name"], given["source"], given["provisional"]
        )
        try:
            binding.mark_day(marked, actor=request.user.get_username(), now=utc_now())
        except XinfengError as fault:
            show_fault(form, fault)
        else:
            messages.success(request, gettext("已保存。新的计划会按这一天来排。"))
            return redirect("settings.calendar_year", year=marked.day.year)
    return _page(request, timezone.localdate().year, form, status=400)


@require_POST
@allowed("settings.edit")
def unmark(request: HttpRequest) -> HttpResponse:
    try:
        day = date.fromisoformat(request.POST.get("day", ""))
    except ValueError:
        raise Http404("day") from None
    binding.unmark_day(day, actor=request.user.get_username(), now=utc_now())
    messages.success(request, gettext("已从日历里去掉，这一天按星期几来算。"))
    return redirect("settings.calendar_year", year=day.year)


def _page(request: HttpRequest, year: int, form: DayForm, status: int = 200) -> HttpResponse:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Http404(str(year))
    spoken = get_language() or ""
    days = [
        (_told(marked, spoken), *MARKS[str(marked.mark)])
        for marked in reads.calendar_days(date(year, 1, 1), date(year, 12, 31))
    ]
    marked_days = reads.calendar()
    this_year = timezone.localdate().year
    years = sorted({this_year - 1, this_year, this_year + 1, year})
    context = {
        "tabs": tabs("settings.calendar"),
        "years": [
            Tab(str(one), reverse("settings.calendar_year", args=[one]), current=one == year) for one in years
        ],
        "year": year,
        "days": days,
        "months": [
            month_of(date(year, one, 1), today=timezone.localdate(), days=marked_days) for one in range(1, 13)
        ],
        "provisional": any(marked.provisional for marked, _label, _tone in days),
        "form": form,
    }
    return render(request, "preferences/calendar.html", context, status=status)


def _told(marked: MarkedDay, spoken: str) -> MarkedDay:
    return replace(marked, name=in_language(marked.name, spoken), source=in_language(marked.source, spoken))
