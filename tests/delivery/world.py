"""A world for the gateway: contacts who agreed, a plan, a simulated carrier and a gateway in one background loop."""

from __future__ import annotations

import asyncio
import itertools
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.factories import make_contacts
from tests.patience import PATIENCE_S

from xinfeng.channels.actions import save_channel
from xinfeng.channels.backoff import Backoff
from xinfeng.channels.capabilities import NOT_DEMANDED
from xinfeng.channels.simulator import Behaviour
from xinfeng.channels.simulator import Options as CarrierOptions
from xinfeng.channels.simulator.carrier import Carrier
from xinfeng.channels.simulator.server import serving
from xinfeng.delivery.actions import start_plan
from xinfeng.delivery.gateway import Gateway, Options
from xinfeng.delivery.planning import Lane, NewMessage, PlanTerms, close_plan, open_plan, write_messages
from xinfeng.foundation.database import bulk_transaction, connect
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.ids import ChannelId
from xinfeng.kernel.text import billed_parts
from xinfeng.kernel.time import utc_now


def quick_backoff() -> Backoff:
    return Backoff(random.random, first_s=0.05, longest_s=0.3, refused_s=60.0)


def make_channel(
    port: int, *, name: str = "sim", purpose: str = "marketing", rate_per_s: int = 20_000, **config: Any
) -> int:
    return save_channel(
        name=name,
        kind=config.pop("kind", "cmpp3"),
        purpose=purpose,
        config={
            "host": "127.0.0.1",
            "port": port,
            "account": "900001",
            "access_code": "1069000101",
            **config,
        },
        secret=config.pop("secret", "888888"),
        rate_per_s=rate_per_s,
        price_li=35,
        capabilities=NOT_DEMANDED,
        actor="test",
    )


def make_plan(
    contact_ids: Sequence[int],
    channel_id: int,
    *,
    text: Callable[[int], str] = lambda index: f"【信风】第{index}位您好，今日到店有礼，拒收请回复R",
    purpose: str = "marketing",
    windows: Sequence[tuple[datetime, datetime]] | None = None,
    deadline: datetime | None = None,
    rate_per_s: int | None = None,
    start: bool = True,
) -> int:
    """A plan with one message to each contact, READY or RUNNING."""
    now = utc_now()
    terms = PlanTerms(
        purpose=purpose,
        channel_id=ChannelId(channel_id),
        policy={},
        windows=windows or [(now - timedelta(hours=1), now + timedelta(hours=5))],
        deadline=deadline or now + timedelta(hours=5),
        price_li=35,
        rate_per_s=rate_per_s,
    )
    texts = [text(index) for index in range(len(contact_ids))]
    bodies = vault().seal_many(Kind.BODY, texts)
    with bulk_transaction() as connection:
        plan = open_plan(connection, terms, at_most=len(contact_ids), now=now)
        rows = [
            NewMessage(contact_id, 0, 1, billed_parts(words), body)
            for contact_id, words, body in zip(contact_ids, texts, bodies, strict=True)
        ]
        write_messages(connection, plan, rows)
        close_plan(connection, plan)
    if start:
        start_plan(plan.id, actor="test", now=utc_now())
    return int(plan.id)


def agreed(count: int) -> list[int]:
    """Contacts whose consent for marketing is in force."""
    return make_contacts(count, at=utc_now() - timedelta(days=1))


def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connect(autocommit=True) as connection:
        return connection.execute(statement, values).fetchall()


def one(statement: str, *values: Any) -> Any:
    return ask(statement, *values)[0][0]


def most_within(seconds: float) -> int:
    """The most parts that any span of so many seconds saw written, by when they were handed to the socket: when the
    carrier comes to read them says more about the machine."""
    times = [row[0] for row in ask("select extract(epoch from sent_at)::float8 from attempt order by 1")]
    ends = 0
    most = 0
    for begins, start in enumerate(times):
        while ends < len(times) and times[ends] < start + seconds:
            ends += 1
        most = max(most, ends - begins)
    return most


def wait_until(statement: str, wanted: Any, *values: Any, patience_s: float = PATIENCE_S) -> None:
    """Ask until the answer is `wanted`."""
    deadline = time.monotonic() + patience_s
    with connect(autocommit=True) as connection:
        while (found := connection.execute(statement, values).fetchone()) is None or found[0] != wanted:
            if time.monotonic() > deadline:
                raise AssertionError(f"still {found}, not {wanted!r}: {statement}")
            time.sleep(0.02)


def ask_channels() -> list[int]:
    """Every channel, as a gateway that opened them all would name them."""
    return [row[0] for row in ask("select id from channel order by id")]


