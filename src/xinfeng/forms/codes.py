"""Confirmation codes: six digits, ten minutes, five tries. Pure but for the generator of random numbers.

A guess at random is right once in a million; five tries a code, and as many codes a day as MOST_PER_DAY, leave
whoever does not hold the handset a chance of 1 in 40,000 a day for a number.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

DIGITS = 6
LIFE = timedelta(minutes=10)
MOST_TRIES = 5
RESEND_AFTER = timedelta(seconds=60)
MOST_PER_DAY = 5
"""Codes for one number in 24 hours, over all forms."""


def new_code() -> str:
    """Six digits, each of the million equally likely."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def clean(text: str) -> str:
    """What somebody typed: full-width digits, spaces and dashes are forgiven."""
    translated = text[:40].translate(_WIDE)
    return "".join(one for one in translated if one not in " -\t\u3000")


_WIDE = {ord("０") + digit: str(digit) for digit in range(10)}


def same(one: bytes, other: bytes) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(one, other)


def resend_from(sent_at: datetime) -> datetime:
    """When the next code may be asked for."""
    return sent_at + RESEND_AFTER
