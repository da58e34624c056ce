"""Merging people, and taking them apart: who she is and what she agreed to, in one transaction.

The doors' way. The stricter side wins, in both directions: where one of the two had said no, the ledger says no for
the person they are together, and taking them apart brings no consent back.
"""

from __future__ import annotations

from datetime import datetime

from xinfeng.consent.actions import reconcile_merge
from xinfeng.contacts import merging
from xinfeng.contacts.models import Merge
from xinfeng.foundation.database import bulk_transaction

__all__ = ["merge_people", "undo_merge"]


def merge_people(
    survivor_id: int, absorbed_id: int, *, how: str, actor: str, reason: str, now: datetime
) -> int:
    """Let `survivor_id` speak for both; returns the merge's id. Raises what `contacts.merging.merge` raises."""
    with bulk_transaction() as connection:
        merge_id = merging.merge(survivor_id, absorbed_id, how=how, actor=actor, reason=reason, now=now)
        reconcile_merge(connection, merging.members(survivor_id), actor=actor, now=now)
    return merge_id


def undo_merge(merge_id: int, *, actor: str, reason: str, now: datetime) -> None:
    """Take a merge back. Raises what `contacts.merging.undo` raises."""
    with bulk_transaction() as connection:
        merging.undo(merge_id, actor=actor, reason=reason, now=now)
        record = Merge.objects.get(pk=merge_id)
        people = [
            *merging.members(record.survivor_id),
            *merging.members(record.absorbed_id),
        ]
        reconcile_merge(connection, people, actor=actor, now=now)
