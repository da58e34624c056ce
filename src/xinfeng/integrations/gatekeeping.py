"""Before Django: Django takes a whole body to disk before anybody looks at the key, however large it is. Here the API's
bodies end at their limit, so that nobody without a key can fill the disk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from xinfeng.integrations.bodies import BATCH_BYTES
from xinfeng.integrations.problems import MEDIA_TYPE
from xinfeng.integrations.words import SENTENCES

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

TOO_LARGE, TOO_SLOW = "body.too_large", "body.too_slow"
_STATUS = {TOO_LARGE: 413, TOO_SLOW: 408}

PREFIX = "/api/"
PATIENCE_S = 120.0
"""For a whole body: 8 MB at half a megabit a second. Who sends a byte now and then holds a connection no longer."""


def limit_bodies(app: App) -> App:
    """`app` with bodies under /api/ cut off where they grow too large, which is answered with 413, or come too slowly,
    with 408."""

    async def limited(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
        elif _stated(scope) > BATCH_BYTES:
            await _refuse(send, TOO_LARGE)
        else:
            body = _Body(receive)
            await app(scope, body.receive, send)
            if body.refused:  # the application heard that the caller had gone, and said nothing
                await _refuse(send, body.refused)

    return limited


def _stated(scope: Any) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 19 else BATCH_BYTES + 1
    return 0


class _Body:
    """A body as it comes in; to the application one that goes too far looks like a caller who has gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = BATCH_BYTES
        self._until = asyncio.get_running_loop().time() + PATIENCE_S
        self._whole = False
        self.refused = ""

    async def receive(self) -> Message:
        if self._whole:  # what comes now is that the caller has gone
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            self.refused = TOO_SLOW
            return {"type": "http.disconnect"}
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
            if self._left < 0:
                self.refused = TOO_LARGE
                return {"type": "http.disconnect"}
        return message


async def _refuse(send: Send, code: str) -> None:
    status = _STATUS[code]
    title = " ".join(words.format(at_most=BATCH_BYTES) for words in SENTENCES[code])
    problem = {"type": "about:blank", "title": title, "status": status, "code": code}
    body = json.dumps(problem, ensure_ascii=False).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
