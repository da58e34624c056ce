"""Merging two rows that are one person, and taking them apart again.

The absorbed row stays, with its number and external id, and leads to the survivor; rows that led to it are led on,
so that one step always suffices. Facts are never rewritten: `members` says whose are hers. Only people merge: a
machine finds the same number or id (then nothing needs merging) or suggests. Doors call `intake.people`, which
also brings consents to the stricter side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError

from xinfeng.contacts import former_numbers
from xinfeng.contacts.combining import FIELDS, NUMBER, combined, given_up, taken_apart
from xinfeng.contacts.members import leads_to, members
from xinfeng.contacts.models import Contact, ContactState, Merge, MergeSuggestion, Tag, TagFact
from xinfeng.contacts.suggesting import Suggestion, dismiss, suggestions
from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

__all__ = [
    "MergeRow",
    "Suggestion",
    "dismiss",
    "leads_to",
    "members",
    "merge",
    "merges",
    "merges_of",
    "suggestions",
    "undo",
]

MOST_MEMBERS = 100
"""Rows that may speak through one contact. More is no person but a mistake, such as a switchboard's number."""

HOW = ("phone", "external_id", "suggested", "manual")

MERGE_REASON = "merge:"
"""Before a merge's number, in the reason of tag facts it left."""


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A merge as it is on record."""

    id: int
    survivor_id: int
    absorbed_id: int
    how: str
    at: datetime
    actor: str
    reason: str
    undone_at: datetime | None
    undone_by: str
    undone_reason: str
    erased: bool
    """Her data were erased since; there is nothing left to take apart."""

    @property
    def key(self) -> str:
        """The number as text."""
        return str(self.id)


def merge(survivor_id: int, absorbed_id: int, *, how: str, actor: str, reason: str, now: datetime) -> int:
    """Let `survivor_id` speak for both from now on; returns the merge's id.

    Raises InvalidInput `merge.same`, `merge.how`, NotFound `contact.unknown` (one is not, or no longer, a contact of
    its own), Conflict `merge.too_many`, `merge.reassigned` (one has the number that was taken from the other because
    it is somebody else's: say first that it was not).
    """
    if survivor_id == absorbed_id:
        raise InvalidInput("merge.same")
    if how not in HOW:
        raise InvalidInput("merge.how", how=how[:20])
    with bulk_transaction() as connection:
        rows = _locked(connection, [survivor_id, absorbed_id])
        survivor, absorbed = rows[survivor_id], rows[absorbed_id]
        moved = members(absorbed_id)[1:]
        ones = members(survivor_id)
        if len(ones) + len(moved) + 1 > MOST_MEMBERS:
            raise Conflict("merge.too_many", at_most=MOST_MEMBERS)
        if former_numbers.contradicted(connection, ones, [absorbed_id, *moved]):
            raise Conflict("merge.reassigned", survivor=survivor_id, absorbed=absorbed_id)
        before = {"survivor": _kept(survivor), "absorbed": _kept(absorbed)}
        record = Merge.objects.create(
            survivor_id=survivor_id,
            absorbed_id=absorbed_id,
            how=how,
            at=now,
            actor=actor,
            reason=reason[:200],
            before=before,
            moved=moved,
        )
        left, taken = given_up(survivor, absorbed), combined(survivor, absorbed)
        Contact.objects.filter(pk=absorbed_id).update(
            **left, state=ContactState.MERGED, merged_into=survivor_id, updated_at=now
        )
        Contact.objects.filter(pk__in=moved).update(merged_into=survivor_id)
        Contact.objects.filter(pk=survivor_id).update(**taken, updated_at=now)
        brought = [tag for tag in taken.get("tags", []) if tag not in survivor["tags"]]
        _note_tags(survivor_id, brought, added=True, actor=actor, merge_id=record.pk, now=now)
        MergeSuggestion.objects.filter(one_id=absorbed_id).delete()
        MergeSuggestion.objects.filter(other_id=absorbed_id).delete()
        recompute_tiers_of(connection, [survivor_id], now=now)
        audit.record(
            actor=actor,
            action="contact.merge",
            kind="contact",
            subject=survivor_id,
            absorbed=absorbed_id,
            merge=record.pk,
            how=how,
        )
    return record.pk


def undo(merge_id: int, *, actor: str, reason: str, now: datetime) -> None:
    """Take the two rows apart again: each gets back what it held; what was changed since stays with the survivor.

    The pair is not suggested again. Raises NotFound `merge.unknown`, Conflict `merge.undone_already`,
    `merge.later_first` (the survivor was herself merged since), `merge.erased`, `merge.key_taken` (a number or id
    that must go back is somebody else's by now).
    """
    try:
        with bulk_transaction() as connection:
            take_block(connection, "contact", 0)
            record = Merge.objects.select_for_update().filter(pk=merge_id).first()
            if record is None:
                raise NotFound("merge.unknown", id=merge_id)
            _check_undoable(record)
            _take_apart(connection, record, actor=actor, now=now)
            record.undone_at, record.undone_by, record.undone_reason = now, actor, reason[:200]
            record.save(update_fields=["undone_at", "undone_by", "undone_reason"])
            audit.record(
                actor=actor,
                action="contact.unmerge",
                kind="contact",
                subject=record.survivor_id,
                absorbed=record.absorbed_id,
                merge=merge_id,
            )
    except IntegrityError:
        raise Conflict("merge.key_taken", id=merge_id) from None


def _check_undoable(record: Merge) -> None:
    if record.undone_at is not None:
        raise Conflict("merge.undone_already", id=record.pk)
    if not record.before:
        raise Conflict("merge.erased", id=record.pk)
    speaks = leads_to(record.survivor_id)
    if speaks != record.survivor_id:
        raise Conflict("merge.later_first", id=record.pk, survivor=speaks)


def _take_apart(connection: Connection, record: Merge, *, actor: str, now: datetime) -> None:
    survivor = _locked(connection, [record.survivor_id])[record.survivor_id]
    before, absorbed = _restored(record.before["survivor"]), _restored(record.before["absorbed"])
    index = absorbed["phone_index"]
    if index is not None and former_numbers.was_lost(
        connection, [record.survivor_id, record.absorbed_id], index
    ):
        former_numbers.hand_on(connection, record.survivor_id, record.absorbed_id, index)
        absorbed |= dict.fromkeys(NUMBER) | {"carrier": 0}
    went = dict(Tag.objects.exclude(merged_into=None).values_list("pk", "merged_into_id"))
    for row in (before, absorbed):
        row["tags"] = [went.get(tag, tag) for tag in row["tags"]]
    back = taken_apart(survivor, before, absorbed)
    Contact.objects.filter(pk=record.survivor_id).update(**back, updated_at=now)
    Contact.objects.filter(pk=record.absorbed_id).update(
        **{name: absorbed[name] for name in given_up(before, absorbed)},
        state=ContactState.ALIVE,
        merged_into=None,
        updated_at=now,
    )
    Contact.objects.filter(pk__in=record.moved, merged_into=record.survivor_id).update(
        merged_into=record.absorbed_id
    )
    gone = [tag for tag in survivor["tags"] if "tags" in back and tag not in back["tags"]]
    _note_tags(record.survivor_id, gone, added=False, actor=actor, merge_id=record.pk, now=now)
    one_id, other_id = sorted((record.survivor_id, record.absorbed_id))
    MergeSuggestion.objects.update_or_create(
        one_id=one_id,
        other_id=other_id,
        defaults={"dismissed_at": now, "dismissed_by": actor},
        create_defaults={
            "score": 0,
            "why": [],
            "found_at": now,
            "dismissed_at": now,
            "dismissed_by": actor,
        },
    )
    recompute_tiers_of(connection, [record.survivor_id, record.absorbed_id], now=now)


def merges_of(contact_id: int) -> list[MergeRow]:
    """Merges into this contact, newest first; undone ones too."""
    return [
        _row(one) for one in Merge.objects.filter(survivor_id=contact_id).order_by("-pk")[: 2 * MOST_MEMBERS]
    ]


def merges(*, before_id: int | None = None, in_force: bool = False, limit: int = 50) -> list[MergeRow]:
    """All merges, newest first; for the next page pass the last one's id as `before_id`."""
    wanted = Merge.objects.order_by("-pk")
    if before_id is not None:
        wanted = wanted.filter(pk__lt=before_id)
    if in_force:
        wanted = wanted.filter(undone_at=None)
    return [_row(one) for one in wanted[:limit]]


def _row(one: Merge) -> MergeRow:
    return MergeRow(
        one.pk,
        one.survivor_id,
        one.absorbed_id,
        one.how,
        one.at,
        one.actor,
        one.reason,
        one.undone_at,
        one.undone_by,
        one.undone_reason,
        not one.before,
    )


def _locked(connection: Connection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The rows, all of them people, locked in the order everybody keeps."""
    take_block(connection, "contact", 0)
    found = {
        one.pk: {name: _plain(getattr(one, name)) for name in FIELDS}
        for one in Contact.objects.select_for_update()
        .filter(pk__in=ids, state=ContactState.ALIVE)
        .order_by("pk")
    }
    for contact_id in ids:
        if contact_id not in found:
            raise NotFound("contact.unknown", id=contact_id)
    return found


def _plain(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else value


def _note_tags(
    contact_id: int, tags: Sequence[int], *, added: bool, actor: str, merge_id: int, now: datetime
) -> None:
    TagFact.objects.bulk_create(
        TagFact(
            contact_id=contact_id,
            tag_id=tag,
            added=added,
            at=now,
            actor=actor,
            reason=f"{MERGE_REASON}{merge_id}",
        )
        for tag in tags
    )


def _kept(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON keeps it: identifiers stay sealed, in hex."""
    return {
        name: value.hex()
        if isinstance(value, bytes)
        else value.isoformat()
        if isinstance(value, date)
        else value
        for name, value in row.items()
    }


_BYTES = ("phone_index", "phone_sealed", "name_index", "name_sealed")


def _restored(kept: Mapping[str, Any]) -> dict[str, Any]:
    row = dict(kept)
    for name in _BYTES:
        row[name] = None if row[name] is None else bytes.fromhex(row[name])
    row["birthday"] = None if row["birthday"] is None else date.fromisoformat(row["birthday"])
    row["joined_at"] = datetime.fromisoformat(row["joined_at"])
    return row
