"""`inspection`: what the account of a period waits for, and how fast its archive is written.

The sums are asked of a lens of its own with `--messages` messages in one month, each with an attempt and nearly each
with a receipt, to as many contacts; `…_seconds` is the median of the runs of one part of the page. The archive is
written from an embedded PostgreSQL, durable as in production, with `--rows` messages of the same kind; `peak_mb` is by
how much the process grew meanwhile.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.report import emit

AT = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
PLANS = 90


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--rows", type=int, default=200_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ.pop("XINFENG_DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        emit("inspection", measure(Path(folder), arguments.messages, arguments.runs, arguments.rows))


def measure(folder: Path, messages: int, runs: int, rows: int) -> dict[str, Any]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from xinfeng.foundation import settings
    from xinfeng.foundation.partitions import cover_around
    from xinfeng.foundation.postgres import EmbeddedPostgres
    from xinfeng.lens.engine import close_lens

    server = EmbeddedPostgres(settings.load())
    server.folder.mkdir(parents=True, exist_ok=True)
    server.start()
    try:
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cover_around(cursor, AT)
        _plans()
        figures: dict[str, Any] = {"messages": messages}
        if messages:
            figures |= _sums(folder, messages, runs)
        if rows:
            _send(rows)
            figures |= _archive(folder, rows)
        return figures
    finally:
        close_lens()
        connection.close()
        server.stop()


def _plans() -> None:
    from xinfeng.channels.models import Channel
    from xinfeng.delivery.models import Plan

    channel = Channel.objects.create(name="bench", kind="cmpp2", purpose="marketing", config={}, secret_sealed=b"",
                                     rate_per_s=1000, capabilities={})  # fmt: skip
    Plan.objects.bulk_create(
        Plan(
            pk=number,
            purpose="service" if number % 10 == 0 else "marketing",
            channel_id=channel.pk,
            deadline=AT + timedelta(days=40),
            planned_at=AT + timedelta(hours=8 * (number - 1)),
            state="finished",
        )
        for number in range(1, PLANS + 1)
    )


def _sums(folder: Path, messages: int, runs: int) -> dict[str, Any]:
    from xinfeng.foundation import settings
    from xinfeng.inspection import account, volume
    from xinfeng.inspection.period import scope
    from xinfeng.lens.duck import DuckEngine
    from xinfeng.lens.engine import Lens
    from xinfeng.lens.feeds import declared

    engine = DuckEngine(folder / "bench.duckdb", memory_mb=settings.load().lens_memory_mb)
    mirror = Lens(engine, declared())
    with engine.writing() as writer:
        for name, statement in _FILL.items():
            writer.generate(name, statement.format(messages=messages, plans=PLANS, at=AT.isoformat()))
    true_fresh = volume.fresh
    for module in (volume, account):
        setattr(module, "fresh", lambda: mirror)  # noqa: B010
    try:
        asked = scope(FIRST, LAST)
        parts: dict[str, Callable[[], Any]] = {
            "volume": lambda: volume.volume(asked),
            "outcomes": lambda: volume.outcomes(asked),
            "consents": lambda: volume.consents(asked),
            "left_out": lambda: volume.left_out(asked),
            "opt_outs": lambda: account.opt_outs(asked),
        }
        assert volume.volume(asked).messages == messages
        assert volume.outcomes(asked).messages == messages
        assert volume.consents(asked).messages == messages
        return {f"{name}_seconds": _median(deed, runs) for name, deed in parts.items()}
    finally:
        for module in (volume, account):
            setattr(module, "fresh", true_fresh)  # noqa: B010
        mirror.close()


def _median(deed: Callable[[], Any], runs: int) -> float:
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        deed()
        seconds.append(time.perf_counter() - started)
    return round(statistics.median(seconds), 3)


_FILL = {
    "contact": """
        select i as id, (1 + i % 3)::smallint as carrier from range(1, {messages} + 1) t(i)""",
    "consent_entry": """
        select i as seq, i as contact_id, 'marketing' as purpose, i % 50 > 0 as granted,
               timestamptz '{at}' - interval '9 days' as recorded_at,
               case i % 4 when 0 then 'import:shop' when 1 then 'form:join' when 2 then 'api:crm' else 'staff' end as source,
               case when i % 3 = 0 then 1 end as notice_id, i % 7 > 0 as proven
        from range(1, 2 * {messages} + 1) t(i)""",
    "plan": """
        select i as id, case when i % 10 = 0 then 'service' else 'marketing' end as purpose,
               'finished' as state, timestamptz '{at}' + to_hours((8 * (i - 1))::int) as planned_at
        from range(1, {plans} + 1) t(i)""",
    "message": """
        select i as id, p as plan_id, 1 + (hash(i) % {messages})::bigint as contact_id, 1::smallint as parts, 35 as cost_li,
               timestamptz '{at}' + to_hours((8 * (p - 1))::int) as planned_at,
               (2 * (hash(i) % {messages}) + 1)::bigint as consent_seq
        from (select i, 1 + (i - 1) * {plans} // {messages} as p from range(1, {messages} + 1) t(i))""",
    "withheld": """
        select i as message_id, 'stopped' as reason, timestamptz '{at}' as at from range(1, {messages} + 1, 100) t(i)""",
    "left_out": """
        select 1 as plan_id, i as contact_id, case i % 3 when 0 then 'no_consent' else 'daily_cap' end as reason,
               timestamptz '{at}' as at
        from range(1, {messages} // 5 + 1) t(i)""",
    "attempt": """
        select i as message_id, 1::smallint as part, 1 as channel_id,
               case when i % 80 = 0 then 2 when i % 500 = 3 then 3 else 1 end::smallint as outcome,
               case when i % 80 = 0 then '9' else '0' end as code,
               timestamptz '{at}' + to_hours((8 * (i * {plans} // {messages}))::int) as sent_at, sent_at as at
        from range(1, {messages} + 1) t(i) where i % 100 <> 1""",
    "receipt": """
        select i as id, timestamptz '{at}' + to_hours((8 * (i * {plans} // {messages}))::int) as received_at, 1 as channel_id,
               case when i % 40 = 2 then 'UNDELIV' else 'DELIVRD' end as stat, received_at as done_at,
               case when i % 1000 <> 5 then i end as message_id, case when i % 1000 <> 5 then 1 end::smallint as part
        from range(1, {messages} + 1) t(i) where i % 100 <> 1 and i % 80 <> 0 and i % 90 <> 7""",
    "receipt_match": """
        select i as receipt_id, i as message_id, 1::smallint as part, 'DELIVRD' as stat, timestamptz '{at}' as at
        from range(5, {messages} + 1, 1000) t(i)""",
}

