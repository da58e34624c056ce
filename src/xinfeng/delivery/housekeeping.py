"""What a gateway does once a second: look at the channels, tell how its connections fare, tidy up chunks and plans,
and let receipts find their messages."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

import psycopg

from xinfeng.channels import codes, states
from xinfeng.channels.kinds import read_config
from xinfeng.channels.samples import Sampler
from xinfeng.channels.sessions import ChannelAccount
from xinfeng.delivery import failover, leases
from xinfeng.delivery.dispatch import OFFLINE_PATIENCE_S, Dispatch
from xinfeng.delivery.matching import REACH, match_receipts
from xinfeng.delivery.outbox import Outbox
from xinfeng.foundation.database import connect_async
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

log = logging.getLogger(__name__)

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

PACE_S = 1.0
QUIET_PACE_S = 0.5
"""Between two looks whether the gateway stops."""
MATCH_PACE_S = 3.0
LATELY = timedelta(minutes=15)
JUST_NOW = timedelta(seconds=30)
"""For so long, some rounds, receipts are looked for under other spellings; those of before a start once."""
FAR_MATCH_PACE_S = 60.0


class House(Protocol):
    """What housekeeping sees of the gateway."""

    name: str
    outbox: Outbox
    dispatches: dict[int, Dispatch]
    pausing: dict[int, str]
    ailing: dict[int, str]
    ill: frozenset[int]
    plans_to_hold: asyncio.Event
    quiet: bool

    def set_channels(self, accounts: list[ChannelAccount], shares: dict[int, int]) -> None: ...


class Housekeeping:
    """Two jobs, each on a connection of its own."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._shares: dict[int, int] = {}
        self._told_at = time.monotonic()
        self._sampler = Sampler()

    async def run(self, connection: AsyncConnection) -> None:
        """Once a second until the gateway is quiet; a plan to be held is held at once."""
        while not self._house.quiet:
            began = time.monotonic()
            accounts = await _channels(connection)
            await codes.refresh_async(connection)
            self._house.set_channels(accounts, self._shares)
            await self._tell(connection)
            self._house.set_channels(accounts, self._shares)
            await self._tidy(connection)
            await self._fail_over(connection)
            await self._refresh_plans(connection)
            for dispatch in list(self._house.dispatches.values()):
                dispatch.look_after(time.monotonic(), time.time())
            while (left_s := began + PACE_S - time.monotonic()) > 0 and not self._house.quiet:
                self._house.plans_to_hold.clear()
                await self._hold_plans(connection)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._house.plans_to_hold.wait(), min(left_s, QUIET_PACE_S))

    async def match(self, connection: AsyncConnection) -> None:
        """Match receipts of the last minutes every few seconds, those of the last days every minute."""
        far_at, tried = 0.0, REACH
        while not self._house.quiet:
            now = utc_now()
            far = time.monotonic() - far_at >= FAR_MATCH_PACE_S
            if far:
                far_at = time.monotonic()
            since = now - (REACH if far else LATELY)
            await match_receipts(connection, since=since, now=now, spelled_since=now - tried)
            tried = JUST_NOW
            waited = 0.0
            while waited < MATCH_PACE_S and not self._house.quiet:
                await asyncio.sleep(QUIET_PACE_S)
                waited += QUIET_PACE_S

    async def leave(self) -> None:
        """Remove what the gateway told about its connections."""
        async with await connect_async(autocommit=True) as connection:
            await self._hold_plans(connection)
            await states.forget(connection, self._house.name)

    async def _tell(self, connection: AsyncConnection) -> None:
        now = time.monotonic()
        elapsed_s, self._told_at = max(0.001, now - self._told_at), now
        figures = [
            row
            for dispatch in self._house.dispatches.values()
            for row in states.figures(dispatch.sessions, elapsed_s=elapsed_s)
        ]
        self._shares = await states.write(connection, self._house.name, figures, now=utc_now())
        await self._sampler.note(connection, self._house.name, figures, elapsed_s=elapsed_s, now=utc_now())

    async def _tidy(self, connection: AsyncConnection) -> None:
        if recovered := await leases.recover_expired(connection):
            log.warning("took over chunks of a lost gateway", extra={"chunks": recovered})
        now = utc_now()
        await leases.withhold_ended(connection, now=now)
        await leases.finish_plans(connection, now=now)

    async def _fail_over(self, connection: AsyncConnection) -> None:
        """See `failover`: what waits for a channel that is dead goes on by the next one of its lane."""
        now = utc_now()
        patience_s = await failover.patience(connection)
        for dispatch in self._house.dispatches.values():
            dispatch.offline_patience_s = min(OFFLINE_PATIENCE_S, patience_s)
        await failover.observe(connection, now=now)
        for moved in await failover.move(connection, now=now, patience_s=patience_s):
            log.warning(
                "moved to another channel",
                extra={
                    "plan": moved.plan_id,
                    "from": moved.from_id,
                    "to": moved.to_id,
                    "reason": moved.reason,
                    "messages": moved.messages,
                },
            )
        self._house.pausing.update(await failover.stranded(connection, now=now))
        self._house.ill = await failover.ill(connection, now=now)

    async def _refresh_plans(self, connection: AsyncConnection) -> None:
        """Windows of what is being sent, also of plans that have nothing queued any more."""
        sending = [plan_id for dispatch in self._house.dispatches.values() for plan_id in dispatch.tracks]
        if not sending:
            return
        for plan in await leases.plans_as_of_now(connection, sending):
            for channel_id, dispatch in self._house.dispatches.items():
                dispatch.refresh(replace(plan, channel_id=channel_id))

    async def _hold_plans(self, connection: AsyncConnection) -> None:
        for channel_id, reason in list(self._house.ailing.items()):
            await failover.ail(connection, channel_id, reason, now=utc_now())
            self._house.ill |= {channel_id}
            del self._house.ailing[channel_id]
        for plan_id, reason in list(self._house.pausing.items()):
            await leases.pause_plan(connection, plan_id, reason, now=utc_now())
            del self._house.pausing[plan_id]


async def _channels(connection: AsyncConnection) -> list[ChannelAccount]:
    """The channels that are switched on. One that can't be read is left out, and said so."""
    cursor = await connection.execute(
        "select id, kind, purpose, config, secret_sealed, rate_per_s, opens, closes from channel"
        " where enabled order by id"
    )
    accounts = []
    for (
        channel_id,
        kind,
        purpose,
        config,
        secret_sealed,
        rate_per_s,
        opens,
        closes,
    ) in await cursor.fetchall():
        try:
            account = ChannelAccount(
                id=channel_id,
                purpose=purpose,
                config=read_config(config, kind),
                rate_per_s=rate_per_s,
                secret=vault().open(Kind.SECRET, bytes(secret_sealed)),
                hours=None if opens is None else (opens, closes),
                kind=kind,
            )
        except InvalidInput as fault:
            log.error("channel can't be used", extra={"channel": channel_id, "fault": str(fault)})
            continue
        accounts.append(account)
    return accounts
