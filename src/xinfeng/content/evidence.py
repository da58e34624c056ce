"""Proofs of claims (广告法 Art 11, 28; 广告绝对化用语执法指南: what is said must be true and provable).

A proof is a document for one claim in one trade, relied on up to a day. It is attached to every version that makes the
claim, by a person each time (or carried over from the version before); nothing is ever proven by itself. The document is
sealed, digested and kept; a proof that turns out wrong is withdrawn with a reason, and from then on proves nothing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import PurePath

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from xinfeng.content.judging import Claim
from xinfeng.content.models import Evidence, EvidenceFile, EvidenceUse, TemplateVersion
from xinfeng.foundation import audit
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.time import business_day

LARGEST_FILE = 10 << 20
LONGEST = {"title": 120, "reference": 500, "scope": 200}


@dataclass(frozen=True, slots=True)
class Proof:
    """What a person says of a document. `scope`: the time and place the claim is true for, in words; `valid_until`: the
    last business day on which it may be relied on."""

    title: str
    reference: str
    valid_until: date
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it came in."""

    name: str
    chunks: Iterable[bytes]


def keep(
    version: TemplateVersion,
    claim: Claim,
    words: str,
    proof: Proof,
    document: Document,
    *,
    actor: str,
    now: datetime,
) -> Evidence:
    """Keep a document as proof of a claim in the version's trade, and attach it. In the caller's transaction or its own.

    Raises InvalidInput: `evidence.incomplete` (missing), `evidence.too_long` (field, longest), `evidence.past`,
    `file.empty`, `file.too_large`.
    """
    proof = _checked(proof, now)
    content = _read(document.chunks)
    rule, key = claim
    with transaction.atomic():
        evidence = Evidence.objects.create(
            rule=rule,
            claim=words[:200],
            claim_key=key,
            trade=version.template.trade,
            title=proof.title,
            reference=proof.reference,
            scope=proof.scope,
            valid_until=proof.valid_until,
            file_name=_name(document.name),
            file_digest=hashlib.sha256(content).digest(),
            file_bytes=len(content),
            added_by=actor,
            added_at=now,
        )
        sealed = vault().seal(Kind.EVIDENCE, base64.b64encode(content).decode())
        EvidenceFile.objects.create(evidence=evidence, sealed=sealed)
        audit.record(
            actor=actor,
            action="evidence.keep",
            kind="evidence",
            subject=evidence.pk,
            rule=rule,
            version=version.pk,
            valid_until=proof.valid_until.isoformat(),
        )
        attach(version, evidence, actor=actor, now=now)
    return evidence


def attach(version: TemplateVersion, evidence: Evidence, *, actor: str, now: datetime) -> None:
    """Attach a proof to a version; again does nothing. Raises Conflict `evidence.not_usable`."""
    if not usable(evidence, trade=version.template.trade, day=_day(now)):
        raise Conflict("evidence.not_usable", id=evidence.pk, title=evidence.title)
    with transaction.atomic():
        _use, made = EvidenceUse.objects.get_or_create(
            version=version, evidence=evidence, defaults={"at": now, "actor": actor}
        )
        if made:
            audit.record(
                actor=actor,
                action="evidence.attach",
                kind="evidence",
                subject=evidence.pk,
                version=version.pk,
            )


def carry_over(version: TemplateVersion, claims: Iterable[Claim], *, actor: str, now: datetime) -> None:
    """Attach what earlier versions of the template used for the same claims, where it is still good."""
    wanted = set(claims)
    if not wanted:
        return
    earlier = Evidence.objects.filter(
        uses__version__template=version.template_id, uses__version__number__lt=version.number
    ).distinct()
    for evidence in earlier:
        if (evidence.rule, evidence.claim_key) in wanted and usable(
            evidence, trade=version.template.trade, day=_day(now)
        ):
            attach(version, evidence, actor=actor, now=now)


def withdraw(evidence_id: int, *, reason: str, actor: str, now: datetime) -> Evidence:
    """It proves nothing any more, wherever it is attached.

    Raises InvalidInput `evidence.no_reason`, NotFound `evidence.unknown`, Conflict `evidence.withdrawn`.
    """
    reason = reason.strip()[:200]
    if not reason:
        raise InvalidInput("evidence.no_reason")
    with transaction.atomic():
        evidence = Evidence.objects.select_for_update().filter(pk=evidence_id).first()
        if evidence is None:
            raise NotFound("evidence.unknown", id=evidence_id)
        if evidence.withdrawn_at is not None:
            raise Conflict("evidence.withdrawn", id=evidence_id, title=evidence.title)
        evidence.withdrawn_at, evidence.withdrawn_by, evidence.withdrawn_reason = now, actor, reason
        evidence.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
        audit.record(
            actor=actor, action="evidence.withdraw", kind="evidence", subject=evidence_id, reason=reason
        )
    return evidence


