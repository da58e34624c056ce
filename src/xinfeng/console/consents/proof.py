"""Proof: the public key, the check of the ledger, bundles for one person and for a campaign."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.campaigns import reads as campaigns
from xinfeng.campaigns.proof import KIND, request_proof
from xinfeng.consent import asking, ledger_checks, proof_files
from xinfeng.consent.bundles import LONGEST_REASON, person_bundle
from xinfeng.consent.models import LedgerHead, ProofFile
from xinfeng.console.components import Crumb
from xinfeng.console.components.faults import show_fault
from xinfeng.console.consents.labels import tabs
from xinfeng.console.permissions import allowed, may
from xinfeng.console.streaming import stream_file
from xinfeng.foundation.signing import signer
from xinfeng.kernel.errors import NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now


class CoolDownForm(forms.Form):
    days = forms.IntegerField(
        label=_("拒绝后多少天内不再征求"), min_value=1, max_value=asking.LONGEST_COOL_DOWN_DAYS
    )


class ProofForm(forms.Form):
    reason = forms.CharField(
        label=_("事由"),
        max_length=LONGEST_REASON,
        help_text=_("写明交给谁、为什么，会写进证据包和审计日志。"),
    )
    reveal = forms.BooleanField(
        label=_("写出完整号码"), required=False, help_text=_("默认只写 138****8000 这样的号码。")
    )


@require_safe
@allowed("consent.view")
def page(request: HttpRequest) -> HttpResponse:
    return render(request, "consents/proof.html", _context(request))


def _context(request: HttpRequest, form: CoolDownForm | None = None) -> dict[str, Any]:
    may_edit = may(request.user, "consent.edit")
    cool_down = form or CoolDownForm(initial={"days": asking.cool_down_days()})
    cool_down.fields["days"].disabled = not may_edit
    return {
        "tabs": tabs("consents.proof"),
        "key": signer(),
        "cool_down": cool_down,
        "cool_down_source": asking.SOURCE[(get_language() or "").startswith("en")],
        "may_prove": may(request.user, "consent.prove"),
        "may_edit": may_edit,
        **_check(),
    }


def _check() -> dict[str, Any]:
    running = ledger_checks.progress()
    return {
        "entries": LedgerHead.objects.values_list("seq", flat=True).get(pk=1),
        "last": ledger_checks.last_check(),
        "running": running,
        "poll": reverse("consents.checking") if running else "",
    }


@require_safe
@allowed("consent.view")
def checking(request: HttpRequest) -> HttpResponse:
    """How far the check of the ledger is."""
    return render(
        request, "consents/ledger.html", {**_check(), "may_prove": may(request.user, "consent.prove")}
    )


@require_POST
@allowed("consent.prove")
def check(request: HttpRequest) -> HttpResponse:
    ledger_checks.request_check(actor=request.user.get_username())
    return redirect("consents.proof")


@require_POST
@allowed("consent.edit")
def cool_down(request: HttpRequest) -> HttpResponse:
    form = CoolDownForm(request.POST)
    if form.is_valid():
        asking.change_cool_down(form.cleaned_data["days"], actor=request.user.get_username())
        messages.success(request, gettext("已保存，立即生效。"))
        return redirect("consents.proof")
    return render(request, "consents/proof.html", _context(request, form), status=422)


@require_POST
@allowed("consent.prove")
def person(request: HttpRequest, contact_id: int) -> HttpResponseBase:
    """The proof of one person, drawn up and handed over at once."""
    reveal = _reveals(request)
    path = Path(tempfile.mkdtemp(prefix="proof-", dir=proof_files.folder())) / "proof.zip"
    try:
        person_bundle(
            contact_id,
            target=path,
            reason=request.POST.get("reason", ""),
            reveal=reveal,
            actor=request.user.get_username(),
            now=utc_now(),
        )
        file = path.open("rb")
    finally:
        path.unlink(missing_ok=True)  # what is open can still be read
        path.parent.rmdir()
    return stream_file(file, name=f"proof-contact-{contact_id}.zip", content_type="application/zip")


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("consent.prove")
def campaign(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """Proofs of a campaign: those drawn up, and the form for another."""
    found = campaigns.campaign(campaign_id)
    form = ProofForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                request_proof(
                    campaign_id,
                    reason=form.cleaned_data["reason"],
                    reveal=_reveals(request),
                    actor=request.user.get_username(),
                    now=utc_now(),
                )
            except XinfengError as fault:
                show_fault(form, fault, {"proof.no_reason": "reason"})
            else:
                messages.success(request, gettext("已开始生成。可以离开这一页，完成后在这里下载。"))
                return redirect("consents.campaign", campaign_id)
        status = 422
    context = {
        "campaign": found,
        "form": form,
        **_proofs(campaign_id),
        "may_reveal": may(request.user, "contact.reveal"),
        "crumbs": [
            Crumb(_("活动"), reverse("campaigns")),
            Crumb(found.name, reverse("campaigns.detail", args=[campaign_id])),
        ],
    }
    return render(request, "consents/campaign.html", context, status=status)


@require_safe
@allowed("consent.prove")
def campaign_progress(request: HttpRequest, campaign_id: int) -> HttpResponse:
    """The list of proofs, while one is being drawn up."""
    return render(request, "consents/campaign_files.html", _proofs(campaign_id))


def _proofs(campaign_id: int) -> dict[str, Any]:
    proofs = proof_files.proofs_of(KIND, campaign_id)
    is_open = any(one.state in proof_files.OPEN for one in proofs)
    return {
        "proofs": proofs,
        "kept_days": proof_files.KEPT.days,
        "poll": reverse("consents.campaign_progress", args=[campaign_id]) if is_open else "",
    }


@require_POST
@allowed("consent.prove")
def fetch(request: HttpRequest, proof_id: int) -> HttpResponseBase:
    """Download a proof that was drawn up."""
    proof: ProofFile = proof_files.of(proof_id)
    if proof.revealed and not may(request.user, "contact.reveal"):
        raise NotAllowed("permission.missing", permission="contact.reveal")
    path = proof_files.fetch(proof_id, actor=request.user.get_username())
    name = f"proof-{proof.kind}-{proof.subject_id}-{proof_id}.zip"
    return stream_file(path.open("rb"), name=name, content_type="application/zip")


def _reveals(request: HttpRequest) -> bool:
    """Whether numbers were asked for in the clear, by somebody who may see them."""
    if not request.POST.get("reveal"):
        return False
    if not may(request.user, "contact.reveal"):
        raise NotAllowed("permission.missing", permission="contact.reveal")
    return True
