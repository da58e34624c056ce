"""What reaches Django of a body that the public sends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from xinfeng.pages import gatekeeping
from xinfeng.pages.answers import LARGEST_BODY


def deliver(path: str, pieces: list[bytes], *, unfinished: bool = False) -> tuple[int, int, int]:
    """Status, bytes the application got, pieces that were read at all."""
    waiting = [
        {"type": "http.request", "body": one, "more_body": unfinished or at < len(pieces) - 1}
        for at, one in enumerate(pieces)
    ]
    read = got = 0
    sent: list[Any] = []

    async def receive() -> Any:
        nonlocal read
        if not waiting:
            await asyncio.sleep(60)
        read += 1
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    async def behind(scope: Any, take: Any, say: Any) -> None:
        nonlocal got
        more = True
        while more:
            message = await take()
            got += len(message.get("body", b""))
            more = message.get("more_body", False)
        await say({"type": "http.response.start", "status": 200, "headers": []})

    scope = {"type": "http", "path": path, "headers": []}
    asyncio.run(gatekeeping.limit_public_bodies(behind)(scope, receive, send))
    return sent[0]["status"], got, read


def test_a_page_filled_in_comes_through_whole() -> None:
    assert deliver("/f/x", [b"a=1&", b"b=2"]) == (200, 7, 2)
    assert deliver("/f/x", [b""]) == (200, 0, 1)


def test_a_body_without_end_is_cut_off_before_anything_is_kept() -> None:
    assert deliver("/f/x", [b"a" * 16_384] * 1_000) == (413, 0, LARGEST_BODY // 16_384 + 1)


def test_who_sends_a_byte_now_and_then_does_not_hold_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gatekeeping, "PATIENCE_S", 0.05)
    assert deliver("/f/x", [b"a"], unfinished=True) == (408, 0, 1)


def test_other_doors_have_their_own_limits() -> None:
    assert deliver("/imports", [b"a" * 16_384] * 10) == (200, 163_840, 10)