_SENT = """
insert into message (id, planned_at, plan_id, contact_id, variant, consent_seq, parts, cost_li, body_sealed)
select number, %(at)s, 1, contact_id, 0, seq, 1, 35, %(body)s
from (select row_number() over (order by seq) as number, contact_id, seq from consent_entry where granted) e"""
_TRIED = """
insert into attempt (message_id, part, channel_id, outcome, code, carrier_id, sent_at, at)
select id, 1, (select min(id) from channel), 1, '0', int8send(id), planned_at, planned_at from message"""
_RECEIVED = """
insert into receipt (id, received_at, channel_id, carrier_id, stat, message_id, part, done_at)
select id, planned_at, 1, int8send(id), 'DELIVRD', id, 1, planned_at from message where id % 30 > 0"""


def _send(rows: int) -> None:
    from xinfeng.consent.actions import append_entries
    from xinfeng.consent.ledger import NewEntry
    from xinfeng.contacts.records import ContactRecord
    from xinfeng.contacts.sql import upsert_contacts
    from xinfeng.foundation.database import bulk_transaction
    from xinfeng.foundation.vault import Kind, vault

    for start in range(0, rows, 20_000):
        records = [ContactRecord(phone=f"139{nr:08d}") for nr in range(start, min(start + 20_000, rows))]
        with bulk_transaction() as connection:
            made = upsert_contacts(connection, records, source_tags=(), actor="bench", now=AT)
            entries = [
                NewEntry(
                    one.contact_id, "marketing", True, AT - timedelta(days=9), "form:join", None, "bench", "b"
                )
                for one in made
                if one.contact_id is not None
            ]
            append_entries(connection, entries, now=AT)
    body = vault().seal(
        Kind.BODY,
        "【信风商城】尊敬的王小明，杭州门店周末满200减50，金卡再享九五折，回复1预留名额，拒收请回复R",
    )
    with bulk_transaction() as connection:
        connection.execute(_SENT, {"at": AT, "body": body})
        connection.execute(_TRIED)
        connection.execute(_RECEIVED)
    with bulk_transaction() as connection:
        connection.execute("analyze")  # as autovacuum has done long before


def _archive(folder: Path, rows: int) -> dict[str, Any]:
    from xinfeng.inspection import writing
    from xinfeng.inspection.models import Numbers
    from xinfeng.inspection.period import scope
    from xinfeng.lens.engine import lens

    lens().refresh()
    asked, drawn_up = scope(FIRST, LAST), writing.DrawnUp(AT + timedelta(days=40), "bench", "bench")
    writing.collect(asked, now=drawn_up.at)
    figures: dict[str, Any] = {"archive_messages": rows}
    for numbers in (Numbers.MASKED, Numbers.CLEAR):
        with _Watched() as watched:
            started = time.perf_counter()
            written = writing.write(
                asked, numbers=numbers, target=folder / f"{numbers}.zip", drawn_up=drawn_up
            )
            seconds = time.perf_counter() - started
        assert written.manifest["rows"]["messages"] == rows
        figures |= {
            f"{numbers}_seconds": round(seconds, 1),
            f"{numbers}_messages_per_s": round(rows / seconds),
            f"{numbers}_mb": round(written.bytes / 2**20, 1),
            f"{numbers}_grew_mb": round(watched.grew_mb),
        }
    return figures | {"peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}


class _Watched:
    """By how much resident memory grew at most, looked at ten times a second (Linux; elsewhere 0)."""

    def __enter__(self) -> _Watched:
        self._first = self._most = _resident_mb()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self._most = max(self._most, _resident_mb())

    @property
    def grew_mb(self) -> float:
        return self._most - self._first


def _resident_mb() -> float:
    if sys.platform != "linux":
        return 0.0
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()
