"""Where a delivery may go. A webhook's address is typed in by a person and looked up by us, so it could point at
machines only we can reach: names are resolved once, every address is checked, and the connection goes to the address
that was checked, whatever the name says a moment later.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from xinfeng.kernel.errors import InvalidInput

LONGEST_URL = 500
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Target(NamedTuple):
    """An address to connect to and what to say there."""

    secure: bool
    host: str
    port: int
    address: str
    path: str


def check_url(url: str, *, allow_private: bool) -> str:
    """The URL as it is kept. Raises InvalidInput `webhook.url` (why)."""
    _parts(url, allow_private=allow_private)
    return url


def resolve(url: str, *, allow_private: bool) -> Target:
    """Look the host up. Raises InvalidInput `webhook.url`, `webhook.unresolvable`, `webhook.private`."""
    secure, host, port, path = _parts(url, allow_private=allow_private)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise InvalidInput("webhook.unresolvable") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not _may_reach(ipaddress.ip_address(address.partition("%")[0]), allow_private=allow_private):
            raise InvalidInput("webhook.private")
    return Target(secure, host, port, addresses[0], path)


def _parts(url: str, *, allow_private: bool) -> tuple[bool, str, int, str]:
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        raise InvalidInput("webhook.url", why="text")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise InvalidInput("webhook.url", why="text") from None
    if parts.scheme not in ("https", "http") or (parts.scheme == "http" and not allow_private):
        raise InvalidInput("webhook.url", why="scheme")
    if not host or parts.username is not None or parts.password is not None or parts.fragment or port == 0:
        raise InvalidInput("webhook.url", why="host")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        pass
    else:
        if not _may_reach(literal, allow_private=allow_private):
            raise InvalidInput("webhook.private")
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return secure, host, port or (443 if secure else 80), _quoted(path)


def _quoted(path: str) -> str:
    return "".join(
        sign if sign.isascii() else "".join(f"%{byte:02X}" for byte in sign.encode()) for sign in path
    )


def _may_reach(address: _Address, *, allow_private: bool) -> bool:
    inner = _embedded(address)
    if inner is not None:
        return _may_reach(inner, allow_private=allow_private)
    if address.is_multicast or address.is_unspecified or address.is_link_local or address.is_reserved:
        return False
    return address.is_global or (allow_private and (address.is_private or address.is_loopback))


def _embedded(address: _Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
