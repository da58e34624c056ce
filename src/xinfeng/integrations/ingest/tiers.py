"""Tiers after a batch. A contact's tier looks at all her events, which takes longer than taking a batch in; so the
batch only notes whom it touched, and a job of a few seconds later computes them together, each once."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.foundation.database import Connection, bulk_transaction

AT_ONCE = 5_000
_BATCHES = 20

_TAKE = """\
with taken as (
  delete from touched_contacts where id in (
    select id from touched_contacts order by id limit %s for update skip locked)
  returning contact_ids)
select distinct unnest(contact_ids) from taken order by 1"""


def look_again(connection: Connection, contact_ids: Collection[int], *, now: datetime) -> None:
    """Note these contacts, in the caller's transaction."""
    if contact_ids:
        connection.execute(
            "insert into touched_contacts (contact_ids, at) values (%s, %s)", (list(contact_ids), now)
        )


def recompute_touched(*, now: datetime) -> int:
    """Compute what was noted, until nothing is left; returns how many contacts were looked at."""
    looked_at = 0
    while True:
        with bulk_transaction() as connection:
            ids = [row[0] for row in connection.execute(_TAKE, (_BATCHES,)).fetchall()]
            for first in range(0, len(ids), AT_ONCE):
                recompute_tiers_of(connection, ids[first : first + AT_ONCE], now=now)
        if not ids:
            return looked_at
        looked_at += len(ids)
