"""What changed before a backup and had not been told to the webhooks is told after its restore."""

from __future__ import annotations

from collections.abc import Mapping

from xinfeng.foundation.backups.settling import Gap, Restored
from xinfeng.foundation.database import IDENTITY, Connection

_NOT_TOLD = "not pg_visible_in_snapshot(r.xid, (select snapshot::pg_snapshot from webhook_position))"
"""Without a webhook there is no position, and nothing is untold."""


def _settle(connection: Connection, gap: Gap) -> Mapping[str, int]:
    connection.execute(f"update webhook_position set identity = {IDENTITY}, snapshot = %s", (gap.seen,))  # noqa: S608
    return {}


RESTORED = (Restored("webhooks", settle=_settle, unread={"contact": _NOT_TOLD, "tier_fact": _NOT_TOLD}),)
