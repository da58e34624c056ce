"""Trying an account of a vendor: what a person is told, and that no message goes out."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.channels.vendors.world import ACCOUNT, SECRET, account
from tests.patience import PATIENCE_S

from xinfeng.channels.probe import try_login
from xinfeng.channels.simulator.vendors import VendorOptions, serving
from xinfeng.channels.simulator.vendors.vendor import Vendor


@contextmanager
def vendor(kind: str) -> Iterator[tuple[int, Vendor]]:
    box: list[tuple[int, Vendor, asyncio.AbstractEventLoop, asyncio.Event]] = []
    started = threading.Event()

    async def live() -> None:
        options = VendorOptions(protocol=kind, port=0, accounts={ACCOUNT: SECRET})
        async with serving(options) as running:
            ended = asyncio.Event()
            box.append((running.port, running.vendor, asyncio.get_running_loop(), ended))
            started.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    assert started.wait(PATIENCE_S)
    port, found, loop, ended = box[0]
    try:
        yield port, found
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(PATIENCE_S)


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
def test_an_account_that_is_in_order_is_said_so_and_nothing_is_sent_or_taken(kind: str) -> None:
    with vendor(kind) as (port, found):
        result = try_login(account(port, kind).config, SECRET)
        assert (result.ok, result.code) == (True, "ok")
        assert found.counters.accepted == found.counters.pulled == 0


@pytest.mark.parametrize(
    ("kind", "changes", "secret", "code"),
    [
        ("aliyun", {}, "wrong", "SignatureDoesNotMatch"),
        ("aliyun", {"account": "nobody"}, SECRET, "InvalidAccessKeyId.NotFound"),
        ("tencent", {}, "wrong", "AuthFailure.SignatureFailure"),
        ("tencent", {"account": "nobody"}, SECRET, "AuthFailure.SecretIdNotFound"),
    ],
)
def test_a_refused_account_is_said_by_the_vendors_code(
    kind: str, changes: dict[str, Any], secret: str, code: str
) -> None:
    with vendor(kind) as (port, _):
        result = try_login(account(port, kind, **changes).config, secret)
        assert (result.ok, result.code) == (False, code)


def test_a_vendor_that_cannot_be_reached_or_is_not_who_it_should_be_is_said() -> None:
    with vendor("aliyun") as (port, _):
        assert try_login(account(port, plain_http=False).config, SECRET, timeout_s=PATIENCE_S).code == "tls"
    assert try_login(account(port).config, SECRET, timeout_s=PATIENCE_S).code == "unreachable"
