"""Review of a version: what is said of it, and by whom it may be sent (feature C5, D5).

- A version begins as a draft. Its author asks for review; a reviewer approves it, returns it with a comment, or blocks
  it. Returned versions may be asked for again (with evidence, say); a blocked one is never used again.
- What the rules of the moment block, nobody can approve. What they want proof for is approved only with proof attached
  that is good on that day. Findings, the rules' digest and the proofs are kept as they were judged.
- Whoever wrote the version, or one of those since the last that was approved, doesn't approve it, unless nobody else may.
- A wording never changes (the database refuses it); another wording is another version and a review of its own. Only the
  newest version goes through the queue. A campaign's approval covers the version it sends, whichever that is.
- An approval can be overtaken: by stricter rules, by a proof that ran out, by another hotline (`doubts`).

Lock order: campaign, then template. Whoever saves a version locks the template too, so a review and a new version
never meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from xinfeng.content import evidence as proofs
from xinfeng.content.evidence import Document, Proof
from xinfeng.content.judging import Claim, Judged, claim_key, claim_of, judge
from xinfeng.content.models import Evidence, ReviewState, Template, TemplateVersion, VersionReview
from xinfeng.content.reviewers import Approver, approver_of, reviewer
from xinfeng.content.rich import read_rich
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed, NotFound
from xinfeng.kernel.time import business_day
from xinfeng.screening.findings import Finding
from xinfeng.screening.reads import screener

State = ReviewState
LONGEST_COMMENT = 1000
OWN_TEXT = "review.own_text"


@dataclass(frozen=True)
class Judgement:
    """What the rules of a moment say of a version, and which of its claims are proven on that day."""

    judged: Judged
    trade: str
    day: date
    proofs: dict[Claim, Evidence]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        return self.judged.blocking

    @property
    def unproven(self) -> tuple[Finding, ...]:
        """Claims without a good proof, each once."""
        missing = {claim_of(one): one for one in self.judged.claims if claim_of(one) not in self.proofs}
        return tuple(missing.values())

    @property
    def passes(self) -> bool:
        return not self.blocking and not self.unproven


def judgement_of(version: TemplateVersion, *, at: datetime, trade: str | None = None) -> Judgement:
    """Judge a version by the rules in force at `at`, for its template's trade or another."""
    trade = trade or version.template.trade
    rules = screener(at)
    face = read_rich(version.rich) if version.rich else None
    purpose = version.template.purpose
    judged = judge(version, version.signature, rules, trade=trade, purpose=purpose, face=face)
    day = business_day(at, xinfeng_settings.load().zone)
    attached = proofs.attached([version.pk]).get(version.pk, []) if judged.claims else []
    good = proofs.proofs_of(attached, map(claim_of, judged.claims), trade=version.template.trade, day=day)
    return Judgement(judged, trade, day, good)


def review_of(version_id: int) -> VersionReview | None:
    """The row that holds; None for a draft that was never asked for."""
    return VersionReview.objects.filter(version=version_id).order_by("-id").first()


def state_of(version_id: int) -> ReviewState:
    row = review_of(version_id)
    return ReviewState(row.state) if row is not None else State.DRAFT


def states_of(version_ids: Iterable[int]) -> dict[int, VersionReview]:
    """The row that holds for each version; drafts that were never asked for are missing."""
    rows = VersionReview.objects.filter(version__in=list(version_ids)).order_by("version_id", "-id")
    return {row.version_id: row for row in rows.distinct("version_id")}


def history(version_id: int) -> list[VersionReview]:
    """Everything that happened to it in review, newest first."""
    return list(VersionReview.objects.filter(version=version_id).order_by("-id"))


def last_approved(version: TemplateVersion) -> TemplateVersion | None:
    """The version before it, of the same template, that was approved last."""
    approved = VersionReview.objects.filter(
        version__template=version.template_id, version__number__lt=version.number, state=State.APPROVED
    ).order_by("-version__number")
    row = approved.select_related("version__signature", "version__author").first()
    return row.version if row is not None else None


def writers_of(version: TemplateVersion) -> set[str]:
    """Who wrote it, or one of the versions since the last that was approved."""
    before = last_approved(version)
    since = version.template.versions.filter(number__gt=before.number if before else 0)
    names = since.filter(number__lte=version.number, author__isnull=False)
    return set(names.values_list("author__username", flat=True))


