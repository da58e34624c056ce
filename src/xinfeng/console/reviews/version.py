"""One version on the desk: its text with what is objected to, proofs, what changed, risky readers, the thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xinfeng.campaigns import wording
from xinfeng.channels.models import Channel
from xinfeng.console.components import Crumb, Phone, TimelineItem
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.content.compare import PARTS, Piece, pieces
from xinfeng.console.content.labels import PURPOSES, TRADES
from xinfeng.console.content.preview import bounds_of
from xinfeng.console.content.rich.beside import Reader, readers
from xinfeng.console.content.rich.shown import changes
from xinfeng.console.marking import mark
from xinfeng.console.permissions import allowed, may
from xinfeng.console.reviews.labels import STATES, WHY, proof_state
from xinfeng.console.reviews.readers import readers_of
from xinfeng.console.words import sentence
from xinfeng.content import comments, evidence, reads, review
from xinfeng.content.judging import claim_of
from xinfeng.content.models import Evidence, ReviewState, TemplateVersion, VersionReview
from xinfeng.content.review import Judgement
from xinfeng.content.review_queue import risk_now
from xinfeng.content.rich import read_rich
from xinfeng.content.risky import Risky, samples
from xinfeng.filings.faults import Fault
from xinfeng.filings.terms import Terms, terms_for
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed
from xinfeng.kernel.time import utc_now
from xinfeng.policy.moments import reading_moment
from xinfeng.screening.findings import Finding
from xinfeng.screening.reads import screener

ICONS = {
    "in_review": "send",
    "approved": "circle-check",
    "returned": "arrow-left",
    "blocked": "ban",
    "draft": "edit",
}

MOST_FACES = 4
"""Phones with the 5G face that a reviewer sees."""


@dataclass(frozen=True)
class ClaimRow:
    """A claim that needs proof: the proof it has, and those it could have."""

    finding: Finding
    proof: Evidence | None
    state: tuple[Text, Tone] | None
    reusable: list[Evidence]


@dataclass(frozen=True)
class Sample:
    """One risky reader's text as on her phone."""

    phone: Phone
    reader: str
    why: list[tuple[Text, Tone]]
    objections: list[str]


@dataclass(frozen=True)
class Changed:
    """What is different from the last version that was approved."""

    number: int
    parts: list[tuple[Text, list[Piece]]]
    face: list[tuple[str, list[Piece]]]


@require_safe
@allowed("template.view")
def page(request: HttpRequest, version_id: int) -> HttpResponse:
    """Everything a reviewer should see before she decides."""
    return render(request, "reviews/version.html", context_of(request, version_id))


def context_of(request: HttpRequest, version_id: int) -> dict[str, Any]:
    now = utc_now()
    version = reads.version(version_id)
    judgement = review.judgement_of(version, at=now)
    row = review.review_of(version_id)
    current = ReviewState(row.state) if row is not None else ReviewState.DRAFT
    newest = reads.newest_version(version.template_id)
    language = get_language() or "zh-hans"
    risky, origin = _risky(version, judgement, now)
    return {
        "version": version,
        "template": version.template,
        "purpose": PURPOSES.get(version.template.purpose, version.template.purpose),
        "trade": TRADES.get(version.template.trade, version.template.trade),
        "row": row,
        "state": current.value,
        "state_shown": STATES[current],
        "newest": newest if newest.pk != version.pk else None,
        "marked": mark(judgement.judged.source.text, judgement.judged.findings, language=language),
        "risk": risk_now(judgement),
        "claims": _claims(version, judgement),
        "changed": _changed(version),
        "samples": [_sample(one) for one in risky],
        "samples_origin": origin,
        "faces": _faces(version, [one.candidate.contact_id for one in risky], now),
        "filings": _filings(version, judgement.day, language),
        "campaigns": wording.users_of([version_id]).get(version_id, [])[:10],
        "thread": _thread(version),
        "story": _story(review.history(version_id)),
        "decision": _decision(request, version, judgement, current, newest),
        "may_ask": _may_ask(request, current) and newest.pk == version.pk,
        "doubts": [one for one in review.doubts(version, row, judgement) if current == ReviewState.APPROVED],
        "may_attach": may(request.user, "template.edit") or may(request.user, "template.approve"),
        "crumbs": [Crumb(_("审核"), reverse("reviews"))],
    }


@require_safe
@allowed("template.view")
def state(request: HttpRequest, version_id: int) -> HttpResponse:
    """A piece for other pages: where this version stands, and the way here."""
    row = review.review_of(version_id)
    current = ReviewState(row.state) if row is not None else ReviewState.DRAFT
    context = {
        "version": reads.version(version_id),
        "row": row,
        "state": current.value,
        "state_shown": STATES[current],
        "may_ask": _may_ask(request, current),
    }
    return render(request, "reviews/state.html", context)


def _may_ask(request: HttpRequest, current: ReviewState) -> bool:
    return may(request.user, "template.edit") and current in (ReviewState.DRAFT, ReviewState.RETURNED)


