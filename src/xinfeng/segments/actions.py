"""Writes of the segments slice: one function a use case, one transaction each, each audited."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from xinfeng.foundation import audit
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.models import User
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.lens.engine import Lens
from xinfeng.segments.models import Segment, SegmentKind, SegmentSize
from xinfeng.segments.reads import audience, get_segment, parse_rule, segment_numbers
from xinfeng.segments.ready_made import READY_MADE
from xinfeng.segments.rules import to_json

LONGEST_NAME = 80
LONGEST_DESCRIPTION = 300


def create_segment(*, name: str, rule: Any, description: str = "", actor: str) -> Segment:
    """Save a dynamic segment. Raises InvalidInput for its rule or name, Conflict when the name is taken."""
    checked = to_json(parse_rule(rule))
    with transaction.atomic():
        segment = _insert(name, description, actor, kind=SegmentKind.DYNAMIC, rule=checked)
        audit.record(actor=actor, action="segment.create", kind="segment", subject=segment.pk)
    return segment


def update_segment(segment_id: int, *, name: str, rule: Any, description: str = "", actor: str) -> Segment:
    """Change a dynamic segment. Snapshots and lists keep their members and cannot be edited."""
    checked = to_json(parse_rule(rule))
    with transaction.atomic():
        segment = _locked(segment_id)
        if segment.kind != SegmentKind.DYNAMIC:
            raise Conflict("segment.frozen", id=segment_id)
        segment.name, segment.description = _name(name, other_than=segment_id), _description(description)
        segment.rule = checked
        segment.save()
        audit.record(actor=actor, action="segment.update", kind="segment", subject=segment.pk)
    return segment


def archive_segment(segment_id: int, *, actor: str, archived: bool = True) -> Segment:
    """Put a segment away, or take it out again. Campaigns that use it go on as they are."""
    with transaction.atomic():
        segment = _locked(segment_id)
        segment.archived = archived
        segment.save(update_fields=["archived", "updated_at"])
        action = "segment.archive" if archived else "segment.restore"
        audit.record(actor=actor, action=action, kind="segment", subject=segment.pk)
    return segment


def freeze_segment(segment_id: int, *, name: str, lens: Lens, actor: str, now: datetime) -> Segment:
    """Keep who is in a segment now as a snapshot of its own; the rule is kept beside it, to be read."""
    source = get_segment(segment_id)
    lens.refresh()
    ids = lens.rows(audience(lens, source, now)).column("contact_id").to_pylist()
    with transaction.atomic():
        snapshot = _insert(name, source.description, actor, kind=SegmentKind.SNAPSHOT, rule=source.rule)
        _add_members(snapshot.pk, ids)
        audit.record(
            actor=actor,
            action="segment.freeze",
            kind="segment",
            subject=snapshot.pk,
            source=segment_id,
            size=len(ids),
        )
    return snapshot


def create_list(*, name: str, contact_ids: Sequence[int], description: str = "", actor: str) -> Segment:
    """Save a list of contacts, each once."""
    ids = sorted(set(contact_ids))
    with transaction.atomic():
        segment = _insert(name, description, actor, kind=SegmentKind.LIST, rule=None)
        _add_members(segment.pk, ids)
        audit.record(actor=actor, action="segment.list", kind="segment", subject=segment.pk, size=len(ids))
    return segment


def record_size(segment_id: int, *, lens: Lens, purpose: str, now: datetime) -> SegmentSize:
    """Count a segment now and remember it, so that its size over time can be shown."""
    segment = get_segment(segment_id)
    lens.refresh()
    numbers = segment_numbers(lens, segment, purpose, now)
    return SegmentSize.objects.create(segment=segment, at=now, size=numbers.size, reachable=numbers.reachable)


def install_ready_made(*, actor: str, language: str = "zh-hans") -> list[Segment]:
    """Add the ready-made segments that are not there yet, by name; returns the new ones."""
    known = set(Segment.objects.values_list("name", flat=True))
    added = []
    with transaction.atomic():
        for example in READY_MADE:
            name = example.name.in_language(language)
            if name in known:
                continue
            segment = _insert(
                name,
                example.description.in_language(language),
                actor,
                kind=SegmentKind.DYNAMIC,
                rule=to_json(parse_rule(example.rule)),
            )
            segment.ready_made = True
            segment.save(update_fields=["ready_made"])
            added.append(segment)
        if added:
            audit.record(actor=actor, action="segment.install_ready_made", kind="segment", count=len(added))
    return added


def _insert(name: str, description: str, actor: str, *, kind: SegmentKind, rule: Any) -> Segment:
    try:
        with transaction.atomic():
            return Segment.objects.create(
                name=_name(name),
                description=_description(description),
                kind=kind,
                rule=rule,
                created_by=User.objects.filter(username=actor).first(),
            )
    except IntegrityError:  # somebody took the name between the look and the insert
        raise Conflict("segment.name_taken", name=name.strip()) from None


def _locked(segment_id: int) -> Segment:
    get_segment(segment_id)
    return Segment.objects.select_for_update().get(pk=segment_id)


def _name(raw: str, *, other_than: int | None = None) -> str:
    name = raw.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidInput("segment.bad_name", longest=LONGEST_NAME)
    others = Segment.objects.filter(name=name)
    if other_than is not None:
        others = others.exclude(pk=other_than)
    if others.exists():
        raise Conflict("segment.name_taken", name=name)
    return name


def _description(raw: str) -> str:
    text = raw.strip()
    if len(text) > LONGEST_DESCRIPTION or "\0" in text:
        raise InvalidInput("segment.bad_description", longest=LONGEST_DESCRIPTION)
    return text


def _add_members(segment_id: int, contact_ids: Sequence[int]) -> None:
    with (
        bulk_transaction() as connection,
        connection.cursor() as cursor,
        cursor.copy("copy segment_member (segment_id, contact_id) from stdin") as rows,
    ):
        for contact_id in contact_ids:
            rows.write_row((segment_id, contact_id))