def approver_for(version: TemplateVersion, username: str) -> Approver:
    """The user as approver of this version. Raises NotAllowed `approval.unknown_user`, `approval.role`,
    `review.own_text`."""
    return approver_of(username, writers_of(version), own=OWN_TEXT)


def ask_for_review(version_id: int, *, actor: str, now: datetime, comment: str = "") -> VersionReview:
    """Ask; proofs of earlier versions for the same claims are carried over.

    Raises NotFound `template.unknown_version`, Conflict `review.state`, `review.newer_version`, `review.examples`.
    """
    with transaction.atomic():
        version = _locked(version_id, newest=True)
        _check_state(version_id, (State.DRAFT, State.RETURNED, State.APPROVED), "ask")
        judgement = judgement_of(version, at=now)
        proofs.carry_over(version, map(claim_of, judgement.judged.claims), actor=actor, now=now)
        judgement = judgement_of(version, at=now)
        refuse_examples(judgement.judged, version)
        return _append(version, State.IN_REVIEW, judgement, actor=actor, now=now, comment=comment)


def take_back(version_id: int, *, actor: str, now: datetime) -> VersionReview:
    """Back to draft, by one of its writers or by who asked. Raises NotAllowed `review.not_yours`, Conflict
    `review.state`."""
    with transaction.atomic():
        version = _locked(version_id)
        asked = _check_state(version_id, (State.IN_REVIEW,), "take_back")
        if actor not in writers_of(version) | {asked.actor if asked else ""}:
            raise NotAllowed("review.not_yours", user=actor)
        return _append(version, State.DRAFT, judgement_of(version, at=now), actor=actor, now=now)


def approve_version(version_id: int, *, actor: str, now: datetime, comment: str = "") -> VersionReview:
    """Approve what was asked for.

    Raises NotAllowed as `approver_for`; Conflict `review.state`, `review.newer_version`, `review.forbidden` (matched,
    law, suggestion), `review.unproven` (claims). Then nothing changes.
    """
    with transaction.atomic():
        version = _locked(version_id, newest=True)
        _check_state(version_id, (State.IN_REVIEW,), "approve")
        who = approver_for(version, actor)
        judgement = judgement_of(version, at=now)
        check(judgement, version)
        return _append(
            version, State.APPROVED, judgement, actor=actor, now=now, comment=comment, alone=who.alone
        )


def approve_with_campaign(
    version_id: int, *, campaign_id: int, trade: str, actor: str, alone: bool, now: datetime
) -> VersionReview:
    """Approve the version a campaign sends, in the campaign's transaction (which holds the campaign's lock and has
    checked the approver). An approval that still holds stays as it is.

    Raises Conflict `review.returned`, `review.version_blocked`, `review.forbidden`, `review.unproven`.
    """
    version = _locked(version_id)
    row = review_of(version_id)
    check_usable(row, version)
    proofs_before = judgement_of(version, at=now, trade=trade)
    proofs.carry_over(version, map(claim_of, proofs_before.judged.claims), actor=actor, now=now)
    judgement = judgement_of(version, at=now, trade=trade)
    check(judgement, version)
    if row is not None and row.state == State.APPROVED and not _differs(row, version, judgement):
        return row
    return _append(
        version, State.APPROVED, judgement, actor=actor, now=now, alone=alone, campaign_id=campaign_id
    )


def return_version(version_id: int, *, comment: str, actor: str, now: datetime) -> VersionReview:
    """Back to its author, with what is to be changed.

    Raises InvalidInput `review.no_comment`, NotAllowed as `reviewers.reviewer`, Conflict `review.state`.
    """
    return _refuse(
        version_id, State.RETURNED, (State.IN_REVIEW, State.APPROVED), comment, actor=actor, now=now
    )


def block_version(version_id: int, *, comment: str, actor: str, now: datetime) -> VersionReview:
    """Never to be used, with the reason; campaigns that would send it don't start. Raises as `return_version`."""
    allowed = (State.DRAFT, State.IN_REVIEW, State.APPROVED, State.RETURNED)
    return _refuse(version_id, State.BLOCKED, allowed, comment, actor=actor, now=now)


