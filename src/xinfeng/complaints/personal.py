"""What is held about a person here: her complaints.

A complaint is the proof that her "no" was heeded and that she was answered (PIPL, Art 69: whoever handles data has to
prove that it was done right), so while it is handled, and for six months after, it is kept even if she asks to be
erased; then number, words, notes and attachments go, now and every night after. What remains is source, kind, times and
outcome, which identify nobody; they, and the complaints of whoever asked for nothing, are kept as `retention` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from xinfeng.complaints import texts
from xinfeng.complaints.models import (
    Complaint,
    ComplaintAttachment,
    ComplaintFileRow,
    ComplaintStanding,
    ComplaintStep,
)
from xinfeng.complaints.reads import reference_of
from xinfeng.contacts.models import Contact
from xinfeng.delivery.personal import KEEP
from xinfeng.foundation.database import Connection
from xinfeng.foundation.personal import Holding, Ids
from xinfeng.foundation.vault import Kind, vault

_PAGE = 500


def _ids_of(ids: Ids) -> list[int]:
    """Complaints of hers: taken in as hers, from a number of hers, or about a message to her."""
    indexes = [
        bytes(one)
        for one in Contact.objects.filter(pk__in=list(ids), phone_index__isnull=False).values_list(
            "phone_index", flat=True
        )
        if one is not None
    ]
    hers = set(Complaint.objects.filter(contact_id__in=list(ids)).values_list("pk", flat=True))
    # A number that went over to somebody else takes that person's complaints with it, not hers.
    unclaimed = Complaint.objects.filter(phone_index__in=indexes, contact_id=None)
    hers |= set(unclaimed.values_list("pk", flat=True))
    return sorted(hers)


def _rows(ids: Ids) -> Iterator[Mapping[str, Any]]:
    found = _ids_of(ids)
    standings = ComplaintStanding.objects.in_bulk(found)
    for one in Complaint.objects.filter(pk__in=found).order_by("complained_at", "pk").iterator(_PAGE):
        words, standing = texts.opened(one.text_sealed), standings[one.pk]
        steps = ComplaintStep.objects.filter(complaint_id=one.pk).order_by("pk")
        yield {
            "id": reference_of(one.pk),
            "source": one.get_source_display(),
            "reference": one.reference,
            "about": one.get_about_display(),
            "complained_at": one.complained_at.isoformat(),
            "taken_in_at": one.taken_at.isoformat(),
            "number": vault().open(Kind.PHONE, bytes(one.phone_sealed)) if one.phone_sealed else "",
            "said": words.said,
            "quoted": words.quoted,
            "state": standing.get_state_display(),
            "message": standing.message_id,
            "closed_at": standing.closed_at.isoformat() if standing.closed_at else None,
            "steps": [
                {"at": step.at.isoformat(), "what": step.action, "words": texts.open_note(step.words_sealed)}
                for step in steps
            ],
            "attachments": ComplaintAttachment.objects.filter(complaint_id=one.pk).count(),
        }


_EMPTY = """
update complaint set phone_sealed = null, phone_index = null, text_sealed = null,
  once = case when reference = '' then decode(md5('erased complaint ' || id), 'hex') else once end
where id = any(%s::bigint[]) and (phone_sealed is not null or text_sealed is not null)"""

_EMPTY_STEPS = """
update complaint_step set words_sealed = null where complaint_id = any(%s::bigint[]) and words_sealed is not null"""


def _erase(connection: Connection, ids: Ids, now: datetime) -> int:
    """Refused rows of files at once; complaints that have been over for longer than `KEEP`, of everything that names
    anybody."""
    numbers = [
        bytes(one)
        for one in Contact.objects.filter(pk__in=list(ids)).values_list("phone_index", flat=True)
        if one is not None
    ]
    gone, _ = ComplaintFileRow.objects.filter(phone_index__in=numbers).delete()
    over = list(
        ComplaintStanding.objects.filter(pk__in=_ids_of(ids), closed_at__lt=now - KEEP).values_list(
            "pk", flat=True
        )
    )
    if not over:
        return gone
    connection.execute(_EMPTY_STEPS, (over,))
    removed, _ = ComplaintAttachment.objects.filter(complaint_id__in=over).delete()
    return gone + removed + connection.execute(_EMPTY, (over,)).rowcount


HOLDINGS = (
    Holding(
        name="complaints",
        label="您的投诉",
        label_en="Your complaints",
        rows=_rows,
        erase=_erase,
        kept_because=(
            "投诉是您已拒收、我们已停发并答复的证明（个人信息保护法第六十九条由处理者举证）；您要求删除之后，"
            "办结满六个月的，号码、原话、记录和附件随即删除，只留下来源、种类、时间和结果（至少三年，不能认出您）"
        ),
        kept_because_en=(
            "a complaint proves that your refusal was heeded and that you were answered (PIPL, Art 69 puts the proof "
            "on us); once you asked to be erased and six months have passed since it was over, number, words, notes and "
            "attachments are removed, and only source, kind, times and outcome remain (for three years at least; they "
            "identify nobody)"
        ),
        order=30,
    ),
)
