"""A simulated vendor, and lines to it in one loop."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from tests.patience import PATIENCE_S

from xinfeng.channels.backoff import Backoff
from xinfeng.channels.kinds import read_config
from xinfeng.channels.lines import Answered, Line, Ref
from xinfeng.channels.sessions import ChannelAccount
from xinfeng.channels.simulator.vendors import VendorBehaviour, VendorOptions, serving
from xinfeng.channels.simulator.vendors.server import Running
from xinfeng.channels.vendors import VendorSessions
from xinfeng.protocols.traffic import Receipt, Reply, SubmitItem
from xinfeng.protocols.vendor import TEMPLATED, Templated

ACCOUNT, SECRET = "LTAI-simulated", "simulated-secret"
TEMPLATES = {"SMS_1": "${1}您好，今日到店有礼，拒收请回复R", "SMS_2": "今日到店有礼，拒收请回复R"}


@dataclass
class Ears:
    """Hears what lines tell."""

    taken: list[Answered] = field(default_factory=list)
    late: list[Answered] = field(default_factory=list)
    unknown: list[tuple[Ref, str]] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)

    def answered(self, connection: Line, answers: list[Answered]) -> None:
        self.taken += answers

    def answered_late(self, connection: Line, answers: list[Answered]) -> None:
        self.late += answers

    def unanswered(self, connection: Line, refs: list[Ref], code: str) -> None:
        self.unknown += [(ref, code) for ref in refs]

    def received(self, connection: Line, receipts: list[Receipt], replies: list[Reply]) -> None:
        raise AssertionError("vendors deliver nothing over a line")

    def changed(self, connection: Line) -> None:
        self.changes.append((connection.phase.value, connection.detail))

    @property
    def results(self) -> list[Any]:
        return [result for _, _, result in self.taken]


def account(port: int, kind: str = "aliyun", *, secret: str = SECRET, **config: Any) -> ChannelAccount:
    stated = {
        "host": "127.0.0.1",
        "port": port,
        "plain_http": True,
        "account": ACCOUNT,
        "connections": 1,
        "response_timeout_s": PATIENCE_S,
        **({"app_id": "1400006666"} if kind == "tencent" else {}),
        **config,
    }
    return ChannelAccount(
        id=7,
        purpose="marketing",
        config=read_config(stated, kind),
        rate_per_s=5_000,
        secret=secret,
        kind=kind,
    )


def number(index: int) -> str:
    return f"138{index:08d}"


def items(count: int, *, code: str = "SMS_1", same: bool = False, first: int = 0) -> list[SubmitItem]:
    """Texts to so many numbers; `same`: all alike, as Tencent Cloud wants those of one request."""
    found = []
    for index in range(first, first + count):
        values = () if code == "SMS_2" else ("您" if same else f"第{index}位",)
        names = tuple(str(n) for n, _ in enumerate(values, start=1))
        found.append((number(index), Templated(code, "信风", names, values).pack(), TEMPLATED, 1, 1))
    return found


@dataclass
class World:
    vendor: Running
    sessions: VendorSessions
    ears: Ears
    log: Path

    @property
    def line(self) -> Line:
        return self.sessions.ready()[0]

    def send(self, given: Sequence[SubmitItem]) -> int:
        """As many as one request takes."""
        refs = [("chunk", index, 0) for index in range(len(given))]
        return self.line.submit(given, refs, monotonic())

    async def send_all(self, given: Sequence[SubmitItem]) -> list[int]:
        """Request by request; returns their sizes."""
        sizes, sent = [], 0
        while sent < len(given):
            await self.until(lambda: bool(self.sessions.ready()) and self.line.free_window > 0)
            sizes.append(self.send(given[sent:]))
            sent += sizes[-1]
        return sizes

    async def until(self, holds: Callable[[], bool]) -> None:
        deadline = monotonic() + PATIENCE_S
        while not holds():
            assert monotonic() < deadline, (self.ears, self.sessions.places)
            await asyncio.sleep(0.005)

    def behave(self, **changes: Any) -> None:
        self.vendor.vendor.behave(self.vendor.vendor.behaviour.changed(changes))


def quick() -> Backoff:
    return Backoff(random.random, first_s=0.02, longest_s=0.1, refused_s=60.0)


@asynccontextmanager
async def world(
    folder: Path,
    kind: str = "aliyun",
    *,
    behaviour: dict[str, Any] | None = None,
    secret: str = SECRET,
    wait: bool = True,
    **config: Any,
) -> AsyncIterator[World]:
    options = VendorOptions(
        protocol=kind,
        port=0,
        accounts={ACCOUNT: SECRET},
        templates=TEMPLATES,
        log=folder / "vendor.log",
        behaviour=VendorBehaviour().changed(behaviour or {}),
        seed=1,
    )
    async with serving(options) as vendor:
        ears = Ears()
        sessions = VendorSessions(
            account(config.pop("port", vendor.port), kind, secret=secret, **config), ears, make_backoff=quick
        )
        sessions.start()
        found = World(vendor, sessions, ears, folder / "vendor.log")
        try:
            if wait:
                await found.until(lambda: bool(sessions.ready()))
            yield found
        finally:
            await sessions.stop(patience_s=1.0)
