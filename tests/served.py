"""An ASGI application behind a real uvicorn on a real socket, and senders that keep to no rules."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from tests.patience import PATIENCE_S


@contextmanager
def served(app: Any) -> Iterator[int]:
    """The port on which `app` is served."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=20
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])))
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def sent(port: int, head: str, pieces: Iterable[bytes] = (), *, between_s: float = 0.0) -> tuple[int, bytes]:
    """Status and all of the answer to a request of these pieces; what the server no longer takes is not sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as line:
        line.sendall(head.replace("\n", "\r\n").encode() + b"Host: localhost\r\nConnection: close\r\n\r\n")
        try:
            for piece in pieces:
                line.sendall(piece)
                time.sleep(between_s)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = b""
        try:
            while more := line.recv(65_536):
                answer += more
        except ConnectionResetError:
            pass
    return (int(answer[9:12]) if answer else 0), answer


def chunked(body: bytes, *, size: int = 16_384) -> Iterator[bytes]:
    """`body` in chunks (RFC 9112, 7.1)."""
    for at in range(0, len(body), size):
        piece = body[at : at + size]
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
