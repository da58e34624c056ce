"""What follows from the codes of receipts and refusals, beside what they teach about numbers.

One place for all of it, and each lesson drawn once: `number_news` hands on what has committed since the last round,
in the transaction that notes how far it came.

| action of the code | what follows |
|---|---|
| `suppress`, `blacklisted` | the number gets no more marketing: a suppression with the reason "carrier", scope marketing, the code in its source; behind the barrier, so it binds plans, queues and retries at once. No file lifts it; a person does, with a reason |
| `ported` | `hygiene.ported`: the number counts as ported, its carrier as unknown, and is asked about first |
| everything else | nothing here: `number_dead` and the like are hygiene's, alerts and cool-downs are read from the facts |

Nothing is sent again because of a receipt (law 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from xinfeng.channels.codes.shapes import BARS, Action
from xinfeng.consent.actions import suppress_numbers
from xinfeng.consent.models import Scope, SuppressionReason
from xinfeng.foundation.database import Connection
from xinfeng.hygiene import ported
from xinfeng.hygiene.actions import RECEIPTS, ReceiptNews

SOURCE = "receipt"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a batch came to: numbers newly suppressed, numbers newly taken for ported."""

    suppressed: int = 0
    ported: int = 0

    def __add__(self, other: Drawn) -> Drawn:
        return Drawn(self.suppressed + other.suppressed, self.ported + other.ported)


def draw(connection: Connection, news: Sequence[ReceiptNews], *, now: datetime) -> Drawn:
    """Draw the consequences of a batch, in the caller's transaction, which commits at once."""
    away, barred = [], []
    for one in news:
        action = one.meaning.info.action
        if action in BARS:
            barred.append(one)
        elif action is Action.PORTED:
            away.append(one)
    moved = ported.ported_away(connection, away, now=now) if away else 0
    return Drawn(_suppress(connection, barred, now=now) if barred else 0, moved)


_NUMBERS = """
select w.contact_id, w.planned_at, c.phone_index
from unnest(%s::bigint[], %s::timestamptz[]) as w (contact_id, planned_at)
join contact c on c.id = w.contact_id
left join number_state n on n.contact_id = c.id
where c.phone_index is not null and (n.number_since is null or n.number_since <= w.planned_at)
  and not exists (
    select from suppression s
    where s.phone_index = c.phone_index and s.reason = 'carrier'
      and (s.lifted_at is null or s.lifted_at >= w.planned_at)
  )"""
"""The numbers as they were written to. Who has been let out again since is not barred anew by an old message."""


def _suppress(connection: Connection, barred: Sequence[ReceiptNews], *, now: datetime) -> int:
    said = {(one.contact_id, one.planned_at): one.code for one in barred}
    rows = connection.execute(
        _NUMBERS, ([contact for contact, _ in said], [planned for _, planned in said])
    ).fetchall()
    by_code: dict[str, set[bytes]] = {}
    seen: set[bytes] = set()
    for contact_id, planned_at, index in rows:
        if bytes(index) not in seen:
            seen.add(bytes(index))
            by_code.setdefault(said[contact_id, planned_at], set()).add(bytes(index))
    return sum(
        suppress_numbers(
            sorted(indexes),
            scope=Scope.MARKETING,
            reason=SuppressionReason.CARRIER,
            source=f"{SOURCE}:{code}"[:80],
            actor=RECEIPTS,
            now=now,
        )
        for code, indexes in sorted(by_code.items())
    )
