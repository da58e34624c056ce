"""One way out to a provider: bounded in time and size, never to a private address unless that was allowed.

The address is looked at once the connection stands and before anything is sent, so a name that suddenly resolves
to the house's own network (DNS rebinding) is found out as well. Redirects are not followed, no proxy is read from the
environment, and nothing is tried again but a connection that never stood.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from xinfeng.hygiene.providers.base import LookupFailure

LARGEST_REPLY = 1024 * 1024
"""Bytes; 200 answers are some 30 kB."""
_BLOCK = 16 * 1024
_CONNECT_S = 5.0
_TRIES = 2


class _PrivateAddressError(HTTPError):
    """The other end is in a network where no vendor lives."""


def _refuse_private(connected: socket.socket) -> None:
    address = ipaddress.ip_address(connected.getpeername()[0])
    mapped = getattr(address, "ipv4_mapped", None)
    if not (mapped or address).is_global:
        connected.close()
        raise _PrivateAddressError("private address")


class _PublicHttp(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        _refuse_private(connected)
        return connected


class _PublicHttps(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        connected = super()._new_conn()
        _refuse_private(connected)
        return connected


class _PublicHttpPool(HTTPConnectionPool):
    ConnectionCls = _PublicHttp


class _PublicHttpsPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHttps


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes


class Outlet:
    """Requests to one provider, one at a time."""

    def __init__(self, *, private_network: bool, timeout_s: float) -> None:
        self._pools = urllib3.PoolManager(
            num_pools=1,
            retries=False,
            timeout=urllib3.Timeout(connect=min(_CONNECT_S, timeout_s), read=timeout_s),
        )
        if not private_network:
            self._pools.pool_classes_by_scheme = {"http": _PublicHttpPool, "https": _PublicHttpsPool}
        self._timeout_s = timeout_s

    def send(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        """Raises LookupFailure `lookup.unreachable`, `lookup.private_address` (untouched), `lookup.timeout`,
        `lookup.garbled`."""
        for attempt in range(1, _TRIES + 1):
            try:
                return self._send(method, url, headers, body)
            except _PrivateAddressError:
                raise LookupFailure("lookup.private_address", untouched=True, retryable=False) from None
            except (NewConnectionError, ConnectTimeoutError):
                if attempt == _TRIES:
                    raise LookupFailure("lookup.unreachable", untouched=True, retryable=True) from None
            except SSLError:
                raise LookupFailure("lookup.insecure", untouched=True, retryable=False) from None
            except ReadTimeoutError:
                raise LookupFailure("lookup.timeout", untouched=False, retryable=True) from None
            except (HTTPError, OSError):
                raise LookupFailure("lookup.garbled", untouched=False, retryable=True) from None
        raise AssertionError("unreachable")

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        deadline = time.monotonic() + self._timeout_s
        response: Any = self._pools.request(
            method,
            url,
            body=body or None,
            headers={**headers, "Accept-Encoding": "identity"},
            redirect=False,
            preload_content=False,
            decode_content=False,
        )
        try:
            return Reply(int(response.status), _read(response, deadline))
        finally:
            response.close()


def _read(response: Any, deadline: float) -> bytes:
    """The body, if it is no larger and comes no slower than it may."""
    taken = bytearray()
    while block := response.read1(_BLOCK):
        taken += block
        if len(taken) > LARGEST_REPLY:
            raise LookupFailure("lookup.garbled", untouched=False, retryable=True)
        if time.monotonic() > deadline:
            raise LookupFailure("lookup.timeout", untouched=False, retryable=True)
    return bytes(taken)
