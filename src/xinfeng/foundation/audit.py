"""The audit log: every door and action that matters writes one entry, in the same transaction as the deed."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from xinfeng.kernel.time import utc_now


def record(
    *,
    actor: str,
    action: str,
    kind: str = "",
    subject: object = "",
    address: str | None = None,
    **detail: Any,
) -> None:
    """Append one entry. `detail` must be JSON-able and free of personal data (mask numbers, no names, no texts)."""
    from psycopg.types.json import Jsonb

    with connection.cursor() as cursor:
        _insert(cursor, (utc_now(), actor, action, kind, str(subject), Jsonb(detail), address))


def _insert(cursor: CursorWrapper, row: tuple[Any, ...]) -> None:
    cursor.execute(
        "insert into audit_entry (at, actor, action, object_kind, object_id, detail, address) "
        "values (%s, %s, %s, %s, %s, %s, %s)",
        row,
    )
