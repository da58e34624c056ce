"""One POST to somebody else's server: to the address that was checked, no redirects, little patience."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from xinfeng.integrations.webhooks.targets import Target, resolve
from xinfeng.kernel.errors import InvalidInput

SILENCE_S = 10.0
"""Without a byte for so long, the attempt has failed."""

PATIENCE_S = 20.0
"""An attempt takes no longer, however slowly bytes trickle in."""

EXCERPT = 500


class Answer(NamedTuple):
    """What came back. `status` 0: nothing; `error` says why. `excerpt`: the beginning of the body, as text."""

    status: int
    excerpt: str
    error: str
    took_ms: int

    @property
    def arrived(self) -> bool:
        return 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool) -> Answer:
    """Send it. Never raises for what the other side or the net does."""
    started = time.monotonic()
    status, excerpt, error = 0, "", ""
    try:
        target = resolve(url, allow_private=allow_private)
        status, excerpt = _exchange(target, body, headers)
        if 300 <= status < 400:
            error = "redirect"
    except InvalidInput as fault:
        error = fault.code
    except ssl.SSLError:
        error = "tls"
    except urllib3.exceptions.NewConnectionError:  # a kind of timeout to urllib3
        error = "connection"
    except (TimeoutError, urllib3.exceptions.TimeoutError):
        error = "timeout"
    except (OSError, urllib3.exceptions.HTTPError, http.client.HTTPException):
        error = "connection"
    return Answer(status, excerpt, error, round((time.monotonic() - started) * 1000))


def _exchange(target: Target, body: bytes, headers: Mapping[str, str]) -> tuple[int, str]:
    connection = _connection(target)
    cut = threading.Timer(PATIENCE_S, _cut, [connection])
    cut.daemon = True
    cut.start()
    try:
        usual = target.port == (443 if target.secure else 80)
        host = f"[{target.host}]" if ":" in target.host else target.host
        sent = {"Host": host if usual else f"{host}:{target.port}", **headers}
        connection.request("POST", target.path, body=body, headers=sent, preload_content=False)
        response = connection.getresponse()
        beginning = response.read(EXCERPT * 4, decode_content=False)
        text = beginning.decode("utf-8", "replace")
        return response.status, "".join(sign for sign in text if sign.isprintable() or sign == "\n")[:EXCERPT]
    finally:
        cut.cancel()
        connection.close()


def _connection(target: Target) -> HTTPConnection:
    if not target.secure:
        return HTTPConnection(target.address, target.port, timeout=SILENCE_S)
    return HTTPSConnection(
        target.address,
        target.port,
        timeout=SILENCE_S,
        ssl_context=ssl.create_default_context(),
        server_hostname=target.host,
        assert_hostname=target.host,
    )


def _cut(connection: HTTPConnection) -> None:
    held = connection.sock
    if held is not None:
        with suppress(OSError):
            held.shutdown(socket.SHUT_RDWR)
