"""Archives for an inspection: asking for one, how far it is, fetching it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components.faults import show_fault
from xinfeng.console.inspection.asking import ScopeForm, asked_for, form_for, tabs
from xinfeng.console.permissions import allowed, may
from xinfeng.console.streaming import stream_file
from xinfeng.foundation.signing import signer
from xinfeng.inspection import exports
from xinfeng.inspection.models import ExportKind, Numbers
from xinfeng.kernel.errors import NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now


class ArchiveForm(forms.Form):
    numbers = forms.ChoiceField(
        label=_("号码和正文"),
        choices=[
            (Numbers.MASKED, _("号码打码，正文写审核过的模板")),
            (Numbers.HASH, _("号码换成哈希，正文写审核过的模板")),
            (Numbers.CLEAR, _("完整号码和完整正文")),
        ],
    )
    reason = forms.CharField(
        label=_("事由"),
        max_length=exports.LONGEST_REASON,
        help_text=_("写明交给谁、为什么，会写进档案和审计日志。"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("inspection.export")
def page(request: HttpRequest) -> HttpResponse:
    asked = asked_for(request)
    form = ArchiveForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            numbers = Numbers(form.cleaned_data["numbers"])
            if numbers is Numbers.CLEAR and not may(request.user, "contact.reveal"):
                raise NotAllowed("permission.missing", permission="contact.reveal")
            try:
                exports.request_inspection(
                    asked,
                    numbers=numbers,
                    reason=form.cleaned_data["reason"],
                    actor=request.user.get_username(),
                    now=utc_now(),
                )
            except XinfengError as fault:
                show_fault(form, fault, {"export.reason": "reason"})
            else:
                messages.success(request, gettext("已开始生成。可以离开这一页，完成后在这里下载。"))
                return redirect("inspection.archives")
        status = 422
    scope_form: ScopeForm = form_for(asked)
    context = {
        "tabs": tabs("inspection.archives", request.user),
        "form": form,
        "scope": scope_form,
        "key": signer(),
        **_files(),
    }
    return render(request, "inspection/archives.html", context, status=status)


@require_safe
@allowed("inspection.export")
def progress(request: HttpRequest) -> HttpResponse:
    return render(request, "inspection/files.html", _files())


@require_POST
@allowed("inspection.export")
def fetch(request: HttpRequest, export_id: int) -> HttpResponseBase:
    """Download an archive."""
    export = exports.of(export_id)
    if export.numbers == Numbers.CLEAR and not may(request.user, "contact.reveal"):
        raise NotAllowed("permission.missing", permission="contact.reveal")
    path = exports.fetch(export_id, actor=request.user.get_username())
    return stream_file(
        path.open("rb"), name=f"xinfeng-{export.kind}-{export_id}.zip", content_type="application/zip"
    )


def _files() -> dict[str, Any]:
    listed = [*exports.listed(ExportKind.INSPECTION), *exports.listed(ExportKind.AUDIT)]
    files = sorted(listed, key=lambda one: one.pk, reverse=True)[:20]
    is_open = any(one.state in exports.OPEN for one in files)
    return {
        "files": files,
        "kept_days": exports.KEPT.days,
        "poll": reverse("inspection.progress") if is_open else "",
    }
