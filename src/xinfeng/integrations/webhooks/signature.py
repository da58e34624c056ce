"""The signature of a delivery: `t=<seconds since 1970>,v1=<hex of HMAC-SHA256(secret, "t.body")>`. Pure.

The time is signed with the body, so that a receiver can refuse what is old: somebody may have recorded it.
"""

from __future__ import annotations

import hashlib
import hmac

HEADER = "X-Xinfeng-Signature"


def sign(secret: str, body: bytes, *, at: int) -> str:
    """The header's value."""
    return f"t={at},v1={_mac(secret, body, at)}"


def verify(secret: str, body: bytes, header: str, *, now: int, tolerance_s: int = 300) -> bool:
    """Whether a header was made with this secret for this body, not longer ago than `tolerance_s`."""
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stated = parts.get("t", "")
    if (
        not (stated.isascii() and stated.isdecimal())
        or len(stated) > 12
        or abs(now - int(stated)) > tolerance_s
    ):
        return False
    return hmac.compare_digest(parts.get("v1", "").encode(), _mac(secret, body, int(stated)).encode())


def _mac(secret: str, body: bytes, at: int) -> str:
    return hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hex()
