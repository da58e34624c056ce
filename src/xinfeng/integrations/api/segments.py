"""Segments and the ids of their members. Counting and listing ask the lens, which is brought up to date first."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router

from xinfeng.integrations.api import shapes
from xinfeng.integrations.api.door import Needs, desk_of
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens
from xinfeng.segments import reads

router = Router(tags=["segments"])


@router.get(
    "/segments",
    auth=Needs("segments:read"),
    operation_id="listSegments",
    summary="List segments",
    response=list[shapes.Segment],
)
def list_segments(request: HttpRequest) -> list[dict[str, Any]]:
    """Those in use, last changed first, with their last count."""
    found = reads.segments()[:1000]
    sizes = reads.last_sizes([one.pk for one in found])
    return [
        {
            "id": one.pk,
            "name": one.name,
            "description": one.description,
            "kind": one.kind,
            "size": sizes[one.pk].size if one.pk in sizes else None,
            "reachable": sizes[one.pk].reachable if one.pk in sizes else None,
            "counted_at": sizes[one.pk].at if one.pk in sizes else None,
            "updated_at": one.updated_at,
        }
        for one in found
    ]


@router.get(
    "/segments/{segment_id}/size",
    auth=Needs("segments:read"),
    operation_id="countSegment",
    summary="Count a segment now",
    response=shapes.SegmentSize,
)
def count_segment(
    request: HttpRequest, segment_id: shapes.PathId, purpose: Literal["marketing", "service"] = "marketing"
) -> dict[str, Any]:
    """All members, and those who may be written to for the purpose."""
    segment = reads.get_segment(segment_id)
    copy = lens()
    copy.refresh()
    numbers = reads.segment_numbers(copy, segment, purpose, utc_now())
    return {"id": segment.pk, "purpose": purpose, "size": numbers.size, "reachable": numbers.reachable}


@router.get(
    "/segments/{segment_id}/members",
    auth=Needs("segments:read"),
    operation_id="listMembers",
    summary="Ids of a segment's members",
    response=shapes.Members,
)
def list_members(
    request: HttpRequest, segment_id: shapes.PathId, after: shapes.After = 0, limit: shapes.Limit = 1000
) -> dict[str, Any]:
    """In ascending order; ask again with `after` set to `next`. Only the first page brings the lens up to date."""
    segment = reads.get_segment(segment_id)
    copy = lens()
    if not after:
        copy.refresh()
    members = reads.audience(copy, segment, utc_now())
    page = members.filter(members["contact_id"] > after).order_by("contact_id").limit(limit + 1)
    ids = copy.rows(page.select("contact_id")).column("contact_id").to_pylist()
    desk_of(request).rows = len(ids)
    more, ids = len(ids) > limit, ids[:limit]
    return {"ids": ids, "next": ids[-1] if more else None}
