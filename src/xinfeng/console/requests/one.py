"""One request: where it stands, what we hold, what can be done, the letter, the file, and all that happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.actors import actor_words
from xinfeng.console.components import Crumb, TimelineItem
from xinfeng.console.permissions import allowed, may, need_proof
from xinfeng.console.requests.labels import (
    CHECKS,
    KINDS,
    OUTCOMES,
    REFUSALS,
    STEPS,
    VIAS,
    deadline,
    in_language,
    state_of,
    steps_of,
)
from xinfeng.console.streaming import stream
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.contacts.reads import mask_name
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.personal import holdings
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import business_day, utc_now
from xinfeng.privacy import exports, lifecycle, reads
from xinfeng.privacy.deadlines import latest
from xinfeng.privacy.lifecycle import Step
from xinfeng.privacy.models import ExportState
from xinfeng.privacy.reads import RequestCard, StepRow


@require_safe
@allowed("request.view")
def detail(request: HttpRequest, request_id: int) -> HttpResponse:
    return render(request, "requests/detail.html", page_of(request, request_id))


@require_POST
@allowed("request.handle")
def reveal(request: HttpRequest, request_id: int) -> HttpResponse:
    """The page with who asked in the clear; audited."""
    need_proof(request)
    context = page_of(request, request_id, revealed=True)
    audit.record(
        actor=request.user.get_username(),
        action="request.reveal",
        kind="request",
        subject=request_id,
        address=request.META.get("REMOTE_ADDR"),
    )
    return render(request, "requests/detail.html", context)


@require_safe
@allowed("request.view")
def held(request: HttpRequest, request_id: int) -> HttpResponse:
    """What we hold about the person, by kind; loaded after the page, because it has to be counted."""
    card = reads.request(request_id, now=utc_now())
    rows = reads.holdings_of(card.row.contact_id) if card.row.contact_id and card.is_there else []
    shown = [
        (
            in_language(one.label, one.label_en),
            num(one.count) + ("+" if one.more else ""),
            one,
            in_language(one.kept_because, one.kept_because_en),
        )
        for one in rows
        if one.count
    ]
    nothing = [in_language(one.label, one.label_en) for one in rows if not one.count]
    return render(request, "requests/held.html", {"held": shown, "nothing": nothing})


@require_safe
@allowed("request.handle")
def letter(request: HttpRequest, request_id: int) -> HttpResponse:
    """The letter alone, to be printed; audited, because it names the person."""
    card = reads.request(request_id, now=utc_now())
    if not card.letter:
        raise NotFound("request.unknown", id=request_id)
    audit.record(
        actor=request.user.get_username(),
        action="request.letter_read",
        kind="request",
        subject=request_id,
        address=request.META.get("REMOTE_ADDR"),
    )
    chinese, _line, english = card.letter.partition("\n— — —\n")
    return render(
        request,
        "requests/letter.html",
        {"row": card.row, "chinese": chinese.strip(), "english": english.strip()},
    )


@require_safe
@allowed("request.view")
def export(request: HttpRequest, request_id: int) -> HttpResponse:
    """Where the export stands; asked every two seconds while it is made, then the page reloads."""
    card = reads.request(request_id, now=utc_now())
    answer = render(request, "requests/export.html", {"request_row": card.row, "card": card})
    if card.request.export_state != ExportState.QUEUED:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@allowed("request.handle")
def download(request: HttpRequest, request_id: int) -> HttpResponseBase:
    """The archive. A POST, because it is audited."""
    need_proof(request)
    got = exports.download(
        request_id,
        actor=request.user.get_username(),
        address=request.META.get("REMOTE_ADDR"),
        now=utc_now(),
    )
    return stream(got.pieces, name=got.file_name, content_type="application/zip", size_bytes=got.size_bytes)


def page_of(request: HttpRequest, request_id: int, *, revealed: bool = False) -> dict[str, Any]:
    """Everything the page shows."""
    now = utc_now()
    card = reads.request(request_id, now=now)
    row, found = card.row, card.request
    steps, current = steps_of(row.kind, row.state)
    can_handle = may(request.user, "request.handle")
    zone = xinfeng_settings.load().zone
    at_most = latest(row.received_at, zone)
    return {
        "card": card,
        "row": row,
        "found": found,
        "revealed": revealed,
        "requester": card.requester,
        "name": card.requester.name if revealed else mask_name(card.requester.name),
        "kind": KINDS[row.kind],
        "state": state_of(row.kind, row.state),
        "outcome": OUTCOMES.get(row.outcome),
        "refusal": REFUSALS.get(found.refusal, ""),
        "via": VIAS[row.via],
        "deadline": deadline(row.days_left),
        "steps": steps,
        "current": current,
        "check": CHECKS.get(found.identity_how, ""),
        "checks": list(CHECKS.items()),
        "refusals": _refusals(row.kind),
        "may": _open(card) if can_handle else {},
        "can_handle": can_handle,
        "can_erase": may(request.user, "contact.erase"),
        "can_edit": can_handle,
        "is_export": row.kind in lifecycle.EXPORTS,
        "without_check": row.kind in lifecycle.WITHOUT_CHECK,
        "export": found.export_state,
        "digest": bytes(found.export_digest).hex() if found.export_digest else "",
        "last_moment": row.due_at - timedelta(microseconds=1),
        "last_day": business_day(at_most - timedelta(microseconds=1), zone),
        "most_days_more": _days_more(card, at_most),
        "kept": [in_language(one.label, one.label_en) for one in holdings() if one.kept_because],
        "items": [_item(one) for one in card.steps],
        "others": _others(card),
        "crumbs": [Crumb(_("个人信息请求"), reverse("requests"))],
    }


def _open(card: RequestCard) -> dict[str, bool]:
    """Which deeds are open now, by name."""
    state = card.row.state
    return {step.value: lifecycle.may(state, step) for step in Step}


def _refusals(kind: str) -> list[tuple[str, Any]]:
    """Grounds that a request of this kind can be refused on."""
    only_for = {"conditions": ("portability",), "retention": ("erasure",)}
    return [(code, words) for code, words in REFUSALS.items() if kind in only_for.get(code, (kind,))]


def _days_more(card: RequestCard, at_most: datetime) -> int:
    return max(0, (at_most - card.row.due_at).days)


def _item(step: StepRow) -> TimelineItem:
    title, icon = STEPS.get(step.action, (step.action, "point"))
    more = [actor_words(step.actor), step.comment]
    if fields := step.detail.get("fields"):
        if not isinstance(fields, list):
            raise InvalidInput("request.filter", name="fields")
        more.append("、".join(map(str, fields)))
    if (how := step.detail.get("how")) in CHECKS:
        more.append(str(CHECKS[str(how)]))
    if (refusal := step.detail.get("refusal")) in REFUSALS:
        more.append(str(REFUSALS[str(refusal)]))
    bad = step.action in ("misidentify", "refuse")
    good = step.action in ("answer", "close", "identify")
    return TimelineItem(
        step.at,
        title,
        " · ".join(part for part in more if part),
        icon,
        "bad" if bad else "good" if good else "neutral",
    )


def _others(card: RequestCard) -> list[tuple[Any, Any]]:
    """Other requests of the same person."""
    if card.row.contact_id is None:
        return []
    query = reads.RequestQuery(contact_id=card.row.contact_id, limit=6)
    found = reads.requests(query, now=utc_now()).rows
    return [(one, KINDS[one.kind]) for one in found if one.id != card.row.id][:5]
