"""Ceilings on how often people are written to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from xinfeng.campaigns import binding
from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text
from xinfeng.console.permissions import allowed, may
from xinfeng.console.preferences.tabs import tabs
from xinfeng.kernel.errors import NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.policy import reads
from xinfeng.policy.settings import CAPS_SOURCE, LONGEST_CAP_DAYS, MOST_PER_DAY

TIERS: dict[str, Any] = {
    "new": _("新客"),
    "active": _("活跃"),
    "dormant": _("沉睡"),
    "potential": _("潜在"),
    "industry": _("同业"),
    "none": _("未分层"),
}


def _in_a_row() -> forms.NumberInput:
    """The look of a field that stands in a table."""
    return forms.NumberInput(attrs={"class": "form-control"})


class CapsForm(forms.Form):
    """The ceilings for everybody, and those of each tier."""

    per_day = forms.IntegerField(label=_("每人每天最多"), min_value=0, max_value=MOST_PER_DAY)
    per_week = forms.IntegerField(label=_("每人七天最多"), min_value=0, max_value=MOST_PER_DAY * 7)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for tier, label in TIERS.items():
            self.fields[f"{tier}_messages"] = forms.IntegerField(
                label=label, min_value=0, max_value=MOST_PER_DAY * LONGEST_CAP_DAYS, widget=_in_a_row()
            )
            self.fields[f"{tier}_days"] = forms.IntegerField(
                label=label, min_value=1, max_value=LONGEST_CAP_DAYS, widget=_in_a_row()
            )

    def tiers(self) -> list[tuple[Text, forms.BoundField, forms.BoundField]]:
        return [(label, self[f"{tier}_messages"], self[f"{tier}_days"]) for tier, label in TIERS.items()]


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("settings.view")
def caps(request: HttpRequest) -> HttpResponse:
    settings = reads.current_settings()
    initial: dict[str, int] = {"per_day": settings.per_day, "per_week": settings.per_week}
    for tier, cap in settings.tier_caps.items():
        initial |= {f"{tier}_messages": cap.messages, f"{tier}_days": cap.days}
    form = CapsForm(_posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        tier_caps = {tier: [given[f"{tier}_messages"], given[f"{tier}_days"]] for tier in TIERS}
        value = {"per_day": given["per_day"], "per_week": given["per_week"], "tier_caps": tier_caps}
        try:
            binding.save_settings(value, actor=request.user.get_username(), now=utc_now())
        except XinfengError as fault:
            show_fault(form, fault, {"policy.per_day": "per_day", "policy.per_week": "per_week"})
        else:
            messages.success(request, gettext("已保存。从下一次生成计划起按新的上限。"))
            return redirect("settings.caps")
    source = CAPS_SOURCE[(get_language() or "").startswith("en")]
    context = {"form": form, "source": source, "tabs": tabs("settings.caps")}
    return render(request, "preferences/caps.html", context)


def _posted(request: HttpRequest) -> Any:
    """What was posted, from somebody who may change it."""
    if request.method != "POST":
        return None
    if not may(request.user, "settings.edit"):
        raise NotAllowed("permission.missing", permission="settings.edit")
    return request.POST
