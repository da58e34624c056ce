"""What complaints show behind the ledger's evidence: a withdrawal whose source is `complaint:…` came with one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xinfeng.complaints.models import ComplaintStanding
from xinfeng.complaints.reads import reference_of
from xinfeng.consent.exhibits import Exhibitor, Reference

PREFIX = "complaint:"


def _show(references: Sequence[Reference]) -> Iterator[Mapping[str, Any]]:
    """The complaints of the person an entry is about, from that source; no number, no words."""
    wanted = {(one.contact_id, one.source.removeprefix(PREFIX)): one.seq for one in references}
    found = ComplaintStanding.objects.filter(contact_id__in={contact_id for contact_id, _ in wanted})
    for one in found.order_by("complaint_id"):
        seq = wanted.get((one.contact_id or 0, one.source))
        if seq is None:
            continue
        yield {
            "seq": seq,
            "complaint": reference_of(one.pk),
            "source": one.source,
            "about": one.about,
            "complained_at": one.complained_at.isoformat(),
            "taken_in_at": one.taken_at.isoformat(),
            "state": one.state,
            "valid": one.valid,
            "message": one.message_id,
            "match": one.certainty,
            "closed_at": one.closed_at.isoformat() if one.closed_at else None,
        }


EXHIBITORS = (Exhibitor("complaints", PREFIX, _show),)
