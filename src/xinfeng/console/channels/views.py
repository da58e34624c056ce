"""Channels: the list and each channel live, set up, switched on and off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.channels import actions, reads
from xinfeng.channels.capabilities import PRESETS, Preset
from xinfeng.channels.reads import ChannelRow
from xinfeng.console.channels.forms import ChannelForm, initial_of, rules_initial
from xinfeng.console.components import Crumb, Empty
from xinfeng.console.components.faults import show_fault
from xinfeng.console.content.labels import PURPOSES
from xinfeng.console.middleware import wants_fragment
from xinfeng.console.permissions import allowed
from xinfeng.insights.figures import ChannelFigures, channel_figures
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
        phases = {str(connection.phase) for connection in self.row.connections}
        for phase, state in (("ready", "connected"), ("connecting", "connecting"), ("waiting", "waiting")):
            if phase in phases:
                return state
        return "down"

    @property
    def purpose(self) -> object:
        return PURPOSES.get(self.row.purpose, self.row.purpose)

    @property
    def price(self) -> str:
        """In fen."""
        return f"{self.row.price_li / 10:g}"


@require_safe
@allowed("channel.view")
def page(request: HttpRequest) -> HttpResponse:
    now = utc_now()
    rows = reads.channels(now=now)
    figures = channel_figures(now=now)
    context = {
        "channels": [Shown(row, figures.get(row.id, ChannelFigures())) for row in rows],
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
    row = reads.channel(channel_id, now=now)
    figures = channel_figures(now=now).get(channel_id, ChannelFigures())
    context = {"channel": Shown(row, figures), "now": now, "crumbs": _crumbs()}
    template = "channels/live.html" if wants_fragment(request) else "channels/detail.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("channel.edit")
def new(request: HttpRequest) -> HttpResponse:
    preset = PRESETS.get(request.GET.get("vendor", ""), PRESETS["none"])
    form = ChannelForm(request.POST or None, initial=rules_initial(preset.capabilities))
    form.fields["secret"].required = True
    if request.method == "POST" and (channel_id := _save(request, form, None)):
        messages.success(request, gettext("通道已保存，网关几秒内就会连接。"))
        return redirect("channels.detail", channel_id=channel_id)
    context = {**_preset(preset), "form": form, "crumbs": _crumbs()}
    return render(request, "channels/form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("channel.edit")
def edit(request: HttpRequest, channel_id: int) -> HttpResponse:
    row = reads.channel(channel_id, now=utc_now())
    preset = PRESETS.get(request.GET.get("vendor", ""))
    chosen = rules_initial(preset.capabilities) if preset else {}
    form = ChannelForm(request.POST or None, initial={**initial_of(row), **chosen})
    if request.method == "POST" and _save(request, form, channel_id):
        messages.success(request, gettext("已保存。连接参数有变化时，网关会重新连接。"))
        return redirect("channels.detail", channel_id=channel_id)
    crumbs = [*_crumbs(), Crumb(row.name, reverse("channels.detail", args=[channel_id]))]
    context = {**_preset(preset or PRESETS[row.takes.vendor]), "form": form, "channel": row, "crumbs": crumbs}
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
        messages.success(request, gettext("通道已停用，还没有发出的短信都留在队列里。"))
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
