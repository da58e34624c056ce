"""Channels: the list and each channel live, set up, switched on and off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.campaigns.reads import names_of_plans
from xinfeng.channels import actions, codes, reads
from xinfeng.channels.capabilities import PRESETS, Preset
from xinfeng.channels.models import RICH_KINDS, WHOLE_KINDS, Channel, ChannelKind, ConnectionPhase
from xinfeng.channels.probe import try_channel
from xinfeng.channels.reads import ChannelRow, ConnectionRow
from xinfeng.channels.routes import routes_of
from xinfeng.channels.samples import SAMPLE_S, samples
from xinfeng.console.channels import accounts, cards
from xinfeng.console.channels.forms import ChannelForm, initial_of, rules_initial
from xinfeng.console.channels.words import detail_words, probe_words
from xinfeng.console.components import Crumb, Empty
from xinfeng.console.components.faults import show_fault
from xinfeng.console.content.labels import PURPOSES
from xinfeng.console.middleware import wants_fragment
from xinfeng.console.permissions import allowed, may
from xinfeng.console.words import sentence
from xinfeng.content.reads import signatures
from xinfeng.delivery.backlog import waiting_for
from xinfeng.delivery.trial import send_trial, templates_for
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.insights.figures import ChannelFigures, channel_figures
from xinfeng.integrations.callbacks.addresses import addresses_of
from xinfeng.kernel.errors import InvalidInput, XinfengError
from xinfeng.kernel.time import utc_now


@dataclass(frozen=True)
class Shown:
    """A channel as the pages show it. `state` is one of `states.STATES["channel"]`."""

    row: ChannelRow
    figures: ChannelFigures

    @property
    def state(self) -> str:
        if not self.row.enabled:
            return "off"
        phases = {str(one.phase) for one in self.row.connections if one.number}
        for phase, state in (
            ("ready", "connected"),
            ("refused", "refused"),
            ("connecting", "connecting"),
            ("waiting", "waiting"),
        ):
            if phase in phases:
                return state
        return "down"

    @property
    def trouble(self) -> str:
        """What the first connection that is not there says about it; empty where all are, or it is switched off."""
        if not self.row.enabled:
            return ""
        return next(
            (told for one, told in self.connections if told and one.phase is not ConnectionPhase.READY), ""
        )

    @property
    def protocol(self) -> str:
        return str(ChannelKind(self.row.kind).label)

    @property
    def account(self) -> list[tuple[object, object]]:
        """What the account states, label and value, without what hardly anybody changes."""
        config = self.row.config.to_json()
        return [
            (one.label, _("已加密保存，不再显示"))
            if one.name in accounts.SECRETS
            else (one.label, one.shown(config.get(one.name, "")))
            for one in accounts.FIELDS[self.row.kind]
            if one.place is not accounts.Place.RARE
        ]

    @property
    def purpose(self) -> object:
        return PURPOSES.get(self.row.purpose, self.row.purpose)

    @property
    def connections(self) -> list[tuple[ConnectionRow, str]]:
        """Each with what it says about itself, in words."""
        return [(one, detail_words(one.detail, self.row.kind)) for one in self.row.connections]

    @property
    def lines(self) -> int:
        """Connections there should be, over all gateways; a port that is listened on is none."""
        return sum(one.number > 0 for one in self.row.connections)

    def mentions(self, sought: str) -> bool:
        """Whether its name, number, protocol or trouble has these words."""
        said = (
            self.row.name,
            self.row.config.source_number,
            self.row.config.host,
            self.protocol,
            self.trouble,
        )
        return any(sought in one.lower() for one in said)

    @property
    def price(self) -> str:
        """In fen."""
        return f"{self.row.price_li / 10:g}"


@require_safe
@allowed("channel.view")
def page(request: HttpRequest) -> HttpResponse:
    now = utc_now()
    codes.refresh()
    rows = reads.channels(now=now)
    figures = channel_figures(now=now)
    shown = [Shown(row, figures.get(row.id, ChannelFigures())) for row in rows]
    q = request.GET.get("q", "").strip()[:60]
    context = {
        "channels": [one for one in shown if one.mentions(q.lower())] if q else shown,
        "many": len(shown),
        "q": q,
        "empty": Empty(
            _("还没有通道"),
            _("通道是和运营商（或服务商）签下的一个发送账号。填好合同上的参数，网关就会连上。"),
            _("添加通道"),
            reverse("channels.new"),
            "antenna-bars-5",
        ),
    }
    template = "channels/rows.html" if wants_fragment(request) else "channels/list.html"
    return render(request, template, context)


@require_safe
@allowed("channel.view")
def detail(request: HttpRequest, channel_id: int) -> HttpResponse:
    now = utc_now()
    codes.refresh()
    row = reads.channel(channel_id, now=now)
    figures = channel_figures(now=now).get(channel_id, ChannelFigures())
    context = {
        "channel": Shown(row, figures),
        "now": now,
        "crumbs": _crumbs(),
        "waiting": _waiting(channel_id),
        "routes": routes_of(channel_id),
    }
    if wants_fragment(request):
        return render(request, "channels/live.html", context)
    stored = Channel.objects.get(pk=channel_id)
    context |= {
        **_charts(row, now=now),
        "signatures": signatures(only_enabled=True),
        "trial_versions": templates_for(stored),
        "trial_needs_template": stored.kind in WHOLE_KINDS,
        "trial_is_rich": stored.kind in RICH_KINDS,
        "callbacks": addresses_of(stored) if may(request.user, "channel.edit") else None,
    }
    return render(request, "channels/detail.html", context)


@dataclass(frozen=True)
class Queue:
    """What waits for a channel: messages in all, those that another channel of their route may carry, and whose they are
    (campaign id, name, messages)."""

    messages: int
    movable: int
    campaigns: list[tuple[int, str, int]]


def _waiting(channel_id: int) -> Queue:
    found = waiting_for(channel_id)
    names = names_of_plans([one.plan_id for one in found])
    return Queue(
        sum(one.messages for one in found),
        sum(one.movable for one in found),
        [(*names[one.plan_id], one.messages) for one in found if one.plan_id in names],
    )


@require_safe
@allowed("channel.view")
def chart(request: HttpRequest, channel_id: int) -> HttpResponse:
    """The last hour, again."""
    now = utc_now()
    row = reads.channel(channel_id, now=now)
    context = {"channel": Shown(row, ChannelFigures()), **_charts(row, now=now)}
    return render(request, "channels/chart.html", context)


def _charts(row: ChannelRow, *, now: datetime) -> dict[str, Any]:
    found = samples(row.id, now=now)
    zone = xinfeng_settings.load().zone
    at = [f"{one.at.astimezone(zone):%H:%M:%S}" for one in found]
    speed = [round(one.submitted / SAMPLE_S, 1) for one in found]
    trip = [None if one.round_trip_ms is None else round(one.round_trip_ms, 1) for one in found]
    return {
        "samples": found,
        "answered": any(one is not None for one in trip),
        "speed": {
            "kind": "area",
            "x": at,
            "series": [{"name": _("每秒提交"), "data": speed, "tone": "accent"}],
            "unit": _("条"),
        },
        "trip": {
            "kind": "line",
            "x": at,
            "series": [{"name": _("往返时间"), "data": trip, "tone": "info"}],
            "unit": "ms",
        },
    }


@require_POST
@allowed("channel.edit")
def trial(request: HttpRequest, channel_id: int) -> HttpResponse:
    """One message to a colleague's own number."""
    try:
        sent = send_trial(
            channel_id,
            signature_id=_chosen(request, "signature"),
            version_id=_chosen(request, "version"),
            phone=request.POST.get("phone", ""),
            actor=request.user.get_username(),
            now=utc_now(),
        )
    except XinfengError as fault:
        messages.error(request, sentence(fault))
    else:
        messages.success(
            request, gettext("已交给网关：%(text)s 结果在客户页的短信里。") % {"text": sent.text}
        )
    return redirect("channels.detail", channel_id=channel_id)


