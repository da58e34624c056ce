"""HTTP around a simulated vendor: what is asked of it, what it pushes, signals, and the line that says it is ready."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import signal
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol, cast
from urllib.parse import urlsplit

import h11
import uvloop

from xinfeng.channels.simulator.control import serve_control
from xinfeng.channels.simulator.vendors.aliyun import AliyunDesk
from xinfeng.channels.simulator.vendors.maap import CspDesk, MobileDesk, Platform
from xinfeng.channels.simulator.vendors.options import VendorOptions
from xinfeng.channels.simulator.vendors.tencent import TencentDesk
from xinfeng.channels.simulator.vendors.vendor import Said, Told, Vendor
from xinfeng.kernel.errors import Conflict

log = logging.getLogger(__name__)

_PUSH_TIMEOUT_S = 10.0


class Desk(Protocol):
    """One vendor's interface."""

    receipts_at_once: int
    replies_at_once: int

    def answer(
        self, target: str, headers: Mapping[str, str], body: bytes, now: float
    ) -> tuple[int, dict[str, Any] | str, int]: ...
    def push_headers(self) -> Sequence[tuple[str, str]]: ...
    def tell_receipts(self, told: Sequence[Told]) -> bytes: ...
    def tell_replies(self, said: Sequence[Said]) -> bytes: ...
    def taken(self, status: int, body: bytes) -> bool: ...


def _aliyun(options: VendorOptions) -> tuple[Vendor, Desk]:
    vendor = Vendor(options)
    return vendor, AliyunDesk(vendor)


def _tencent(options: VendorOptions) -> tuple[Vendor, Desk]:
    vendor = Vendor(options)
    return vendor, TencentDesk(vendor)


def _csp(options: VendorOptions) -> tuple[Vendor, Desk]:
    platform = Platform(options)
    return platform, CspDesk(platform)


def _mobile(options: VendorOptions) -> tuple[Vendor, Desk]:
    platform = Platform(options)
    return platform, MobileDesk(platform)


MAKERS: dict[str, Callable[[VendorOptions], tuple[Vendor, Desk]]] = {
    "aliyun": _aliyun,
    "tencent": _tencent,
    "maap_csp": _csp,
    "maap_mobile": _mobile,
}


@dataclass(frozen=True, slots=True)
class Running:
    """A vendor that serves, and where."""

    vendor: Vendor
    port: int
    control_port: int | None


