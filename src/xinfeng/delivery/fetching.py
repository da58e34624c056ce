"""Asking vendors for what they have not told: pulls of receipts and replies, and what became of doubtful messages.

Only for channels that want it (`pull_every_s`); whoever can be reached by callbacks needs it for nothing but doubts.

Tencent Cloud gives each receipt and reply once, in answer to a pull: what was pulled is kept in memory until it is
stored, and nothing more is pulled before. A process that dies between the two loses it; that is the vendor's interface,
and why callbacks are the better way. Alibaba Cloud has no queue but answers questions about a number: it is asked about
messages whose request was never answered, and recognises them by what we called the request, so a doubt is settled as
what it was and by nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

import psycopg
from django.db import Error as DjangoDatabaseError
from django.db import connection as django_connection

from xinfeng.channels.models import ChannelKind
from xinfeng.channels.vendors import AliyunConfig, TencentConfig, VendorSessions
from xinfeng.channels.vendors.asking import ask
from xinfeng.channels.vendors.sessions import Doubt
from xinfeng.delivery.dispatch import Dispatch
from xinfeng.delivery.inflow import take_receipts, take_replies
from xinfeng.kernel.errors import ProviderFailure, RemoteProtocolError
from xinfeng.kernel.time import SHANGHAI, utc_now
from xinfeng.protocols import aliyun, tencent
from xinfeng.protocols.aliyun.answers import WAITING
from xinfeng.protocols.vendor import VendorReceipt, VendorReply

log = logging.getLogger(__name__)

PACE_S = 0.5
MOST_PULLS = 50
"""Answers of a queue in one round; a hundred entries each."""
MOST_QUESTIONS = 50
"""Doubts that are asked about in one round."""
FIRST_QUESTION_S = 5.0
"""How old a doubt is before somebody is asked: the vendor may still be at it."""
OLDEST_DOUBT = timedelta(hours=72)
"""Vendors know the end of a message within three days, or never."""

_FAULTS = (psycopg.OperationalError, psycopg.InterfaceError, DjangoDatabaseError)


class House(Protocol):
    """What is seen of the gateway."""

    dispatches: dict[int, Dispatch]
    quiet: bool


@dataclass(slots=True)
class _Held:
    """What was fetched for a channel and is not stored yet."""

    receipts: list[VendorReceipt] = field(default_factory=list)
    replies: list[VendorReply] = field(default_factory=list)


class Fetcher:
    """One thread that asks and stores; one task that tells it when."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._asked_at: dict[int, float] = {}
        self._held: dict[int, _Held] = {}
        self._said: dict[int, str] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fetching")

    async def run(self) -> None:
        """Until the gateway is quiet."""
        loop = asyncio.get_running_loop()
        try:
            while not self._house.quiet:
                for sessions in self._due(time.monotonic()):
                    await loop.run_in_executor(self._thread, self._round, sessions)
                await asyncio.sleep(PACE_S)
        finally:
            await loop.run_in_executor(self._thread, _hang_up)
            self._thread.shutdown()

    def _due(self, now: float) -> list[VendorSessions]:
        found = []
        for channel_id, dispatch in self._house.dispatches.items():
            sessions = dispatch.sessions
            if not isinstance(sessions, VendorSessions) or not sessions.config.pull_every_s:
                continue
            if now - self._asked_at.get(channel_id, float("-inf")) >= sessions.config.pull_every_s:
                self._asked_at[channel_id] = now
                found.append(sessions)
        return found

    def _round(self, sessions: VendorSessions) -> None:
        """One round for a channel, in the thread. What fails is tried again in the next."""
        account, config = sessions.account, sessions.config
        held = self._held.setdefault(account.id, _Held())
        try:
            self._store(account.id, account.kind, held)
            match config:
                case TencentConfig():
                    self._pull(sessions, config, held)
                case AliyunConfig():
                    self._settle_doubts(sessions, config, held)
                case _:
                    raise AssertionError(f"nothing to ask of {type(config).__name__}")
            self._said.pop(account.id, None)
        except (ProviderFailure, RemoteProtocolError) as fault:
            code = str(fault.params.get("vendor_code", fault.code))
            if self._said.get(account.id) != code:  # each fault once, not every second
                self._said[account.id] = code
                log.warning("could not ask a vendor", extra={"channel": account.id, "fault": code})
        except _FAULTS as fault:
            log.warning("what was fetched is not stored yet", extra={"fault": type(fault).__name__})
            django_connection.close()

    def _store(self, channel_id: int, kind: str, held: _Held) -> None:
        now = utc_now()
        take_replies(channel_id, held.replies, now=now)
        held.replies.clear()
        take_receipts(channel_id, kind, held.receipts, now=now)
        held.receipts.clear()

    def _pull(self, sessions: VendorSessions, config: TencentConfig, held: _Held) -> None:
        try:
            self._pull_replies(sessions, config, held)
        except (ProviderFailure, RemoteProtocolError):
            self._pull_receipts(
                sessions, config, held
            )  # one of the two queues may not be open to this account
            raise
        self._pull_receipts(sessions, config, held)

    def _pull_replies(self, sessions: VendorSessions, config: TencentConfig, held: _Held) -> None:
        who, timeout_s = config.credentials(sessions.account.secret), config.response_timeout_s
        for _ in range(MOST_PULLS):
            asked = tencent.pull_replies(who, now=utc_now())
            replies = tencent.read_pulled_replies(*ask(config, asked, timeout_s=timeout_s))
            held.replies += replies
            self._store(sessions.account.id, ChannelKind.TENCENT, held)
            if len(replies) < tencent.LARGEST_PULL:
                break

    def _pull_receipts(self, sessions: VendorSessions, config: TencentConfig, held: _Held) -> None:
        who, timeout_s = config.credentials(sessions.account.secret), config.response_timeout_s
        for _ in range(MOST_PULLS):
            asked = tencent.pull_receipts(who, now=utc_now())
            receipts = tencent.read_pulled_receipts(*ask(config, asked, timeout_s=timeout_s))
            held.receipts += receipts
            self._store(sessions.account.id, ChannelKind.TENCENT, held)
            if len(receipts) < tencent.LARGEST_PULL:
                break

    def _settle_doubts(self, sessions: VendorSessions, config: AliyunConfig, held: _Held) -> None:
        doubts = sessions.memory.doubts
        for _ in range(min(MOST_QUESTIONS, len(doubts))):
            doubt = doubts.popleft()
            age = utc_now() - doubt.at
            if age > OLDEST_DOUBT:
                continue
            receipt = None
            try:
                if age.total_seconds() >= FIRST_QUESTION_S:
                    receipt = _asked(sessions, config, doubt)
            finally:
                if receipt is None:
                    doubts.append(doubt)
            if receipt is not None:
                held.receipts.append(receipt)
        self._store(sessions.account.id, ChannelKind.ALIYUN, held)


def _hang_up() -> None:
    django_connection.close()  # each thread has a connection of its own


def _asked(sessions: VendorSessions, config: AliyunConfig, doubt: Doubt) -> VendorReceipt | None:
    """What the vendor says became of a doubtful message; None: nothing (yet)."""
    asked = aliyun.query_details(
        config.credentials(sessions.account.secret),
        doubt.number,
        day=doubt.at.astimezone(SHANGHAI).date(),
        now=utc_now(),
        nonce=secrets.token_hex(16),
    )
    details = aliyun.read_details(*ask(config, asked, timeout_s=config.response_timeout_s))
    ours = next((one for one in details if one.ours == doubt.ours and one.status != WAITING), None)
    if ours is None:
        return None
    return VendorReceipt(f"q{doubt.ours}", doubt.number, ours.stat, ours.sent, ours.done, ours.ours)
