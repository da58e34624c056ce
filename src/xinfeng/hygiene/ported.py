"""Numbers that a carrier refused because another serves them: what receipts and refusals teach about routes.

A code says that the number is not this carrier's; whose it is, nobody told. So the number counts as ported, what was
believed about its carrier is forgotten where it was the one that refused, and a lookup asks about it first. Routing
reads `number_state.ported` and `carrier_now` (0: not known).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from xinfeng.foundation.database import Connection
from xinfeng.hygiene import sql
from xinfeng.hygiene.actions import RECEIPTS, ReceiptNews
from xinfeng.hygiene.models import Source
from xinfeng.hygiene.sql import Fact


def ported_away(connection: Connection, news: Sequence[ReceiptNews], *, now: datetime) -> int:
    """Take in that these numbers are not where they were sent, in the caller's transaction; returns how many are
    newly taken for ported. The same news again changes nothing, nor does news older than the last lookup."""
    sql.take_turn(connection)
    numbers = sql.numbers_of(connection, {one.contact_id for one in news})
    changed = {}
    facts = []
    for one in news:
        number = numbers.get(one.contact_id)
        if number is None or one.contact_id in changed:
            continue
        if number.since is not None and one.planned_at < number.since:
            continue
        known = number.known
        if known.checked_at is not None and one.planned_at <= known.checked_at:
            continue  # a lookup was asked since the message was planned: it knows better
        if known.ported and not known.carrier_now:
            continue
        after = known._replace(ported=True, carrier_now=0, checked_at=None)
        at = min(one.at, now)
        facts.append(
            Fact(
                one.contact_id,
                number.phone_index,
                Source.RECEIPT.value,
                f"channel:{one.channel_id}",
                one.code,
                int(after.state),
                after.quarantined,
                at,
                RECEIPTS,
                "ported",
            )
        )
        changed[one.contact_id] = (number.phone_index, after)
    sql.put(connection, changed)
    sql.append_facts(connection, facts)
    return len(changed)
