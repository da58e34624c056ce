"""`backup`: how long a backup, its check and its restore take, and how much the file and the process grow.

The world: `--contacts` people as an import leaves them, one consent each, and `--messages` messages of one month, each
with an attempt, nearly each with a receipt. Embedded PostgreSQL, durable as in production; everything is drawn up into
one file, checked, and poured into an empty data folder beside it (`restore_seconds`: schema, rows, indexes, what a
restore puts right, chains verified, lens rebuilt). `peak_mb` is the resident memory of the process that makes or reads
the backup, without PostgreSQL's.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.report import emit

AT = datetime(2026, 10, 1, 2, 0, tzinfo=UTC)
PLANS = 90
STEP = 50_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--messages", type=int, default=3_000_000)
    parser.add_argument(
        "--world", type=Path, help="make the world here and leave it, or use the one that is here"
    )
    parser.add_argument("--step", choices=("make", "create", "verify", "restore"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.step:
        print(json.dumps(_step(arguments)))
        return
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        world = arguments.world or Path(folder) / "world"
        emit("backup", measure(world, Path(folder), arguments.contacts, arguments.messages))


def measure(world: Path, folder: Path, contacts: int, messages: int) -> dict[str, Any]:
    """Each step is a process of its own, as an administrator runs it."""
    figures: dict[str, Any] = {"contacts": contacts, "messages": messages}
    if not (world / "postgres").exists():
        figures |= _run("make", world, folder, contacts, messages)
    for step in ("create", "verify", "restore"):
        figures |= _run(step, world, folder, contacts, messages)
    return figures


def _run(step: str, world: Path, folder: Path, contacts: int, messages: int) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XINFENG_")}
    environment |= {
        "XINFENG_DATA": str(world),
        "DJANGO_SETTINGS_MODULE": "xinfeng.foundation.django_settings",
    }
    environment |= {"BENCHMARK_FOLDER": str(folder)}
    command = [sys.executable, "-m", "benchmarks.backup", "--step", step]
    command += ["--contacts", str(contacts), "--messages", str(messages)]
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _step(arguments: argparse.Namespace) -> dict[str, Any]:
    import resource

    started = time.perf_counter()
    found = _STEPS[arguments.step](arguments)
    seconds = round(time.perf_counter() - started, 1)
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return {f"{arguments.step}_seconds": seconds, **found, f"{arguments.step}_peak_mb": peak}


def _file() -> Path:
    return Path(os.environ["BENCHMARK_FOLDER"]) / "bench.xfbackup"


def _make(arguments: argparse.Namespace) -> dict[str, Any]:
    from xinfeng.cli.ready import ready

    ready()
    from benchmarks import search
    from xinfeng.foundation.database import connect
    from xinfeng.foundation.partitions import cover_around

    with connect() as raw:
        cover_around(raw, AT)
        search.fill(raw, arguments.contacts)
    _agree(arguments.contacts)
    _send(arguments.contacts, arguments.messages)
    with connect(autocommit=True) as raw:
        raw.execute("vacuum analyze")
        row = raw.execute("select pg_database_size(current_database())").fetchone()
    assert row is not None
    return {"database_mb": round(row[0] / 2**20)}


def _agree(contacts: int) -> None:
    from xinfeng.consent.actions import append_entries
    from xinfeng.consent.ledger import NewEntry
    from xinfeng.foundation.database import bulk_transaction

    for first in range(1, contacts + 1, STEP):
        since = AT - timedelta(days=9)
        entries = [
            NewEntry(nr, "marketing", True, since, "form:join", None, "bench", "b")
            for nr in range(first, min(first + STEP, contacts + 1))
        ]
        with bulk_transaction() as connection:
            append_entries(connection, entries, now=AT)


def _send(contacts: int, messages: int) -> None:
    from xinfeng.channels.models import Channel
    from xinfeng.delivery.models import Plan
    from xinfeng.foundation.database import bulk_transaction
    from xinfeng.foundation.vault import Kind, vault

    channel = Channel.objects.create(name="bench", kind="cmpp2", purpose="marketing", config={}, secret_sealed=b"",
                                     rate_per_s=1000, capabilities={})  # fmt: skip
    Plan.objects.bulk_create(
        Plan(pk=number, purpose="marketing", channel_id=channel.pk, deadline=AT + timedelta(days=40),
             planned_at=AT + timedelta(hours=8 * (number - 1)), state="finished")
        for number in range(1, PLANS + 1)
    )  # fmt: skip
    body = vault().seal(
        Kind.BODY, "【信风商城】尊敬的王小明，杭州门店周末满200减50，金卡再享九五折，拒收请回复R"
    )
    given = {"at": AT, "body": body, "messages": messages, "contacts": contacts, "plans": PLANS}
    for first in range(1, messages + 1, 10 * STEP):
        with bulk_transaction() as connection:
            upto = min(first + 10 * STEP - 1, messages)
            for statement in (_SENT, _TRIED, _RECEIVED):
                connection.execute(statement, given | {"first": first, "upto": upto, "channel": channel.pk})
    with bulk_transaction() as connection:
        connection.execute(
            "update id_block set next_id = %s where name in ('message', 'receipt')", (messages + 1,)
        )


_SENT = """
insert into message (id, planned_at, plan_id, contact_id, variant, consent_seq, parts, cost_li, body_sealed)
select i, %(at)s + make_interval(hours => (8 * (p - 1))::int), p, 1 + (i * 7919) %% %(contacts)s, 0,
  1 + (i * 7919) %% %(contacts)s, 1, 35, %(body)s || int8send(i)
