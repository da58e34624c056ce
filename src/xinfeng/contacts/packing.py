"""Values in the binary format of COPY, for the tables that imports fill: it spares both sides the hex, the
spelling of times and the reading of them.

Format: PostgreSQL documentation, COPY, "Binary Format"; a field is its length and its bytes, and its type must
be exactly the column's. Text must not hold NUL; PostgreSQL has no place for it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain, repeat
from typing import Any

NULL = b"\xff\xff\xff\xff"

_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_END = b"\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(2000, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)
_INT4_OID = 23

EPOCH_US = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000; this is that moment in microseconds since 1970."""

_length = struct.Struct("!i").pack
_smallint = struct.Struct("!ih").pack
_integer = struct.Struct("!ii").pack
_bigint = struct.Struct("!iq").pack
_array_head = struct.Struct("!iiIii").pack
_LENGTHS = tuple(_length(size) for size in range(1024))


def octets(value: bytes | None) -> bytes:
    """A bytea value, or any value whose bytes are known."""
    if value is None:
        return NULL
    size = len(value)
    return (_LENGTHS[size] if size < 1024 else _length(size)) + value


def octet_column(values: Iterable[bytes | None]) -> list[bytes]:
    """A column of short bytea values (hashes, sealed names and numbers)."""
    lengths = _LENGTHS
    return [
        NULL if value is None else lengths[len(value)] + value if len(value) < 1024 else octets(value)
        for value in values
    ]


def text(value: str | None) -> bytes:
    """A text value."""
    return NULL if value is None else octets(value.encode())


def text_column(values: Iterable[str | None]) -> list[bytes]:
    """A column of text values."""
    return octet_column([None if value is None else value.encode() for value in values])


def smallint(value: int) -> bytes:
    return _smallint(2, value)


def bigint(value: int | None) -> bytes:
    return NULL if value is None else _bigint(8, value)


def boolean(value: bool) -> bytes:
    return b"\x00\x00\x00\x01\x01" if value else b"\x00\x00\x00\x01\x00"


def moment(value: datetime | None) -> bytes:
    """A timestamptz value."""
    return NULL if value is None else _bigint(8, (value - _EPOCH) // _MICROSECOND)


def day(value: date | None) -> bytes:
    """A date value."""
    return NULL if value is None else _integer(4, value.toordinal() - _EPOCH_DAY)


def integers(values: Sequence[int]) -> bytes:
    """An int[] value."""
    if not values:
        return octets(_array_head(0, 0, _INT4_OID, 0, 1)[:12])
    return octets(
        _array_head(1, 0, _INT4_OID, len(values), 1) + b"".join([_integer(4, value) for value in values])
    )


def integer(value: int) -> bytes:
    """An int value."""
    return _integer(4, value)


def json_object(value: Mapping[str, Any]) -> bytes:
    """A jsonb value (version 1 of its format)."""
    return octets(b"\x01" + json.dumps(dict(value), ensure_ascii=False).encode()) if value else _EMPTY_OBJECT


_EMPTY_OBJECT = octets(b"\x01{}")


def rows(*columns: Sequence[bytes]) -> bytes:
    """Rows out of columns, ready for COPY."""
    count = repeat(len(columns).to_bytes(2, "big"), len(columns[0]))
    cells = chain.from_iterable(zip(count, *columns, strict=True))
    return b"".join([_HEAD, *cells, _END])


def whole_rows(packed: Iterable[bytes]) -> bytes:
    """Rows that were packed one by one, each beginning with its number of columns in two bytes."""
    return b"".join([_HEAD, *packed, _END])


class Packed(dict[Any, bytes]):
    """Remembers how values are packed, for columns in which they repeat."""

    def __init__(self, pack: Callable[[Any], bytes]) -> None:
        super().__init__()
        self._pack = pack

    def __missing__(self, value: Any) -> bytes:
        packed = self[value] = self._pack(value)
        return packed
