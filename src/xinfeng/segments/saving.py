"""Putting a segment into its table: names and descriptions checked, members copied. Used by the actions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, transaction

from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.models import User
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.segments.models import Segment, SegmentKind
from xinfeng.segments.reads import LONGEST_NAME

LONGEST_DESCRIPTION = 300
BLOCK = 50_000
"""Members written to the database at a stroke."""


def insert_segment(
    name: str, description: str, actor: str, *, kind: SegmentKind, rule: Any, **fields: Any
) -> Segment:
    """A new row. Raises InvalidInput `segment.bad_name`, `segment.bad_description`, Conflict `segment.name_taken`."""
    try:
        with transaction.atomic():
            return Segment.objects.create(
                name=checked_name(name),
                description=checked_description(description),
                kind=kind,
                rule=rule,
                created_by=User.objects.filter(username=actor).first(),
                **fields,
            )
    except IntegrityError:  # somebody took the name between the look and the insert
        raise Conflict("segment.name_taken", name=name.strip()) from None


def checked_name(raw: str, *, other_than: int | None = None) -> str:
    """A name that is fit and free. Raises as `insert_segment`."""
    name = raw.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput("segment.bad_name", longest=LONGEST_NAME)
    others = Segment.objects.filter(name=name)
    if other_than is not None:
        others = others.exclude(pk=other_than)
    if others.exists():
        raise Conflict("segment.name_taken", name=name)
    return name


def checked_description(raw: str) -> str:
    """Raises InvalidInput `segment.bad_description`."""
    text = raw.strip()
    if len(text) > LONGEST_DESCRIPTION or "\0" in text:
        raise InvalidInput("segment.bad_description", longest=LONGEST_DESCRIPTION)
    return text


def add_members(segment_id: int, contact_ids: Sequence[int]) -> None:
    """Copy contacts, each once, into a snapshot or a list."""
    with (
        bulk_transaction() as connection,
        connection.cursor() as cursor,
        cursor.copy("copy segment_member (segment_id, contact_id) from stdin") as rows,
    ):
        for start in range(0, len(contact_ids), BLOCK):
            block = contact_ids[start : start + BLOCK]
            rows.write("".join([f"{segment_id}\t{contact_id}\n" for contact_id in block]))
