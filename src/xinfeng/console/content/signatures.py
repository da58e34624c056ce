"""Signatures: the names in front of every text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.console.components import Crumb, Empty
from xinfeng.console.permissions import allowed, may
from xinfeng.console.words import sentence
from xinfeng.content import actions, reads
from xinfeng.content.reads import SignatureUse
from xinfeng.kernel.errors import NotAllowed, XinfengError


class SignatureForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("签名"),
        max_length=20,
        help_text=gettext_lazy("品牌或公司名，2 到 16 个字，不带【】。一经登记不能改字。"),
    )
    hotline = forms.CharField(
        label=gettext_lazy("服务热线"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("客户能打通的电话，模板里可以用 brand.hotline 引用。"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("template.view")
def page(request: HttpRequest) -> HttpResponse:
    """All signatures, and a form for another one."""
    form = SignatureForm(request.POST if request.method == "POST" else None)
    status = 200
    if request.method == "POST":
        if not may(request.user, "template.edit"):
            raise NotAllowed("permission.missing", permission="template.edit")
        if form.is_valid() and _added(request, form):
            return redirect("templates.signatures")
        status = 422
    context = {
        "form": form,
        "signatures": [_shown(use) for use in reads.signature_use()],
        "empty": Empty(_("还没有签名"), _("登记品牌或公司的名字，每条短信都以它开头。"), icon="signature"),
        "crumbs": [Crumb(_("模板"), reverse("templates"))],
    }
    return render(request, "content/signatures.html", context, status=status)


def _shown(use: SignatureUse) -> dict[str, Any]:
    title = _("修改签名【%(text)s】") % {"text": use.signature.text}
    return {
        "signature": use.signature,
        "templates": use.templates,
        "key": str(use.signature.pk),
        "title": title,
    }


def _added(request: HttpRequest, form: SignatureForm) -> bool:
    given = form.cleaned_data
    try:
        signature = actions.add_signature(
            given["text"], hotline=given["hotline"], actor=request.user.get_username()
        )
    except XinfengError as error:
        form.add_error("hotline" if error.code == "signature.hotline" else "text", sentence(error))
        return False
    messages.success(request, _("签名【%(text)s】已登记。") % {"text": signature.text})
    return True


@require_POST
@allowed("template.edit")
def edit(request: HttpRequest, signature_id: int) -> HttpResponse:
    """The hotline, and whether it may be used."""
    signature = actions.edit_signature(
        signature_id,
        hotline=request.POST.get("hotline", "")[:60],
        enabled=request.POST.get("enabled") == "1",
        actor=request.user.get_username(),
    )
    messages.success(request, _("签名【%(text)s】已更新。") % {"text": signature.text})
    return redirect("templates.signatures")
