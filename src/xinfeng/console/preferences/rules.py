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
from xinfeng.console.preferences import history
from xinfeng.console.preferences.history import ChangeForm
from xinfeng.console.preferences.tabs import tabs
from xinfeng.kernel.errors import NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.policy import reads
from xinfeng.policy.ceilings import DAY, LONGEST_CAP_DAYS, MONTH, MOST_PER_DAY, WEEK
from xinfeng.policy.settings import CAPS_SOURCE, PolicySettings

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


SPANS = {"day": DAY, "week": WEEK, "month": MONTH}
PURPOSES: dict[str, Any] = {"marketing": _("营销"), "service": _("服务")}


class CapsForm(ChangeForm):
    """The ceilings of each purpose for everybody, and those of each tier on marketing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = {"day": _("每天"), "week": _("七天"), "month": _("30 天")}
        for purpose in PURPOSES:
            for span, days in SPANS.items():
                self.fields[f"{purpose}_{span}"] = forms.IntegerField(
                    label=labels[span],
                    min_value=0,
                    max_value=MOST_PER_DAY * days,
                    required=False,
                    widget=_in_a_row(),
                )
        for tier, label in TIERS.items():
            self.fields[f"{tier}_messages"] = forms.IntegerField(
                label=label, min_value=0, max_value=MOST_PER_DAY * LONGEST_CAP_DAYS, widget=_in_a_row()
            )
            self.fields[f"{tier}_days"] = forms.IntegerField(
                label=label, min_value=1, max_value=LONGEST_CAP_DAYS, widget=_in_a_row()
            )

    def purposes(self) -> list[tuple[Text, list[forms.BoundField]]]:
        return [(label, [self[f"{purpose}_{span}"] for span in SPANS]) for purpose, label in PURPOSES.items()]

    def tiers(self) -> list[tuple[Text, forms.BoundField, forms.BoundField]]:
        return [(label, self[f"{tier}_messages"], self[f"{tier}_days"]) for tier, label in TIERS.items()]

    def value(self) -> dict[str, Any]:
        """As `policy.settings.read_stored` reads it."""
        given = self.cleaned_data
        return {
            "ceilings": {
                purpose: {span: given[f"{purpose}_{span}"] for span in SPANS} for purpose in PURPOSES
            },
            "tier_caps": {tier: [given[f"{tier}_messages"], given[f"{tier}_days"]] for tier in TIERS},
        }


def caps_of(settings: PolicySettings) -> dict[str, int | None]:
    """What the form begins with."""
    initial: dict[str, int | None] = {
        f"{purpose}_{span}": settings.ceiling(purpose).within(days)
        for purpose in PURPOSES
        for span, days in SPANS.items()
    }
    for tier, cap in settings.tier_caps.items():
        initial |= {f"{tier}_messages": cap.messages, f"{tier}_days": cap.days}
    return initial


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("settings.view")
def caps(request: HttpRequest) -> HttpResponse:
    now = utc_now()
    form = CapsForm(_posted(request), initial=caps_of(reads.settings_at(now)))
    if request.method == "POST" and form.is_valid():
        try:
            binding.save_settings(form.value(), actor=request.user.get_username(), now=now, **form.when(now))
        except XinfengError as fault:
            show_fault(form, fault, {"policy.effective_from": "from_day"})
        else:
            messages.success(request, form.said() or gettext("已保存。从下一次生成计划起按新的上限。"))
            return redirect("settings.caps")
    source = CAPS_SOURCE[(get_language() or "").startswith("en")]
    context = {
        "form": form,
        "source": source,
        "tabs": tabs("settings.caps"),
        "history": history.of_settings(("ceilings", "tier_caps")),
        "back": "settings.caps",
    }
    return render(request, "preferences/caps.html", context, status=400 if form.errors else 200)


def _posted(request: HttpRequest) -> Any:
    """What was posted, from somebody who may change it."""
    if request.method != "POST":
        return None
    if not may(request.user, "settings.edit"):
        raise NotAllowed("permission.missing", permission="settings.edit")
    return request.POST
