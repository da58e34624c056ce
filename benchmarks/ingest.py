"""`ingest`: contacts and events over HTTP into PostgreSQL, client included.

The real `app` (console, API, job worker, lens) runs in a process of its own on a temporary data folder, with an
embedded PostgreSQL, durable as in production. This process makes the batches ahead and sends them over two kept-alive
connections. Contacts come first (name, birthday, tags, a consent with its evidence), then events of those people.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from queue import Empty, Queue

from benchmarks.report import emit

_KINDS = ("purchase", "view", "view", "view", "cart", "visit")
_FAMILY, _GIVEN = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗",
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华",
)
_CONNECTIONS = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--contact-batch", type=int, default=5_000)
    parser.add_argument("--event-batch", type=int, default=10_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        os.environ["XINFENG_DATA"] = folder
        os.environ["XINFENG_HTTP"] = f"127.0.0.1:{port}"
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        os.environ.pop("XINFENG_DATABASE_URL", None)
        emit("ingest", measure(Path(folder), port, given))


def measure(folder: Path, port: int, given: argparse.Namespace) -> dict[str, float | int]:
    token = _prepare()
    contacts = _contact_bodies(given.contacts, given.contact_batch)
    with _app(folder, port):
        contact_seconds, contact_times = _send(port, token, "/api/v1/contacts/batch", contacts)
        del contacts
        events = _event_bodies(given.events, given.event_batch, given.contacts)
        event_seconds, event_times = _send(port, token, "/api/v1/events/batch", events)
    _check(given)
    return {
        "events_per_s": round(given.events / event_seconds),
        "contacts_per_s": round(given.contacts / contact_seconds),
        "events": given.events,
        "contacts": given.contacts,
        "event_batch_p95_ms": round(_p95(event_times) * 1000),
        "contact_batch_p95_ms": round(_p95(contact_times) * 1000),
        "event_batch": given.event_batch,
        "contact_batch": given.contact_batch,
    }


def _prepare() -> str:
    """Migrate, publish a notice, make a key; returns its token."""
    import django

    from xinfeng.foundation import settings
    from xinfeng.foundation.postgres import EmbeddedPostgres

    loaded = settings.load()
    loaded.uploads.mkdir(parents=True, exist_ok=True)
    server = EmbeddedPostgres(loaded)
    server.start()
    django.setup()
    from django.db import connection

    from xinfeng.consent.actions import publish_notice
    from xinfeng.foundation.preparation import prepare
    from xinfeng.integrations.keys import create_key
    from xinfeng.kernel.time import utc_now

    prepare()
    publish_notice(
        key="privacy", version="1", purpose="marketing", text="…", effective_at=utc_now(), actor="bench"
    )
    made = create_key(
        name="bench",
        scope_names=["contacts:write", "events:write", "consents:write"],
        actor="bench",
        now=utc_now(),
        rate_per_minute=60_000,
        burst=60_000,
    )
    connection.close()
    server.stop()
    return made.token


@contextmanager
def _app(folder: Path, port: int) -> Iterator[None]:
    """The real `app` with its PostgreSQL, until it answers and as long as the block runs."""
    with (folder / "app.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "xinfeng", "app"], stdout=log, stderr=log)
        try:
            _await(port, process)
            yield
        except SystemExit:
            print((folder / "app.log").read_text()[-3000:], file=sys.stderr)
            raise
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit("app did not start")
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", "/api/v1/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
        finally:
            connection.close()
    raise SystemExit("app did not answer")


def _contact_bodies(count: int, size: int) -> list[bytes]:
    """Numbers are read as Mobile's; they never leave the benchmark."""
    pick = random.Random(7)

    def row(nr: int) -> dict[str, object]:
        return {
            "external_id": f"M{nr:08d}",
            "phone": f"139{nr:08d}",
            "name": pick.choice(_FAMILY) + pick.choice(_GIVEN) + pick.choice(_GIVEN),
            "gender": pick.choice(("male", "female")),
            "birthday": f"{pick.randint(1960, 2005)}-{pick.randint(1, 12):02d}-{pick.randint(1, 28):02d}",
            "province": "浙江",
            "city": "杭州",
            "level": pick.choice(("金卡", "银卡", "普通")),
            "tags": pick.sample(("新客", "老客", "母婴", "门店"), 2),
            "consents": [
                {
                    "purpose": "marketing",
                    "at": f"2025-{pick.randint(1, 12):02d}-{pick.randint(1, 28):02d}T12:00:00+08:00",
                    "source": "门店入会表",
                    "evidence": f"入会表 {nr}",
                    "notice": {"key": "privacy", "version": "1"},
                }
            ],
        }

    return [
        json.dumps(
            {"source": "门店", "contacts": [row(nr) for nr in range(at, min(at + size, count))]}
        ).encode()
        for at in range(0, count, size)
    ]


def _event_bodies(count: int, size: int, people: int) -> list[bytes]:
    pick = random.Random(8)
    latest = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)

    def row(nr: int) -> dict[str, object]:
        return {
            "id": f"e{nr}",
            "kind": pick.choice(_KINDS),
            "at": (latest - timedelta(seconds=pick.randrange(90 * 86_400))).isoformat(),
            "external_id": f"M{pick.randrange(people):08d}",
            "amount_fen": pick.randrange(100, 90_000),
            "item": f"商品{pick.randrange(5000)}",
            "category": f"类{pick.randrange(20)}",
        }

    return [
        json.dumps(
            {"source": "shop", "events": [row(nr) for nr in range(at, min(at + size, count))]}
        ).encode()
        for at in range(0, count, size)
    ]


def _send(port: int, token: str, path: str, bodies: list[bytes]) -> tuple[float, list[float]]:
    """Send everything over two connections; seconds in all, and of each batch."""
    waiting: Queue[tuple[int, bytes]] = Queue()
    for numbered in enumerate(bodies):
        waiting.put(numbered)
    times: list[float] = []
    failed: list[str] = []

    def work() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=120)
        while not failed:
            try:
                number, body = waiting.get_nowait()
            except Empty:
                break
            headers = {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
                "Idempotency-Key": f"{path}#{number}",
            }
            started = time.perf_counter()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            times.append(time.perf_counter() - started)
            if answer.status != 200 or said["counts"]["new"] != len(said["results"]):
                failed.append(f"{answer.status}: {str(said)[:500]}")
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(_CONNECTIONS)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    seconds = time.perf_counter() - started
    if failed:
        raise SystemExit(failed[0])
    return seconds, times


def _check(given: argparse.Namespace) -> None:
    """Everything that was acknowledged is there."""
    from django.db import connection

    from xinfeng.foundation import settings
    from xinfeng.foundation.postgres import EmbeddedPostgres

    server = EmbeddedPostgres(settings.load())
    server.start()
    try:
        with connection.cursor() as cursor:
            for table, count in (("contact", given.contacts), ("event", given.events)):
                cursor.execute(f"select count(*) from {table}")  # noqa: S608
                assert cursor.fetchone()[0] == count, table
    finally:
        connection.close()
        server.stop()


def _p95(times: list[float]) -> float:
    return sorted(times)[max(0, round(len(times) * 0.95) - 1)]


if __name__ == "__main__":
    main()