def _decision(
    request: HttpRequest,
    version: TemplateVersion,
    judgement: Judgement,
    current: ReviewState,
    newest: TemplateVersion,
) -> dict[str, Any]:
    """What this person may do, and what stands against approving; asked of the rules themselves."""
    if not may(request.user, "template.approve"):
        return {}
    found: dict[str, Any] = {
        "may_return": current in (ReviewState.IN_REVIEW, ReviewState.APPROVED),
        "may_block": current != ReviewState.BLOCKED,
        "asked": current == ReviewState.IN_REVIEW,
        "alone": False,
        "why": "",
    }
    try:
        if newest.pk != version.pk:
            raise Conflict("review.newer_version", number=newest.number, version=newest.pk)
        found["alone"] = review.approver_for(version, request.user.get_username()).alone
        review.check(judgement, version)
    except (NotAllowed, Conflict) as fault:
        found["why"] = sentence(fault)
    return found


def _claims(version: TemplateVersion, judgement: Judgement) -> list[ClaimRow]:
    claims = {claim_of(one): one for one in judgement.judged.claims}
    trade, day = version.template.trade, judgement.day
    attached = evidence.attached([version.pk]).get(version.pk, [])
    others = evidence.reusable(list(claims), trade=trade, day=day)
    rows = []
    for claim, finding in claims.items():
        known = judgement.proofs.get(claim)
        stale = next((one for one in attached if (one.rule, one.claim_key) == claim), None)
        proof = known or stale
        rows.append(
            ClaimRow(
                finding,
                proof,
                proof_state(proof, day) if proof is not None else None,
                [one for one in others.get(claim, []) if proof is None or one.pk != proof.pk],
            )
        )
    return rows


def _changed(version: TemplateVersion) -> Changed | None:
    before = review.last_approved(version)
    if before is None:
        return None
    old = {"signature": before.signature.text, **_parts(before)}
    new = {"signature": version.signature.text, **_parts(version)}
    parts = [(label, pieces(old[name], new[name])) for name, label in PARTS]
    return Changed(before.number, parts, changes(before.rich, version.rich))


def _parts(version: TemplateVersion) -> dict[str, str]:
    return {"value": version.value, "action": version.action, "opt_out": version.opt_out}


def _risky(version: TemplateVersion, judgement: Judgement, now: datetime) -> tuple[list[Risky], str]:
    """Texts of risky readers, and where those are from; none for a wording whose variables are gone."""
    try:
        readers = readers_of(version, now=now)
        found = samples(
            version,
            readers.ids,
            moment=reading_moment(now),
            screener=screener(now),
            trade=judgement.trade,
            said=judgement.judged.said,
        )
    except InvalidInput:
        return [], ""
    return found, readers.origin


def _faces(version: TemplateVersion, contact_ids: list[int], now: datetime) -> list[Reader]:
    """The 5G face for some of those contacts, or an example person; nothing without one."""
    if not version.rich:
        return []
    return readers(read_rich(version.rich), version, contact_ids[:MOST_FACES], now=now)


def _sample(risky: Risky) -> Sample:
    one = risky.candidate
    language = get_language() or "zh-hans"
    phone = Phone(
        one.text,
        sender=_("短信"),
        length=one.measure.units,
        parts=one.measure.parts,
        bounds=bounds_of(one.text),
    )
    return Sample(
        phone,
        one.phone or _("没有手机号"),
        [WHY[why] for why in risky.why],
        [wording.rule_name(rule, language) for rule in one.objections],
    )


def _filings(version: TemplateVersion, day: date, language: str) -> list[tuple[Channel, Terms, list[str]]]:
    """How the text stands with the filings of each channel of its purpose, as the filings' own rules say."""
    found = []
    for channel in Channel.objects.filter(purpose=version.template.purpose, enabled=True).order_by("name")[
        :10
    ]:
        terms = terms_for(version.signature, channel, version, day=day)
        faults: list[Fault] = list(terms.faults)
        found.append((channel, terms, [one.words(language) for one in faults]))
    return found


def _thread(version: TemplateVersion) -> list[tuple[Any, bool]]:
    """Comments on this version and those before it, and whether they are about this one."""
    older = version.template.versions.filter(number__lte=version.number).values_list("pk", flat=True)
    return [(one, one.version_id == version.pk) for one in comments.comments(list(older))]


def _story(rows: list[VersionReview]) -> list[TimelineItem]:
    items = []
    for row in rows:
        label, tone = STATES[row.state]
        title = _("送审") if row.state == "in_review" else _("撤回") if row.state == "draft" else str(label)
        text = f"{row.actor}：{row.comment}" if row.comment else row.actor
        if row.alone:
            text += _("（没有其他人可以审核，由作者自己批准）")
        if row.campaign_id:
            text += _("（随活动一起批准）")
        items.append(TimelineItem(row.at, title, text, ICONS[row.state], tone))
    return items
