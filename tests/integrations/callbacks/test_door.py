"""How much who may push to a callback, over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.served import sent, served

from xinfeng.foundation.bodies import limit_bodies
from xinfeng.integrations.callbacks.addresses import key_of
from xinfeng.integrations.callbacks.gatekeeping import DOOR, LARGEST_BODY, STRANGER_BYTES


class Behind:
    """Takes every body and counts it."""

    def __init__(self) -> None:
        self.got = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.got += len(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def port(behind: Behind) -> Iterator[int]:
    with served(limit_bodies(behind, [DOOR])) as found:
        yield found


def push(port: int, key: str, size: int) -> int:
    status, _ = sent(
        port, f"POST /callbacks/{key}/receipts HTTP/1.1\nContent-Length: {size}\n", [b" " * size]
    )
    return status


def test_whoever_does_not_know_an_address_sends_next_to_nothing(port: int, behind: Behind) -> None:
    assert push(port, f"1-0-{'A' * 22}", STRANGER_BYTES + 1) == 404
    assert push(port, "x", 100_000) == 404
    assert behind.got == 0


def test_a_vendor_sends_as_much_as_it_needs_and_no_more(port: int, behind: Behind) -> None:
    assert push(port, key_of(1, 0), 500_000) == 200
    assert behind.got == 500_000
    assert push(port, key_of(1, 0), LARGEST_BODY + 1) == 413
    assert behind.got == 500_000
