"""The last hour of a channel, in steps of five seconds."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import pytest
from tests.campaigns.factories import make_channel

from xinfeng.channels.samples import KEPT, Sample, Sampler, samples
from xinfeng.channels.states import Figures
from xinfeng.foundation.database import connect_async
from xinfeng.kernel.time import SHANGHAI

pytestmark = pytest.mark.usefixtures("committed_db")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=SHANGHAI)


def row(channel_id: int, *, per_s: float, phase: str = "ready", trip: float | None = 8.0) -> Figures:
    return Figures(channel_id, 1, phase, "", NOON, 3, per_s, trip)


def tell(*told: tuple[str, int, list[Figures]]) -> None:
    """(gateway, seconds after noon, what its connections did in the last second)."""

    async def write() -> None:
        samplers: dict[str, Sampler] = {}
        async with await connect_async(autocommit=True) as line:
            for gateway, second, rows in told:
                sampler = samplers.setdefault(gateway, Sampler())
                now = NOON + timedelta(seconds=second)
                await sampler.note(line, gateway, rows, elapsed_s=1.0, now=now)

    asyncio.run(write())


def test_seconds_add_up_to_a_step_and_gateways_to_a_channel() -> None:
    channel = make_channel().pk
    told = [(name, second, [row(channel, per_s=100.0)]) for name in ("a", "b") for second in range(11)]
    tell(*told)
    assert samples(channel, now=NOON) == [
        Sample(NOON, 1000, 2, 6, 8.0),
        Sample(NOON + timedelta(seconds=5), 1000, 2, 6, 8.0),
    ]


def test_what_was_not_answered_has_no_round_trip() -> None:
    channel = make_channel().pk
    tell(("a", 0, [row(channel, per_s=0.0, phase="waiting", trip=None)]), ("a", 5, []))
    assert samples(channel, now=NOON) == [Sample(NOON, 0, 0, 3, None)]


def test_an_hour_is_kept_and_a_channel_that_is_gone_leaves_nothing() -> None:
    channel, gone = make_channel().pk, make_channel()
    tell(("a", 0, [row(channel, per_s=1.0)]), ("a", 5, []))
    later = int(KEPT.total_seconds()) + 60
    gone_id = gone.pk
    gone.delete()
    tell(("b", later, [row(channel, per_s=1.0), row(gone_id, per_s=1.0)]), ("b", later + 5, []))
    now = NOON + timedelta(seconds=later)
    assert [one.at for one in samples(channel, now=NOON + timedelta(minutes=30))] == [now]
    assert samples(gone_id, now=now) == []
