"""What a restore puts right in the foundation: nobody is signed in, no process runs, no key is known anywhere."""

from __future__ import annotations

from collections.abc import Mapping

from xinfeng.foundation.backups.settling import Gap, Restored
from xinfeng.foundation.database import Connection


def _settle(connection: Connection, gap: Gap) -> Mapping[str, int]:
    sessions = connection.execute("delete from login_session").rowcount
    connection.execute("delete from django_session")
    connection.execute("delete from key_holder")
    connection.execute("update procrastinate_jobs set worker_id = null where worker_id is not null")
    connection.execute("delete from procrastinate_workers")
    return {"sessions_ended": sessions}


RESTORED = (
    Restored(
        "audit", settle=_settle, head="select seq, digest from audit_seal order by seq desc limit 1", order=90
    ),
)
