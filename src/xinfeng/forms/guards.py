"""Guards against programs that fill in forms: the page's token, the honeypot, the time it takes. Pure.

The page carries a signed token: which form and version it showed, when, and sixteen random bytes. It needs no
cookie, so it works inside another site's frame, where cookies are refused. There is no login a forged request
could ride on; the token shows that the page was asked for, and makes a repeated submission the same one.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

MIN_FILL = timedelta(seconds=2)
"""Nobody reads a page and fills it in within this."""
PAGE_LIFE = timedelta(hours=12)
TRAP = "website"
"""A field that people don't see; programs fill it in."""
PER_ADDRESS_PER_HOUR = 30
"""Submissions from one address. Offices and mobile networks share addresses, so it is no small number."""
CODES_PER_ADDRESS_PER_HOUR = 15
GUESSES_PER_ADDRESS_PER_HOUR = 60
_NONCE = 16
_MAC = 32


@dataclass(frozen=True, slots=True)
class PageToken:
    """What a page was: `version_id` as it was shown, `at` when."""

    version_id: int
    at: datetime
    nonce: bytes


def mint(version_id: int, *, key: bytes, now: datetime) -> str:
    """A token for a page that is about to be shown."""
    micros = int(now.timestamp() * 1_000_000)
    body = version_id.to_bytes(8, "big") + micros.to_bytes(8, "big") + secrets.token_bytes(_NONCE)
    return base64.urlsafe_b64encode(body + _mac(body, key)).decode().rstrip("=")


def read_token(text: str, *, key: bytes) -> PageToken | None:
    """The token, if it is one of ours."""
    if len(text) != 86 or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text + "==", altchars=b"-_", validate=True)
    except ValueError:
        return None
    body, mac = raw[:-_MAC], raw[-_MAC:]
    if len(body) != 32 or not hmac.compare_digest(_mac(body, key), mac):
        return None
    at = datetime.fromtimestamp(int.from_bytes(body[8:16], "big") / 1_000_000, UTC)
    return PageToken(int.from_bytes(body[:8], "big"), at, body[16:])


def _mac(body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, b"xinfeng form page\x00" + body, "sha256")


def too_fast(token: PageToken, *, now: datetime) -> bool:
    return now - token.at < MIN_FILL


def stale(token: PageToken, *, now: datetime) -> bool:
    return not timedelta(0) <= now - token.at + timedelta(seconds=5) <= PAGE_LIFE