class _Caller(asyncio.Protocol):
    """One connection of somebody who asks."""

    def __init__(self, vendor: Vendor, desk: Desk) -> None:
        self._vendor, self._desk = vendor, desk
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=256 * 1024)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._vendor.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._vendor.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._http.receive_data(data)
            self._read()
        except h11.RemoteProtocolError:
            self.abort()

    def _read(self) -> None:
        while (event := self._http.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            match event:
                case h11.Request():
                    self._head, self._body = event, bytearray()
                case h11.Data():
                    self._body += event.data
                case h11.EndOfMessage():
                    self._asked()
                case h11.ConnectionClosed():
                    return

    def _asked(self) -> None:
        assert self._head is not None
        headers = {name.decode().lower(): value.decode("latin-1") for name, value in self._head.headers}
        self._vendor.counters.requests += 1
        target = self._head.target.decode("latin-1")
        status, answer, accepted = self._desk.answer(target, headers, bytes(self._body), self._loop.time())
        fate = self._vendor.fate_of_answer(accepted) if accepted else ""
        self._loop.call_later(
            self._vendor.behaviour.latency_ms / 1000, lambda: self._answer(status, answer, fate)
        )

    def _answer(self, status: int, answer: dict[str, Any] | str, fate: str) -> None:
        if self._transport is None or fate == "silent":
            return
        if fate == "cut":
            self._vendor.cut()
            return
        if fate == "garbage":
            self.send_garbage()
            return
        body = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        if fate == "broken":
            status, body = 502, b"<html>Bad Gateway</html>"
        headers = [("content-type", "application/json"), ("content-length", str(len(body)))]
        if self._vendor.behaviour.closing:
            headers.append(("connection", "close"))
        pieces = [
            self._http.send(h11.Response(status_code=status, headers=headers)),
            self._http.send(h11.Data(data=body)),
            self._http.send(h11.EndOfMessage()),
        ]
        self._transport.write(b"".join(piece for piece in pieces if piece))
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
            self._read()
        else:
            self._transport.close()

    def send_garbage(self) -> None:
        """Octets that are no HTTP."""
        if self._transport is not None:
            self._transport.write(b"\x00\x01garbage\r\n\r\n")

    def abort(self) -> None:
        """Drop the connection without a word."""
        if self._transport is not None:
            self._transport.abort()


class _Messenger:
    """Pushes what waits to the callbacks, and again later what was not taken."""

    def __init__(self, vendor: Vendor, desk: Desk) -> None:
        self._vendor, self._desk = vendor, desk
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        while True:
            await self._vendor.waiting.wait()
            self._vendor.waiting.clear()
            options = self._vendor.options
            if options.report_url:
                for told in _batches(self._vendor.receipts, self._desk.receipts_at_once):
                    self._push(options.report_url, self._desk.tell_receipts(told))
            if options.reply_url:
                for said in _batches(self._vendor.replies, self._desk.replies_at_once):
                    self._push(options.reply_url, self._desk.tell_replies(said))

    def _push(self, url: str, body: bytes) -> None:
        task = asyncio.create_task(self._insist(url, body))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _insist(self, url: str, body: bytes) -> None:
        for wait_s in (0.0, *self._vendor.options.retry_s):
            await asyncio.sleep(wait_s)
            if await self._taken(url, body):
                self._vendor.counters.pushed += 1
                return
            self._vendor.counters.push_failures += 1

    async def _taken(self, url: str, body: bytes) -> bool:
        try:
            async with asyncio.timeout(_PUSH_TIMEOUT_S):
                status, answer = await post(url, body, self._desk.push_headers())
        except (OSError, TimeoutError, h11.RemoteProtocolError):
            return False
        return self._desk.taken(status, answer)


async def post(url: str, body: bytes, headers: Sequence[tuple[str, str]] = ()) -> tuple[int, bytes]:
    """One POST over plain HTTP, on a connection of its own: status and body of the answer."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        http = h11.Connection(h11.CLIENT)
        head = [
            ("host", parts.netloc),
            ("content-length", str(len(body))),
            ("connection", "close"),
            *(headers or (("content-type", "application/json;charset=utf-8"),)),
        ]
        request = h11.Request(method="POST", target=parts.path or "/", headers=head)
        pieces = (http.send(request), http.send(h11.Data(data=body)), http.send(h11.EndOfMessage()))
        writer.write(b"".join(piece for piece in pieces if piece))
        await writer.drain()
        status, answer = 0, bytearray()
        while True:
            event = http.next_event()
            match event:
                case h11.NEED_DATA:
                    http.receive_data(await reader.read(65536))
                case h11.Response():
                    status = event.status_code
                case h11.Data():
                    answer += event.data
                case h11.EndOfMessage() | h11.ConnectionClosed():
                    return status, bytes(answer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def _batches(queue: deque[Any], size: int) -> list[list[Any]]:
    waiting = [queue.popleft() for _ in range(len(queue))]
    return [waiting[start : start + size] for start in range(0, len(waiting), size)]


@asynccontextmanager
async def serving(options: VendorOptions) -> AsyncIterator[Running]:
    """Serve in the running loop until the block ends; then close the log.

    Raises Conflict `simulator.port_taken` when somebody else listens on one of the ports.
    """
    loop = asyncio.get_running_loop()
    vendor, desk = MAKERS[options.protocol](options)
    with _free(options.port):
        server = await loop.create_server(lambda: _Caller(vendor, desk), options.host, options.port)
    control = None
    if options.control_port is not None:
        with _free(options.control_port):
            control = await serve_control(vendor, options.control_port)
    messenger = asyncio.create_task(_Messenger(vendor, desk).run())
    try:
        yield Running(vendor, _port(server), _port(control) if control else None)
    finally:
        messenger.cancel()
        for listener in filter(None, (server, control)):
            listener.close()
        vendor.cut()
        vendor.log.close()


@contextmanager
def _free(port: int) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        if fault.errno != errno.EADDRINUSE:
            raise
        raise Conflict("simulator.port_taken", port=port) from None


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def _serve_until_told(options: VendorOptions) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(options) as running:
        if running.control_port is not None:
            sys.stdout.write(f"control on 127.0.0.1:{running.control_port}\n")
        sys.stdout.write(f"listening on {options.host}:{running.port}\n")
        sys.stdout.flush()
        await stop.wait()


def run(options: VendorOptions) -> None:
    """Serve until SIGINT or SIGTERM. The line `listening on HOST:PORT` on stdout says that it is ready.

    Raises Conflict `simulator.port_taken`.
    """
    uvloop.run(_serve_until_told(options))
