"""Tags themselves: renamed, merged, described, and put on many people at once.

A tag's row and its facts stay for ever. Renaming changes the word alone; merging moves everybody over, in steps of
their own, and lets the old name lead to the new tag wherever a name is read. Every change leaves a `TagChange`,
every person who got or lost a tag a tag fact.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from xinfeng.contacts import copying
from xinfeng.contacts.models import Tag, TagChange, TagKind
from xinfeng.contacts.tag_names import tag_ids, tag_name
from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.jobs import app
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.lens.engine import Lens

__all__ = [
    "TagChangeRow",
    "TagRow",
    "add_tag",
    "describe_tag",
    "history_of_tag",
    "merge_tags",
    "move_tagged",
    "rename_tag",
    "start_merging_tags",
    "tag_ids",
    "tag_many",
    "tag_row",
    "tag_rows",
]

LONGEST_DESCRIPTION = 200
STEP = 50_000
"""Contacts that are looked at in one transaction while people are moved to another tag."""


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag that is in use; `contacts` as the lens knows it, None where nobody asked it."""

    id: int
    name: str
    kind: str
    description: str
    created_at: datetime
    contacts: int | None
    formerly: tuple[str, ...] = ()
    """Names of the tags that were merged into it; they lead here."""


@dataclass(frozen=True, slots=True)
class TagChangeRow:
    """`what`: renamed, described, merged (`before` is the tag that went, `after` the one it went into)."""

    at: datetime
    what: str
    before: str
    after: str
    actor: str


def add_tag(name: str, *, kind: TagKind = TagKind.MANUAL, description: str = "", actor: str) -> int:
    """Make a tag before anybody has it. Raises InvalidInput `tag.name`, `tag.description`, Conflict `tag.exists`."""
    wanted, said = tag_name(name), _description(description)
    with transaction.atomic():
        tag, made = Tag.objects.get_or_create(name=wanted, defaults={"kind": kind, "description": said})
        if not made:
            raise Conflict("tag.exists", name=wanted)
        audit.record(actor=actor, action="tag.add", kind="tag", subject=tag.pk, name=wanted)
    return tag.pk


def rename_tag(tag_id: int, name: str, *, actor: str, now: datetime) -> None:
    """Another word for the same people. The old word is free afterwards and leads nowhere.

    Raises NotFound `tag.unknown`, InvalidInput `tag.name`, Conflict `tag.exists` (merge the two instead).
    """
    wanted = tag_name(name)
    try:
        with transaction.atomic():
            tag = _locked(tag_id)
            before = tag.name
            if before == wanted:
                return
            tag.name = wanted
            tag.save(update_fields=["name"])
            _note(tag, "renamed", before, wanted, actor=actor, now=now)
    except IntegrityError:
        raise Conflict("tag.exists", name=wanted) from None


def describe_tag(tag_id: int, description: str, *, actor: str, now: datetime) -> None:
    """Say what a tag means. Raises NotFound `tag.unknown`, InvalidInput `tag.description`."""
    said = _description(description)
    with transaction.atomic():
        tag = _locked(tag_id)
        before = tag.description
        if before != said:
            tag.description = said
            tag.save(update_fields=["description"])
            _note(tag, "described", before, said, actor=actor, now=now)


def merge_tags(
    tag_id: int, into_id: int, *, actor: str, now: datetime, progress: Callable[[int], None] | None = None
) -> int:
    """Everybody who has `tag_id` has `into_id` instead; returns how many people were moved.

    Rule tags keep their rule and cannot be merged. Raises InvalidInput `tag.same`, NotFound `tag.unknown`, Conflict
    `tag.by_rule`. For a tag that many people have, doors use `start_merging_tags`.
    """
    with bulk_transaction() as connection:
        _lead_on(connection, tag_id, into_id, actor=actor, now=now)
    return move_tagged(tag_id, into_id, actor=actor, now=now, progress=progress)


