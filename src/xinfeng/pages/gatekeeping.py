"""Before Django: it takes a whole body to disk before a view sees how long it is. A page filled in is short, so the
public's bodies end early here, and nobody can fill the disk from outside or hold a connection with a byte at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from xinfeng.pages.answers import LARGEST_BODY

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

PREFIX = "/f/"
PATIENCE_S = 30.0
"""For a whole body: 64 KiB at 20 kbit/s."""


def limit_public_bodies(app: App) -> App:
    """`app` with bodies under /f/ read first, at most `LARGEST_BODY` bytes (else 413) within `PATIENCE_S` (else 408).

    A refusal ends the connection: what else was sent is not read.
    """

    async def limited(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(PATIENCE_S):
                body = await _whole(receive)
        except TimeoutError:
            await _refuse(send, 408)
            return
        if body is None:
            await _refuse(send, 413)
        else:
            await app(scope, _replay(body, receive), send)

    return limited


async def _whole(receive: Receive) -> list[Message] | None:
    """What came, up to the end of the body; None if it is too much."""
    came: list[Message] = []
    size = 0
    while True:
        message = await receive()
        came.append(message)
        size += len(message.get("body", b""))
        if size > LARGEST_BODY:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return came


def _replay(came: list[Message], receive: Receive) -> Receive:
    left = iter(came)

    async def again() -> Message:
        message = next(left, None)
        return message if message is not None else await receive()

    return again


async def _refuse(send: Send, status: int) -> None:
    headers = [(b"content-length", b"0"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
