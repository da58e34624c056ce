"""How long each kind of data is kept, what the next night would drop, and what may not go yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.campaigns import reads as campaigns
from xinfeng.console.components.faults import show_fault
from xinfeng.console.inspection.asking import tabs
from xinfeng.console.permissions import allowed, may
from xinfeng.contacts.members import members
from xinfeng.contacts.models import Contact
from xinfeng.foundation import holds, retention
from xinfeng.kernel.errors import InvalidInput, NotFound, XinfengError
from xinfeng.kernel.time import utc_now

_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class HoldForm(forms.Form):
    """What to hold: some days, one campaign or one contact."""

    what = forms.ChoiceField(
        label=_("冻结什么"),
        choices=[("period", _("一段时间")), ("campaign", _("一次活动")), ("contact", _("一位客户"))],
    )
    first = forms.DateField(label=_("从"), required=False, widget=_DAY)
    last = forms.DateField(label=_("到（含）"), required=False, widget=_DAY)
    number = forms.IntegerField(
        label=_("活动或客户的编号"),
        required=False,
        min_value=1,
        help_text=_("打开活动或客户页面，地址最后的数字就是编号。"),
    )
    reason = forms.CharField(
        label=_("原因"), max_length=holds.LONGEST_REASON, help_text=_("例如：法院调取证据，案号……")
    )


@dataclass(frozen=True)
class KindView:
    """A kind in the reader's language."""

    kind: str
    label: str
    covers: str
    source: str
    why: str
    floor_days: int
    days: int | None
    fixed: bool


@require_safe
@allowed("inspection.view")
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "inspection/retention.html", _context(request))


@require_safe
@allowed("inspection.view")
def plan(request: HttpRequest) -> HttpResponse:
    """What the next run would drop."""
    labels = {one.kind: one.label for one in _kinds()}
    found = [(labels[one.kind], one) for one in retention.plan(now=utc_now()) if one.portions]
    return render(request, "inspection/plan.html", {"found": found})


@require_POST
@allowed("retention.edit")
def change(request: HttpRequest, kind: str) -> HttpResponse:
    """Keep a kind for another time."""
    text = request.POST.get("days", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise InvalidInput("retention.days")
    retention.configure(kind, int(text), actor=request.user.get_username())
    messages.success(request, gettext("已保存。今晚起按新的期限清理。"))
    return redirect("inspection.retention")


@require_POST
@allowed("retention.edit")
def place(request: HttpRequest) -> HttpResponse:
    form = HoldForm(request.POST)
    if form.is_valid():
        try:
            _place(form.cleaned_data, actor=request.user.get_username())
        except XinfengError as fault:
            show_fault(
                form, fault, {"hold.period": "last", "hold.no_reason": "reason", "hold.nothing": "number"}
            )
        else:
            messages.success(request, gettext("已冻结。解除之前，其中的数据不会被清理。"))
            return redirect("inspection.retention")
    return render(request, "inspection/retention.html", _context(request, form), status=422)


@require_POST
@allowed("retention.edit")
def lift(request: HttpRequest, hold_id: int) -> HttpResponse:
    holds.lift(
        hold_id, reason=request.POST.get("reason", ""), actor=request.user.get_username(), now=utc_now()
    )
    messages.success(request, gettext("已解除。到期的数据今晚清理。"))
    return redirect("inspection.retention")


def _place(said: dict[str, Any], *, actor: str) -> None:
    now, reason, number = utc_now(), said["reason"], said["number"]
    if said["what"] == "period":
        if said["first"] is None or said["last"] is None:
            raise InvalidInput("hold.period")
        holds.place_on_period(said["first"], said["last"], reason=reason, actor=actor, now=now)
        return
    if number is None:
        raise InvalidInput("hold.nothing")
    if said["what"] == "contact":
        if not Contact.objects.filter(pk=number).exists():
            raise NotFound("contact.unknown", id=number)
        label = gettext("客户 %(number)s") % {"number": number}
        holds.place_on(holds.CONTACT, members(number), label=label, reason=reason, actor=actor, now=now)
        return
    campaign = campaigns.campaign(number)
    if campaign.plan_id is None:
        raise InvalidInput("hold.nothing")
    holds.place_on(holds.PLAN, [campaign.plan_id], label=campaign.name, reason=reason, actor=actor, now=now)


def _context(request: HttpRequest, form: HoldForm | None = None) -> dict[str, Any]:
    return {
        "tabs": tabs("inspection.retention", request.user),
        "kinds": _kinds(),
        "holds": [(one, f"lift-{one.pk}") for one in holds.listed()],
        "form": form or HoldForm(),
        "may_edit": may(request.user, "retention.edit"),
    }


def _kinds() -> list[KindView]:
    place = int((get_language() or "").startswith("en"))
    return [
        KindView(
            one.kept.kind,
            one.kept.label[place],
            one.kept.covers[place],
            one.kept.source[place],
            one.kept.why[place],
            one.kept.floor_days,
            one.days,
            one.kept.fixed,
        )
        for one in retention.settings()
    ]
