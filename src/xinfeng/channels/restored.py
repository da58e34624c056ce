"""What gateways told about connections is no longer so."""

from __future__ import annotations

from collections.abc import Mapping

from xinfeng.foundation.backups.settling import Gap, Restored
from xinfeng.foundation.database import Connection


def _settle(connection: Connection, gap: Gap) -> Mapping[str, int]:
    connection.execute("delete from connection_state")
    connection.execute("delete from channel_sample")
    connection.execute("delete from channel_health")
    return {}


RESTORED = (Restored("channels", settle=_settle),)
