"""Facts as PostgreSQL's binary COPY wants them, packed with `struct`: under a microsecond a row, and a buffered row
is one small bytes object. Times are microseconds since 2000-01-01 UTC, as PostgreSQL keeps them."""

from __future__ import annotations

import functools
import struct
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from xinfeng.delivery.models import Outcome
from xinfeng.kernel.time import SHANGHAI

HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TAIL = b"\xff\xff"

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_S = _EPOCH.timestamp()

COPY_ATTEMPT = "copy attempt (message_id, part, channel_id, outcome, code, carrier_id, sent_at, at) from stdin (format binary)"
COPY_RECEIPT = (
    "copy receipt (id, received_at, channel_id, carrier_id, phone_index, stat, done_at, message_id, part)"
    " from stdin (format binary)"
)
COPY_WITHHELD = "copy withheld (message_id, reason, at) from stdin (format binary)"


def now_us() -> int:
    """The wall clock, as the rows want it."""
    return int((time.time() - _EPOCH_S) * 1_000_000)


def as_datetime(moment_us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=moment_us)


@functools.cache
def _accepted(width: int) -> Callable[..., bytes]:
    """Packs an accepted attempt whose carrier id has so many octets: 8 in CMPP, 10 in SMGP, 12 in SGIP …"""
    return struct.Struct(f"!h iq ih iq ih i i{width}s iq iq").pack


_attempt_head = struct.Struct("!h iq ih iq ih i").pack
_attempt_tail = struct.Struct("!i iq iq").pack


def accepted(message_id: int, part: int, channel_id: int, carrier_id: bytes, sent_at: int, at: int) -> bytes:
    """An attempt that the carrier accepted; positional, because it is the hottest row of all."""
    width = len(carrier_id)
    pack = _accepted(width)
    return pack(*(8, 8, message_id, 2, part, 8, channel_id, 2, 1, 0, width, carrier_id, 8, sent_at, 8, at))


def attempt(
    *, message_id: int, part: int, channel_id: int, outcome: Outcome, code: str, sent_at: int, at: int
) -> bytes:
    """Any other attempt; there is no carrier id without an acceptance."""
    word = _stat(code)
    head = _attempt_head(8, 8, message_id, 2, part, 8, channel_id, 2, outcome, len(word))
    return head + word + _attempt_tail(-1, 8, sent_at, 8, at)


@functools.cache
def _matched_head(width: int) -> Callable[..., bytes]:
    return struct.Struct(f"!h iq iq iq i{width}s i i").pack


_matched_tail = struct.Struct("!iq iq ih").pack
_matched_undated = struct.Struct("!i iq ih").pack


@functools.cache
def _unmatched_head(width: int) -> Callable[..., bytes]:
    return struct.Struct(f"!h iq iq iq i{width}s i16s i").pack


_moment = struct.Struct("!iq").pack
_NULL = b"\xff\xff\xff\xff"


def matched_receipt(
    receipt_id: int,
    received_at: int,
    channel_id: int,
    carrier_id: bytes,
    stat: str,
    done_at: int | None,
    message_id: int,
    part: int,
) -> bytes:
    """A status report that has found its message; positional, because it is as hot as `accepted`."""
    word = _stat(stat)
    width = len(carrier_id)
    head = _matched_head(width)(
        *(9, 8, receipt_id, 8, received_at, 8, channel_id, width, carrier_id, -1, len(word)),
    )
    if done_at is None:
        return head + word + _matched_undated(-1, 8, message_id, 2, part)
    return head + word + _matched_tail(8, done_at, 8, message_id, 2, part)


def unmatched_receipt(
    *,
    receipt_id: int,
    received_at: int,
    channel_id: int,
    carrier_id: bytes,
    phone_index: bytes,
    stat: str,
    done_at: int | None,
) -> bytes:
    """A status report whose message is not known yet."""
    word = _stat(stat)
    width = len(carrier_id)
    head = _unmatched_head(width)(
        *(9, 8, receipt_id, 8, received_at, 8, channel_id, width, carrier_id, 16, phone_index, len(word))
    )
    return head + word + (_NULL if done_at is None else _moment(8, done_at)) + _NULL + _NULL


@functools.lru_cache(maxsize=4096)
def _stat(word: str) -> bytes:
    return word.replace("\0", "").encode("ascii", "replace")[:60]


_withheld_head = struct.Struct("!h iq i").pack


def withheld(message_id: int, reason: str, at: int) -> bytes:
    word = reason.encode()
    return _withheld_head(3, 8, message_id, len(word)) + word + _moment(8, at)


def copy_data(packed: Sequence[bytes]) -> bytes:
    """A whole COPY stream of packed rows."""
    return b"".join((HEAD, *packed, TAIL))


@functools.lru_cache(maxsize=4096)
def carrier_time(text: str) -> int | None:
    """`YYMMDDHHMM` of the carrier's wall clock; None for what is no time."""
    if len(text) != 10 or not text.isdigit():
        return None
    try:
        local = datetime.strptime(text, "%y%m%d%H%M").replace(tzinfo=SHANGHAI)
    except ValueError:
        return None
    return (local - _EPOCH) // timedelta(microseconds=1)


def message_of(row: bytes) -> int:
    """The message id of a packed attempt or withheld row."""
    return int.from_bytes(row[6:14], "big")


def attempt_key(row: bytes) -> tuple[int, int, int]:
    """Message id, part and `at` of a packed attempt: what identifies it."""
    return message_of(row), int.from_bytes(row[18:20], "big"), int.from_bytes(row[-8:], "big")
