"""Numbers of people who were erased: no file brings them back."""

from __future__ import annotations

from xinfeng.foundation.database import Connection

_SINCE = """\
select id, phone_index from suppression
where id > %s and reason = 'erased' and lifted_at is null"""


class ErasedNumbers:
    """The keyed hashes of erased numbers, read once and then kept up to date by what is new."""

    def __init__(self) -> None:
        self._indexes: set[bytes] = set()
        self._upto = 0

    def known_to(self, connection: Connection) -> set[bytes]:
        """All of them, as this transaction sees it. One lifted meanwhile stays refused until the next import."""
        row = connection.execute("select coalesce(max(id), 0) from suppression").fetchone()
        upto = int(row[0]) if row else 0
        if upto > self._upto:
            self._indexes |= {
                bytes(index) for _, index in connection.execute(_SINCE, (self._upto,)).fetchall()
            }
            self._upto = upto
        return self._indexes
