"""Qualifications: licences, certificates, letters, contracts with vendors; what leans on them, what runs out."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components import Empty
from xinfeng.console.components.faults import show_fault
from xinfeng.console.filings.forms import QualificationForm
from xinfeng.console.filings.labels import (
    KINDS,
    SHORT_CARRIERS,
    crumbs,
    left_words,
    state_of,
    tabs,
    timeline,
    urgency_tone,
)
from xinfeng.console.filings.moves import actor_of, today
from xinfeng.console.permissions import allowed
from xinfeng.filings import documents, qualifications, steps
from xinfeng.filings.models import Subject
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now

FIELDS = {"qualification.exists": "number", "filing.days": "expires_on"}


@require_safe
@allowed("filing.view")
def page(request: HttpRequest) -> HttpResponse:
    day = today()
    kind, search = request.GET.get("kind", ""), request.GET.get("q", "")
    retired = request.GET.get("show") == "retired"
    found = qualifications.listed(day, kind=kind if kind in KINDS else "", search=search, retired=retired)
    context = {
        "tabs": tabs("filings.qualifications"),
        "rows": [
            (
                one,
                KINDS[one.qualification.kind],
                left_words(one.days_left) if one.urgency is not None else "",
                urgency_tone(one.days_left),
            )
            for one in found
        ],
        "kinds": list(KINDS.items()),
        "kind": kind,
        "search": search,
        "retired": retired,
        "filtered": bool(kind or search or retired),
        "empty": Empty(
            _("还没有登记资质"),
            _(
                "营业执照、ICP 备案、增值电信许可证、商标、授权书和服务商合同都放在这里，到期前 60、30、7 天提醒。"
            ),
            _("登记资质"),
            reverse("filings.qualification_new"),
            "license",
        ),
    }
    return render(request, "filings/qualifications.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("filing.edit")
def new(request: HttpRequest) -> HttpResponse:
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("filing.edit")
def edit(request: HttpRequest, qualification_id: int) -> HttpResponse:
    return _form(request, qualification_id)


def _form(request: HttpRequest, qualification_id: int | None) -> HttpResponse:
    initial = {}
    if qualification_id is not None:
        known = qualifications.qualification_of(qualification_id)
        initial = {name: getattr(known, name) for name in QualificationForm.base_fields if name != "channel"}
        initial["channel"] = known.channel_id or ""
    form = QualificationForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                made = qualifications.save(
                    form.draft(), actor=actor_of(request), now=utc_now(), qualification_id=qualification_id
                )
            except XinfengError as fault:
                show_fault(form, fault, FIELDS)
            else:
                messages.success(request, gettext("已保存。请上传扫描件。"))
                return redirect("filings.qualification", made)
        status = 422
    context = {
        "form": form,
        "known": qualification_id,
        "crumbs": crumbs((_("资质"), reverse("filings.qualifications"))),
    }
    return render(request, "filings/qualification_form.html", context, status=status)


@require_safe
@allowed("filing.view")
def detail(request: HttpRequest, qualification_id: int) -> HttpResponse:
    known = qualifications.qualification_of(qualification_id)
    day = today()
    left = (known.expires_on - day).days if known.expires_on else None
    context = {
        "known": known,
        "kind": KINDS[known.kind],
        "left": left_words(left) if qualifications.urgency(left) is not None else "",
        "left_tone": urgency_tone(left),
        "uses": [
            (one, SHORT_CARRIERS[one.carrier], state_of(one, day))
            for one in qualifications.used_by(qualification_id)
        ],
        "subject": Subject.QUALIFICATION.value,
        "documents": documents.documents_of(Subject.QUALIFICATION, qualification_id),
        "history": timeline(steps.steps_of(Subject.QUALIFICATION, qualification_id)),
        "largest_mb": documents.LARGEST_FILE >> 20,
        "crumbs": crumbs((_("资质"), reverse("filings.qualifications"))),
    }
    return render(request, "filings/qualification.html", context)


@require_POST
@allowed("filing.edit")
def retire(request: HttpRequest, qualification_id: int) -> HttpResponse:
    qualifications.retire(
        qualification_id, reason=request.POST.get("reason", ""), actor=actor_of(request), now=utc_now()
    )
    messages.success(request, gettext("已停用：新的报备不能再用它，也不再提醒。"))
    return redirect("filings.qualification", qualification_id)
