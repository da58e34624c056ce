"""Writes of the segments slice: one function a use case, one transaction each, each audited."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from xinfeng.contacts.models import Tag
from xinfeng.contacts.persons import without_withdrawn
from xinfeng.contacts.tag_names import tag_id_of, tag_name
from xinfeng.contacts.tagging import add_tag
from xinfeng.foundation import audit
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound, XinfengError
from xinfeng.lens.engine import Lens
from xinfeng.segments import ready_made
from xinfeng.segments.models import (
    Freezing,
    Segment,
    SegmentKind,
    SegmentSize,
    Tagging,
    TaggingState,
    TagRule,
)
from xinfeng.segments.reads import (
    LONGEST_NAME,
    audience,
    free_name,
    get_segment,
    parse_rule,
    profiles,
    segment_numbers,
)
from xinfeng.segments.references import check_references, users_of
from xinfeng.segments.rule_tags import plain, tag_in_steps
from xinfeng.segments.rules import to_json
from xinfeng.segments.saving import (
    LONGEST_DESCRIPTION,
    add_members,
    checked_description,
    checked_name,
    insert_segment,
)

__all__ = ["LONGEST_DESCRIPTION", "LONGEST_NAME"]

log = logging.getLogger(__name__)


def create_segment(*, name: str, rule: Any, description: str = "", actor: str) -> Segment:
    """Save a dynamic segment. Raises InvalidInput for its rule or name, Conflict when the name is taken."""
    parsed = parse_rule(rule)
    check_references(parsed)
    with transaction.atomic():
        segment = insert_segment(name, description, actor, kind=SegmentKind.DYNAMIC, rule=to_json(parsed))
        audit.record(actor=actor, action="segment.create", kind="segment", subject=segment.pk)
    return segment


def update_segment(segment_id: int, *, name: str, rule: Any, description: str = "", actor: str) -> Segment:
    """Change a dynamic segment. Snapshots and lists keep their members and cannot be edited."""
    parsed = parse_rule(rule)
    with transaction.atomic():
        segment = _locked(segment_id)
        if segment.kind != SegmentKind.DYNAMIC:
            raise Conflict("segment.frozen", id=segment_id)
        check_references(parsed, segment_id=segment_id)
        segment.name = checked_name(name, other_than=segment_id)
        segment.description = checked_description(description)
        segment.rule = to_json(parsed)
        segment.save()
        audit.record(actor=actor, action="segment.update", kind="segment", subject=segment.pk)
    return segment


def duplicate_segment(segment_id: int, *, actor: str) -> Segment:
    """Another dynamic segment with the same rule under a free name; of a snapshot or list, one that follows it."""
    source = get_segment(segment_id)
    dynamic = source.kind == SegmentKind.DYNAMIC
    rule = source.rule if dynamic else {"all": [{"segment": source.pk, "op": "in"}]}
    return create_segment(
        name=free_name(f"{source.name} 副本"), rule=rule, description=source.description, actor=actor
    )


def archive_segment(segment_id: int, *, actor: str, archived: bool = True) -> Segment:
    """Put a segment away, or take it out again. Campaigns that use it go on as they are.

    Raises Conflict `segment.in_use` (names) while other segments or rule tags go by it.
    """
    with transaction.atomic():
        segment = _locked(segment_id)
        if archived and (users := users_of(segment_id)):
            raise Conflict("segment.in_use", names=str(users))
        segment.archived = archived
        segment.save(update_fields=["archived", "updated_at"])
        action = "segment.archive" if archived else "segment.restore"
        audit.record(actor=actor, action=action, kind="segment", subject=segment.pk)
    return segment


def freeze_segment(segment_id: int, *, name: str, lens: Lens, actor: str, now: datetime) -> Segment:
    """Keep who is in a segment now as a snapshot of its own; the rule is kept beside it, to be read."""
    source = get_segment(segment_id)
    return _snapshot(source, _people(source, lens=lens, now=now), name=name, actor=actor)


def _people(source: Segment, *, lens: Lens, now: datetime) -> list[int]:
    lens.refresh()
    ids: list[int] = lens.rows(audience(lens, source, now)).column("contact_id").to_pylist()
    return ids


def _snapshot(source: Segment, ids: Sequence[int], *, name: str, actor: str) -> Segment:
    with transaction.atomic():
        snapshot = insert_segment(
            name,
            source.description,
            actor,
            kind=SegmentKind.SNAPSHOT,
            rule=source.rule,
            profiled=profiles(source),
        )
        add_members(snapshot.pk, ids)
        audit.record(
            actor=actor,
            action="segment.freeze",
            kind="segment",
            subject=snapshot.pk,
            source=source.pk,
            size=len(ids),
        )
    return snapshot


def ask_to_freeze(segment_id: int, *, name: str, actor: str) -> Freezing:
    """Ask for a snapshot; `run_freezing` makes it in the background. Raises InvalidInput `segment.bad_name`, Conflict
    `segment.name_taken`, NotFound `segment.unknown`."""
    source = get_segment(segment_id)
    return Freezing.objects.create(source=source, name=checked_name(name), actor=actor)


def run_freezing(freezing_id: int, *, lens: Lens, now: datetime) -> Freezing:
    """Make a snapshot that was asked for: whole, or not at all. Run again after it was broken off, it begins anew.

    What stops it is kept with it. Raises NotFound `freezing.unknown`.
    """
    asked = Freezing.objects.select_related("source").filter(pk=freezing_id).first()
    if asked is None:
        raise NotFound("freezing.unknown", id=freezing_id)
    if asked.state in (TaggingState.DONE, TaggingState.FAILED):
        return asked
    mine = Freezing.objects.filter(pk=freezing_id)
    try:
        ids = _people(asked.source, lens=lens, now=now)
        mine.update(state=TaggingState.RUNNING, total=len(ids))
        with transaction.atomic():
            snapshot = _snapshot(asked.source, ids, name=asked.name, actor=asked.actor)
            mine.update(state=TaggingState.DONE, snapshot=snapshot, finished_at=now)
    except XinfengError as fault:
        mine.update(
            state=TaggingState.FAILED,
            fault={"code": fault.code, "params": plain(fault.params)},
            finished_at=now,
        )
    asked.refresh_from_db()
    return asked


def create_list(*, name: str, contact_ids: Sequence[int], description: str = "", actor: str) -> Segment:
    """Save a list of contacts, each once."""
    ids = sorted(set(contact_ids))
    with transaction.atomic():
        segment = insert_segment(name, description, actor, kind=SegmentKind.LIST, rule=None)
        add_members(segment.pk, ids)
        audit.record(actor=actor, action="segment.list", kind="segment", subject=segment.pk, size=len(ids))
    return segment


def record_size(segment_id: int, *, lens: Lens, purpose: str, now: datetime) -> SegmentSize:
    """Count a segment now and remember it, so that its size over time can be shown."""
    segment = get_segment(segment_id)
    lens.refresh()
    numbers = segment_numbers(lens, segment, purpose, now)
    return SegmentSize.objects.create(segment=segment, at=now, size=numbers.size, reachable=numbers.reachable)


def record_sizes(*, lens: Lens, now: datetime) -> int:
    """Count every active segment, for marketing; returns how many. One whose rule can't be asked is passed over."""
    counted = 0
    for segment_id in Segment.objects.filter(archived=False).order_by("id").values_list("pk", flat=True):
        try:
            record_size(segment_id, lens=lens, purpose="marketing", now=now)
            counted += 1
        except (InvalidInput, NotFound) as fault:
            log.warning("segment %s could not be counted: %s", segment_id, fault.code)
    return counted


