"""What-if: change ceilings or a trade's windows without saving, see who could be reached, then apply it or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.campaigns import binding, what_if
from xinfeng.campaigns.what_if import Trial
from xinfeng.console.components.faults import show_fault
from xinfeng.console.content.labels import TRADES
from xinfeng.console.permissions import allowed
from xinfeng.console.preferences.rules import CapsForm, caps_of
from xinfeng.console.pressure.tabs import tabs
from xinfeng.console.templatetags.xinfeng_format import as_ready
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.lens.engine import lens
from xinfeng.policy import reads as policy
from xinfeng.policy.reasons import reason_name
from xinfeng.policy.settings import DailyWindow, PolicySettings
from xinfeng.policy.week import cells_of, read_cells, windows_from, write_cells
from xinfeng.segments import reads as segments

FURTHEST = timedelta(days=60)


class TrialForm(CapsForm):
    """The ceilings as they would be, the windows of one trade, and whom to look at on which day."""

    day = forms.DateField(
        label=_("哪一天"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    purpose = forms.ChoiceField(label=_("用途"), choices=(("marketing", _("营销")), ("service", _("服务"))))
    segment = forms.TypedChoiceField(label=_("看谁"), coerce=int, required=False, empty_value=None)
    trade = forms.ChoiceField(label=_("改哪个行业的时段"), required=False)
    week = forms.CharField(widget=forms.HiddenInput, required=False, max_length=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(str(one.pk), as_ready(one.name, one.ready_key)) for one in segments.segments()]
        cast(forms.ChoiceField, self.fields["segment"]).choices = [("", _("所有同意的人")), *known]
        cast(forms.ChoiceField, self.fields["trade"]).choices = [("", _("不改")), *TRADES.items()]
        self.order_fields(["day", "purpose", "segment", "trade", "week"])

    def clean_day(self) -> Any:
        day, settings = self.cleaned_data["day"], policy.current_settings()
        today = business_day(utc_now(), settings.zone)
        if not today <= day <= today + FURTHEST:
            raise forms.ValidationError(_("选今天到 60 天以内的一天。"))
        return day

    def trial(self, settings: PolicySettings) -> Trial:
        """Raises InvalidInput for a week that cannot be read."""
        given = self.cleaned_data
        windows: dict[str, tuple[DailyWindow, ...]] = {}
        if given["trade"] and given["week"]:
            old = settings.windows.get(given["trade"], ())
            windows[given["trade"]] = windows_from(
                read_cells(given["week"]),
                workdays_only=any(one.workdays_only for one in old),
                source=gettext("试算后应用"),
                old=old,
            )
        return Trial(self.value(), windows)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("pressure.view")
def page(request: HttpRequest) -> HttpResponse:
    """A POST only asks; nothing is saved."""
    now = utc_now()
    settings = policy.settings_at(now)
    tomorrow = business_day(now, settings.zone) + timedelta(days=1)
    initial = {**caps_of(settings), "day": tomorrow, "purpose": "marketing"}
    form = TrialForm(request.POST if request.method == "POST" else None, initial=initial)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            context = _result(form, settings)
        except XinfengError as fault:
            show_fault(form, fault)
    return _page(request, form, settings, context)


@require_POST
@allowed("settings.edit")
def apply(request: HttpRequest) -> HttpResponse:
    """Save what was tried."""
    now = utc_now()
    settings = policy.settings_at(now)
    form = TrialForm(request.POST)
    if form.is_valid():
        try:
            trial, actor, when = form.trial(settings), request.user.get_username(), form.when(now)
            what_if.tried(settings, trial)
            for trade, windows in trial.windows.items():
                binding.save_windows(trade, windows, actor=actor, now=now, **when)
            binding.save_settings(trial.value, actor=actor, now=now, **when)
        except XinfengError as fault:
            show_fault(form, fault)
        else:
            messages.success(request, form.said() or gettext("已应用。从下一次生成计划起按新的规则。"))
            return redirect("pressure.trial")
    return _page(request, form, settings, {}, status=400)


def _result(form: TrialForm, settings: PolicySettings) -> dict[str, Any]:
    given, now = form.cleaned_data, utc_now()
    after = what_if.tried(settings, form.trial(settings))
    copy = lens()
    copy.refresh()
    segment = segments.get_segment(given["segment"]) if given["segment"] else None
    found = what_if.reach(
        copy,
        purpose=given["purpose"],
        segment=segment,
        day=given["day"],
        now=now,
        before=settings,
        after=after,
    )
    spoken = get_language() or ""
    rooms = what_if.rooms_before_and_after(
        given["day"], purpose=given["purpose"], before=settings, after=after
    )
    return {
        "reach": found,
        "reasons": [(reason_name(code, spoken), first, then) for code, first, then in found.by_reason],
        "rooms": [(TRADES[first.trade], first, then) for first, then in rooms],
        "changed": settings != after,
    }


def _page(
    request: HttpRequest,
    form: TrialForm,
    settings: PolicySettings,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    weeks = {
        trade: write_cells(cells)
        for trade in TRADES
        if (cells := cells_of(settings.windows.get(trade) or settings.windows.get("other", ()))) is not None
    }
    shown = {
        "tabs": tabs("pressure.trial"),
        "form": form,
        "weeks": weeks,
        "bounds": settings,
        **context,
    }
    return render(request, "pressure/trial.html", shown, status=status)
