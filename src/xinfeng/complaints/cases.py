"""What a letter about a complaint may say: put together from its facts."""

from __future__ import annotations

from datetime import datetime

from xinfeng.complaints.letters import Case, Proof
from xinfeng.complaints.models import Complaint
from xinfeng.complaints.reads import ComplaintCard
from xinfeng.consent.models import ConsentEntry, Notice, Suppression, SuppressionReason


def case_of(card: ComplaintCard, *, signature: str, campaign: str) -> Case:
    """`signature` and `campaign` are what the floor above knows of the message's plan."""
    match = card.match
    found = match is not None and match.message_id is not None
    return Case(
        reference=card.row.reference,
        source_reference=card.row.source_reference,
        phone=card.row.phone,
        complained_at=card.row.complained_at,
        suppressed_at=suppressed_at(card.row.id),
        sent_at=match.sent_at if match and found else None,
        signature=signature,
        message_id=match.message_id if match else None,
        campaign=campaign,
        proof=proof_of(card),
    )


def proof_of(card: ComplaintCard) -> Proof | None:
    """The ledger entry that its message was sent on."""
    match = card.match
    if match is None or match.consent_seq is None:
        return None
    entry = ConsentEntry.objects.filter(seq=match.consent_seq, granted=True).first()
    if entry is None:
        return None
    notice = Notice.objects.filter(pk=entry.notice_id).first() if entry.notice_id is not None else None
    named = f"{notice.key} {notice.version}" if notice is not None else ""
    return Proof(entry.seq, entry.at, entry.source, entry.evidence, named)


def suppressed_at(complaint_id: int) -> datetime | None:
    """Since when marketing to its number is barred; None where that was lifted since."""
    found = suppression_of(complaint_id)
    return Complaint.objects.get(pk=complaint_id).taken_at if found is not None else None


def suppression_of(complaint_id: int) -> Suppression | None:
    """What keeps marketing from its number now: by the complaint, or for a reason at least as strong."""
    fact = Complaint.objects.only("phone_index").get(pk=complaint_id)
    if fact.phone_index is None:
        return None
    reasons = (SuppressionReason.COMPLAINT, SuppressionReason.ERASED)
    found = Suppression.objects.filter(
        phone_index=fact.phone_index, lifted_at=None, reason__in=reasons
    ).order_by("-id")
    return found.first()