def install_ready_made(
    *, actor: str, language: str = "zh-hans", keys: Sequence[str] | None = None
) -> list[Segment]:
    """Add the ready-made segments that were never added, or those with these keys; returns the new ones.

    One that was renamed, changed or archived since counts as there; `restore_ready_made` makes it as it was.
    """
    known = set(Segment.objects.exclude(ready_key=None).values_list("ready_key", flat=True))
    added = []
    with transaction.atomic():
        for example in ready_made.READY_MADE:
            if example.key in known or (keys is not None and example.key not in keys):
                continue
            added.append(
                insert_segment(
                    free_name(example.name.in_language(language)),
                    example.description.in_language(language),
                    actor,
                    kind=SegmentKind.DYNAMIC,
                    rule=to_json(parse_rule(example.rule)),
                    ready_made=True,
                    ready_key=example.key,
                )
            )
        if added:
            audit.record(actor=actor, action="segment.install_ready_made", kind="segment", count=len(added))
    return added


def restore_ready_made(segment_id: int, *, actor: str, language: str = "zh-hans") -> Segment:
    """Give a segment that was made from an example its rule, name and description back, and take it out of the
    archive. Raises Conflict `segment.not_ready_made`."""
    with transaction.atomic():
        segment = _locked(segment_id)
        example = ready_made.by_key(segment.ready_key or "")
        if example is None:
            raise Conflict("segment.not_ready_made", id=segment_id)
        name = example.name.in_language(language)
        segment.name = name if segment.name == name else free_name(name)
        segment.description = example.description.in_language(language)
        segment.rule, segment.archived = to_json(parse_rule(example.rule)), False
        segment.save()
        audit.record(actor=actor, action="segment.restore_ready_made", kind="segment", subject=segment.pk)
    return segment


