"""Before Django: Django takes a whole body to disk before anybody looks at the key, however large it is. Here the API's
bodies end at their limit, so that nobody without a key can fill the disk."""

from __future__ import annotations

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

PREFIX = "/api/"


def limit_bodies(app: App) -> App:
    """`app` with bodies under /api/ cut off where they grow too large: a stated length is answered with 413, an
    unstated one ends the connection."""

    async def limited(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await app(scope, receive, send)
        elif _stated(scope) > BATCH_BYTES:
            await _refuse(send)
        else:
            await app(scope, _counting(receive), send)

    return limited


def _stated(scope: Any) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 19 else BATCH_BYTES + 1
    return 0


def _counting(receive: Receive) -> Receive:
    left = BATCH_BYTES

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        if message["type"] == "http.request":
            left -= len(message.get("body", b""))
            if left < 0:
                return {"type": "http.disconnect"}
        return message

    return counted


async def _refuse(send: Send) -> None:
    code = "body.too_large"
    title = " ".join(words.format(at_most=BATCH_BYTES) for words in SENTENCES[code])
    problem = {"type": "about:blank", "title": title, "status": 413, "code": code}
    body = json.dumps(problem, ensure_ascii=False).encode()
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