def usable(evidence: Evidence, *, trade: str, day: date) -> bool:
    """Whether it may be relied on in a trade on a business day."""
    return evidence.withdrawn_at is None and evidence.trade == trade and day <= evidence.valid_until


def attached(version_ids: Sequence[int]) -> dict[int, list[Evidence]]:
    """The proofs attached to versions, good or not, the latest first."""
    found: dict[int, list[Evidence]] = {}
    uses = EvidenceUse.objects.filter(version__in=version_ids).select_related("evidence").order_by("-id")
    for use in uses:
        found.setdefault(use.version_id, []).append(use.evidence)
    return found


def proofs_of(
    proofs: Iterable[Evidence], claims: Iterable[Claim], *, trade: str, day: date
) -> dict[Claim, Evidence]:
    """For each claim the proof that holds longest; claims without one are missing."""
    best: dict[Claim, Evidence] = {}
    wanted = set(claims)
    for evidence in proofs:
        claim = evidence.rule, evidence.claim_key
        if claim in wanted and usable(evidence, trade=trade, day=day):
            known = best.get(claim)
            if known is None or known.valid_until < evidence.valid_until:
                best[claim] = evidence
    return best


def reusable(claims: Sequence[Claim], *, trade: str, day: date) -> dict[Claim, list[Evidence]]:
    """Good proofs there are for these claims, attached anywhere; the one that holds longest first, five at most."""
    if not claims:
        return {}
    same = Q(pk__in=[])
    for rule, key in set(claims):
        same |= Q(rule=rule, claim_key=key)
    found: dict[Claim, list[Evidence]] = {}
    good = Evidence.objects.filter(same, trade=trade, withdrawn_at=None, valid_until__gte=day)
    for evidence in good.order_by("-valid_until", "-id"):
        known = found.setdefault((evidence.rule, evidence.claim_key), [])
        if len(known) < 5:
            known.append(evidence)
    return found


def one(evidence_id: int) -> Evidence:
    """Raises NotFound `evidence.unknown`."""
    found = Evidence.objects.filter(pk=evidence_id).first()
    if found is None:
        raise NotFound("evidence.unknown", id=evidence_id)
    return found


def many(evidence_ids: Iterable[int]) -> Mapping[int, Evidence]:
    return Evidence.objects.in_bulk(list(evidence_ids))


def page(*, search: str = "", offset: int = 0, limit: int = 50) -> tuple[list[tuple[Evidence, int]], int]:
    """Proofs, the latest first, each with how many versions it is attached to; and how many there are."""
    found = Evidence.objects.order_by("-id")
    if search := search.strip():
        found = found.filter(Q(claim__icontains=search) | Q(title__icontains=search))
    rows = found.annotate(versions=Count("uses"))[offset : offset + limit]
    return [(row, row.versions) for row in rows], found.count()


def ending(day: date, *, within_days: int = 30) -> QuerySet[Evidence]:
    """Proofs in use that end soon, the first to end first."""
    last = date.fromordinal(day.toordinal() + within_days)
    return Evidence.objects.filter(withdrawn_at=None, valid_until__range=(day, last)).order_by("valid_until")


def read_file(evidence_id: int, *, actor: str) -> bytes:
    """The document as it was kept. Audited. Raises NotFound `evidence.unknown`, Conflict `evidence.changed`."""
    evidence = one(evidence_id)
    sealed = EvidenceFile.objects.get(evidence=evidence_id).sealed
    content = base64.b64decode(vault().open(Kind.EVIDENCE, bytes(sealed)))
    if hashlib.sha256(content).digest() != bytes(evidence.file_digest):
        raise Conflict("evidence.changed", id=evidence_id, title=evidence.title)
    audit.record(actor=actor, action="evidence.read", kind="evidence", subject=evidence_id)
    return content


def _checked(proof: Proof, now: datetime) -> Proof:
    tidy = {name: " ".join(getattr(proof, name).split()) for name in LONGEST}
    for name in ("title", "reference"):
        if not tidy[name]:
            raise InvalidInput("evidence.incomplete", missing=name)
    for name, longest in LONGEST.items():
        if len(tidy[name]) > longest or "\x00" in tidy[name]:
            raise InvalidInput("evidence.too_long", field=name, longest=longest)
    if proof.valid_until < _day(now):
        raise InvalidInput("evidence.past", day=proof.valid_until.isoformat())
    return Proof(valid_until=proof.valid_until, **tidy)


def _read(chunks: Iterable[bytes]) -> bytes:
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > LARGEST_FILE:
            raise InvalidInput("file.too_large", at_most=LARGEST_FILE)
    if not content:
        raise InvalidInput("file.empty")
    return bytes(content)


def _name(name: str) -> str:
    """The last part of a path, without what would break a line or a header."""
    last = PurePath(name.replace("\\", "/")).name
    return "".join(sign for sign in last if sign.isprintable() and sign not in '"<>')[:255] or "evidence"


def _day(now: datetime) -> date:
    return business_day(now, xinfeng_settings.load().zone)
