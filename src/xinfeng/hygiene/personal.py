"""What hygiene holds about a person: what is known of her number, and how it was learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from xinfeng.foundation.database import Connection
from xinfeng.foundation.personal import Holding, Ids
from xinfeng.hygiene.models import NumberFact, NumberState, State


def _states(ids: Ids) -> Iterator[Mapping[str, Any]]:
    for row in NumberState.objects.filter(contact_id__in=ids).order_by("contact_id"):
        yield {
            "state": State(row.state).name.lower(),
            "since": _iso(row.since),
            "quarantine": row.quarantine,
            "last_delivered_at": _iso(row.alive_at),
            "last_checked_at": _iso(row.checked_at),
            "ported": row.ported,
        }


def _facts(ids: Ids) -> Iterator[Mapping[str, Any]]:
    rows = NumberFact.objects.filter(contact_id__in=ids).order_by("at", "id")
    for row in rows.iterator(chunk_size=1000):
        yield {
            "at": row.at.isoformat(),
            "source": row.source,
            "provider": row.provider,
            "code": row.code,
            "state": State(row.state).name.lower(),
            "quarantined": row.quarantined,
            "detail": row.detail,
        }


_FORGET = """
update number_state set phone_index = null, gone = true, state = 0, since = null, quarantined = false, quarantine = '',
  quarantined_at = null, failures = 0, failed_at = null, failed_message = null, alive_at = null, checked_at = null,
  asked_at = null, carrier_now = 0, ported = false, recheck = false
where contact_id = any(%s) and not (gone and phone_index is null and since is null)"""


def _erase_states(connection: Connection, ids: Ids, now: datetime) -> int:
    """The row stays, emptied: the lens learns of changes, not of disappearances."""
    connection.execute("delete from lookup_item where contact_id = any(%s)", (list(ids),))
    return connection.execute(_FORGET, (list(ids),)).rowcount


def _erase_facts(connection: Connection, ids: Ids, now: datetime) -> int:
    """The keyed hash of the number goes; what is left names nobody."""
    return connection.execute(
        "update number_fact set phone_index = null where contact_id = any(%s) and phone_index is not null",
        (list(ids),),
    ).rowcount


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


HOLDINGS = (
    Holding("number_state", "号码状态", "State of the number", _states, _erase_states, order=60),
    Holding(
        "number_history",
        "号码检测与回执记录",
        "What was learned about the number",
        _facts,
        _erase_facts,
        order=60,
    ),
)
