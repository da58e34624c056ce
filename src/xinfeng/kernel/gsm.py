"""The 7-bit alphabet of GSM 03.38 (3GPP TS 23.038, 6.2.1): default table, extension table, packing.

A septet is held in an octet of its own ("unpacked") everywhere but on wires that want them packed. A character of
the extension table is two septets, ESCAPE and another; they count as two and must not be parted.
"""

from __future__ import annotations

ESCAPE = 0x1B
_CARRIAGE_RETURN = 0x0D

DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The character of each septet; that of ESCAPE is none."""

EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
"""What a septet stands for after ESCAPE."""

_SEPTETS: dict[str, bytes] = {
    **{character: bytes((septet,)) for septet, character in enumerate(DEFAULT) if septet != ESCAPE},
    **{character: bytes((ESCAPE, septet)) for septet, character in EXTENSION.items()},
}


def encode_gsm(text: str) -> bytes | None:
    """The septets of a text, unpacked; None where a character has none."""
    try:
        return b"".join([_SEPTETS[character] for character in text])
    except KeyError:
        return None


def decode_gsm(septets: bytes) -> str:
    """Unpacked septets as text. Never fails: what is no septet becomes U+FFFD, an escape that leads nowhere a
    space, and what has no place in the extension table the character of the default table (6.2.1.1).
    """
    characters = []
    escaped = False
    for septet in septets:
        if escaped:
            escaped = False
            characters.append(EXTENSION.get(septet) or _character(septet))
        elif septet == ESCAPE:
            escaped = True
        else:
            characters.append(_character(septet))
    if escaped:
        characters.append(" ")
    return "".join(characters)


def _character(septet: int) -> str:
    if septet == ESCAPE:  # reserved for yet another table; shown as a space
        return " "
    return DEFAULT[septet] if septet < len(DEFAULT) else "�"


def fill_bits(header_octets: int) -> int:
    """Bits between a user data header and the first septet, which begins at a septet's boundary."""
    return -8 * header_octets % 7


def pack_septets(septets: bytes, *, fill: int = 0) -> bytes:
    """Eight septets in seven octets, lowest bits first, after `fill` empty bits (6.1.2.1).

    Seven spare bits at the end would read as `@`; they become a carriage return, which readers drop (6.1.2.3.1).
    """
    if not septets:
        return b""
    bits = fill + 7 * len(septets)
    if bits % 8 == 1:
        septets += bytes((_CARRIAGE_RETURN,))
        bits += 7
    value = 0
    for at, septet in enumerate(septets):
        value |= (septet & 0x7F) << (fill + 7 * at)
    return value.to_bytes(-(-bits // 8), "little")


def unpack_septets(octets: bytes, *, fill: int = 0) -> bytes:
    """The reverse. A carriage return in the last seven bits, where these end an octet, is padding."""
    value = int.from_bytes(octets, "little") >> fill
    bits = 8 * len(octets) - fill
    count = max(0, bits // 7)
    septets = bytes([value >> (7 * at) & 0x7F for at in range(count)])
    if count and bits % 7 == 0 and septets[-1] == _CARRIAGE_RETURN:
        return septets[:-1]
    return septets


def cut_septets(septets: bytes, most: int) -> list[bytes]:
    """Pieces of at most so many septets; an escape stays with what it escapes."""
    pieces = []
    start = 0
    while start < len(septets):
        stop = start + most
        if stop < len(septets) and septets[stop - 1] == ESCAPE:
            stop -= 1
        pieces.append(septets[start:stop])
        start = stop
    return pieces