from (select i, 1 + (i - 1) * %(plans)s / %(messages)s as p from generate_series(%(first)s::bigint, %(upto)s) i) s"""
_TRIED = """
insert into attempt (message_id, part, channel_id, outcome, code, carrier_id, sent_at, at)
select id, 1, %(channel)s, case when id %% 80 = 0 then 2 else 1 end, case when id %% 80 = 0 then '9' else '0' end,
  int8send(id), planned_at, planned_at
from message where id between %(first)s and %(upto)s"""
_RECEIVED = """
insert into receipt (id, received_at, channel_id, carrier_id, stat, message_id, part, done_at)
select id, planned_at + interval '7 seconds', %(channel)s, int8send(id),
  case when id %% 40 = 2 then 'MK:0001' else 'DELIVRD' end, id, 1, planned_at
from message where id between %(first)s and %(upto)s and id %% 80 > 0 and id %% 90 <> 7"""


def _create(arguments: argparse.Namespace) -> dict[str, Any]:
    from xinfeng.cli.ready import ready

    ready()
    from xinfeng.foundation.backups.writing import create
    from xinfeng.kernel.time import utc_now

    _file().unlink(missing_ok=True)
    made = create(_file(), now=utc_now())
    return {"rows": made.manifest.rows, "file_mb": round(made.bytes / 2**20)}


def _verify(arguments: argparse.Namespace) -> dict[str, Any]:
    from xinfeng.foundation.backups.checking import check

    return {"content_mb": round(check(_file()).bytes / 2**20)}


def _restore(arguments: argparse.Namespace) -> dict[str, Any]:
    from xinfeng.cli.restoring import Asked, restore

    keys = Path(os.environ["XINFENG_DATA"]) / "keys"
    began: list[tuple[str, float]] = []
    done = restore(
        Asked(_file(), _file().parent / "restored", keys),
        lambda step: began.append((step, time.perf_counter())),
    )
    assert done.whole
    began.append(("", time.perf_counter()))
    return {
        f"restore_{step}_seconds": round(after - at, 1)
        for (step, at), (_, after) in zip(began, began[1:], strict=False)
    }


_STEPS = {"make": _make, "create": _create, "verify": _verify, "restore": _restore}

if __name__ == "__main__":
    main()
