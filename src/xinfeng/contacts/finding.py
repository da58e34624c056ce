"""Finding contacts by what sources know them by. A row that was merged leads to whoever speaks for it now."""

from __future__ import annotations

from collections.abc import Iterable

from xinfeng.contacts import copying
from xinfeng.foundation.database import Connection


def find_by_phone_indexes(connection: Connection, indexes: Iterable[bytes]) -> dict[bytes, int]:
    """Contact ids by phone index; unknown ones are missing."""
    return look_up_numbers(connection, indexes)[0]


def find_by_external_ids(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Contact ids by external id; unknown ones are missing."""
    return look_up_external_ids(connection, ids)[0]


def look_up_numbers(connection: Connection, indexes: Iterable[bytes]) -> tuple[dict[bytes, int], set[bytes]]:
    """Contact ids by phone index, and those indexes that a merged row holds."""
    wanted = list(indexes)
    if not wanted:
        return {}, set()
    rows = connection.execute(
        "select phone_index, id, merged_into from contact where phone_index = any(%s::bytea[])",
        (copying.octet_array(wanted),),
    ).fetchall()
    found = {bytes(index): merged_into or contact_id for index, contact_id, merged_into in rows}
    return found, {bytes(index) for index, _, merged_into in rows if merged_into is not None}


def look_up_external_ids(connection: Connection, ids: Iterable[str]) -> tuple[dict[str, int], set[str]]:
    """Contact ids by external id, and those external ids that a merged row holds."""
    wanted = list(ids)
    if not wanted:
        return {}, set()
    rows = connection.execute(
        "select external_id, id, merged_into from contact where external_id = any(%s::text[])",
        (copying.text_array(wanted),),
    ).fetchall()
    found = {external_id: merged_into or contact_id for external_id, contact_id, merged_into in rows}
    return found, {external_id for external_id, _, merged_into in rows if merged_into is not None}
