"""Opt-outs that arrive while 100,000 messages are queued and thousands leave every second (law 2).

Gateway and carrier are processes of their own; the carrier's log is the witness. What had left when an opt-out was
committed is not decided by clocks, but by the watermark: what lies behind it was never handed to a socket.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.delivery.world import ask, make_channel, make_plan, one, wait_until
from tests.patience import PATIENCE_S

from xinfeng.channels.simulator import witness
from xinfeng.delivery.actions import stop_plan
from xinfeng.foundation.database import bulk_transaction, connect
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.time import utc_now

QUEUED = 100_000
RATE_PER_S = 10_000
TARGETS = range(5_000, 50_000, 750)
"""Positions in the plan of those who say no; the first are overtaken by the traffic, the others are not."""
WORDS = ("T", "退订", "ＴＤ", "请不要再发了", "拒收！")

GATEWAY = "import django; django.setup(); from xinfeng.delivery import gateway; gateway.run()"

COMMITTED = """
select r.contact_id, m.id, k.state = 'queued' or k.state = 'leased' and coalesce(k.intent_upto, 0) < m.id
from reply r
join message m on m.contact_id = r.contact_id
join chunk k on m.id between k.first_id and k.last_id
where r.meaning = 'opt_out' and r.contact_id <> all(%s)
"""
"""Who has said no, her message, and whether it had certainly not been written yet: in one snapshot."""

pytestmark = pytest.mark.usefixtures("committed_db")


def _number(position: int) -> str:
    return f"139{position:08d}"


def _make_crowd(count: int) -> list[int]:
    """Contacts who agreed, laid down at once; their numbers are those of their positions."""
    numbers = [_number(position) for position in range(count)]
    safe, now = vault(), utc_now()
    with bulk_transaction() as connection:
        first = take_block(connection, "contact", count)
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "copy contact (id, phone_sealed, phone_index, joined_at, created_at, updated_at) from stdin"
            ) as copy,
        ):
            for offset, sealed in enumerate(safe.seal_many(Kind.PHONE, numbers)):
                copy.write_row((first + offset, sealed, safe.phone_index(numbers[offset]), now, now, now))
        connection.execute(
            "insert into standing (contact_id, purpose, granted, since, source)"
            " select id, 'marketing', true, now(), 'test' from generate_series(%s::bigint, %s::bigint) id",
            (first, first + count - 1),
        )
    return list(range(first, first + count))


@contextmanager
def _process(*command: str, stdout: int | None = None) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, *command], stdout=stdout, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


@contextmanager
def _carrier(log: Path) -> Iterator[tuple[int, int]]:
    """Its port and its control port."""
    options = ("--port=0", "--control-port=0", f"--log={log}", "--receipt-delay-ms=100")
    with _process("-m", "xinfeng.channels.simulator", *options, stdout=subprocess.PIPE) as carrier:
        assert carrier.stdout is not None
        control, port = (int(carrier.stdout.readline().rpartition(":")[2]) for _ in range(2))
        yield port, control


def _say_no(control_port: int, positions: Sequence[int]) -> None:
    with (
        socket.create_connection(("127.0.0.1", control_port), timeout=PATIENCE_S) as line,
        line.makefile("rw") as talk,
    ):
        for turn, position in enumerate(positions):
            text = WORDS[turn % len(WORDS)]
            order = {"do": "reply", "number": _number(position), "text": text, "dest_id": "1069000101"}
            talk.write(json.dumps(order) + "\n")
            talk.flush()
            assert json.loads(talk.readline())["ok"]


def _unwritten_when_committed(wanted: int) -> dict[int, int]:
    """Looks as often as it can until so many opt-outs are committed. Contact → message, of those whose message
    had not been written when the opt-out was first seen."""
    seen: dict[int, tuple[int, bool]] = {}
    deadline = time.monotonic() + PATIENCE_S
    with connect(autocommit=True) as connection:
        while len(seen) < wanted:
            assert time.monotonic() < deadline, f"{len(seen)} of {wanted} opt-outs"
            for contact_id, message_id, unwritten in connection.execute(COMMITTED, (list(seen),)).fetchall():
                seen[contact_id] = (message_id, unwritten)
            time.sleep(0.002)
    return {contact_id: message_id for contact_id, (message_id, unwritten) in seen.items() if unwritten}


def test_nothing_reaches_the_wire_for_who_opted_out_while_100_000_messages_are_queued(tmp_path: Path) -> None:
    contacts = _make_crowd(QUEUED)
    position_of = {contacts[position]: position for position in TARGETS}
    log = tmp_path / "carrier.jsonl"
    with _carrier(log) as (port, control), _process("-c", GATEWAY) as gateway:
        channel = make_channel(port, connections=4, window=256, rate_per_s=RATE_PER_S)
        wait_until("select count(*) from connection_state where phase = 'ready'", 4)
        plan = make_plan(contacts, channel)
        wait_until("select count(*) > 1000 from attempt", True)
        talking = threading.Thread(target=_say_no, args=(control, TARGETS))
        talking.start()
        unwritten = _unwritten_when_committed(len(TARGETS))
        talking.join(PATIENCE_S)
        wait_until(
            "select k.state from chunk k join message m on m.id between k.first_id and k.last_id"
            " where m.contact_id = %s",
            "done",
            contacts[TARGETS[-1]],
        )
        stop_plan(plan, "manual", actor="test", now=utc_now())
        wait_until("select count(*) from chunk where state = 'leased'", 0)
        _wait_for_answers()
        assert gateway.poll() is None
    accepted = witness.deliveries_by_number(log)
    assert len(unwritten) > 10, "the opt-outs came too late to test anything"
    for contact_id, message_id in unwritten.items():
        position = position_of[contact_id]
        assert _number(position) not in accepted
        assert ask("select reason from withheld where message_id = %s", message_id) == [("opted_out",)]
        assert one("select count(*) from attempt where message_id = %s", message_id) == 0
        assert _number(position + 1) in accepted
    assert witness.totals(log).duplicates == 0
    for contact_id in position_of.keys() - unwritten.keys():
        assert sum(accepted.get(_number(position_of[contact_id]), {}).values()) <= 1


def _wait_for_answers() -> None:
    """Until nothing more is written down: everything in flight was answered."""
    known = -1
    while (found := one("select count(*) from attempt")) != known:
        known = found
        time.sleep(0.3)
