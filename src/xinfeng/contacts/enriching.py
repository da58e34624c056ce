"""Filling in what follows from a number for contacts that are there already: province and city, approximately."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from xinfeng.contacts import copying, regions
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.vault import Kind, vault

STEP = 20_000

_NEXT = """\
select id, phone_sealed from contact
where id > %(after)s and state = 0 and phone_sealed is not null
  and ((province is null and city is null) or (%(again)s and region_guessed))
order by id limit %(step)s"""

_FILL = """\
update contact c set province = u.province, city = u.city, region_guessed = true, updated_at = %(now)s
from unnest(%(ids)s::bigint[], %(provinces)s::text[], %(cities)s::text[]) as u(id, province, city)
where c.id = u.id and (c.province, c.city) is distinct from (u.province, u.city)"""


def enrich(
    *, actor: str, now: datetime, again: bool = False, progress: Callable[[int], None] | None = None
) -> int:
    """Guess province and city where no source stated either; returns how many contacts were changed.

    `again`: also where they were guessed before, after the table was replaced. In steps of their own.
    """
    after = changed = 0
    while True:
        with bulk_transaction() as connection:
            take_block(connection, "contact", 0)
            given = {"after": after, "again": again, "step": STEP}
            rows = connection.execute(_NEXT, given).fetchall()
            if not rows:
                audit.record(actor=actor, action="contact.enrich", kind="contact", changed=changed)
                return changed
            changed += _fill(connection, [(row[0], bytes(row[1])) for row in rows], now=now)
        after = rows[-1][0]
        if progress is not None:
            progress(changed)


def _fill(connection: Connection, rows: list[tuple[int, bytes]], *, now: datetime) -> int:
    table = regions.table()
    numbers = vault().open_many(Kind.PHONE, [sealed for _, sealed in rows])
    placed = [
        (contact_id, region)
        for (contact_id, _), number in zip(rows, numbers, strict=True)
        if (region := table.of(number)) is not None
    ]
    if not placed:
        return 0
    return connection.execute(
        _FILL,
        {
            "ids": copying.integers(contact_id for contact_id, _ in placed),
            "provinces": [region.province for _, region in placed],
            "cities": [region.city for _, region in placed],
            "now": now,
        },
    ).rowcount
