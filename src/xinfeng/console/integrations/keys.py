"""API keys: made with scopes and shown once, revoked, and how much they are used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components import Empty, Stat
from xinfeng.console.components.faults import show_fault
from xinfeng.console.integrations.frame import crumbs, scope_choices, tabs
from xinfeng.console.permissions import allowed
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.integrations import keys
from xinfeng.integrations.models import ApiKey, ApiUse
from xinfeng.kernel.errors import NotFound, XinfengError
from xinfeng.kernel.time import utc_now

LIFETIMES = (("", _("一直有效")), ("30", _("30 天")), ("90", _("90 天")), ("365", _("一年")))
AT_FIELD = {
    "api_key.name": "name",
    "api_key.scopes": "scopes",
    "api_key.rate": "rate",
    "api_key.addresses": "addresses",
}
_MOST_KEYS = 200


class KeyForm(forms.Form):
    """What a new key may do, how often, from where and for how long."""

    name = forms.CharField(label=_("名称"), max_length=80, help_text=_("哪个系统用，例如“商城订单同步”。"))
    scopes = forms.MultipleChoiceField(
        label=_("权限"),
        choices=scope_choices,
        widget=forms.CheckboxSelectMultiple(),
        help_text=_("只勾这个系统需要的。"),
    )
    rate = forms.IntegerField(
        label=_("每分钟最多请求"), min_value=1, max_value=keys.HIGHEST_RATE, initial=600
    )
    burst = forms.IntegerField(label=_("一次突发最多"), min_value=1, max_value=keys.HIGHEST_RATE, initial=60)
    addresses = forms.CharField(
        label=_("允许的地址"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("IP 或网段，一行一个，例如 203.0.113.0/24。留空就不限。"),
    )
    days = forms.ChoiceField(label=_("有效期"), choices=LIFETIMES, required=False, initial="365")


@dataclass(frozen=True)
class Shown:
    """A key as the pages show it."""

    key: ApiKey
    state: str
    today: int
    week: int


@require_safe
@allowed("api.view")
def page(request: HttpRequest) -> HttpResponse:
    """All keys, those in use first."""
    now = utc_now()
    found = list(ApiKey.objects.order_by("revoked_at", "name", "id")[:_MOST_KEYS])
    found.sort(key=lambda one: one.revoked_at is not None)
    uses = _uses(now)
    context = {
        "tabs": tabs("integrations"),
        "keys": [_shown(one, uses, now) for one in found],
        "stats": _stats(now),
        "base": request.build_absolute_uri("/api/v1"),
        "empty": Empty(
            _("还没有密钥"),
            _("别的系统用密钥写入客户和行为、查询授权。给每个系统一个密钥，只给它需要的权限。"),
            _("新建密钥"),
            reverse("integrations.key_new"),
            "key",
        ),
    }
    return render(request, "integrations/keys.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("api.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Make a key; its token is on the page that answers and nowhere else."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        now = utc_now()
        try:
            made = keys.create_key(
                name=given["name"],
                scope_names=given["scopes"],
                rate_per_minute=given["rate"],
                burst=given["burst"],
                allowed_addresses=given["addresses"].split(),
                expires_at=now + timedelta(days=int(given["days"])) if given["days"] else None,
                actor=request.user.get_username(),
                now=now,
            )
        except XinfengError as fault:
            show_fault(form, fault, AT_FIELD)
        else:
            context: dict[str, Any] = {
                "secret": made.token,
                "name": given["name"],
                "kind": "key",
                "back": reverse("integrations"),
                "base": request.build_absolute_uri("/api/v1"),
                "crumbs": crumbs(),
            }
            return render(request, "integrations/once.html", context)
    return render(request, "integrations/key_form.html", {"form": form, "crumbs": crumbs()})


@require_safe
@allowed("api.view")
def detail(request: HttpRequest, key_id: int) -> HttpResponse:
    """One key: what it may do and how it was used."""
    now = utc_now()
    key = ApiKey.objects.filter(pk=key_id).first()
    if key is None:
        raise NotFound("api_key.unknown", id=key_id)
    words = dict(scope_choices())
    days = list(ApiUse.objects.filter(key=key, day__gt=now.date() - timedelta(days=30)).order_by("day"))
    context = {
        "one": _shown(key, _uses(now), now),
        "scopes": [(name, words.get(name, name)) for name in key.scopes],
        "days": days[::-1][:14],
        "chart": {
            "kind": "bar",
            "x": [f"{one.day:%m-%d}" for one in days],
            "series": [
                {"name": gettext("请求"), "data": [one.requests for one in days]},
                {"name": gettext("被拒"), "data": [one.refused for one in days], "tone": "warn"},
                {"name": gettext("出错"), "data": [one.failed for one in days], "tone": "bad"},
            ],
        },
        "crumbs": crumbs(),
    }
    return render(request, "integrations/key.html", context)


@require_POST
@allowed("api.edit")
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """From now on it opens nothing."""
    keys.revoke_key(key_id, actor=request.user.get_username(), now=utc_now())
    messages.success(request, gettext("密钥已吊销，用它的请求从现在起都会被拒绝。"))
    return redirect("integrations")


def _shown(key: ApiKey, uses: dict[int, tuple[int, int]], now: datetime) -> Shown:
    state = "active"
    if key.revoked_at is not None:
        state = "revoked"
    elif key.expires_at is not None and key.expires_at <= now:
        state = "expired"
    today, week = uses.get(key.pk, (0, 0))
    return Shown(key, state, today, week)


def _uses(now: datetime) -> dict[int, tuple[int, int]]:
    """Requests of each key today (UTC) and in the last seven days."""
    today = now.date()
    found: dict[int, tuple[int, int]] = {}
    for one in ApiUse.objects.filter(day__gt=today - timedelta(days=7)):
        had = found.get(one.key_id, (0, 0))
        found[one.key_id] = (had[0] + (one.requests if one.day == today else 0), had[1] + one.requests)
    return found


def _stats(now: datetime) -> list[Stat]:
    sums = ApiUse.objects.filter(day__gt=now.date() - timedelta(days=7)).aggregate(
        requests=Sum("requests"), rows=Sum("rows"), refused=Sum("refused"), failed=Sum("failed")
    )
    labels = (
        ("requests", _("七天请求"), "neutral"),
        ("rows", _("其中的行"), "neutral"),
        ("refused", _("被拒"), "neutral"),
        ("failed", _("出错"), "bad" if sums["failed"] else "neutral"),
    )
    return [Stat(label, num(sums[name] or 0), tone=tone) for name, label, tone in labels]  # type: ignore[arg-type]