def start_merging_tags(tag_id: int, into_id: int, *, actor: str, now: datetime) -> None:
    """`merge_tags` with a job that moves people over: the name leads to the other tag at once."""
    with bulk_transaction() as connection:
        _lead_on(connection, tag_id, into_id, actor=actor, now=now)
        app.configure_task("contacts.move_tagged").defer(tag_id=tag_id, into_id=into_id, actor=actor)


def _lead_on(connection: Connection, tag_id: int, into_id: int, *, actor: str, now: datetime) -> None:
    """From here on nobody gets the old tag: whoever writes contacts has had their turn, or sees this."""
    if tag_id == into_id:
        raise InvalidInput("tag.same")
    take_block(connection, "contact", 0)
    into, old = _locked(into_id), _locked(tag_id)
    if TagKind.RULE in (old.kind, into.kind):
        raise Conflict("tag.by_rule", name=old.name if old.kind == TagKind.RULE else into.name)
    Tag.objects.filter(merged_into=old).update(merged_into=into)
    old.merged_into = into
    old.save(update_fields=["merged_into"])
    for one in (old, into):
        _note(one, "merged", old.name, into.name, actor=actor, now=now)


MERGED_TAG = "tag_merged:"
"""Before the old tag's name, in the reason of tag facts a merge of tags left."""

_MOVE = """\
with had as (
  select id, tags @> array[%(into)s]::int[] as has from contact
  where id > %(after)s and id <= %(last)s and tags @> array[%(tag)s]::int[]
), moved as (
  update contact c set updated_at = %(now)s, tags = case when had.has then array_remove(c.tags, %(tag)s)
    else array_replace(c.tags, %(tag)s, %(into)s) end
  from had where had.id = c.id
), facts as (
  insert into tag_fact (contact_id, tag_id, added, at, actor, reason)
  select id, %(tag)s, false, %(now)s, %(actor)s, %(reason)s from had
  union all
  select id, %(into)s, true, %(now)s, %(actor)s, %(reason)s from had where not has
)
select id from had"""


def move_tagged(
    tag_id: int, into_id: int, *, actor: str, now: datetime, progress: Callable[[int], None] | None = None
) -> int:
    """Move the people of a tag that was merged, a stretch of ids at a time; returns how many. Doing it again moves
    whoever is left."""
    reason = f"{MERGED_TAG}{Tag.objects.values_list('name', flat=True).get(pk=tag_id)}"[:200]
    given = {"tag": tag_id, "into": into_id, "actor": actor, "reason": reason, "now": now}
    after = moved = 0
    while True:
        with bulk_transaction() as connection:
            take_block(connection, "contact", 0)
            [[last]] = connection.execute(
                "select max(id) from (select id from contact where id > %s order by id limit %s) step",
                (after, STEP),
            ).fetchall()
            if last is None:
                return moved
            rows = connection.execute(_MOVE, given | {"after": after, "last": last}).fetchall()
            if rows:
                recompute_tiers_of(connection, [row[0] for row in rows], now=now)
        after = last
        moved += len(rows)
        if progress is not None:
            progress(moved)


_PUT_MANY = """\
with changed as (
  update contact c set tags = c.tags || %(tag)s::int, updated_at = %(now)s
  where c.id = any(%(ids)s::bigint[]) and c.state = 0 and not c.tags @> array[%(tag)s]::int[]
  returning c.id
)
insert into tag_fact (contact_id, tag_id, added, at, actor, reason)
select id, %(tag)s, true, %(now)s, %(actor)s, %(reason)s from changed"""

_TAKE_MANY = """\
with changed as (
  update contact c set tags = array_remove(c.tags, %(tag)s::int), updated_at = %(now)s
  where c.id = any(%(ids)s::bigint[]) and c.tags @> array[%(tag)s]::int[]
  returning c.id
)
insert into tag_fact (contact_id, tag_id, added, at, actor, reason)
select id, %(tag)s, false, %(now)s, %(actor)s, %(reason)s from changed"""


