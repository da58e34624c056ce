"""Material of filings and qualifications: uploading, and downloading by permission."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from xinfeng.console.filings.moves import actor_of
from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.permissions import allowed
from xinfeng.console.streaming import stream
from xinfeng.console.words import sentence
from xinfeng.filings import bulk, documents, qualifications, signatures, templates
from xinfeng.filings.models import Subject
from xinfeng.kernel.errors import NotFound, XinfengError
from xinfeng.kernel.time import utc_now

PAGES = {
    Subject.SIGNATURE: ("filings.detail", signatures.filing_of),
    Subject.TEMPLATE: ("filings.template", templates.filing_of),
    Subject.BULK: ("filings.bulk_filing", bulk.filing_of),
    Subject.QUALIFICATION: ("filings.qualification", qualifications.qualification_of),
}
"""Each kind's page, and how to find out whether there is one."""


@require_POST
@allowed("filing.edit")
@takes_file(documents.LARGEST_FILE)
def upload(request: HttpRequest, subject: str, subject_id: int) -> HttpResponse:
    if subject not in Subject.values:
        raise NotFound("document.unknown")
    page, find = PAGES[Subject(subject)]
    find(subject_id)
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, gettext("没有选择文件。什么都没有保存。"))
        return redirect(page, subject_id)
    try:
        documents.keep(
            Subject(subject),
            subject_id,
            file.chunks(),
            name=file.name or "",
            actor=actor_of(request),
            now=utc_now(),
        )
    except XinfengError as fault:
        messages.error(request, sentence(fault))
    else:
        messages.success(request, gettext("已加密保存。"))
    return redirect(page, subject_id)


@require_POST
@allowed("filing.download")
def download(request: HttpRequest, document_id: int) -> HttpResponseBase:
    """The file as it came; audited. Never shown in the browser: it came from elsewhere."""
    document = documents.document_of(document_id)
    pieces = documents.read(document, actor=actor_of(request))
    return stream(
        pieces,
        name=document.name,
        content_type="application/octet-stream",
        size_bytes=document.size_bytes,
    )
