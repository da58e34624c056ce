"""Proofs: all there are, attaching one to a claim, handing out the document, withdrawing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components import Column, Crumb, Empty, Listing, Query, Table, answer_with_table
from xinfeng.console.components.faults import show_fault
from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.permissions import allowed, may, need_proof
from xinfeng.console.reviews.labels import proof_state, tabs
from xinfeng.content import evidence, reads, review
from xinfeng.content.evidence import Document, Proof
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput, NotAllowed, XinfengError
from xinfeng.kernel.time import business_day, utc_now

COLUMNS = (
    Column("claim", _("说法")),
    Column("title", _("凭证")),
    Column("until", _("有效至")),
    Column("used", _("用于"), numeric=True, hide_on_phone=True),
    Column("deeds", ""),
)
FIELDS = {
    "evidence.past": "valid_until",
    "file.empty": "file",
    "file.too_large": "file",
}


class ProofForm(forms.Form):
    """A document that proves a claim. What is kept does not change; it can be withdrawn."""

    title = forms.CharField(
        label=_("凭证名称"),
        max_length=evidence.LONGEST["title"],
        help_text=_("例如：2025 年度茶饮零售销量统计"),
    )
    reference = forms.CharField(
        label=_("依据与出处"),
        max_length=evidence.LONGEST["reference"],
        widget=forms.Textarea,
        help_text=_("谁出具、文号或链接、哪一页能看到这个结论。"),
    )
    scope = forms.CharField(
        label=_("时间与地域"),
        max_length=evidence.LONGEST["scope"],
        required=False,
        help_text=_("结论在什么时间、什么地方成立，例如：2025 年，全国。文案里也要写明。"),
    )
    valid_until = forms.DateField(
        label=_("有效至（含）"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    file = forms.FileField(label=_("证明文件"), allow_empty_file=True)


@require_safe
@allowed("template.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every proof, the latest first, with whether it still holds."""
    query = Query.read(request, columns=COLUMNS)
    found, total = evidence.page(search=query.search, offset=query.offset, limit=query.per_page)
    today = _today()
    rows = [(one, *proof_state(one, today), uses) for one, uses in found]
    table = Table(
        id="proofs",
        columns=COLUMNS,
        query=query,
        listing=Listing(rows, total=total),
        row_template="reviews/proof_row.html",
        search_label=_("搜索说法或凭证"),
        empty=Empty(
            _("还没有凭证"),
            _("文案里有“销量第一”这类说法时，在它的审核页上传证明文件，审核人才能批准。"),
            icon="file-certificate",
        ),
        context={"may_withdraw": may(request.user, "template.approve")},
    )
    return answer_with_table(request, "reviews/proofs.html", table, {"tabs": tabs("reviews.proofs")})


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("template.view")
@takes_file(evidence.LARGEST_FILE)
def new(request: HttpRequest, version_id: int) -> HttpResponse:
    """Attach a document to one of a version's claims (`?rule=&claim=`)."""
    _may_attach(request)
    version = reads.version(version_id)
    given = request.POST if request.method == "POST" else request.GET
    rule, claim = given.get("rule", ""), given.get("claim", "")
    form = ProofForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST":
        if form.is_valid() and _keep(request, form, version_id, rule, claim):
            messages.success(request, gettext("凭证已保存，并附在这个说法上。"))
            return redirect("reviews.version", version_id)
        status = 422
    context = {
        "form": form,
        "version": version,
        "rule": rule,
        "claim": claim,
        "largest_mb": evidence.LARGEST_FILE >> 20,
        "crumbs": [
            Crumb(_("审核"), reverse("reviews")),
            Crumb(version.template.name, reverse("reviews.version", args=[version_id])),
        ],
    }
    return render(request, "reviews/proof_new.html", context, status=status)


def _keep(request: HttpRequest, form: ProofForm, version_id: int, rule: str, claim: str) -> bool:
    values: dict[str, Any] = form.cleaned_data
    file = values["file"]
    proof = Proof(values["title"], values["reference"], values["valid_until"], values["scope"])
    try:
        review.attach_evidence(
            version_id,
            rule=rule,
            claim=claim,
            proof=proof,
            document=Document(file.name, file.chunks()),
            actor=request.user.get_username(),
            now=utc_now(),
        )
    except XinfengError as fault:
        show_fault(form, fault, FIELDS)
        return False
    return True


@require_POST
@allowed("template.view")
def reuse(request: HttpRequest, version_id: int) -> HttpResponse:
    """Attach a proof that is there already."""
    _may_attach(request)
    chosen = request.POST.get("evidence", "")
    if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 19):
        raise InvalidInput("request.filter", name="evidence")
    review.reuse_evidence(version_id, int(chosen), actor=request.user.get_username(), now=utc_now())
    messages.success(request, gettext("已附上。"))
    return redirect("reviews.version", version_id)


@require_POST
@allowed("template.view")
def download(request: HttpRequest, evidence_id: int) -> HttpResponse:
    """The document, as a file to keep, never shown in the browser. Audited."""
    _may_attach(request)
    need_proof(request)
    found = evidence.one(evidence_id)
    content = evidence.read_file(evidence_id, actor=request.user.get_username())
    headers = {
        "Content-Disposition": content_disposition_header(True, found.file_name) or "attachment",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)


@require_POST
@allowed("template.approve")
def withdraw(request: HttpRequest, evidence_id: int) -> HttpResponse:
    """It proves nothing any more."""
    evidence.withdraw(
        evidence_id,
        reason=request.POST.get("reason", ""),
        actor=request.user.get_username(),
        now=utc_now(),
    )
    messages.success(request, gettext("已撤回。用着它的文案要重新审核。"))
    return redirect("reviews.proofs")


def _may_attach(request: HttpRequest) -> None:
    if not (may(request.user, "template.edit") or may(request.user, "template.approve")):
        raise NotAllowed("permission.missing", permission="template.edit")


def _today() -> Any:
    return business_day(utc_now(), xinfeng_settings.load().zone)