def tag_segment(segment_id: int, *, tag: str, added: bool, actor: str, reason: str = "") -> Tagging:
    """Ask for a tag to be put on everybody in a segment, or taken off; `run_tagging` does it in the background.

    A tag that doesn't exist yet is made when it is to be put on. Raises NotFound `tag.unknown` when it is to be
    taken off, InvalidInput `tag.name`, Conflict `tag_rule.by_hand`: a rule keeps this tag, and would undo it.
    """
    segment = get_segment(segment_id)
    name = tag_name(tag)
    with transaction.atomic():
        tag_id = tag_id_of(name)
        if tag_id is None:
            if not added:
                raise NotFound("tag.unknown", id=name)
            tag_id = add_tag(name, actor=actor)
        if TagRule.objects.filter(tag_id=tag_id, enabled=True).exists():
            raise Conflict("tag_rule.by_hand", name=name)
        said = reason.strip() or f"分群「{segment.name}」"
        asked = Tagging.objects.create(
            segment=segment, tag_id=tag_id, added=added, reason=said[:200], actor=actor
        )
        audit.record(
            actor=actor,
            action="segment.tag" if added else "segment.untag",
            kind="segment",
            subject=segment_id,
            tag=name,
        )
    return asked


def run_tagging(tagging_id: int, *, lens: Lens, now: datetime) -> Tagging:
    """Do what `tag_segment` asked for, a transaction for every few thousand people. Run again after it was broken
    off, it passes over those who have been seen to. Raises NotFound `tagging.unknown`."""
    asked = Tagging.objects.select_related("segment").filter(pk=tagging_id).first()
    if asked is None:
        raise NotFound("tagging.unknown", id=tagging_id)
    if asked.state in (TaggingState.DONE, TaggingState.FAILED):
        return asked
    try:
        lens.refresh()
        people = audience(lens, asked.segment, now)
        if asked.added and profiles(asked.segment):  # a tag must not keep alive what she refused
            people = without_withdrawn(lens, people)
        ids = lens.rows(people.order_by("contact_id")).column("contact_id").to_pylist()
        mine = Tagging.objects.filter(pk=tagging_id)

        def tell(done: int, _of: int) -> None:
            mine.update(done=done)

        mine.update(state=TaggingState.RUNNING, total=len(ids), done=0)
        changed = tag_in_steps(
            ids,
            asked.tag_id,
            added=asked.added,
            actor=asked.actor,
            reason=asked.reason,
            now=now,
            progress=tell,
        )
        mine.update(state=TaggingState.DONE, done=len(ids), changed=asked.changed + changed, finished_at=now)
    except XinfengError as fault:
        Tagging.objects.filter(pk=tagging_id).update(
            state=TaggingState.FAILED, fault={"code": fault.code}, finished_at=now
        )
    asked.refresh_from_db()
    return asked


def tag_named(tag_id: int) -> str:
    """What a tag is called."""
    return Tag.objects.values_list("name", flat=True).get(pk=tag_id)


def _locked(segment_id: int) -> Segment:
    get_segment(segment_id)
    return Segment.objects.select_for_update(of=("self",)).get(pk=segment_id)
