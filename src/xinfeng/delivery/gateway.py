"""The gateway process: carrier sessions, dispatch, receipts and replies.

One event loop, a few database connections, each with one job and made again when it breaks: the permit, the
watermarks, leasing and loading, the outbox, housekeeping. A gateway that loses PostgreSQL stops writing within
`permit.LIFE_S`, keeps its carrier connections and what it has learnt, and goes on when PostgreSQL is back.

Any number of gateways may run against one database. Each opens every channel's connections and keeps to its
share of the rates; chunks are leased, so no message is in two hands.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import signal
import socket
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from xinfeng.channels.backoff import Backoff
from xinfeng.channels.kinds import open_sessions
from xinfeng.channels.lines import Answered, Line, Ref
from xinfeng.channels.rate import SlidingRate
from xinfeng.channels.sessions import ChannelAccount
from xinfeng.channels.tokens import Sharing
from xinfeng.delivery import closing, filed, leases, loading
from xinfeng.delivery.chunks import LoadedChunk
from xinfeng.delivery.dispatch import PAUSED, SHUTDOWN, Dispatch
from xinfeng.delivery.fetching import Fetcher
from xinfeng.delivery.housekeeping import Housekeeping
from xinfeng.delivery.openings import Hours
from xinfeng.delivery.outbox import Outbox
from xinfeng.delivery.permit import News, PermitKeeper
from xinfeng.delivery.replies import ReplyDesk
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import connect_async
from xinfeng.protocols.traffic import Receipt, Reply

log = logging.getLogger(__name__)

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

DATABASE_FAULTS = (psycopg.OperationalError, psycopg.InterfaceError, OSError)
RETRY_S = 0.2
IDLE_POLL_S = 1.0
"""Between two looks for work when nothing says that there is any; see `_listen`."""
NOT_READY_POLL_S = 0.1
LISTEN_S = 0.5
"""How long a gateway that stops may still be listening."""


@dataclass(frozen=True)
class Options:
    """`lease_s`: how long a gateway that says nothing keeps its chunks. `shutdown_s`: how long a stopping one
    waits for answers. `make_backoff`: None means the usual patience in reconnecting."""

    lease_s: float = 10.0
    shutdown_s: float = 8.0
    make_backoff: Callable[[], Backoff] | None = None


def name_of_this_gateway() -> str:
    """Unique for every start: a gateway that comes back is another one and owns nothing yet."""
    return f"{socket.gethostname()[:20]}:{os.getpid()}:{secrets.token_hex(4)}"


def run(options: Options | None = None) -> None:
    """Serve until SIGTERM or SIGINT; then hand back what is leased and say goodbye to the carriers."""
    import uvloop

    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(options or Options()))


async def _serve(options: Options) -> None:
    gateway = Gateway(options)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, gateway.stop)
    await gateway.run()


class Gateway:
    """See the module. `run` ends after `stop`, or with the error of a task that must not fail."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.name = name_of_this_gateway()
        self._load = asyncio.Event()
        self.outbox = Outbox(gateway=self.name, wants_loading=self._load.set)
        self.replies = ReplyDesk()
        self.fetcher = Fetcher(self)
        self.permit = PermitKeeper(self, gateway=self.name)
        self._tokens = Sharing(gateway=self.name)
        self.dispatches: dict[int, Dispatch] = {}
        self.pausing: dict[int, str] = {}
        self.ailing: dict[int, str] = {}
        self.ill: frozenset[int] = frozenset()
        self._plan_rates: dict[int, SlidingRate] = {}
        self._zone = xinfeng_settings.load().zone
        self.plans_to_hold = asyncio.Event()
        self._retiring: dict[int, asyncio.Task[None]] = {}
        self._loading: set[int] = set()
        self._orphans = False
        self._arm = asyncio.Event()
        self._stopping = asyncio.Event()
        self.quiet = False

    # --- life ------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Lease nothing more, hand back, say goodbye."""
        self._stopping.set()
        self._load.set()

    async def run(self) -> None:
        log.info("gateway started", extra={"gateway": self.name})
        housekeeping = Housekeeping(self)
        jobs: list[Coroutine[Any, Any, None]] = [
            self._connected(lambda line: self.permit.run(line, lambda: self.quiet)),
            self._connected(self._arm_forever),
            self._connected(self._load_forever),
            self._connected(self._listen),
            self._connected(lambda line: self.outbox.run(line, lambda: self.quiet)),
            self._connected(housekeeping.run),
            self._connected(housekeeping.match),
            self.replies.run(lambda: self.quiet),
            self.fetcher.run(),
            self._connected(self._share_tokens),
        ]
        tasks = [asyncio.create_task(job) for job in jobs]
        ending = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([*tasks, ending], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if task is not ending:
                    task.result()
            await self._hand_over()
            self.quiet = True
            self._arm.set()
            await asyncio.wait(tasks, timeout=5.0)
            with contextlib.suppress(*DATABASE_FAULTS):
                await housekeeping.leave()
        finally:
            ending.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and (fault := task.exception()) is not None:
                raise fault
        log.info("gateway stopped", extra={"gateway": self.name})

    async def _hand_over(self) -> None:
        """Stop beginning messages, wait for answers and for the endings to be stored, then leave the carriers."""
        deadline = time.monotonic() + self.options.shutdown_s
        while self._loading and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        for dispatch in self.dispatches.values():
            dispatch.close_all(SHUTDOWN)
        while self._busy() and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        await asyncio.gather(*(dispatch.sessions.stop() for dispatch in self.dispatches.values()))
        while not self.outbox.empty and time.monotonic() < deadline + 2.0:
            await asyncio.sleep(0.02)

    def _busy(self) -> bool:
        loaded = any(dispatch.chunks() for dispatch in self.dispatches.values())
        return loaded or not self.outbox.empty or not self.replies.empty

    async def _connected(self, job: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        """Run a job on a connection of its own, again on a new one whenever the old one breaks."""
        while True:
            try:
                async with await connect_async(autocommit=True) as connection:
                    await job(connection)
                return
            except DATABASE_FAULTS as fault:
                if self.quiet:
                    return
                log.warning("database connection lost", extra={"fault": type(fault).__name__})
                await asyncio.sleep(RETRY_S)

    # --- channels --------------------------------------------------------------------------------------------

    def set_channels(self, accounts: Sequence[ChannelAccount], shares: dict[int, int]) -> None:
        """These are the channels that are switched on, as they are configured now, and by how many gateways each
        is shared, where that is known."""
        if self._stopping.is_set():
            return
        wanted = {account.id: account for account in accounts}
        sending = {plan_id for dispatch in self.dispatches.values() for plan_id in dispatch.tracks}
        for plan_id in self._plan_rates.keys() - sending:
            del self._plan_rates[plan_id]
        for channel_id, dispatch in list(self.dispatches.items()):
            account = wanted.get(channel_id)
            if account is None or not _same_login(account, dispatch.sessions.account):
                del self.dispatches[channel_id]
                self._retiring[channel_id] = asyncio.create_task(self._retire(dispatch))
        for channel_id, account in wanted.items():
            retiring = self._retiring.get(channel_id)
            if retiring is not None and not retiring.done():
                continue
            self._retiring.pop(channel_id, None)
            if channel_id not in self.dispatches:
                self.dispatches[channel_id] = self._open(account)
            self.dispatches[channel_id].keep_to(self._hours_of(account))
            if channel_id in shares:
                dispatch, share = self.dispatches[channel_id], shares[channel_id]
                dispatch.share = share
                dispatch.sessions.set_rate(account.rate_per_s, share=share, now=time.monotonic())

    def _open(self, account: ChannelAccount) -> Dispatch:
        desk = _Desk(self)
        sessions = open_sessions(account, desk, make_backoff=self.options.make_backoff)
        desk.dispatch = Dispatch(
            sessions,
            self.outbox,
            permitted=self.permit.valid,
            wants_arming=self._arm.set,
            wants_loading=self._load.set,
            pause=self._pause,
            ail=self._ail,
            plan_rates=self._plan_rates,
        )
        self._tokens.adopt(sessions)
        sessions.start()
        return desk.dispatch

    async def _retire(self, dispatch: Dispatch) -> None:
        """The channel was switched off or changed: let what is in flight be answered, then part."""
        dispatch.close_all(PAUSED)
        deadline = time.monotonic() + self.options.shutdown_s
        while dispatch.chunks() and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        await dispatch.sessions.stop()

    def _hours_of(self, account: ChannelAccount) -> Hours | None:
        return None if account.hours is None else Hours(*account.hours, self._zone)

    def _ail(self, channel_id: int, reason: str) -> None:
        """The channel's carrier takes nothing: what can go by another channel does (`failover`)."""
        self.ailing.setdefault(channel_id, reason)
        self.plans_to_hold.set()
        log.warning("channel takes nothing", extra={"channel": channel_id, "reason": reason})

    def _pause(self, plan_id: int, reason: str) -> None:
        self.pausing.setdefault(plan_id, reason)
        self.plans_to_hold.set()
        log.warning("plan held", extra={"plan": plan_id, "reason": reason})

    # --- the permit's questions and news ---------------------------------------------------------------------

    def watched(self) -> tuple[Sequence[int], Sequence[int]]:
        """Plans and chunks in memory."""
        chunks = self._all_chunks()
        return list({chunk.lease.plan_id for chunk in chunks}), [chunk.lease.chunk_id for chunk in chunks]

    def heard(self, news: News) -> None:
        for dispatch in self.dispatches.values():
            dispatch.heard(news)
        self.outbox.stir()

    def permitted(self) -> None:
        for dispatch in self.dispatches.values():
            dispatch.pump()

    async def drained(self) -> None:
        """Before the permit is given back: whatever was written is in the kernel, or the connection is cut."""
        deadline = time.monotonic() + 0.05
        while clogged := [line for one in self.dispatches.values() for line in one.sessions.clogged()]:
            if time.monotonic() > deadline:
                for line in clogged:
                    line.abort("clogged")
                return
            await asyncio.sleep(0.001)

    def look_for_work(self) -> None:
        """Something changed that work may have waited for."""
        self._load.set()

    def _all_chunks(self) -> list[LoadedChunk]:
        return [chunk for dispatch in self.dispatches.values() for chunk in dispatch.chunks()]

    def held_chunks(self) -> list[int]:
        """Every chunk that is leased in our name for a reason we know."""
        return [
            *self._loading,
            *(chunk.lease.chunk_id for chunk in self._all_chunks()),
            *self.outbox.open_chunks,
        ]

    # --- watermarks ------------------------------------------------------------------------------------------

    async def _arm_forever(self, connection: AsyncConnection) -> None:
        renewed = time.monotonic()
        while not self.quiet:
            self._arm.clear()
            wanted = [
                (dispatch, chunk, upto)
                for dispatch in self.dispatches.values()
                for chunk, upto in dispatch.arming.items()
            ]
            if wanted:
                held = await leases.arm(
                    connection,
                    [(chunk.lease.chunk_id, upto) for _, chunk, upto in wanted],
                    gateway=self.name,
                    ttl_s=self.options.lease_s,
                )
                for dispatch, chunk, upto in wanted:
                    if dispatch.arming.get(chunk) == upto:
                        del dispatch.arming[chunk]
                    dispatch.armed(chunk, upto, held=chunk.lease.chunk_id in held)
                for dispatch in {dispatch for dispatch, _, _ in wanted}:
                    dispatch.pump()
            if time.monotonic() - renewed > self.options.lease_s / 5:
                renewed = time.monotonic()
                await self._renew(connection)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._arm.wait(), self.options.lease_s / 10)

    async def _renew(self, connection: AsyncConnection) -> None:
        chunk_ids = self.held_chunks()
        if not chunk_ids:
            return
        held = await leases.renew(connection, chunk_ids, gateway=self.name, ttl_s=self.options.lease_s)
        for dispatch in self.dispatches.values():
            for chunk in dispatch.chunks():
                if chunk.lease.chunk_id in set(chunk_ids) - held:
                    dispatch.lose(chunk)

    # --- leasing and loading ---------------------------------------------------------------------------------

    async def _load_forever(self, connection: AsyncConnection) -> None:
        self._loading.clear()
        self._orphans = True
        while not self._stopping.is_set():
            self._load.clear()
            if self._orphans:  # only here, because nothing else leases: no lease is on its way to us now
                await leases.release_orphans(connection, self.held_chunks(), gateway=self.name)
                self._orphans = False
            loaded = self.permit.ready and await self._load_round(connection)
            if not loaded:
                with contextlib.suppress(TimeoutError):
                    poll_s = IDLE_POLL_S if self.permit.ready else NOT_READY_POLL_S
                    await asyncio.wait_for(self._load.wait(), poll_s)
                await asyncio.sleep(0.005)

    async def _listen(self, connection: AsyncConnection) -> None:
        """Hear at once when a plan begins or goes on."""
        await connection.execute(closing.LISTEN_RUNS)
        self._load.set()
        while not self.quiet:
            async for _ in connection.notifies(timeout=LISTEN_S):
                self._load.set()

    async def _share_tokens(self, connection: AsyncConnection) -> None:
        """One token of each 5G platform for all gateways."""
        await self._tokens.run(
            connection,
            lambda: [dispatch.sessions for dispatch in self.dispatches.values()],
            quiet=lambda: self.quiet,
        )

    async def _load_round(self, connection: AsyncConnection) -> bool:
        """Lease one chunk for every plan that wants one; whether there was any."""
        if not any(dispatch.sessions.ready() for dispatch in self.dispatches.values()):
            return False
        loaded = False
        plans = await leases.running_plans(connection, list(self.dispatches))
        for plan in plans:  # at once: while chunks are loaded these rows grow old
            if dispatch := self.dispatches.get(plan.channel_id):
                dispatch.refresh(plan)
        for plan in plans:
            dispatch = self.dispatches.get(plan.channel_id)
            if dispatch is None or plan.id in self.pausing or self._stopping.is_set():
                continue
            if plan.routed and (plan.channel_id in self.ill or plan.channel_id in self.ailing):
                continue
            if plan.purpose != dispatch.sessions.account.purpose:
                self._pause(plan.id, "channel_purpose")
                continue
            if dispatch.sessions.ready() and dispatch.wanted(plan, time.monotonic(), time.time()):
                loaded = await self._load_one(connection, dispatch, plan) or loaded
        return loaded

    async def _load_one(
        self, connection: AsyncConnection, dispatch: Dispatch, plan: leases.RunningPlan
    ) -> bool:
        began = time.monotonic()
        leased = await leases.lease(connection, plan=plan, gateway=self.name, ttl_s=self.options.lease_s)
        if leased is None:
            dispatch.nothing_to_lease(plan.id, time.monotonic())
            return False
        lease, found = leased
        self._loading.add(lease.chunk_id)
        try:
            write = await filed.writer(connection, dispatch.sessions.account, lease)
            chunk, unreadable = await loading.load(lease, found, write=write)
            if self.permit.forgets(began) or self.dispatches.get(plan.channel_id) is not dispatch:
                self._orphans = True
                return False
            dispatch.drop(plan.purpose, chunk, self.permit.since(began))
            self.outbox.withhold(unreadable)
            dispatch.add(plan, chunk)
        finally:
            self._loading.discard(lease.chunk_id)
        self.permit.wake()
        return True


class _Desk:
    """What a channel's connections tell, passed to where it belongs."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.dispatch: Dispatch

    def answered(self, _: Line, answers: list[Answered]) -> None:
        self.dispatch.answered(answers)

    def answered_late(self, _: Line, answers: list[Answered]) -> None:
        self.dispatch.answered_late(answers)

    def unanswered(self, _: Line, refs: list[Ref], code: str) -> None:
        self.dispatch.unanswered(refs, code)

    def received(self, connection: Line, receipts: list[Receipt], replies: list[Reply]) -> None:
        if receipts:
            self._gateway.outbox.receive(connection, receipts)
        if replies:
            self._gateway.replies.receive(connection, replies)

    def changed(self, _: Line) -> None:
        self.dispatch.pump()
        self._gateway.look_for_work()


def _same_login(left: ChannelAccount, right: ChannelAccount) -> bool:
    """Whether nothing differs that connections were made with; the rate may."""
    return (left.config, left.secret, left.purpose) == (right.config, right.secret, right.purpose)
