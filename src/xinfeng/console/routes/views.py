"""The list of routes, and one route: its channels in their order, and whose readers each is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.channels import routes
from xinfeng.channels.models import Channel, Preference
from xinfeng.channels.routes import Entry, RouteRow
from xinfeng.console.components import Crumb, Empty
from xinfeng.console.components.faults import show_fault
from xinfeng.console.contacts.labels import CARRIERS
from xinfeng.console.content.labels import PURPOSES
from xinfeng.console.permissions import allowed, may, need_proof
from xinfeng.delivery import failover
from xinfeng.kernel.errors import InvalidInput, NotAllowed, XinfengError
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import utc_now

FIELD_OF_CODE = {"route.name_taken": "name"}
FOUR = [one for one in Carrier if one]
FAULTS = {
    "missing": gettext_lazy("请至少给一个通道写上顺序。"),
    "too_many": gettext_lazy("通道太多了。"),
    "purpose": gettext_lazy("有通道的用途和路由不一致。"),
    "place": gettext_lazy("顺序要是 1 到 99 的整数。"),
}


class RouteForm(forms.Form):
    """A route's name and what decides among its channels."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=routes.LONGEST_NAME)
    prefer = forms.ChoiceField(
        label=gettext_lazy("几个通道都能发时"),
        choices=[
            (Preference.PRICE.value, gettext_lazy("走便宜的")),
            (Preference.ORDER.value, gettext_lazy("走排在前面的")),
            (Preference.READ.value, gettext_lazy("走能回已读的")),
        ],
        widget=forms.RadioSelect,
    )


@dataclass(frozen=True)
class Line:
    """A channel that could be part of the route; `place` empty: it is not."""

    channel: Channel
    place: str
    carriers: frozenset[int]
    alive: bool
    price: str

    @property
    def boxes(self) -> list[tuple[int, Any, bool]]:
        return [(int(one), CARRIERS[one], int(one) in self.carriers) for one in FOUR]


@require_safe
@allowed("channel.view")
def page(request: HttpRequest) -> HttpResponse:
    """All routes."""
    context = {
        "routes": [(one, _shown(one), _names(one.uncovered)) for one in routes.routes(now=utc_now())],
        "purposes": PURPOSES,
        "patience": failover.patience_s(),
        "bounds": (failover.SHORTEST_S, failover.LONGEST_S),
        "empty": Empty(
            _("还没有路由"),
            _("路由把几个通道放在一起：每位客户按所在的运营商走能发的通道，一个断了，没发出的走下一个。"),
            _("新建路由") if may(request.user, "channel.edit") else "",
            reverse("channels.route_new"),
            "route",
        ),
        "crumbs": [Crumb(_("通道"), reverse("channels"))],
    }
    return render(request, "routes/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("channel.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A route of a purpose."""
    purpose = request.GET.get("purpose", "marketing")
    if purpose not in PURPOSES:
        raise InvalidInput("request.filter", name="purpose")
    return _form(request, None, purpose)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("channel.view")
def one(request: HttpRequest, route_id: int) -> HttpResponse:
    """One route, to look at or to change."""
    found = routes.route(route_id, now=utc_now())
    if request.method == "POST":
        if not may(request.user, "channel.edit"):
            raise NotAllowed("permission.missing", permission="channel.edit")
        need_proof(request)
    return _form(request, found, found.purpose)


@require_POST
@allowed("channel.edit")
def remove(request: HttpRequest, route_id: int) -> HttpResponse:
    """Delete a route no campaign names."""
    routes.remove_route(route_id, actor=request.user.get_username())
    messages.success(request, _("路由已删除。"))
    return redirect("channels.routes")


@require_POST
@allowed("channel.edit")
def patience(request: HttpRequest) -> HttpResponse:
    """How long a lost connection is waited for."""
    given = request.POST.get("seconds", "")
    seconds = int(given) if given.isascii() and given.isdigit() and len(given) < 6 else 0
    failover.save_patience(seconds, actor=request.user.get_username())
    messages.success(request, _("已保存。"))
    return redirect("channels.routes")


def _form(request: HttpRequest, found: RouteRow | None, purpose: str) -> HttpResponse:
    initial = {"name": found.name, "prefer": found.prefer} if found else {"prefer": Preference.PRICE}
    form = RouteForm(request.POST or None, initial=initial)
    lines = _lines(found, purpose, request.POST if request.method == "POST" else None)
    fault = ""
    if request.method == "POST" and form.is_valid():
        try:
            saved = routes.save_route(
                name=form.cleaned_data["name"],
                purpose=purpose,
                prefer=form.cleaned_data["prefer"],
                entries=_entries(lines),
                actor=request.user.get_username(),
                route_id=found.id if found else None,
            )
        except XinfengError as error:
            code = error.params.get("faults", {}).get("entries", "")
            if code not in FAULTS:
                show_fault(form, error, FIELD_OF_CODE)
            fault = str(FAULTS.get(code, ""))
        else:
            messages.success(request, _("路由已保存。已经生成的计划不变。"))
            return redirect("channels.route", saved)
    context = {
        "form": form,
        "route": found,
        "purpose": PURPOSES[purpose],
        "purposes": PURPOSES,
        "lines": lines,
        "fault": fault,
        "uncovered": _names(found.uncovered) if found else "",
        "editable": may(request.user, "channel.edit"),
        "crumbs": [Crumb(_("通道"), reverse("channels")), Crumb(_("路由"), reverse("channels.routes"))],
    }
    return render(request, "routes/one.html", context, status=422 if form.errors or fault else 200)


def _lines(found: RouteRow | None, purpose: str, given: QueryDict | None) -> list[Line]:
    """Every channel of the purpose: those of the route first, in their order."""
    alive = routes.alive_channels(now=utc_now())
    present = (
        {one.channel.pk: (str(at), one) for at, one in enumerate(found.entries, start=1)} if found else {}
    )
    lines = []
    for channel in Channel.objects.filter(purpose=purpose).order_by("name"):
        if given is not None:
            place = given.get(f"place_{channel.pk}", "").strip()[:3]
            chosen = {
                int(one) for one in given.getlist(f"carriers_{channel.pk}") if one in {"1", "2", "3", "4"}
            }
        else:
            place, entry = present.get(channel.pk, ("", None))
            chosen = set(entry.carriers) if entry else set()
        price = f"{channel.price_li / 10:g}"
        lines.append(Line(channel, place, frozenset(chosen), channel.pk in alive, price))
    return sorted(lines, key=lambda line: (_place(line.place), line.channel.name))


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 100


def _entries(lines: list[Line]) -> list[Entry]:
    """Raises InvalidInput `route.invalid`."""
    chosen = [line for line in lines if line.place]
    if any(not 1 <= _place(line.place) <= 99 for line in chosen):
        raise InvalidInput("route.invalid", faults={"entries": "place"})
    return [Entry(line.channel.pk, tuple(sorted(line.carriers))) for line in chosen]


def _shown(route: RouteRow) -> list[tuple[str, str, bool]]:
    return [(one.channel.name, _names(one.carriers), one.alive) for one in route.entries]


def _names(carriers: tuple[int, ...]) -> str:
    return "、".join(str(CARRIERS[one]) for one in carriers)
