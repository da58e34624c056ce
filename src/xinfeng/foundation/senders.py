"""Where a request comes from, as an address or not at all.

A proxy says it for the client (`X-Forwarded-For`), and some pass on what the client itself has written there. Limits,
sessions and the audit log rest on it and keep it as an address: what is none must not reach them.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from xinfeng.foundation.bodies import App, Receive, Send


def plain_address(said: str) -> str | None:
    """`said` in its usual form, without a zone, IPv4 in IPv6 as IPv4; None if it is no address."""
    if not said.isascii():
        return None  # Python takes digits of every script
    try:
        given = ipaddress.ip_address(said.partition("%")[0])
    except ValueError:
        return None
    mapped = given.ipv4_mapped if isinstance(given, ipaddress.IPv6Address) else None
    return str(mapped or given)


def with_plain_addresses(app: App) -> App:
    """`app`, told the sender's address in its usual form, or of no sender."""

    async def told(scope: Any, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client is not None:
            address = plain_address(str(client[0]))
            scope = {**scope, "client": None if address is None else (address, client[1])}
        await app(scope, receive, send)

    return told
