"""Why a carrier could not be reached, or what speaks there in its place: codes that the console has words for. Pure."""

from __future__ import annotations

import errno
import socket

_BY_ERRNO = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.ETIMEDOUT: "timeout",
    errno.ENETUNREACH: "no_route",
    errno.EHOSTUNREACH: "no_route",
    errno.EADDRNOTAVAIL: "no_route",
    errno.EPERM: "not_permitted",
    errno.EACCES: "not_permitted",
}
_OTHERS = (
    (b"HTTP/", "http"),
    (b"SSH-", "ssh"),
    (b"\x15\x03", "tls"),
    (b"\x16\x03", "tls"),
    (b"220 ", "mail"),
    (b"220-", "mail"),
)
FIRST_OCTETS = 8
"""How much of what a peer says first is enough for `other_speech`."""

UNREACHABLE = (OSError, TimeoutError, UnicodeError)
"""What trying to connect may raise; names that no resolver takes come as UnicodeError."""


def why_unreachable(fault: Exception) -> str:
    """`connect.dns`, `.refused`, `.reset`, `.timeout`, `.no_route`, `.not_permitted`, or `.failed` for all else."""
    match fault:
        case socket.gaierror() | UnicodeError():
            return "connect.dns"
        case TimeoutError():
            return "connect.timeout"
        case OSError(errno=number) if number in _BY_ERRNO:
            return f"connect.{_BY_ERRNO[number]}"
        case _:
            return "connect.failed"


def other_speech(first: bytes) -> str:
    """`other.http`, `.tls`, `.ssh`, `.mail` where the first octets say that no carrier's gateway is there; else empty."""
    return next((f"other.{name}" for start, name in _OTHERS if first.startswith(start)), "")