def attach_evidence(
    version_id: int, *, rule: str, claim: str, proof: Proof, document: Document, actor: str, now: datetime
) -> Evidence:
    """Keep a document as proof of one of the version's claims (its words, as they stand in the text).

    Raises InvalidInput `evidence.no_such_claim` (rule, claim, known) and as `evidence.keep`; NotFound
    `template.unknown_version`.
    """
    with transaction.atomic():
        version = _locked(version_id)
        finding = _claimed(version, rule, claim, now)
        return proofs.keep(version, claim_of(finding), finding.matched, proof, document, actor=actor, now=now)


def reuse_evidence(version_id: int, evidence_id: int, *, actor: str, now: datetime) -> Evidence:
    """Attach a proof that is there already. Raises as `attach_evidence`, NotFound `evidence.unknown`, Conflict
    `evidence.not_usable`."""
    with transaction.atomic():
        version = _locked(version_id)
        found = proofs.one(evidence_id)
        _claimed(version, found.rule, found.claim, now)
        proofs.attach(version, found, actor=actor, now=now)
        return found


def check(judgement: Judgement, version: TemplateVersion) -> None:
    """Whether anybody may approve it. Raises Conflict `review.examples`, `review.forbidden`, `review.unproven`."""
    named = _named(version)
    refuse_examples(judgement.judged, version)
    if judgement.blocking:
        first = judgement.blocking[0]
        raise Conflict(
            "review.forbidden",
            **named,
            matched=first.matched,
            law_zh=first.law("zh"),
            law_en=first.law("en"),
            suggestion_zh=first.suggestion("zh"),
            suggestion_en=first.suggestion("en"),
            more=len(judgement.blocking) - 1,
        )
    if judgement.unproven:
        claims = [one.matched for one in judgement.unproven]
        first = judgement.unproven[0]
        raise Conflict(
            "review.unproven", **named, claims=claims, law_zh=first.law("zh"), law_en=first.law("en")
        )


def refuse_examples(judged: Judged, version: TemplateVersion) -> None:
    """Nobody asks others to look at a text whose examples still stand in it. Raises Conflict `review.examples` (places)."""
    if judged.examples:
        places = list(dict.fromkeys(one.matched for one in judged.examples))
        raise Conflict("review.examples", **_named(version), places=places)


def examples_in(version: TemplateVersion, *, at: datetime) -> list[str]:
    """The examples that still stand in a version, each once: what to say when it is saved."""
    return list(dict.fromkeys(one.matched for one in judgement_of(version, at=at).judged.examples))


def _named(version: TemplateVersion) -> dict[str, Any]:
    return {"template": version.template.name, "number": version.number, "version": version.pk}


def check_usable(row: VersionReview | None, version: TemplateVersion) -> None:
    """Raises Conflict `review.version_blocked`, `review.returned`."""
    named = _named(version)
    if row is not None and row.state == State.BLOCKED:
        raise Conflict("review.version_blocked", **named, by=row.actor, comment=row.comment)
    if row is not None and row.state == State.RETURNED:
        raise Conflict("review.returned", **named, by=row.actor, comment=row.comment)


@dataclass(frozen=True)
class Doubt:
    """Why an approval is not what it was. `stops`: by today's rules it could not be given."""

    code: str
    params: dict[str, Any]
    stops: bool = False


def doubts(version: TemplateVersion, row: VersionReview | None, today: Judgement) -> list[Doubt]:
    """What has overtaken an approval (or stands against one that is to be given), worst first: `text_blocked_state`,
    `text_returned`, `text_examples` (places), `text_forbidden` (matched, law), `text_unproven` (claims), `hotline_changed`, `rules_changed`."""
    found = []
    if row is not None and row.state == State.BLOCKED:
        found.append(Doubt("text_blocked_state", {"comment": row.comment}, stops=True))
    if row is not None and row.state == State.RETURNED:
        found.append(Doubt("text_returned", {"comment": row.comment}, stops=True))
    if left := today.judged.examples:
        places = list(dict.fromkeys(one.matched for one in left))
        found.append(Doubt("text_examples", {"places": places}, stops=True))
    for one in [one for one in today.blocking if one not in left][:3]:
        params = {
            "matched": one.matched,
            "law": one.law("zh"),
            "law_en": one.law("en"),
            "suggestion": one.suggestion("zh"),
            "suggestion_en": one.suggestion("en"),
        }
        found.append(Doubt("text_forbidden", params, stops=True))
    if today.unproven:
        found.append(Doubt("text_unproven", {"claims": [one.matched for one in today.unproven]}, stops=True))
    if row is not None and row.state == State.APPROVED:
        if row.hotline != version.signature.hotline and "brand.hotline" in row.text:
            found.append(Doubt("hotline_changed", {"before": row.hotline, "now": version.signature.hotline}))
        news = {claim_of(one) for one in today.judged.findings if _matters(one)} - _claims_kept(row)
        if news and today.passes:
            found.append(Doubt("rules_changed", {"claims": sorted({words for _rule, words in news})}))
    return found


