"""A file of numbers or member ids becomes a list; what led to nobody can be downloaded."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from xinfeng.console.components import Crumb
from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.permissions import allowed
from xinfeng.console.segments.files import kept, named_rows
from xinfeng.console.segments.labels import language
from xinfeng.console.streaming import stream
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.console.words import sentence
from xinfeng.foundation import audit
from xinfeng.kernel.errors import XinfengError
from xinfeng.segments import actions, lists, reads
from xinfeng.segments.lists import create_list_from

MOST_ROWS = 200_000
"""Rows of a list uploaded here, matched while the person waits; the command line takes more."""
LARGEST_FILE = 50 * 2**20


class UploadForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("名单名称"), max_length=actions.LONGEST_NAME)
    description = forms.CharField(
        label=gettext_lazy("说明"), max_length=actions.LONGEST_DESCRIPTION, required=False
    )
    file = forms.FileField(label=gettext_lazy("文件"), allow_empty_file=True)


FIELD_OF_CODE = {
    "segment.bad_name": "name",
    "segment.name_taken": "name",
    "segment.bad_description": "description",
}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("segment.edit")
@takes_file(LARGEST_FILE)
def upload(request: HttpRequest) -> HttpResponse:
    """Choose a file and a name; the list is made at once."""
    form, status = UploadForm(), 200
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES)
        status = 422
        if form.is_valid():
            try:
                chunks = form.cleaned_data["file"].chunks()
                with kept(chunks, at_most=LARGEST_FILE) as path, named_rows(path) as rows:
                    done = create_list_from(
                        rows,
                        name=form.cleaned_data["name"],
                        description=form.cleaned_data["description"],
                        actor=request.user.get_username(),
                        at_most=MOST_ROWS,
                    )
                said = _("找到 %(n)s 位客户，%(missed)s 行没有对上。") % {
                    "n": num(done.members),
                    "missed": num(done.missed),
                }
                messages.success(request, said)
                return redirect("segments.detail", done.segment.pk)
            except XinfengError as error:
                form.add_error(FIELD_OF_CODE.get(error.code, "file"), sentence(error))
    context = {
        "form": form,
        "most_rows": MOST_ROWS,
        "crumbs": [Crumb(_("分群"), reverse("segments"))],
    }
    return render(request, "segments/upload.html", context, status=status)


@require_safe
@allowed("contact.reveal")
def misses(request: HttpRequest, segment_id: int) -> HttpResponseBase:
    """The rows that led to nobody, to be corrected; audited, and for who may see full numbers: they are in them."""
    segment = reads.get_segment(segment_id)
    audit.record(
        actor=request.user.get_username(), action="segment.misses", kind="segment", subject=segment.pk
    )
    return stream(
        lists.misses_csv(segment_id, language=language()),
        name=f"segment-{segment.pk}-unmatched.csv",
        content_type="text/csv; charset=utf-8",
    )
