"""Bodies of requests end at their limit before Django sees them: it takes a whole body to disk before any view is
asked, however large it is and whoever sends it.

Every address belongs to a door: the API's, the public's, the console's. A door says how much a stranger may send,
how long that may take, and whom to ask whether this sender may send more. That is asked at most once a request, and
only about bodies larger than a stranger's. What is too much or too slow ends the request; the application behind
sees a caller who has gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Receive, Send], Awaitable[None]]

TOO_LARGE, TOO_SLOW = 413, 408

LINGER_S, LINGER_FOR_KNOWN_S = 2.0, 60.0
"""How long what still comes is thrown away before a refusal is said: a sender whose connection is closed in the
middle of a body loses the answer too (RFC 9112, 9.6). A person who chose too large a file should read it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a sender is told whose body is not taken."""

    status: int
    media_type: str = "text/plain; charset=utf-8"
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Door:
    """How bodies come in at the addresses that begin with `prefix`.

    `stranger_bytes`: what anybody may send, within `patience_s`; what goes beyond must come at `slowest_per_s` bytes
    a second. `sender_bytes(scope)`: how much this sender may send, or why not more than a stranger; None if that is
    all the same. `refuse(scope, status, at_most)`: what to say of a body that is TOO_LARGE or TOO_SLOW.
    """

    prefix: str
    stranger_bytes: int
    patience_s: float
    refuse: Callable[[Scope, int, int], Refusal]
    sender_bytes: Callable[[Scope], Awaitable[int | Refusal]] | None = None
    slowest_per_s: float = 64 * 1024


def limit_bodies(app: App, doors: Sequence[Door]) -> App:
    """`app` behind its doors; the first whose prefix fits counts."""

    async def limited(scope: Any, receive: Receive, send: Send) -> None:
        door = _door(scope, doors)
        if door is None:
            await app(scope, receive, send)
            return
        body, answer = _Body(door, scope, receive), _Answer(send)
        if await body.fits(_stated(scope)):
            await app(scope, body.receive, answer.send)
        if body.refusal is not None and not answer.begun:
            await body.throw_away()
            await _say(send, body.refusal)

    return limited


def header(scope: Scope, name: bytes) -> str:
    """The values of a header of the request, joined by "; " as in cookies; empty if there is none."""
    return "; ".join(value.decode("latin-1") for known, value in scope["headers"] if known == name)


def _door(scope: Scope, doors: Sequence[Door]) -> Door | None:
    if scope["type"] != "http":
        return None
    return next((door for door in doors if scope["path"].startswith(door.prefix)), None)


def _stated(scope: Scope) -> int | None:
    """The length the sender states, 0 if none; None for what is no length."""
    stated = header(scope, b"content-length") or "0"
    return int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 19 else None


class _Body:
    """A body as it comes in. `refusal` says why it was not taken."""

    def __init__(self, door: Door, scope: Scope, receive: Receive) -> None:
        self._door, self._scope, self._receive = door, scope, receive
        self._began = asyncio.get_running_loop().time()
        self._at_most = door.stranger_bytes
        self._asked = False
        self._came = 0
        self._ended = False
        self.refusal: Refusal | None = None

    async def fits(self, size: int | None) -> bool:
        """Whether so many bytes may come; None: nobody can say how many."""
        if size is None:
            self._refuse(TOO_LARGE)
        elif size > self._at_most:
            if self._door.sender_bytes is not None and not self._asked:
                await self._ask()
            if self.refusal is None and size > self._at_most:
                self._refuse(TOO_LARGE)
        return self.refusal is None

    async def receive(self) -> Message:
        """For the application. What comes after the end of a body is that the caller has gone."""
        if self.refusal is not None:
            return {"type": "http.disconnect"}
        if self._ended:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until()):
                message = await self._next()
        except TimeoutError:
            self._refuse(TOO_SLOW)
            return {"type": "http.disconnect"}
        return message if await self.fits(self._came) else {"type": "http.disconnect"}

    async def throw_away(self) -> None:
        """Let the rest of a body that is too large come for a moment, to nowhere."""
        assert self.refusal is not None
        if self.refusal.status == TOO_SLOW or header(self._scope, b"expect"):
            return  # the latter keeps its body back until it is told to go on (RFC 9110, 10.1.1); reading tells it
        known = self._at_most > self._door.stranger_bytes
        try:
            async with asyncio.timeout(LINGER_FOR_KNOWN_S if known else LINGER_S):
                while not self._ended:
                    await self._next()
        except TimeoutError:
            return

    async def _ask(self) -> None:
        assert self._door.sender_bytes is not None
        self._asked = True
        said = await self._door.sender_bytes(self._scope)
        if isinstance(said, Refusal):
            self.refusal = said
        else:
            self._at_most = max(self._at_most, said)

    def _refuse(self, status: int) -> None:
        self.refusal = self._door.refuse(self._scope, status, self._at_most)

    def _until(self) -> float:
        beyond = max(0, self._came - self._door.stranger_bytes)
        return self._began + self._door.patience_s + beyond / self._door.slowest_per_s

    async def _next(self) -> Message:
        message = await self._receive()
        self._came += len(message.get("body", b""))
        self._ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message


class _Answer:
    """Notes whether the application has begun to answer: then a refusal would come too late."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def send(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


async def _say(send: Send, refusal: Refusal) -> None:
    """The connection ends with it: what else comes is not read."""
    fixed = (
        ("content-type", refusal.media_type),
        ("content-length", str(len(refusal.body))),
        ("cache-control", "no-store"),
        ("connection", "close"),
        ("x-content-type-options", "nosniff"),
    )
    headers = [(name.encode(), value.encode()) for name, value in (*fixed, *refusal.headers)]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})