def _differs(row: VersionReview, version: TemplateVersion, today: Judgement) -> bool:
    """Whether an approval rests on other things than it would now."""
    used = {one["id"] for one in row.evidence}
    return (
        row.hotline != version.signature.hotline
        or row.trade != today.trade
        or row.ruleset != today.judged.ruleset
        or used != {one.pk for one in today.proofs.values()}
    )


def _matters(finding: Finding) -> bool:
    return finding.outcome != "remark"


def _claims_kept(row: VersionReview) -> set[Claim]:
    return {(one["rule"], claim_key(one["matched"])) for one in row.findings if one["outcome"] != "remark"}


def _refuse(
    version_id: int,
    state: ReviewState,
    allowed: Sequence[ReviewState],
    comment: str,
    *,
    actor: str,
    now: datetime,
) -> VersionReview:
    comment = comment.strip()
    if not comment:
        raise InvalidInput("review.no_comment")
    with transaction.atomic():
        version = _locked(version_id)
        _check_state(version_id, allowed, "return" if state == State.RETURNED else "block")
        reviewer(actor)
        return _append(version, state, judgement_of(version, at=now), actor=actor, now=now, comment=comment)


def _claimed(version: TemplateVersion, rule: str, words: str, now: datetime) -> Finding:
    claims = judgement_of(version, at=now).judged.claims
    for one in claims:
        if claim_of(one) == (rule, claim_key(words)):
            return one
    known = [f"{one.rule}: {one.matched}" for one in claims]
    raise InvalidInput("evidence.no_such_claim", rule=rule[:60], claim=words[:60], known=known)


def _locked(version_id: int, *, newest: bool = False) -> TemplateVersion:
    """The version, with its template's row locked. Raises Conflict `review.newer_version` (number)."""
    version = TemplateVersion.objects.select_related("signature").filter(pk=version_id).first()
    if version is None:
        raise NotFound("template.unknown_version", id=version_id)
    version.template = Template.objects.select_for_update().get(pk=version.template_id)
    if newest:
        last = version.template.versions.order_by("-number").first()
        if last is not None and last.pk != version.pk:
            raise Conflict("review.newer_version", number=last.number, version=last.pk)
    return version


def _check_state(version_id: int, allowed: Sequence[ReviewState], deed: str) -> VersionReview | None:
    row = review_of(version_id)
    state = ReviewState(row.state) if row is not None else State.DRAFT
    if state not in allowed:
        raise Conflict("review.state", state=str(state), deed=deed, by=row.actor if row else "")
    return row


def _append(
    version: TemplateVersion,
    state: ReviewState,
    judgement: Judgement,
    *,
    actor: str,
    now: datetime,
    comment: str = "",
    alone: bool = False,
    campaign_id: int | None = None,
) -> VersionReview:
    row = VersionReview.objects.create(
        version=version,
        at=now,
        actor=actor,
        state=state,
        comment=comment.replace("\x00", "").strip()[:LONGEST_COMMENT],
        trade=judgement.trade,
        purpose=version.template.purpose,
        hotline=version.signature.hotline,
        text=judgement.judged.source.text,
        findings=[one.as_json() for one in judgement.judged.findings],
        ruleset=judgement.judged.ruleset,
        evidence=[
            {"id": proof.pk, "rule": rule, "claim": key} for (rule, key), proof in judgement.proofs.items()
        ],
        alone=alone,
        campaign_id=campaign_id,
    )
    audit.record(
        actor=actor,
        action=f"content.review_{state}",
        kind="template",
        subject=version.template_id,
        version=version.number,
        review=row.pk,
        campaign=campaign_id,
        alone=alone,
    )
    return row