def tag_many(
    connection: Connection,
    contact_ids: Sequence[int],
    tag_id: int,
    *,
    added: bool,
    actor: str,
    reason: str,
    now: datetime,
) -> int:
    """Put a tag on many contacts, or take it off, in the caller's transaction; returns how many were changed.

    Those who have it (or have it not) already are passed over, as are contacts that were merged or erased. Tiers
    are for the caller to follow, if the tag matters to them. A few ten thousand ids a call are best. Raises
    NotFound `tag.unknown`.
    """
    if not contact_ids:
        return 0
    take_block(connection, "contact", 0)
    found = connection.execute(
        "select coalesce(merged_into_id, id) from tag where id = %s", (tag_id,)
    ).fetchone()
    if found is None:
        raise NotFound("tag.unknown", id=tag_id)
    given: dict[str, Any] = {"tag": found[0], "actor": actor, "reason": reason[:200], "now": now}
    given["ids"] = copying.integers(contact_ids)
    return connection.execute(_PUT_MANY if added else _TAKE_MANY, given).rowcount


def tag_rows(copy: Lens | None = None, *, search: str = "", kind: str = "") -> list[TagRow]:
    """Every tag in use, by name; with how many people have it, where the lens is asked."""
    wanted = Tag.objects.filter(merged_into=None).order_by("name")
    if search:
        wanted = wanted.filter(name__icontains=search.replace("\x00", ""))
    if kind:
        wanted = wanted.filter(kind=kind)
    counts = _counts(copy) if copy is not None else None
    former: dict[int, list[str]] = {}
    for name, into in (
        Tag.objects.exclude(merged_into=None).order_by("name").values_list("name", "merged_into_id")
    ):
        former.setdefault(into, []).append(name)
    return [_row(one, counts, former.get(one.pk, ())) for one in wanted]


def tag_row(tag_id: int, copy: Lens | None = None) -> TagRow:
    """One tag in use. Raises NotFound `tag.unknown`."""
    tag = Tag.objects.filter(pk=tag_id, merged_into=None).first()
    if tag is None:
        raise NotFound("tag.unknown", id=tag_id)
    former = Tag.objects.filter(merged_into=tag).order_by("name").values_list("name", flat=True)
    return _row(tag, _counts(copy) if copy is not None else None, list(former))


def _row(tag: Tag, counts: dict[int, int] | None, former: Sequence[str]) -> TagRow:
    return TagRow(
        tag.pk,
        tag.name,
        tag.kind,
        tag.description,
        tag.created_at,
        None if counts is None else counts.get(tag.pk, 0),
        tuple(former),
    )


def _counts(copy: Lens) -> dict[int, int]:
    contact = copy.table("contact")
    each = contact.select(tag=contact.tags.unnest())
    counted = copy.rows(each.group_by("tag").agg(people=each.count())).to_pylist()
    return {row["tag"]: row["people"] for row in counted}


def history_of_tag(tag_id: int, *, limit: int = 100) -> list[TagChangeRow]:
    """What was done to the tag itself, newest first. Who got it, when and why is in each contact's timeline."""
    found = TagChange.objects.filter(tag=tag_id).order_by("-at", "-pk")[:limit]
    return [TagChangeRow(one.at, one.what, one.before, one.after, one.actor) for one in found]


def _description(text: str) -> str:
    said = " ".join(text.split())
    if len(said) > LONGEST_DESCRIPTION or "\x00" in said:
        raise InvalidInput("tag.description", longest=LONGEST_DESCRIPTION)
    return said


def _locked(tag_id: int) -> Tag:
    tag = Tag.objects.select_for_update().filter(pk=tag_id, merged_into=None).first()
    if tag is None:
        raise NotFound("tag.unknown", id=tag_id)
    return tag


def _note(tag: Tag, what: str, before: str, after: str, *, actor: str, now: datetime) -> None:
    TagChange.objects.create(tag=tag, what=what, before=before, after=after, at=now, actor=actor)
    audit.record(actor=actor, action=f"tag.{what}", kind="tag", subject=tag.pk, before=before, after=after)