def _chosen(request: HttpRequest, name: str) -> int | None:
    given = request.POST.get(name, "")
    return int(given) if given.isdecimal() and len(given) < 10 else None


@require_POST
@allowed("channel.edit")
def probe(request: HttpRequest, channel_id: int) -> HttpResponse:
    """Log in to the carrier and out again; no message is sent."""
    codes.refresh()
    row = reads.channel(channel_id, now=utc_now())
    result = try_channel(channel_id)
    told = probe_words(result, row.kind)
    if not result.ok and row.ready:
        told += gettext(" 网关的 %(ready)s 条连接都还在；运营商可能不许再多登录一条。") % {"ready": row.ready}
    (messages.success if result.ok else messages.error)(request, told)
    return redirect("channels.detail", channel_id=channel_id)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("channel.edit")
def new(request: HttpRequest) -> HttpResponse:
    """First which kind, then what its contract states."""
    kind = request.GET.get("kind", "")
    if kind not in accounts.FIELDS:
        return render(request, "channels/kinds.html", {"cards": cards.CARDS, "crumbs": _crumbs()})
    preset = PRESETS.get(request.GET.get("vendor") or kind, PRESETS["none"])
    form = ChannelForm(request.POST or None, kind=kind, new=True, initial=rules_initial(preset.capabilities))
    if request.method == "POST" and (channel_id := _save(request, form, None)):
        messages.success(request, gettext("通道已保存，网关几秒内就会连接。"))
        return redirect("channels.detail", channel_id=channel_id)
    crumbs = [*_crumbs(), Crumb(_("添加通道"), reverse("channels.new"))]
    context = {**_preset(preset), "form": form, "kind": kind, "crumbs": crumbs}
    return render(request, "channels/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("channel.edit")
def edit(request: HttpRequest, channel_id: int) -> HttpResponse:
    row = reads.channel(channel_id, now=utc_now())
    preset = PRESETS.get(request.GET.get("vendor", ""))
    chosen = rules_initial(preset.capabilities) if preset else {}
    form = ChannelForm(request.POST or None, kind=row.kind, new=False, initial={**initial_of(row), **chosen})
    if request.method == "POST" and _save(request, form, channel_id):
        messages.success(request, gettext("已保存。连接参数有变化时，网关会重新连接。"))
        return redirect("channels.detail", channel_id=channel_id)
    crumbs = [*_crumbs(), Crumb(row.name, reverse("channels.detail", args=[channel_id]))]
    context = {
        **_preset(preset or PRESETS[row.takes.vendor]),
        "form": form,
        "channel": row,
        "kind": row.kind,
        "crumbs": crumbs,
    }
    return render(request, "channels/form.html", context)


@require_POST
@allowed("channel.edit")
def switch(request: HttpRequest, channel_id: int) -> HttpResponse:
    actor = request.user.get_username()
    if request.POST.get("to") == "on":
        actions.enable_channel(channel_id, actor=actor)
        messages.success(request, gettext("通道已启用，网关几秒内就会连接。"))
    else:
        actions.disable_channel(channel_id, actor=actor)
        messages.success(request, gettext("通道已停用。有路由的活动改走下一个通道，没有的留在队列里等。"))
    return redirect("channels.detail", channel_id=channel_id)


def _save(request: HttpRequest, form: ChannelForm, channel_id: int | None) -> int | None:
    """The channel's id, or None with every fault at its field."""
    form.look_through()
    if form.errors:
        return None
    try:
        return actions.save_channel(**form.values(), actor=request.user.get_username(), channel_id=channel_id)
    except InvalidInput as fault:
        form.show(fault.params.get("faults", {}))
        if not form.errors:
            show_fault(form, fault)
    except XinfengError as fault:
        show_fault(form, fault, {"channel.name_taken": "name"})
    return None


def _preset(preset: Preset) -> dict[str, Any]:
    """A vendor's rules and where they come from, in the reader's language."""
    english = (get_language() or "").startswith("en")
    return {"preset": preset, "preset_source": preset.source_en if english else preset.source}


def _crumbs() -> list[Crumb]:
    return [Crumb(_("通道"), reverse("channels"))]
