"""What data_coding means, both ways (SMPP 3.4, 5.2.19; GSM 03.38, chapter 4)."""

from __future__ import annotations

from enum import StrEnum

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.kernel.gsm import fill_bits, pack_septets, unpack_septets
from xinfeng.kernel.text import Encoding


class DefaultAlphabet(StrEnum):
    """What data_coding 0, "the centre's default alphabet", means to this gateway. They disagree."""

    ASCII = "ascii"
    GSM7 = "gsm7"
    """One septet an octet."""
    GSM7_PACKED = "gsm7_packed"
    """Eight septets in seven octets."""
    LATIN1 = "latin1"
    GBK = "gbk"
    UCS2 = "ucs2"


_DEFAULTS = {
    DefaultAlphabet.ASCII: Encoding.ASCII,
    DefaultAlphabet.GSM7: Encoding.GSM7,
    DefaultAlphabet.GSM7_PACKED: Encoding.GSM7,
    DefaultAlphabet.LATIN1: Encoding.LATIN1,
    DefaultAlphabet.GBK: Encoding.GBK,
    DefaultAlphabet.UCS2: Encoding.UCS2,
}

_CODINGS: dict[int, int] = {
    Encoding.ASCII: 1,
    Encoding.LATIN1: 3,
    Encoding.BINARY: 4,
    Encoding.UCS2: 8,
    Encoding.GBK: 15,
}


class Codings:
    """data_coding as one account means it."""

    __slots__ = ("_data_codings", "_default", "encodings", "packed")

    def __init__(self, default: DefaultAlphabet = DefaultAlphabet.ASCII) -> None:
        self._default = _DEFAULTS[default]
        self.packed = default is DefaultAlphabet.GSM7_PACKED
        """Whether septets are packed on the wire."""
        self.encodings = [self._read(value) for value in range(256)]
        """What content of each data_coding is written in. Alphabets of other countries (5–7, 9, 10, 13, 14) and
        reserved values are read as ASCII with a guess at GBK: a plain word, such as one to opt out by, is seen."""
        self._data_codings: dict[int, int] = _CODINGS | {self._default: 0}

    def data_coding(self, encoding: int) -> int:
        """How to announce content. Raises LocalProtocolError `smpp.coding_unknown`: septets where the default
        alphabet is another one."""
        try:
            return self._data_codings[encoding]
        except KeyError:
            raise LocalProtocolError("smpp.coding_unknown", coding=encoding) from None

    def _read(self, value: int) -> Encoding:
        known = {1: Encoding.ASCII, 2: Encoding.BINARY, 3: Encoding.LATIN1, 4: Encoding.BINARY}
        if value in known:
            return known[value]
        if value == 8:
            return Encoding.UCS2
        if value == 15:
            return Encoding.GBK
        group = value >> 4
        if group == 0:
            return self._default if value == 0 else Encoding.ASCII
        if group < 0x8:  # general data coding, with or without a class
            return (self._default, Encoding.BINARY, Encoding.UCS2, Encoding.ASCII)[value >> 2 & 3]
        if group in (0xC, 0xD):  # a waiting indication, in the default alphabet
            return self._default
        if group == 0xE:
            return Encoding.UCS2
        if group == 0xF:
            return Encoding.BINARY if value & 4 else self._default
        return Encoding.ASCII

    def pack(self, content: bytes, header: int) -> bytes:
        """Unpacked septets behind a header of so many octets, for the wire."""
        return content[:header] + pack_septets(content[header:], fill=fill_bits(header))

    def unpack(self, content: bytes, header: int) -> bytes:
        """The reverse."""
        return content[:header] + unpack_septets(content[header:], fill=fill_bits(header))
