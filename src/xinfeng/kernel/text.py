"""Text on its way into and out of short messages: encodings, parts, user data headers.

Budget is 140 octets over the air; the six octets of a concatenation header leave 134, that is 67 UTF-16 units (or
153 septets); the seven of one with a 16-bit reference leave 133.
Sources: GSM 03.40 9.2.3.24, GSM 03.38, CMPP 3.0 7.4.3 (Msg_Fmt).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.gsm import cut_septets, decode_gsm, encode_gsm

SINGLE_UNITS = 70
"""UTF-16 units in a message of one part."""
PART_UNITS = 67
"""UTF-16 units in each part of a longer one."""
SINGLE_BYTES = 140
PART_BYTES = 134
SINGLE_SEPTETS = 160
MAX_PARTS = 255

_is_printable_ascii = re.compile(r"[\n\r\x20-\x7e]*").fullmatch


class Encoding(IntEnum):
    """How content is written; the value is the Msg_Fmt of CMPP (and of SGIP and SMGP), if there is one.

    GSM7 is held with one septet an octet; only a codec packs it. BINARY is for what is received.
    """

    ASCII = 0
    UCS2 = 8
    GBK = 15
    GSM7 = 0x100
    LATIN1 = 0x101
    BINARY = 0x102


class Reference(IntEnum):
    """How the parts of a text know each other; the value is the length of their header in octets."""

    BITS_8 = 6
    BITS_16 = 7


def encoding_for(text: str) -> Encoding:
    """What the Chinese carriers take without dispute: short printable ASCII as it is, all else as UCS-2.

    Carriers differ on ASCII between 140 and 159 bytes, and on fragments of ASCII; UCS-2 works everywhere.
    """
    if len(text) <= SINGLE_BYTES and _is_printable_ascii(text):
        return Encoding.ASCII
    return Encoding.UCS2


def utf16_units(text: str) -> int:
    """Length as carriers count it: characters outside the basic plane (most emoji) count two."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def billed_parts(text: str) -> int:
    """Parts a carrier in China bills for: every character counts one, whatever its width; up to 70 is one
    part, more is one for every 67 begun. Signature and opt-out wording count, so pass the whole text.

    An emoji is never cut in two, so a text whose emoji fall on the seams may need one part more.
    """
    units = utf16_units(text)
    if units <= SINGLE_UNITS:
        return 1
    if units == len(text):
        return -(-units // PART_UNITS)
    return len(_cut_ucs2(text.encode("utf-16-be", "surrogatepass")))


def split_parts(text: str, encoding: Encoding, reference: Reference = Reference.BITS_8) -> list[bytes]:
    """The payload of each part, without header. One element: the text fits a single message.

    Neither a surrogate pair nor a double-byte character nor an escape sequence is ever cut. Raises InvalidInput:
    `text.unencodable`, `text.too_long` (more than 255 parts).
    """
    payload = _encode(text, encoding)
    if len(payload) <= (SINGLE_SEPTETS if encoding is Encoding.GSM7 else SINGLE_BYTES):
        return [payload]
    room = SINGLE_BYTES - reference
    if encoding is Encoding.UCS2:
        parts = _cut_ucs2(payload, room // 2 * 2)
    elif encoding is Encoding.GBK:
        parts = _cut_gbk(text, room)
    elif encoding is Encoding.GSM7:
        parts = cut_septets(payload, room * 8 // 7)
    else:
        parts = [payload[at : at + room] for at in range(0, len(payload), room)]
    if len(parts) > MAX_PARTS:
        raise InvalidInput("text.too_long", parts=len(parts), at_most=MAX_PARTS)
    return parts


_CODECS = {
    Encoding.ASCII: "ascii",
    Encoding.UCS2: "utf-16-be",
    Encoding.GBK: "gbk",
    Encoding.LATIN1: "latin-1",
}


def _encode(text: str, encoding: Encoding) -> bytes:
    payload: bytes | None = None
    if encoding is Encoding.GSM7:
        payload = encode_gsm(text)
    elif encoding in _CODECS:
        try:
            payload = text.encode(_CODECS[encoding])
        except UnicodeEncodeError:
            payload = None
    if payload is None:
        raise InvalidInput("text.unencodable", encoding=encoding.name)
    return payload


def _cut_ucs2(payload: bytes, room: int = PART_BYTES) -> list[bytes]:
    parts = []
    start = 0
    while start < len(payload):
        stop = start + room
        if stop < len(payload) and 0xD8 <= payload[stop - 2] <= 0xDB:  # a high surrogate would end the part
            stop -= 2
        parts.append(payload[start:stop])
        start = stop
    return parts


def _cut_gbk(text: str, room: int) -> list[bytes]:
    parts = []
    part = b""
    for character in text:
        encoded = character.encode("gbk")
        if len(part) + len(encoded) > room:
            parts.append(part)
            part = b""
        part += encoded
    return [*parts, part]


def udh(reference: int, total: int, index: int, width: Reference = Reference.BITS_8) -> bytes:
    """The octets in front of part `index` (1-based) of `total`: six with an 8-bit reference, seven with 16 bits."""
    if width is Reference.BITS_16:
        return bytes((6, 8, 4, reference >> 8 & 0xFF, reference & 0xFF, total, index))
    return bytes((5, 0, 3, reference & 0xFF, total, index))


def contents(
    text: str, *, encoding: Encoding, reference: int, width: Reference = Reference.BITS_8
) -> list[bytes]:
    """What goes into the content field of each short message: the parts, with headers where there are several."""
    parts = split_parts(text, encoding, width)
    if len(parts) == 1:
        return parts
    total = len(parts)
    return [udh(reference, total, index, width) + part for index, part in enumerate(parts, start=1)]


@dataclass(frozen=True, slots=True)
class UserDataHeader:
    """What a header said that matters here. A message that is not concatenated has `total` 1, `index` 1."""

    reference: int = 0
    total: int = 1
    index: int = 1
    destination_port: int | None = None
    """Set: addressed to an application on the handset (WAP push, SIM toolkit), not text for a person."""


def parse_udh(content: bytes) -> tuple[UserDataHeader | None, bytes]:
    """Split content into header and body. Tolerant: a header that does not fit is no header.

    Other elements may stand before the concatenation; impossible totals mean a single message.
    """
    if not content or content[0] + 1 > len(content):
        return None, content
    end = content[0] + 1
    reference, total, index = 0, 1, 1
    port: int | None = None
    at = 1
    while at + 2 <= end:
        kind, size = content[at], content[at + 1]
        data = content[at + 2 : min(at + 2 + size, end)]
        at += 2 + size
        if len(data) != size:
            break
        if kind == 0x00 and size == 3:
            reference, total, index = data
        elif kind == 0x08 and size == 4:
            reference, total, index = int.from_bytes(data[:2], "big"), data[2], data[3]
        elif kind == 0x05 and size == 4:
            port = int.from_bytes(data[:2], "big")
    if not 1 <= index <= total:
        reference, total, index = 0, 1, 1
    return UserDataHeader(reference, total, index, port), content[end:]


def decode_content(content: bytes, msg_fmt: int) -> str | None:
    """Incoming content as text by its Encoding, Msg_Fmt or GSM 03.38 class byte; None where it is binary.

    Never raises: what cannot be read becomes U+FFFD. NULs are padding and vanish.
    """
    if msg_fmt in UCS2_FORMATS:
        order = "utf-16-le" if content[:2] == b"\xff\xfe" else "utf-16-be"
        text = content.decode(order, "replace").replace("\ufeff", "")  # some begin every part with a mark
    elif msg_fmt in _BINARY_FORMATS:
        return None
    elif msg_fmt == Encoding.GSM7:
        text = decode_gsm(content)
    elif msg_fmt == Encoding.LATIN1:
        text = content.decode("latin-1")
    elif msg_fmt == Encoding.GBK or not content.isascii():
        text = content.decode("gb18030", "replace")
    else:
        text = content.decode("ascii")
    return text.replace("\x00", "")


UCS2_FORMATS = frozenset({*range(0x08, 0x0C), *range(0x18, 0x1C)})
_BINARY_FORMATS = frozenset({3, 4, *range(0x14, 0x18), *range(0xF4, 0xF8), Encoding.BINARY})
