"""What the inspection is about, as the address says it, and the form that chooses it."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xinfeng.campaigns.models import Campaign
from xinfeng.channels.models import Channel
from xinfeng.console.components import Tab
from xinfeng.console.components.parts import Text
from xinfeng.console.permissions import may
from xinfeng.content.models import Signature
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.inspection.period import Scope, last_month, scope
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import business_day, utc_now

PAGES: tuple[tuple[str, Text, str], ...] = (
    ("inspection", _("检查"), "inspection.view"),
    ("inspection.archives", _("导出档案"), "inspection.export"),
    ("inspection.retention", _("保留期限"), "inspection.view"),
)
"""URL name, label, and what is needed to open it."""
FIELDS = ("first", "last", "signature", "channel", "campaign")
MOST_CAMPAIGNS = 200
_DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class ScopeForm(forms.Form):
    """Days and filters."""

    first = forms.DateField(label=_("从"), widget=_DAY)
    last = forms.DateField(label=_("到"), widget=_DAY)
    signature = forms.ChoiceField(label=_("签名"), required=False)
    channel = forms.ChoiceField(label=_("通道"), required=False)
    campaign = forms.ChoiceField(label=_("活动"), required=False)

    def __init__(self, asked: Scope, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        planned = Campaign.objects.filter(plan__planned_at__gte=asked.since, plan__planned_at__lt=asked.until)
        choices: dict[str, list[tuple[int, str]]] = {
            "signature": list(Signature.objects.order_by("text").values_list("pk", "text")),
            "channel": list(Channel.objects.order_by("name").values_list("pk", "name")),
            "campaign": list(
                planned.order_by("-plan__planned_at").values_list("pk", "name")[:MOST_CAMPAIGNS]
            ),
        }
        for name, found in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("全部")), *((str(pk), text) for pk, text in found)]


def tabs(current: str, user: Any) -> list[Tab]:
    """The pages of this section that `user` may open, with `current` marked."""
    return [
        Tab(label, reverse(name), current=name == current)
        for name, label, needed in PAGES
        if may(user, needed)
    ]


def asked_for(request: HttpRequest) -> Scope:
    """The period and filters of the address; last month without any. Raises InvalidInput."""
    given = request.GET if request.method in ("GET", "HEAD") else request.POST
    today = business_day(utc_now(), xinfeng_settings.load().zone)
    usual = last_month(today)
    if not given.get("first") and not given.get("last"):
        first, last = usual.first, usual.last
    else:
        first, last = _day(given.get("first", ""), "first"), _day(given.get("last", ""), "last")
    return scope(
        first,
        last,
        signature_id=_id(given.get("signature", ""), "signature"),
        channel_id=_id(given.get("channel", ""), "channel"),
        campaign_id=_id(given.get("campaign", ""), "campaign"),
    )


def form_for(asked: Scope) -> ScopeForm:
    """The form, filled in."""
    initial = {"first": asked.first, "last": asked.last, "signature": asked.signature_id or "",
               "channel": asked.channel_id or "", "campaign": asked.campaign_id or ""}  # fmt: skip
    return ScopeForm(asked, initial=initial)


def address(asked: Scope, **more: object) -> str:
    """The part of an address that says what is asked."""
    values: dict[str, object] = {"first": asked.first.isoformat(), "last": asked.last.isoformat()}
    for name in ("signature", "channel", "campaign"):
        values[name] = getattr(asked, f"{name}_id")
    values |= more
    return "?" + urlencode({name: value for name, value in values.items() if value not in (None, "")})


def _day(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("request.filter", name=name) from None


def _id(text: str, name: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("request.filter", name=name)
    return int(text)
