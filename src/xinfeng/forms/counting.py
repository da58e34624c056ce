"""What happened to a form, by business day. Counters, so that a page of statistics reads few rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.kernel.time import business_day

MOST_SOURCES = 50
"""Sources told apart on one day of one form; visitors write them, so there must be an end."""
OTHER = "(other)"

_COUNT = """\
insert into form_count as old (form_id, day, what, detail, count)
select %(form)s, %(day)s, w, d, 1 from unnest(%(whats)s::text[], %(details)s::text[]) as u(w, d) order by w, d
on conflict (form_id, day, what, detail) do update set count = old.count + 1"""

_KNOWN_SOURCES = """\
select count(*), count(*) filter (where detail = %(source)s) from form_count
where form_id = %(form)s and day = %(day)s and what = 'source'"""


class Happened(NamedTuple):
    what: str
    detail: str = ""


def count(form_id: int, happened: Sequence[Happened], *, now: datetime) -> None:
    """Count these in a transaction of their own, or the caller's; last in a long one, for the rows are busy."""
    with bulk_transaction() as connection:
        count_on(connection, form_id, happened, now=now)


def count_on(connection: Connection, form_id: int, happened: Sequence[Happened], *, now: datetime) -> None:
    day = business_day(now, xinfeng_settings.load().zone)
    settled = [_tame(connection, form_id, one, day) for one in dict.fromkeys(happened)]
    connection.execute(
        _COUNT,
        {
            "form": form_id,
            "day": day,
            "whats": [one.what for one in settled],
            "details": [one.detail for one in settled],
        },
    )


def _tame(connection: Connection, form_id: int, one: Happened, day: object) -> Happened:
    if one.what != "source":
        return one
    row = connection.execute(_KNOWN_SOURCES, {"form": form_id, "day": day, "source": one.detail}).fetchone()
    assert row is not None
    return one if row[1] or row[0] < MOST_SOURCES else Happened("source", OTHER)
