"""A lens in memory with the columns of the real feeds, filled by hand."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import ibis

from xinfeng.lens.feeds import ColumnType, declared

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 11, 20)
"""A Friday; the day of sending."""
NOW = datetime.combine(DAY, time(12), SHANGHAI).astimezone(UTC)


def ago(days: int, at: str = "12:00") -> datetime:
    """A moment on the business day so many days before DAY, by Shanghai's clock."""
    return datetime.combine(DAY - timedelta(days=days), time.fromisoformat(at), SHANGHAI).astimezone(UTC)


_DDL = {
    ColumnType.NUMBER: "double",
    ColumnType.BOOL: "boolean",
    ColumnType.TIME: "timestamptz",
    ColumnType.INTS: "integer[]",
}


class World:
    """Quacks like `lens.engine.Lens`."""

    def __init__(self) -> None:
        self._backend = ibis.duckdb.connect()
        self._backend.raw_sql("set TimeZone = 'UTC'")
        self._schemas = {
            feed.name: ibis.schema({column.name: column.type.value for column in feed.columns})
            for feed in declared()
        }
        for feed in declared():
            columns = ", ".join(
                f'"{column.name}" {_DDL.get(column.type, column.type.name)}' for column in feed.columns
            )
            self._backend.con.execute(f'create table "{feed.name}" ({columns})')
        self._ids = itertools.count(1)

    def table(self, name: str) -> ibis.Table:
        return ibis.table(self._schemas[name], name=name)

    def rows(self, question: ibis.Table) -> Any:
        return self._backend.to_pyarrow(question)

    def scalar(self, question: Any) -> Any:
        return self._backend.to_pyarrow(question).as_py()

    def is_empty(self, name: str) -> bool:
        return bool(self.scalar(self.table(name).count()) == 0)

    def close(self) -> None:
        self._backend.disconnect()

    def put(self, name: str, **columns: Any) -> None:
        names = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" * len(columns))
        self._backend.con.execute(f"insert into {name} ({names}) values ({marks})", list(columns.values()))

    def contact(self, *, consent: str | None = "marketing", seq: int | None = 7, **columns: Any) -> int:
        """A contact who may be written to, but for what is said otherwise."""
        contact_id = next(self._ids)
        self.put("contact", **{"id": contact_id, "has_phone": True, "tier": 2, **columns})
        if consent is not None:
            self.standing(contact_id, consent, granted=True, entry_seq=seq)
        return contact_id

    def standing(self, contact_id: int, purpose: str = "marketing", **columns: Any) -> None:
        self.put("standing", contact_id=contact_id, purpose=purpose, **columns)

    def plan(
        self, planned_at: datetime, *, state: str = "finished", purpose: str = "marketing", **columns: Any
    ) -> int:
        plan_id = next(self._ids)
        self.put("plan", id=plan_id, purpose=purpose, state=state, planned_at=planned_at, **columns)
        return plan_id

    def message(
        self, contact_id: int, planned_at: datetime, *, plan_id: int | None = None, **plan: Any
    ) -> int:
        """A message of a plan of its own, unless one is given."""
        message_id = next(self._ids)
        plan_id = plan_id or self.plan(planned_at, **plan)
        self.put("message", id=message_id, plan_id=plan_id, contact_id=contact_id, planned_at=planned_at)
        return message_id

    def everybody(self) -> ibis.Table:
        return self.table("contact").select(contact_id="id")