def make_routed_plan(
    shares: Sequence[tuple[Sequence[int], Sequence[int]]],
    *,
    text: Callable[[int], str] = lambda index: f"【信风】第{index}位您好，今日到店有礼，拒收请回复R",
    rate_per_s: int | None = None,
    start: bool = True,
) -> int:
    """A plan that goes by lanes: for each of `shares` its contacts and the channels that can carry them."""
    now = utc_now()
    total = sum(len(contacts) for contacts, _ in shares)
    terms = PlanTerms(
        purpose="marketing",
        channel_id=ChannelId(shares[0][1][0]),
        policy={},
        windows=[(now - timedelta(hours=1), now + timedelta(hours=5))],
        deadline=now + timedelta(hours=5),
        price_li=35,
        rate_per_s=rate_per_s,
        route_id=1,
    )
    serial = itertools.count()
    with bulk_transaction() as connection:
        plan = open_plan(connection, terms, at_most=total, now=now)
        for contacts, channels in shares:
            plan.enter(Lane(tuple(channels), tuple(30 + 10 * place for place in range(len(channels)))))
            texts = [text(next(serial)) for _ in contacts]
            bodies = vault().seal_many(Kind.BODY, texts)
            rows = [
                NewMessage(contact_id, 0, 1, billed_parts(words), body)
                for contact_id, words, body in zip(contacts, texts, bodies, strict=True)
            ]
            write_messages(connection, plan, rows)
        close_plan(connection, plan)
    if start:
        start_plan(plan.id, actor="test", now=utc_now())
    return int(plan.id)


def plan_state(plan_id: int) -> tuple[str, str]:
    state, reason = ask("select state, reason from plan where id = %s", plan_id)[0]
    return state, reason


def finished(plan_id: int, *, patience_s: float = PATIENCE_S) -> None:
    wait_until("select state from plan where id = %s", "finished", plan_id, patience_s=patience_s)


FATES = """
select fate, count(*) from (
  select m.id,
    case
      when exists (select from attempt a where a.message_id = m.id and a.outcome = 1) then 'accepted'
      when exists (select from attempt a where a.message_id = m.id and a.outcome = 2) then 'refused'
      when exists (select from attempt a where a.message_id = m.id and a.outcome = 4) then 'uncertain'
      when exists (select from withheld w where w.message_id = m.id)
        then (select 'withheld:' || min(w.reason) from withheld w where w.message_id = m.id)
      else 'planned'
    end as fate
  from message m where m.plan_id = %s
) fates group by fate
"""


def fates(plan_id: int) -> dict[str, int]:
    """What became of the messages of a plan, by the facts."""
    return dict(ask(FATES, plan_id))


@dataclass
class Running:
    """A carrier and any number of gateways that run in the background."""

    loop: asyncio.AbstractEventLoop
    carrier: Carrier
    port: int
    log: Path
    gateways: list[tuple[Gateway, asyncio.Task[None]]]

    def behave(self, **changes: Any) -> None:
        self._call(lambda: self.carrier.behave(self.carrier.behaviour.changed(changes)))

    def cut(self) -> None:
        self._call(self.carrier.cut)

    def wait_for_submits(self, wanted: int) -> None:
        """Until the carrier has accepted so many."""
        deadline = time.monotonic() + PATIENCE_S
        while (found := self.carrier.counters.accepted) < wanted:
            assert time.monotonic() < deadline, f"{found} of {wanted} submits"
            time.sleep(0.01)

    def reply(self, number: str, text: str) -> None:
        self._call(
            lambda: self.carrier.reply_now(account="900001", number=number, dest_id="1069000101", text=text)
        )

    def start_gateway(self) -> Gateway:
        async def start() -> Gateway:
            gateway = Gateway(Options(shutdown_s=PATIENCE_S, make_backoff=quick_backoff))
            self.gateways.append((gateway, asyncio.create_task(gateway.run())))
            return gateway

        return asyncio.run_coroutine_threadsafe(start(), self.loop).result(PATIENCE_S)

    def stop_gateway(self, gateway: Gateway) -> None:
        task = next(task for known, task in self.gateways if known is gateway)

        async def stop() -> None:
            gateway.stop()
            await task

        asyncio.run_coroutine_threadsafe(stop(), self.loop).result(PATIENCE_S)
        self.gateways = [pair for pair in self.gateways if pair[0] is not gateway]

    def _call(self, what: Callable[[], Any]) -> Any:
        async def call() -> Any:
            return what()

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(PATIENCE_S)


@contextmanager
def carrier_and_gateway(folder: Path, *, gateways: int = 1, **behaviour: Any) -> Iterator[Running]:
    """A carrier, and gateways that find their channels in the database."""
    started = threading.Event()
    box: list[Running] = []
    ended: list[asyncio.Event] = []

    async def live() -> None:
        options = CarrierOptions(
            port=0,
            log=folder / "carrier.log",
            behaviour=Behaviour().changed({"receipt_delay_ms": 20, **behaviour}),
            seed=1,
        )
        async with serving(options) as serving_now:
            loop = asyncio.get_running_loop()
            box.append(Running(loop, serving_now.carrier, serving_now.port, folder / "carrier.log", []))
            ended.append(asyncio.Event())
            started.set()
            await ended[0].wait()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    assert started.wait(PATIENCE_S)
    running = box[0]
    try:
        for _ in range(gateways):
            running.start_gateway()
        yield running
    finally:
        for gateway, _ in list(running.gateways):
            running.stop_gateway(gateway)
        running.loop.call_soon_threadsafe(ended[0].set)
        thread.join(PATIENCE_S)


@contextmanager
def second_carrier(folder: Path, *options: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Another simulated carrier, in a process that can be killed: its port, and the process."""
    process = subprocess.Popen(
        [
            sys.executable,
            *("-m", "xinfeng.channels.simulator", "--port=0", "--account=900001:888888"),
            f"--log={folder / 'second.log'}",
            *options,
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline().rsplit(":", 1)[1]), process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
