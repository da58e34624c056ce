"""Gateways beside each other on one account of a 5G platform that ends a token when it gives another."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.delivery.test_rich import make_rich_plan, platform
from tests.delivery.vendor_world import VendorWorld, vendor_and_gateway
from tests.delivery.world import agreed, fates, finished, quick_backoff, wait_until
from tests.patience import PATIENCE_S

from xinfeng.channels.models import PlatformToken
from xinfeng.channels.simulator import witness
from xinfeng.delivery.gateway import Gateway, Options

pytestmark = pytest.mark.usefixtures("committed_db")


@contextmanager
def another_gateway(world: VendorWorld) -> Iterator[Gateway]:
    async def start() -> tuple[Gateway, asyncio.Task[None]]:
        gateway = Gateway(Options(shutdown_s=PATIENCE_S, make_backoff=quick_backoff))
        return gateway, asyncio.create_task(gateway.run())

    gateway, task = asyncio.run_coroutine_threadsafe(start(), world.loop).result(PATIENCE_S)

    async def end() -> None:
        gateway.stop()
        await task

    try:
        yield gateway
    finally:
        asyncio.run_coroutine_threadsafe(end(), world.loop).result(PATIENCE_S)


def ready(gateway: Gateway) -> bool:
    return any(dispatch.sessions.ready() for dispatch in list(gateway.dispatches.values()))


def test_two_gateways_use_one_token_and_end_each_others_never(tmp_path: Path) -> None:
    with (
        vendor_and_gateway(tmp_path, "maap_csp", single_token=True) as world,
        another_gateway(world) as second,
        another_gateway(world) as third,
    ):
        channel = world.channel("maap_csp")
        world.until(lambda: ready(second) and ready(third))
        assert platform(world).tokens_given == 1
        plan = make_rich_plan(agreed(300), channel, personal=True)
        finished(plan)
        assert fates(plan) == {"accepted": 300}
        assert platform(world).tokens_given == 1
    assert witness.totals(tmp_path / "vendor.log").duplicates == 0
    token = PlatformToken.objects.get()
    assert token.asking_until is None and len(token.asked_at) == 1


def test_a_token_that_is_ended_from_elsewhere_is_fetched_anew_by_one_of_them(tmp_path: Path) -> None:
    with (
        vendor_and_gateway(tmp_path, "maap_csp", single_token=True) as world,
        another_gateway(world) as second,
    ):
        channel = world.channel("maap_csp")
        world.until(lambda: ready(second))
        first_plan = make_rich_plan(agreed(40), channel, personal=True)
        finished(first_plan)
        world._call(platform(world).tokens.clear)
        plan = make_rich_plan(agreed(200), channel, personal=True)
        finished(plan)
        assert fates(plan) == {"accepted": 200}
        assert platform(world).tokens_given == 2
    assert witness.totals(tmp_path / "vendor.log").duplicates == 0


def test_a_claim_whose_holder_died_ends_by_itself_and_no_token_is_kept_in_the_clear(tmp_path: Path) -> None:
    with vendor_and_gateway(tmp_path, "maap_csp", single_token=True) as world:
        channel = world.channel("maap_csp")
        finished(make_rich_plan(agreed(2), channel))
        held = PlatformToken.objects.get()
        [value] = platform(world).tokens
        assert value.encode() not in bytes(held.token_sealed or b"") and value not in str(held.__dict__)
        PlatformToken.objects.update(asking_by="gone", asking_until="2026-01-01T00:00:00Z", token_sealed=None)
        world._call(platform(world).tokens.clear)
        plan = make_rich_plan(agreed(5), channel)
        finished(plan)
        assert fates(plan) == {"accepted": 5}
        wait_until("select count(*) from platform_token where token_sealed is not null", 1)
