"""kill -9 of the gateway and of PostgreSQL at random moments while a plan runs, again and again.

The carrier is the witness: by its log nobody got a message twice. Everything is real: an embedded PostgreSQL with
fsync, the simulated carrier and the gateway in processes of their own.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from xinfeng.channels.simulator import witness
from xinfeng.foundation.postgres import EmbeddedPostgres
from xinfeng.foundation.settings import read, run_folder

MESSAGES = 20_000
RATE_PER_S = 2_500
LEASE_S = 2.0
PATIENCE_S = 300
"""For the whole run, which takes about a minute on two idle cores: the sending itself 15 s, each killed PostgreSQL 1 s,
each killed gateway about 5 s. Of these the new one needs 1 to 2 s to start, and for 3 s it must not send, because the
one that was killed may be alive for all it knows and the carrier's rate is for both (`channels.sessions.JOIN_S`); for
ten seconds more it keeps to its share. That is meant, so the patience covers it, with room for a busy machine on
which programs start five times as slowly."""

GATEWAY = f"""
import django, random
django.setup()
from xinfeng.channels.backoff import Backoff
from xinfeng.delivery import gateway
backoff = lambda: Backoff(random.random, first_s=0.1, longest_s=1.0)
gateway.run(gateway.Options(lease_s={LEASE_S}, make_backoff=backoff))
"""

PLAN = f"""
import django, sys, json
django.setup()
from django.db import connection
from xinfeng.foundation.preparation import prepare
prepare()
from tests.delivery.world import agreed, make_channel, make_plan
channel = make_channel(int(sys.argv[1]), rate_per_s={RATE_PER_S}, connections=2, window=64)
contacts = agreed({MESSAGES})
print(json.dumps(make_plan(contacts, channel)))
"""


@dataclass
class Deployment:
    """Three processes and how to kill them."""

    postgres: EmbeddedPostgres
    environment: dict[str, str]
    dsn: str
    gateway: subprocess.Popen[bytes] | None = None
    kills: int = 0

    def python(self, code: str, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start_gateway(self) -> None:
        self.gateway = subprocess.Popen([sys.executable, "-c", GATEWAY], env=self.environment)

    def kill_gateway(self) -> None:
        assert self.gateway is not None
        assert self.gateway.poll() is None, "the gateway died by itself"
        self.gateway.send_signal(signal.SIGKILL)
        self.gateway.wait()
        self.kills += 1

    def kill_postgres(self) -> None:
        """The postmaster and, with it, every server process."""
        pid = self.postgres.pid()
        assert pid is not None
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for victim in (pid, *map(int, children)):
            try:
                os.kill(victim, signal.SIGKILL)
            except ProcessLookupError:
                continue
        while self.postgres.pid() is not None:
            time.sleep(0.02)
        self.kills += 1

    def ask(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return connection.execute(statement).fetchall()


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    data = tmp_path / "data"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XINFENG_")}
    environment |= {
        "XINFENG_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "xinfeng.foundation.django_settings",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    server = EmbeddedPostgres(read({"XINFENG_DATA": str(data)}))
    server.start()
    dsn = f"postgresql://postgres@/xinfeng?host={run_folder(data)}"
    found = Deployment(server, environment, dsn)
    try:
        yield found
    finally:
        if found.gateway is not None and found.gateway.poll() is None:
            found.gateway.kill()
            found.gateway.wait()
        server.stop()


@pytest.fixture
def carrier(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    log = tmp_path / "carrier.log"
    process = subprocess.Popen(
        [sys.executable, "-m", "xinfeng.channels.simulator", "--port", "0", "--log", str(log)]
        + ["--receipt-delay-ms", "30", "--latency-ms", "5", "--resend-s", "2"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().rpartition(":")[2])
    yield port, log
    process.terminate()
    process.wait(PATIENCE_S)
    process.stdout.close()


@pytest.mark.crash
def test_whatever_is_killed_nobody_gets_a_message_twice_and_everybody_is_accounted_for(
    deployment: Deployment, carrier: tuple[int, Path]
) -> None:
    seed = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(10**6)))
    print(f"seed {seed}; CRASH_SEED={seed} repeats it")  # noqa: T201
    dice = random.Random(seed)
    port, log = carrier
    plan = json.loads(deployment.python(PLAN, str(port)).splitlines()[-1])
    deployment.start_gateway()
    deadline = time.monotonic() + PATIENCE_S
    while state(deployment, plan) != "finished":
        assert time.monotonic() < deadline, f"seed {seed}: not finished; {fates(deployment)}"
        if deployment.kills >= 9:
            time.sleep(0.2)
            continue
        wait_for_progress(deployment, deadline)
        time.sleep(dice.uniform(0.0, 0.8))
        if dice.random() < 0.6:
            deployment.kill_gateway()
            deployment.start_gateway()
        else:
            deployment.kill_postgres()
            time.sleep(dice.uniform(0.0, 0.3))
            deployment.postgres.start()
    assert deployment.kills >= 3, f"seed {seed}: finished before it was hurt"
    found = wait_for_receipts(deployment, deadline)
    witnessed = witness.totals(log)
    assert witness.duplicates(log) == {}, f"seed {seed}"
    counts = fates(deployment)
    assert sum(counts.values()) == MESSAGES, f"seed {seed}: {counts}"
    assert counts.keys() <= {"accepted", "uncertain"}, f"seed {seed}: {counts}"
    assert counts["accepted"] <= witnessed.numbers <= MESSAGES, f"seed {seed}: {counts}, {witnessed}"
    assert found >= counts["accepted"], f"seed {seed}: receipts of {found} messages, {counts}"
    assert counts.get("uncertain", 0) < MESSAGES / 3, f"seed {seed}: {counts}"
    assert deployment.ask("select count(*) from chunk where state <> 'done'") == [(0,)]


def state(deployment: Deployment, plan: int) -> str:
    return str(deployment.ask(f"select state from plan where id = {plan}")[0][0])


def wait_for_progress(deployment: Deployment, deadline: float) -> None:
    """Until more attempts are stored than before, so that every kill meets a gateway at work."""
    [(before,)] = deployment.ask("select count(*) from attempt where outcome = 1")
    while time.monotonic() < deadline:
        [(now, state)] = deployment.ask(
            "select (select count(*) from attempt where outcome = 1), (select max(state) from plan)"
        )
        if now > before + 300 or state == "finished":
            return
        time.sleep(0.05)


def wait_for_receipts(deployment: Deployment, deadline: float) -> int:
    """Until no more receipts find their message; returns how many messages have one."""
    query = (
        "select count(*) from (select message_id from receipt where message_id is not null"
        " union select message_id from receipt_match) found"
    )
    accepted = "select count(distinct message_id) from attempt where outcome = 1"
    while True:
        [(found,)] = deployment.ask(query)
        [(wanted,)] = deployment.ask(accepted)
        if found >= wanted or time.monotonic() > deadline:
            return int(found)
        time.sleep(0.3)


def fates(deployment: Deployment) -> dict[str, int]:
    return dict(
        deployment.ask(
            """
            select fate, count(*) from (
              select case
                when exists (select from attempt a where a.message_id = m.id and a.outcome = 1) then 'accepted'
                when exists (select from attempt a where a.message_id = m.id and a.outcome = 4) then 'uncertain'
                when exists (select from withheld w where w.message_id = m.id) then 'withheld'
                else 'nothing'
              end as fate from message m
            ) fates group by fate
            """
        )
    )
