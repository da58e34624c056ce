"""From planned messages to committed receipts: gateway, simulated carrier and PostgreSQL on this machine.

`messages_per_s`: planned messages over the seconds from starting the plan until every receipt is committed.
`bare_loop_per_s`: submit, response and receipt over loopback by the same codec with nothing else around it, two
processes; `ratio`: the first over the second. `gateway_peak_mb`: the most memory the gateway ever had resident.

    python -m benchmarks.dispatch [--messages 200000] [--connections 4] [--window 256] [--protocol cmpp|sgip|smgp|smpp|all]

The bare loop is CMPP's whatever the protocol; with `all`, one line a protocol.

Everything is durable (fsync on); contacts, standings and messages are laid down by COPY beforehand.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from benchmarks.bare_loop import bare_loop
from benchmarks.report import emit

GATEWAY = (
    "import django; django.setup(); from xinfeng.foundation import logs; logs.set_up('gateway', 'WARNING');"
    "from xinfeng.delivery import gateway; gateway.run()"
)
BATCH = 10_000
RATE_PER_S = 100_000
TEXT = "【信风】{}您好，您收藏的商品今日到店，满199减50，戳 xf.cn/{:06d} 查看，拒收请回复R"


@contextlib.contextmanager
def embedded_postgres() -> Iterator[Path]:
    """A migrated PostgreSQL in a temporary folder, for this process and its children."""
    with tempfile.TemporaryDirectory(prefix="xinfeng-bench-") as folder:
        os.environ["XINFENG_DATA"] = folder
        os.environ["XINFENG_LOG"] = "WARNING"
        os.environ["DJANGO_SETTINGS_MODULE"] = "xinfeng.foundation.django_settings"
        import django

        django.setup()
        from django.db import connection

        from xinfeng.foundation import settings
        from xinfeng.foundation.postgres import EmbeddedPostgres
        from xinfeng.foundation.preparation import prepare

        server = EmbeddedPostgres(settings.load())
        server.start()
        try:
            prepare()
            yield Path(folder)
        finally:
            connection.close()
            server.stop()


ACCOUNTS: dict[str, tuple[str, dict[str, str | int]]] = {
    "cmpp": ("cmpp3", {"account": "900001"}),
    "sgip": (
        "sgip12",
        {"account": "sgip", "node_id": 3010012345, "corp_id": "12345", "listen_host": "127.0.0.1"},
    ),
    "smgp": ("smgp30", {"account": "12345678"}),
    "smpp": ("smpp34", {"system_id": "xinfeng"}),
}
"""By protocol: the kind of channel, and what its account needs."""


def free_port() -> int:
    """One that nobody listens on just now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def simulated_carrier(
    *, protocol: str = "cmpp", log: Path | None = None, listening: int | None = None
) -> Iterator[int]:
    """The carrier in a process of its own; yields its port. `listening`: where an SGIP carrier calls us."""
    command = [sys.executable, "-m", "xinfeng.channels.simulator", "--port", "0", "--receipt-delay-ms", "50"]
    command += ["--protocol", protocol, "--provider", f"127.0.0.1:{listening or 8801}"]
    if log is not None:
        command += ["--log", str(log)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield int(line.rpartition(":")[2])
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def gateway_process() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", GATEWAY])
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def make_channel(
    port: int, *, connections: int, window: int, protocol: str = "cmpp", listening: int | None = None
) -> int:
    """A marketing channel to the simulated carrier."""
    from xinfeng.channels.actions import save_channel
    from xinfeng.channels.capabilities import NOT_DEMANDED

    kind, account = ACCOUNTS[protocol]
    return save_channel(
        name="simulated",
        kind=kind,
        purpose="marketing",
        config={
            "host": "127.0.0.1",
            "port": port,
            "access_code": "1069000101",
            "connections": connections,
            "window": window,
            **account,
            **({"listen_port": listening} if protocol == "sgip" and listening else {}),
        },
        secret="888888",
        rate_per_s=RATE_PER_S,
        price_li=35,
        capabilities=NOT_DEMANDED,
        actor="benchmark",
    )


def usual_text(index: int) -> str:
    """Everybody's own."""
    return TEXT.format("王女士", index)


def plan_messages(count: int, channel_id: int, *, text: Callable[[int], str] = usual_text) -> int:
    """`count` contacts who may be written to, and a plan with a message to each; returns the plan's id.

    Standings are laid down directly: the gateway reads them, not the ledger.
    """
    from xinfeng.delivery.planning import NewMessage, PlanTerms, close_plan, message_copy, open_plan
    from xinfeng.foundation.database import bulk_transaction
    from xinfeng.foundation.ids import take_block
    from xinfeng.foundation.vault import Kind, vault
    from xinfeng.kernel.ids import ChannelId
    from xinfeng.kernel.time import utc_now

    safe, now = vault(), utc_now()
    terms = PlanTerms(
        purpose="marketing",
        channel_id=ChannelId(channel_id),
        policy={},
        windows=[(now - timedelta(hours=1), now + timedelta(hours=10))],
        deadline=now + timedelta(hours=10),
        price_li=35,
    )
    with bulk_transaction() as connection:
        first = take_block(connection, "contact", count)
        for start in range(0, count, BATCH):
            numbers = [f"139{index:08d}" for index in range(start, min(start + BATCH, count))]
            sealed = safe.seal_many(Kind.PHONE, numbers)
            with (
                connection.cursor() as cursor,
                cursor.copy(
                    "copy contact (id, phone_sealed, phone_index, joined_at, created_at, updated_at) from stdin"
                ) as copy,
            ):
                for offset, (number, seal) in enumerate(zip(numbers, sealed, strict=True)):
                    copy.write_row((first + start + offset, seal, safe.phone_index(number), now, now, now))
        connection.execute(
            "insert into standing (contact_id, purpose, granted, since, source)"
            " select id, 'marketing', true, now(), 'benchmark' from generate_series(%s::bigint, %s::bigint) id",
            (first, first + count - 1),
        )
        plan = open_plan(connection, terms, at_most=count, now=now)
        with message_copy(connection, plan) as copy_messages:
            for start in range(0, count, BATCH):
                stop = min(start + BATCH, count)
                bodies = safe.seal_many(Kind.BODY, [text(index) for index in range(start, stop)])
                copy_messages.write(
                    [
                        NewMessage(first + index, 0, 1, 1, body)
                        for index, body in zip(range(start, stop), bodies, strict=True)
                    ]
                )
        close_plan(connection, plan)
    with bulk_transaction() as connection:
        for table in ("contact", "standing", "message"):
            connection.execute(f"analyze {table}")
    return int(plan.id)


def wait_for(statement: str, wanted: int, *, timeout_s: float, process: subprocess.Popen[bytes]) -> None:
    """Until the statement's number has grown to `wanted`."""
    from xinfeng.foundation.database import connect

    deadline = time.monotonic() + timeout_s
    with connect(autocommit=True) as connection:
        while True:
            row = connection.execute(statement).fetchone()
            if row is not None and row[0] >= wanted:
                return
            if time.monotonic() > deadline or process.poll() is not None:
                raise RuntimeError(f"gave up waiting: {row} of {wanted}")
            time.sleep(0.1)


def peak_mb(pid: int) -> float:
    """The most memory the process ever had resident (VmHWM)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise RuntimeError("no VmHWM")


def measure(
    messages: int, *, connections: int, window: int, protocol: str = "cmpp"
) -> dict[str, float | str]:
    """All figures, one run."""
    listening = free_port()
    with embedded_postgres(), simulated_carrier(protocol=protocol, listening=listening) as port:
        from xinfeng.delivery.actions import start_plan
        from xinfeng.kernel.time import utc_now

        channel_id = make_channel(
            port, connections=connections, window=window, protocol=protocol, listening=listening
        )
        plan_id = plan_messages(messages, channel_id)
        with gateway_process() as gateway:
            ready = "select count(*) from connection_state where phase = 'ready' and number > 0"
            wait_for(ready, connections, timeout_s=20, process=gateway)
            began = time.monotonic()
            start_plan(plan_id, actor="benchmark", now=utc_now())
            stored = "select count(distinct message_id) from receipt where message_id is not null"
            roughly = "select coalesce(max(next_id), 1) - 1 from id_block where name = 'receipt'"
            wait_for(roughly, messages, timeout_s=60 + messages / 500, process=gateway)
            wait_for(stored, messages, timeout_s=60, process=gateway)
            took_s = time.monotonic() - began
            peak = peak_mb(gateway.pid)
    bare = bare_loop(min(messages, 200_000), window=window)
    rate = messages / took_s
    return {
        "protocol": protocol,
        "messages": messages,
        "seconds": round(took_s, 2),
        "messages_per_s": round(rate),
        "bare_loop_per_s": bare,
        "ratio": round(rate / bare, 3),
        "gateway_peak_mb": peak,
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Planned messages to committed receipts.")
    parser.add_argument("--messages", type=int, default=200_000)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--window", type=int, default=256)
    parser.add_argument("--protocol", choices=[*ACCOUNTS, "all"], default="cmpp")
    given = parser.parse_args()
    if given.protocol == "all":  # each in a process of its own: Django is set up once
        for protocol in ACCOUNTS:
            again = [sys.executable, "-m", "benchmarks.dispatch", "--protocol", protocol]
            again += [f"--messages={given.messages}", f"--connections={given.connections}"]
            subprocess.run([*again, f"--window={given.window}"], check=True)
        return
    emit(
        "dispatch",
        measure(given.messages, connections=given.connections, window=given.window, protocol=given.protocol),
    )


if __name__ == "__main__":
    main()
