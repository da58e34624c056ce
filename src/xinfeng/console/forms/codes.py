"""How confirmation codes are sent: service channel, signature, words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from xinfeng.channels import reads as channels
from xinfeng.consent.models import Purpose
from xinfeng.console.components import Phone
from xinfeng.console.components.faults import show_fault
from xinfeng.console.forms.labels import crumbs
from xinfeng.console.permissions import allowed, may
from xinfeng.content import reads as content
from xinfeng.content.grammar import LONGEST_SOURCE
from xinfeng.delivery import code_messages
from xinfeng.delivery.one_off import usable_sender
from xinfeng.kernel.errors import InvalidInput, NotAllowed, XinfengError
from xinfeng.kernel.text import billed_parts, utf16_units
from xinfeng.kernel.time import utc_now


class CodesForm(forms.Form):
    """Offers service channels and signatures that are in use, nothing else."""

    channel_id = forms.TypedChoiceField(
        label=_("服务通道"), coerce=int, help_text=_("只列出启用的服务通道。")
    )
    signature_id = forms.TypedChoiceField(label=_("签名"), coerce=int)
    text = forms.CharField(
        label=_("正文"),
        widget=forms.Textarea,
        max_length=LONGEST_SOURCE,
        help_text=_("{code} 是六位验证码的位置，必须恰好出现一次。不能用其他变量，连签名不超过一条。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usable = [
            (one.id, one.name)
            for one in channels.channels(now=utc_now())
            if one.enabled and one.purpose == Purpose.SERVICE.value
        ]
        signatures = [(one.pk, f"【{one.text}】") for one in content.signatures(only_enabled=True)]
        self.fields["channel_id"].choices = [("", _("请选择")), *usable]  # type: ignore[attr-defined]
        self.fields["signature_id"].choices = [("", _("请选择")), *signatures]  # type: ignore[attr-defined]


FIELDS = {"codes.channel": "channel_id", "codes.text": "text"}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("form.view")
def page(request: HttpRequest) -> HttpResponse:
    """The setting beside the message as it arrives."""
    may_edit = may(request.user, "settings.edit")
    settings = code_messages.current_settings()
    form = CodesForm(request.POST if request.method == "POST" else None, initial=settings.stored())
    if request.method == "POST":
        if not may_edit:
            raise NotAllowed("permission.missing", permission="settings.edit")
        if form.is_valid():
            try:
                code_messages.save_settings(form.cleaned_data, actor=request.user.get_username())
            except XinfengError as fault:
                show_fault(form, fault, {fault.code: FIELDS.get(fault.code, "text")})
            else:
                messages.success(request, gettext("已保存。表单的验证码从现在起这样发送。"))
                return redirect("forms.codes")
    context = {
        "form": form,
        "may_edit": may_edit,
        "ready": code_messages.ready(),
        "phone": _phone(settings),
        "crumbs": crumbs(),
    }
    return render(request, "forms/codes.html", context, status=400 if form.errors else 200)


def _phone(settings: code_messages.CodeSettings) -> Phone | None:
    sender = usable_sender(settings.channel_id, settings.signature_id)
    if sender is None:
        return None
    try:
        text = code_messages.text_of(settings, sender, "482913")
    except InvalidInput:
        return None
    return Phone(text, length=utf16_units(text), parts=billed_parts(text))
