"""One complaint: which message it was, on what it was sent, what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.campaigns.models import Campaign
from xinfeng.campaigns.reads import names_of_plans
from xinfeng.complaints import actions, cases, letters, reads
from xinfeng.complaints.lifecycle import Action
from xinfeng.complaints.lifecycle import may as open_to
from xinfeng.complaints.reads import ComplaintCard, Step
from xinfeng.console.complaints.labels import (
    ABOUTS,
    CERTAINTIES,
    DISMISSALS,
    SOURCES,
    STATES,
    STEPS,
    WHYS,
    deadline,
)
from xinfeng.console.components import Crumb, TimelineItem
from xinfeng.console.contacts.labels import source_words
from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.permissions import allowed, may, need_proof
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.models import User
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import utc_now


@require_safe
@allowed("complaint.view")
def detail(request: HttpRequest, complaint_id: int) -> HttpResponse:
    return render(request, "complaints/detail.html", _context(request, complaint_id))


def _context(request: HttpRequest, complaint_id: int) -> dict[str, Any]:
    can_take, can_handle = may(request.user, "complaint.take"), may(request.user, "complaint.handle")
    reader = request.user.get_username() if can_take or can_handle else None
    card = reads.complaint(complaint_id, reader=reader, now=utc_now())
    row = card.row
    campaign, proof = _campaign(card), cases.proof_of(card)
    context = {
        "card": card,
        "row": row,
        "about": ABOUTS[row.about],
        "source": SOURCES[row.source],
        "state": STATES[row.state],
        "dismissal": DISMISSALS.get(row.dismissal, ""),
        "deadline": deadline(row.days_left),
        "certainty": CERTAINTIES[row.certainty],
        "whys": [WHYS.get(code, code) for code in (card.match.why if card.match else ())],
        "campaign": campaign,
        "approver": campaign.approver if campaign else None,
        "proof": proof,
        "proof_source": source_words(proof.source) if proof is not None else "",
        "suppression": cases.suppression_of(complaint_id),
        "items": [_item(step) for step in reversed(card.steps)],
        "reads": reader is not None,
        "can_handle": can_handle,
        "can_take": can_take,
        "may": {action.value: open_to(row.state, action) for action in Action},
        "dismissals": list(DISMISSALS.items()),
        "crumbs": [Crumb(_("投诉"), reverse("complaints"))],
    }
    if can_handle:
        context |= _handling(request, card, campaign)
    return context


def _handling(request: HttpRequest, card: ComplaintCard, campaign: Campaign | None) -> dict[str, Any]:
    """What only those who handle it need."""
    judged = reads.candidates(card.row.id)
    names = names_of_plans([one.candidate.plan_id for one in judged.candidates])
    to = request.GET.get("letter", card.letter_to or letters.COMPLAINANT)
    to = to if to in (letters.COMPLAINANT, letters.CARRIER) else letters.COMPLAINANT
    kept = card.letter if card.letter_to == to else ""
    return {
        "candidates": [
            (
                one,
                names.get(one.candidate.plan_id, (None, ""))[1],
                [WHYS.get(code, code) for code in one.why],
                one.candidate.message_id == card.row.message_id,
            )
            for one in judged.candidates[:12]
        ],
        "letter_to": to,
        "letter": kept or _draft(card, campaign, to),
        "letter_is_draft": not kept,
        "people": [
            one.username
            for one in User.objects.filter(is_active=True).order_by("username")
            if may(one, "complaint.handle")
        ],
    }


def _draft(card: ComplaintCard, campaign: Campaign | None, to: str) -> str:
    version = campaign.template_version if campaign else None
    case = cases.case_of(
        card,
        signature=version.signature.text if version else "",
        campaign=campaign.name if campaign else "",
    )
    if case.proof is not None:
        case = replace(case, proof=replace(case.proof, source=source_words(case.proof.source)))
    return letters.draft(
        case,
        to=to,
        zone=xinfeng_settings.load().zone,
        english=(get_language() or "").startswith("en"),
    )


def _campaign(card: ComplaintCard) -> Campaign | None:
    if card.row.plan_id is None:
        return None
    return (
        Campaign.objects.select_related(
            "approver", "author", "template_version__signature", "template_version__template"
        )
        .filter(plan_id=card.row.plan_id)
        .first()
    )


def _item(step: Step) -> TimelineItem:
    title, icon, tone = STEPS.get(step.action, (step.action, "point", "neutral"))
    said = [step.actor]
    if step.action == "assign":
        said.append(_("给 %(who)s") % {"who": step.detail.get("to", "")})
    if step.action == "dismiss":
        said.append(str(DISMISSALS.get(step.detail.get("why", ""), "")))
    if step.action == "answer":
        said.append(_("成立") if step.detail.get("valid") else _("不成立"))
    if step.action == "match":
        message = step.detail.get("message")
        said.append(_("消息 %(id)s") % {"id": message} if message else _("不是我们的短信"))
    if step.words and step.action != "letter":
        said.append(step.words)
    return TimelineItem(step.at, title, " · ".join(said), icon, tone)


@require_safe
@allowed("complaint.take")
def attachment(request: HttpRequest, complaint_id: int, attachment_id: int) -> HttpResponse:
    """One attached file; always as a download, whatever it says it is."""
    need_proof(request)
    name, content = reads.attachment(complaint_id, attachment_id, actor=request.user.get_username())
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


@require_POST
@allowed("complaint.take")
@takes_file(actions.LARGEST_ATTACHMENT)
def attach(request: HttpRequest, complaint_id: int) -> HttpResponse:
    file = request.FILES.get("file")
    if file is None or file.size is None or file.size > actions.LARGEST_ATTACHMENT:
        raise InvalidInput("complaint.attachment_size", at_most_mb=actions.LARGEST_ATTACHMENT >> 20)
    actions.attach(
        complaint_id, name=file.name or "", content=file.read(), actor=_actor(request), now=utc_now()
    )
    messages.success(request, _("附件已加密保存。"))
    return redirect("complaints.detail", complaint_id)


@require_POST
@allowed("complaint.take")
def note(request: HttpRequest, complaint_id: int) -> HttpResponse:
    actions.note(complaint_id, text=request.POST.get("text", ""), actor=_actor(request), now=utc_now())
    messages.success(request, _("已记下。"))
    return redirect("complaints.detail", complaint_id)


@require_POST
@allowed("complaint.handle")
def do(request: HttpRequest, complaint_id: int, deed: str) -> HttpResponse:
    """One of `DEEDS`."""
    found = DEEDS.get(deed)
    if found is None:
        raise NotFound("complaint.unknown", id=complaint_id)
    messages.success(request, found(request, complaint_id))
    return redirect("complaints.detail", complaint_id)


def _take_up(request: HttpRequest, complaint_id: int) -> str:
    actions.take_up(complaint_id, actor=_actor(request), now=utc_now())
    return _("由您处理。")


def _assign(request: HttpRequest, complaint_id: int) -> str:
    to = request.POST.get("to", "")
    actions.assign(complaint_id, to=to, actor=_actor(request), now=utc_now())
    return _("已转交给 %(who)s。") % {"who": to}


def _match(request: HttpRequest, complaint_id: int) -> str:
    text = request.POST.get("other", "").strip() or request.POST.get("message", "")
    if text == "none":
        actions.set_message(complaint_id, message_id=None, actor=_actor(request), now=utc_now())
        return _("已记下：不是我们的短信。")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("complaint.message_id")
    actions.set_message(complaint_id, message_id=int(text), actor=_actor(request), now=utc_now())
    return _("已改为这一条。")


def _extend(request: HttpRequest, complaint_id: int) -> str:
    text = request.POST.get("days", "")
    days = int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0
    due = actions.extend(
        complaint_id,
        workdays=days,
        reason=request.POST.get("why", ""),
        actor=_actor(request),
        now=utc_now(),
    )
    local = due.astimezone(xinfeng_settings.load().zone)
    return _("期限延长到 %(day)s。") % {"day": f"{local:%Y-%m-%d}"}


def _letter(request: HttpRequest, complaint_id: int) -> str:
    actions.save_letter(
        complaint_id,
        text=request.POST.get("letter", ""),
        to=request.POST.get("to", ""),
        actor=_actor(request),
        now=utc_now(),
    )
    return _("答复已保存。发出之后点“已答复”。")


def _answer(request: HttpRequest, complaint_id: int) -> str:
    valid = request.POST.get("valid", "")
    if valid not in ("yes", "no"):
        raise InvalidInput("complaint.valid")
    actions.answer(
        complaint_id,
        valid=valid == "yes",
        how=request.POST.get("how", ""),
        actor=_actor(request),
        now=utc_now(),
    )
    return _("已答复，办结。")


def _dismiss(request: HttpRequest, complaint_id: int) -> str:
    actions.dismiss(
        complaint_id,
        why=request.POST.get("why", ""),
        explanation=request.POST.get("explanation", ""),
        actor=_actor(request),
        now=utc_now(),
    )
    return _("已认定不成立，不再计入投诉率。号码仍然停发营销。")


def _reopen(request: HttpRequest, complaint_id: int) -> str:
    actions.reopen(complaint_id, reason=request.POST.get("why", ""), actor=_actor(request), now=utc_now())
    return _("已重新打开。")


DEEDS: dict[str, Callable[[HttpRequest, int], str]] = {
    "take_up": _take_up,
    "assign": _assign,
    "match": _match,
    "extend": _extend,
    "letter": _letter,
    "answer": _answer,
    "dismiss": _dismiss,
    "reopen": _reopen,
}


def _actor(request: HttpRequest) -> str:
    return request.user.get_username()
