"""What segments hold about a person: which lists and snapshots she was put into.

Rules hold nothing; tags are held by contacts. Rows of an uploaded list that led to nobody belong to nobody we know,
are sealed, and go after thirty days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from xinfeng.foundation.database import Connection
from xinfeng.foundation.personal import Holding, Ids
from xinfeng.segments.models import SegmentMember


def _memberships(ids: Ids) -> Iterator[Mapping[str, Any]]:
    found = SegmentMember.objects.filter(contact_id__in=ids).select_related("segment")
    for each in found.order_by("segment__created_at", "segment_id"):
        yield {
            "segment": each.segment.name,
            "kind": each.segment.get_kind_display(),
            "made_at": each.segment.created_at.isoformat(),
        }


def _erase(connection: Connection, ids: Ids, now: datetime) -> int:
    return connection.execute("delete from segment_member where contact_id = any(%s)", (list(ids),)).rowcount


HOLDINGS = (
    Holding(
        "segment_members",
        "所在的名单和快照",
        "Lists and snapshots",
        rows=_memberships,
        erase=_erase,
        order=50,
    ),
)
