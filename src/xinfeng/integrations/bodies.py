"""Reading a request's body: how much, how deep, in which encoding. What is odd is refused by name, never guessed.

Strict where JSON leaves room: a key given twice, NaN, infinities and NUL characters are refused, because two
readers of such a text would not read the same.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from typing import Any, NoReturn, Protocol

from django.http import HttpRequest
from pydantic_core import from_json

from xinfeng.kernel.errors import InvalidInput

BATCH_BYTES = 8 * 1024 * 1024
"""Of a batch, as sent and also when unpacked."""

SINGLE_BYTES = 256 * 1024
"""Of any other request."""

DEEPEST = 8
"""Levels of objects and arrays in one another; the body's own outermost counts as the first."""

BIGGEST_INTEGER = 2**63
_PIECE = 256 * 1024
_NUL = b"\\u0000"
_KEY_END = re.compile(rb'"\s*:')


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read(request: HttpRequest, *, at_most: int) -> bytes:
    """The body, unpacked if it came with `Content-Encoding: gzip`.

    Raises InvalidInput `body.too_large` (at_most), `body.encoding`, `body.gzip`, `body.type`.
    """
    _check_type(request.headers.get("Content-Type", ""))
    stated = request.headers.get("Content-Length", "")
    if stated.isdecimal() and int(stated[:20]) > at_most:
        raise InvalidInput("body.too_large", at_most=at_most)
    encoding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise InvalidInput("body.encoding")
    packed = _read_stream(request, at_most)
    return _unpack(packed, at_most) if encoding == "gzip" else packed


def _check_type(content_type: str) -> None:
    media, _, parameters = content_type.partition(";")
    media = media.strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise InvalidInput("body.type")
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", parameters, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        raise InvalidInput("body.charset")


def _read_stream(stream: _Readable, at_most: int) -> bytes:
    pieces, size = [], 0
    while size <= at_most and (piece := stream.read(min(_PIECE, at_most + 1 - size))):
        pieces.append(piece)
        size += len(piece)
    if size > at_most:
        raise InvalidInput("body.too_large", at_most=at_most)
    return b"".join(pieces)


def _unpack(packed: bytes, at_most: int) -> bytes:
    """Stops where the text grows past the limit, however small it came: no more memory than that is ever taken."""
    inflate = zlib.decompressobj(wbits=31)
    try:
        text = inflate.decompress(packed, at_most + 1)
    except zlib.error:
        raise InvalidInput("body.gzip") from None
    if len(text) > at_most:
        raise InvalidInput("body.too_large", at_most=at_most)
    if not inflate.eof or inflate.unused_data:
        raise InvalidInput("body.gzip")
    return text


def parse(body: bytes) -> Any:
    """JSON as Python has it. Raises InvalidInput `json.invalid` (line, column), `json.duplicate_key`,
    `json.too_deep`, `json.number`, `json.nul`."""
    try:
        value = from_json(body, allow_inf_nan=False, cache_strings="keys")
    except ValueError as fault:
        _refuse_json(str(fault))
    keys = _look_through(value, DEEPEST)
    # Every key is followed by a colon, so as many colons behind quotes as keys means that none was given twice. A
    # text may hold more of them; then it is read again slowly.
    if _colons(body) != keys:
        _refuse_repeats(body)
    if _NUL in body:
        _refuse_nul(value)
    return value


def _colons(body: bytes) -> int:
    quick = body.count(b'":')
    spaced = body.count(b'" ') + body.count(b'"\n') + body.count(b'"\t') + body.count(b'"\r')
    return len(_KEY_END.findall(body)) if spaced else quick


def _refuse_json(words: str) -> NoReturn:
    place = re.search(r"line (\d+) column (\d+)", words)
    if "recursion" in words:
        raise InvalidInput("json.too_deep", deepest=DEEPEST) from None
    if "number out of range" in words:
        raise InvalidInput("json.number") from None
    line, column = (int(place[1]), int(place[2])) if place else (0, 0)
    raise InvalidInput("json.invalid", line=line, column=column) from None


def _look_through(value: Any, levels: int) -> int:
    """How many keys there are in all; raises for what is too deep or too big a number."""
    kind = type(value)
    if kind is dict:
        inside, keys = value.values(), len(value)
    elif kind is list:
        inside, keys = value, 0
    else:
        _check_number(value)
        return 0
    if levels == 0:
        raise InvalidInput("json.too_deep", deepest=DEEPEST)
    for one in inside:
        kind = type(one)
        if kind is dict or kind is list:
            keys += _look_through(one, levels - 1)
        elif kind is int or kind is float:
            _check_number(one)
    return keys


def _check_number(value: Any) -> None:
    """No infinity may hide in `1e999`, and no number of thousands of digits go anywhere."""
    if type(value) in (int, float) and not -BIGGEST_INTEGER < value < BIGGEST_INTEGER:
        raise InvalidInput("json.number")


def _refuse_repeats(body: bytes) -> None:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise InvalidInput("json.duplicate_key")
        return found

    json.loads(body, object_pairs_hook=once)


def _refuse_nul(value: Any) -> None:
    walk: dict[type, Callable[[Any], Any]] = {
        dict: lambda one: [*one, *one.values()],
        list: lambda one: one,
    }
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and "\x00" in one:
            raise InvalidInput("json.nul")
        if type(one) in walk:
            waiting += walk[type(one)](one)
