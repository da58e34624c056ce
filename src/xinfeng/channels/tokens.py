"""Access tokens of 5G platforms, one for all gateways.

A platform gives a token for about two hours and ends the one before when it gives another (where it does not, nothing is
lost). So gateways that each fetched their own would end each other's for ever. Instead:

1. A token is fetched by whoever claims that in `platform_token`, one at a time for each account, and put there.
2. Everybody else waits for it there. A claim whose holder died ends by itself.
3. A token that the platform refuses is dead; if another one stands in the table by then it is taken, else there is a new
   claim.
4. So many claims at most within so long, counted over all gateways: whatever goes wrong, the platform's limit of about
   2,000 tokens a day (reference 9.2) is kept.

An account is known by a digest of its address, name and key: the same account in two channels has one token.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import psycopg

from xinfeng.channels.maap import ASKS_WITHIN_S, FREE_ASKS, PACE_S, Token
from xinfeng.channels.sessions import ChannelSessions
from xinfeng.channels.vendors import VendorSessions
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput

log = logging.getLogger(__name__)

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

LOOK_S = 0.25
"""How soon those who wait for a token look again."""
IDLE_S = 1.0


class Sharing:
    """The tokens of one gateway. `run` keeps them and the table in step."""

    def __init__(self, *, gateway: str) -> None:
        self._gateway = gateway
        self._stirred = asyncio.Event()

    def adopt(self, sessions: ChannelSessions) -> None:
        """Before they start: their token is fetched only by who has claimed it."""
        for token in tokens_of([sessions]):
            token.share(self._stirred.set)

    async def run(
        self,
        connection: AsyncConnection,
        sessions: Callable[[], Iterable[ChannelSessions]],
        *,
        quiet: Callable[[], bool],
    ) -> None:
        """Until `quiet`; looks at the table only when somebody waits for a token or has fetched one."""
        while not quiet():
            self._stirred.clear()
            tokens = tokens_of(sessions())
            for token in tokens:
                await _settle(connection, token, gateway=self._gateway)
            waits = any(token.wanted for token in tokens)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stirred.wait(), LOOK_S if waits else IDLE_S)
            if waits:  # lines that wait stir often
                await asyncio.sleep(LOOK_S / 5)


def tokens_of(sessions: Iterable[ChannelSessions]) -> list[Token]:
    """Those of these channels that have one."""
    openings = (one.opening for one in sessions if isinstance(one, VendorSessions))
    return [one for one in openings if isinstance(one, Token)]


async def _settle(connection: AsyncConnection, token: Token, *, gateway: str) -> None:
    """What one token needs now."""
    if (fetched := token.fetched()) is not None:
        value, life_s = fetched
        sealed = vault().seal(Kind.SECRET, value)
        await connection.execute(
            _PUT, {"account": token.account, "sealed": sealed, "life": timedelta(seconds=life_s)}
        )
    if token.failed():
        await connection.execute(_LET_GO, {"account": token.account, "gateway": gateway})
    if not token.wanted:
        return
    async with connection.transaction():
        await _seek(connection, token, gateway=gateway)


async def _seek(connection: AsyncConnection, token: Token, *, gateway: str) -> None:
    """Take the token that is there, or the claim, or neither."""
    await connection.execute(_MAKE, {"account": token.account})
    cursor = await connection.execute(_LOCK, {"account": token.account}, binary=True)
    row = await cursor.fetchone()
    assert row is not None
    sealed, ends_at, asking_until, asked_at, now = row
    if sealed is not None and ends_at is not None and ends_at > now:
        value = _opened(bytes(sealed))
        if value and token.take(value, life_s=(ends_at - now).total_seconds()):
            return
    if asking_until is not None and asking_until > now:
        return
    asks: list[datetime] = [one for one in asked_at or () if now - one < timedelta(seconds=ASKS_WITHIN_S)]
    if len(asks) >= FREE_ASKS and now - asks[-1] < timedelta(seconds=PACE_S):
        return
    await connection.execute(
        _CLAIM,
        {
            "account": token.account,
            "gateway": gateway,
            "asked_at": [*asks, now][-FREE_ASKS:],
            "until": now + timedelta(seconds=token.patience_s),
        },
    )
    token.allow()


def _opened(sealed: bytes) -> str:
    """Empty for one that another key sealed."""
    try:
        return vault().open(Kind.SECRET, sealed)
    except InvalidInput:
        log.warning("a platform's token can't be opened; another is fetched")
        return ""


_MAKE = "insert into platform_token (account) values (%(account)s) on conflict do nothing"
_LOCK = """
select token_sealed, ends_at, asking_until, asked_at, clock_timestamp()
from platform_token where account = %(account)s for update
"""
_CLAIM = """
update platform_token set asking_by = %(gateway)s, asking_until = %(until)s, asked_at = %(asked_at)s
where account = %(account)s
"""
_PUT = """
insert into platform_token (account, token_sealed, ends_at) values
  (%(account)s, %(sealed)s, clock_timestamp() + %(life)s)
on conflict (account) do update set
  token_sealed = excluded.token_sealed, ends_at = excluded.ends_at, asking_by = '', asking_until = null
"""
_LET_GO = """
update platform_token set asking_by = '', asking_until = null
where account = %(account)s and asking_by = %(gateway)s
"""
