"""Whether an opt-out is confirmed by one service message, over which channel and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.channels import reads as channels
from xinfeng.channels.reads import ChannelRow
from xinfeng.consent.models import Purpose
from xinfeng.console.components import Phone
from xinfeng.console.components.faults import show_fault
from xinfeng.console.content.preview import bounds_of, yuan_of_li
from xinfeng.console.permissions import allowed, may
from xinfeng.console.preferences.tabs import tabs
from xinfeng.console.words import sentence
from xinfeng.content import parts
from xinfeng.content import reads as content
from xinfeng.content.grammar import LONGEST_SOURCE
from xinfeng.content.models import Signature
from xinfeng.content.rendering import Draft, Renderer
from xinfeng.delivery.confirmation import LATEST, ConfirmationSettings, current_settings, save_settings
from xinfeng.kernel.errors import InvalidInput, NotAllowed, XinfengError
from xinfeng.kernel.text import SINGLE_UNITS
from xinfeng.kernel.time import utc_now

FIELD_OF_CODE = {
    "opt_out.confirmation_channel": "channel_id",
    "channel.unknown": "channel_id",
    "signature.unknown": "signature_id",
    "signature.disabled": "signature_id",
}


NEEDED = {"required": _("要发送退订确认，请先选好。")}


class ConfirmationForm(forms.Form):
    """The setting. Offers service channels and signatures that are in use, nothing else.

    Both must be chosen to switch it on; switched off, it is saved without.
    """

    enabled = forms.BooleanField(
        label=_("客户退订后，发一条短信确认"), required=False, help_text=_("每次退订只确认一次。")
    )
    channel_id = forms.TypedChoiceField(
        label=_("服务通道"),
        coerce=int,
        empty_value=None,
        help_text=_("只列出启用的服务通道。"),
        error_messages=NEEDED,
    )
    signature_id = forms.TypedChoiceField(
        label=_("签名"), coerce=int, empty_value=None, error_messages=NEEDED
    )
    text = forms.CharField(label=_("正文"), widget=forms.Textarea, max_length=LONGEST_SOURCE)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.usable_channels = [
            one
            for one in channels.channels(now=utc_now())
            if one.enabled and one.purpose == Purpose.SERVICE.value
        ]
        self.usable_signatures = content.signatures(only_enabled=True)
        self._offer("channel_id", [(one.id, one.name) for one in self.usable_channels])
        self._offer("signature_id", [(one.pk, f"【{one.text}】") for one in self.usable_signatures])

    def _offer(self, name: str, known: list[tuple[int, str]]) -> None:
        field = cast(forms.ChoiceField, self.fields[name])
        field.choices = [("", _("请选择")), *known]
        field.required = not self.is_bound or bool(self["enabled"].value())

    def channel(self) -> ChannelRow | None:
        """The one that stands in the form, if it can be used."""
        chosen = str(self["channel_id"].value())
        return next((one for one in self.usable_channels if str(one.id) == chosen), None)

    def signature(self) -> Signature | None:
        """The one that stands in the form, if it can be used."""
        chosen = str(self["signature_id"].value())
        return next((one for one in self.usable_signatures if str(one.pk) == chosen), None)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("settings.view")
def page(request: HttpRequest) -> HttpResponse:
    """The setting beside the message as it arrives."""
    settings = current_settings()
    if request.method != "POST":
        return _page(request, ConfirmationForm(initial=settings.stored()), settings)
    if not may(request.user, "settings.edit"):
        raise NotAllowed("permission.missing", permission="settings.edit")
    form = ConfirmationForm(request.POST)
    if form.is_valid():
        try:
            saved = save_settings(form.cleaned_data, actor=request.user.get_username())
        except XinfengError as fault:
            show_fault(form, fault, {fault.code: FIELD_OF_CODE.get(fault.code, "text")})
        else:
            messages.success(request, _said(saved))
            return redirect("settings.confirmation")
    return _page(request, form, settings, status=400)


@require_POST
@allowed("settings.view")
def preview(request: HttpRequest) -> HttpResponse:
    """The phone for what stands in the form now."""
    return render(request, "preferences/confirmation_phone.html", _shown(ConfirmationForm(request.POST)))


def _page(
    request: HttpRequest, form: ConfirmationForm, settings: ConfirmationSettings, status: int = 200
) -> HttpResponse:
    context = {
        "tabs": tabs("settings.confirmation"),
        "form": form,
        "stuck": settings.enabled and not _runs(form, settings),
        "latest_h": LATEST // timedelta(hours=1),
        "at_most": SINGLE_UNITS,
        **_shown(form),
    }
    return render(request, "preferences/confirmation.html", context, status=status)


def _runs(form: ConfirmationForm, settings: ConfirmationSettings) -> bool:
    """Whether what is in force can send: its channel and its signature are in use."""
    return settings.channel_id in {one.id for one in form.usable_channels} and settings.signature_id in {
        one.pk for one in form.usable_signatures
    }


def _shown(form: ConfirmationForm) -> Mapping[str, Any]:
    """`phone`, or `fault` in words; neither while signature or text is missing."""
    signature, text = form.signature(), str(form["text"].value() or "").strip()
    if signature is None or not text:
        return {"phone": None, "fault": ""}
    try:
        renderer = Renderer(Draft(text, "", "", {}), signature)
        if renderer.used:
            raise InvalidInput(
                "opt_out.confirmation_text", at_most=SINGLE_UNITS, units=renderer.longest_units
            )
        whole = renderer.render({})
    except InvalidInput as fault:
        return {"phone": None, "fault": sentence(fault)}
    channel = form.channel()
    measure = parts.measure(whole, price_li=channel.price_li if channel else 0)
    phone = Phone(
        whole,
        length=measure.units,
        parts=measure.parts,
        bounds=bounds_of(whole),
        note=f"¥{yuan_of_li(measure.cost_li)}" if channel else "",
    )
    return {"phone": phone, "fault": ""}


def _said(settings: ConfirmationSettings) -> str:
    if settings.enabled:
        return gettext("已保存。从现在起，退订会用服务短信确认一次。")
    return gettext("已保存。退订不发确认短信。")
