"""Files of complaints: upload, say what the columns are, watch, fetch what was refused."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xinfeng.complaints import files, reads
from xinfeng.complaints.models import ComplaintFile, FileState
from xinfeng.complaints.reasons import in_words
from xinfeng.console.complaints.labels import FIELDS, FILE_STATES, SOURCES, tabs
from xinfeng.console.components import Crumb, Empty
from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.middleware import wants_fragment
from xinfeng.console.permissions import allowed, may, need_proof
from xinfeng.console.streaming import stream
from xinfeng.console.words import sentence
from xinfeng.foundation import audit
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now


class UploadForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("文件"))


@require_safe
@allowed("complaint.view")
def page(request: HttpRequest) -> HttpResponse:
    context = {
        "tabs": tabs(request),
        "files": [(one, FILE_STATES[one.state], SOURCES.get(one.source, "")) for one in reads.files()],
        "can_take": may(request.user, "complaint.take"),
        "empty": Empty(
            _("还没有导入过文件"), _("从 12321 或运营商后台导出的表格可以整份导入。"), icon="file-import"
        ),
    }
    return render(request, "complaints/files.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("complaint.take")
@takes_file(files.LARGEST_FILE)
def upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm()
    status = 200
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                kept = files.receive(
                    file.chunks(), file_name=file.name, actor=request.user.get_username(), now=utc_now()
                )
                return redirect("complaints.file", kept.pk)
            except XinfengError as error:
                form.add_error("file", sentence(error))
        status = 422
    context = {
        "form": form,
        "crumbs": [Crumb(_("投诉"), reverse("complaints")), Crumb(_("文件"), reverse("complaints.files"))],
        "largest_mb": files.LARGEST_FILE >> 20,
    }
    return render(request, "complaints/upload.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("complaint.take")
def one(request: HttpRequest, file_id: int) -> HttpResponse:
    """What the columns are; then how far it is; then what came of it."""
    kept = files.one(file_id)
    if kept.state == FileState.MAPPING:
        return _columns(request, kept)
    context = _progress(request, kept)
    template = "complaints/progress.html" if wants_fragment(request) else "complaints/file.html"
    return render(request, template, context)


def _columns(request: HttpRequest, kept: ComplaintFile) -> HttpResponse:
    source = request.POST.get("source", request.GET.get("source", ""))
    seen = files.preview(kept.pk, source=source if source in SOURCES else "")
    chosen = dict(seen.guess)
    fault = ""
    if request.method == "POST":
        chosen = {
            column: request.POST.get(f"column-{at}", files.SKIP) for at, column in enumerate(seen.header)
        }
        try:
            files.start(
                kept.pk,
                mapping=chosen,
                source=source,
                remember=bool(request.POST.get("remember")),
                actor=request.user.get_username(),
                now=utc_now(),
            )
        except XinfengError as error:
            fault = sentence(error)
        else:
            messages.success(request, _("开始登记。每一行登记的同时，号码停发营销。"))
            return redirect("complaints.file", kept.pk)
    context = {
        "file": kept,
        "fault": fault,
        "source": source,
        "sources": list(SOURCES.items()),
        "fields": list(FIELDS.items()),
        "columns": [
            (at, column, chosen.get(column, ""), [row[at] for row in seen.rows[:3] if at < len(row)])
            for at, column in enumerate(seen.header)
        ],
        "crumbs": [Crumb(_("投诉"), reverse("complaints")), Crumb(_("文件"), reverse("complaints.files"))],
    }
    return render(request, "complaints/columns.html", context, status=422 if fault else 200)


def _progress(request: HttpRequest, kept: ComplaintFile) -> dict[str, object]:
    language = get_language() or "zh"
    return {
        "file": kept,
        "state": FILE_STATES[kept.state],
        "moving": kept.state in (FileState.QUEUED, FileState.RUNNING),
        "source": SOURCES.get(kept.source, _("每行自己的来源")),
        "fault": _fault(kept.fault),
        "refused": [
            (row.line, in_words(row.code, row.params, language=language))
            for row in reads.refused_rows(kept.pk, limit=20)
        ],
        "crumbs": [Crumb(_("投诉"), reverse("complaints")), Crumb(_("文件"), reverse("complaints.files"))],
    }


def _fault(code: str) -> str:
    if not code:
        return ""
    if code == "complaint.file_abandoned":
        return _("一周没有人确认各列，文件已删除。需要时重新上传。")
    if code == "complaint.file_rows":
        return _("行数太多，请分成几份再导入。")
    return _("没有做完（%(code)s）。做完的行都在；可以重新上传整份文件，登记过的不会重复。") % {"code": code}


@require_safe
@allowed("complaint.take")
def rejected(request: HttpRequest, file_id: int) -> HttpResponseBase:
    """The refused rows, to correct and send in again; they hold full numbers."""
    need_proof(request)
    kept = files.one(file_id)
    audit.record(
        actor=request.user.get_username(),
        action="complaint.rejected",
        kind="complaint_file",
        subject=file_id,
        rows=kept.refused,
    )
    return stream(
        files.rejections_csv(file_id, language=get_language() or "zh"),
        name=f"complaints-{file_id}-refused.csv",
        content_type="text/csv; charset=utf-8",
    )
