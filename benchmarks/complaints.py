"""`complaints`: a file of complaints, read, checked, taken in, barred from marketing and looked up among what was sent.

An embedded PostgreSQL in a temporary folder, durable as in production. Half of the numbers are contacts whose consent
is withdrawn by it, each with a message that was delivered; the other half nobody knows. `longest_silence_ms` is the
longest that the wire was silent for a run of rows (`complaints.intake.AT_ONCE`), its commit included. Then the same file once more.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from benchmarks.report import emit

_SEND = """
insert into message (id, planned_at, plan_id, contact_id, variant, consent_seq, parts, cost_li, body_sealed)
select row_number() over (order by id), %(at)s, 1, id, 0, 1, 1, 35, %(body)s from contact;
"""
_TRY = """
insert into attempt (message_id, part, channel_id, outcome, code, carrier_id, sent_at, at)
select id, 1, 1, 1, '0', int8send(id), %(at)s, %(at)s from message"""
_RECEIVE = """
insert into receipt (id, received_at, channel_id, carrier_id, stat, message_id, part)
select id, %(at)s, 1, int8send(id), 'DELIVRD', id, 1 from message"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ.pop("XINFENG_DATABASE_URL", None)
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        emit("complaints", measure(Path(folder), arguments.rows))


def measure(folder: Path, rows: int) -> dict[str, float | int]:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from xinfeng.foundation import settings
    from xinfeng.foundation.partitions import cover_around
    from xinfeng.foundation.postgres import EmbeddedPostgres
    from xinfeng.kernel.time import utc_now

    server = EmbeddedPostgres(settings.load())
    server.folder.mkdir(parents=True, exist_ok=True)
    server.start()
    try:
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cover_around(cursor, utc_now())
        _people(rows // 2)
        path = folder / "complaints.csv"
        _write(path, rows)
        first = _take(path)
        again = _take(path)
        return {
            "rows": rows,
            "seconds": round(first[0], 1),
            "rows_per_s": round(rows / first[0]),
            "matched": first[1],
            "longest_silence_ms": round(first[2] * 1000),
            "again_rows_per_s": round(rows / again[0]),
        }
    finally:
        connection.close()
        server.stop()


def _people(count: int) -> None:
    from xinfeng.consent.actions import append_entries
    from xinfeng.consent.ledger import NewEntry
    from xinfeng.contacts.records import ContactRecord
    from xinfeng.contacts.sql import upsert_contacts
    from xinfeng.delivery.models import Plan
    from xinfeng.foundation.database import bulk_transaction
    from xinfeng.foundation.vault import Kind, vault
    from xinfeng.kernel.time import utc_now

    now = utc_now()
    at = now - timedelta(hours=5)
    for start in range(0, count, 20_000):
        records = [ContactRecord(phone=f"139{nr:08d}") for nr in range(start, min(start + 20_000, count))]
        with bulk_transaction() as connection:
            done = upsert_contacts(connection, records, source_tags=(), actor="bench", now=now)
            entries = [
                NewEntry(one.contact_id, "marketing", True, at - timedelta(days=9), "form:b", None, "b", "b")
                for one in done
                if one.contact_id is not None
            ]
            append_entries(connection, entries, now=now)
    Plan.objects.create(
        pk=1, purpose="marketing", channel_id=1, deadline=now, planned_at=at, state="finished"
    )
    body = vault().seal(Kind.BODY, "【信风商城】满200减50，周五到店即用，拒收请回复R")
    with bulk_transaction() as connection:
        for statement in (_SEND, _TRY, _RECEIVE):
            connection.execute(statement, {"at": at, "body": body} if "body" in statement else {"at": at})
        connection.execute("analyze")  # as autovacuum has done long before


def _write(path: Path, rows: int) -> None:
    from xinfeng.foundation import settings
    from xinfeng.kernel.time import utc_now

    at = (utc_now() - timedelta(hours=1)).astimezone(settings.load().zone)
    with path.open("w", encoding="utf-8") as file:
        file.write("工单号,投诉号码,投诉时间,投诉类型,投诉内容\n")
        for nr in range(rows):
            file.write(f"G{nr},139{nr:08d},{at:%Y-%m-%d %H:%M:%S},没有同意过,不要再发了\n")


def _take(path: Path) -> tuple[float, int, float]:
    """Seconds, complaints matched, and the longest the wire was silent."""
    from xinfeng.complaints import files
    from xinfeng.complaints.models import ComplaintStanding
    from xinfeng.consent import suppressing
    from xinfeng.kernel.time import utc_now

    now = utc_now()
    with path.open("rb") as file:
        kept = files.receive(iter(lambda: file.read(1 << 20), b""), file_name="a.csv", actor="b", now=now)
    mapping = files.preview(kept.pk, source="12321").guess
    files.start(kept.pk, mapping=mapping, source="12321", remember=False, actor="b", now=now)
    longest, since = [0.0], [0.0]
    true_silence, true_transaction = suppressing.silence_wire, files.bulk_transaction

    def silence_wire():  # type: ignore[no-untyped-def]
        yield from true_silence()
        since[0] = since[0] or time.perf_counter()

    @contextmanager
    def bulk_transaction():  # type: ignore[no-untyped-def]
        since[0] = 0.0
        with true_transaction() as connection:
            yield connection
        if since[0]:
            longest[0] = max(longest[0], time.perf_counter() - since[0])

    suppressing.silence_wire, files.bulk_transaction = silence_wire, bulk_transaction
    try:
        started = time.perf_counter()
        assert files.run(kept.pk, now=now) == "done"
        seconds = time.perf_counter() - started
    finally:
        suppressing.silence_wire, files.bulk_transaction = true_silence, true_transaction
    return seconds, ComplaintStanding.objects.filter(plan_id=1).count(), longest[0]


if __name__ == "__main__":
    main()
