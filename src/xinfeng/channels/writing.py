"""A text as the parts that go on the wire, the way an account wants them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.gsm import encode_gsm
from xinfeng.kernel.text import SINGLE_UNITS, Encoding, Reference, contents
from xinfeng.protocols.traffic import SubmitItem


class LongTexts(StrEnum):
    """How the parts of a long text are marked."""

    UDH8 = "udh8"
    """A user data header with an 8-bit reference: understood everywhere."""
    UDH16 = "udh16"
    """One with a 16-bit reference: a part holds 66 characters of UCS-2 rather than the 67 that are billed."""
    SAR = "sar"
    """TLVs of SMPP: its codec makes them of the header."""


class Alphabet(StrEnum):
    """How a text is written that needs nothing but Latin letters. Whatever does not fit goes as UCS-2."""

    ASCII = "ascii"
    """Up to 70 characters; longer ones go as UCS-2, so that there are as many parts as are billed in China."""
    GSM7 = "gsm7"
    """160 septets, or 153 in each part: as billed outside China, and so fewer parts than `billed_parts`."""
    LATIN1 = "latin1"
    """Up to 70 characters, as with ASCII."""
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Writing:
    """How an account wants its texts. The default is what the carriers of China take without dispute."""

    long_texts: LongTexts = LongTexts.UDH8
    alphabet: Alphabet = Alphabet.ASCII

    @property
    def width(self) -> Reference:
        """How wide the reference between parts is."""
        return Reference.BITS_16 if self.long_texts is LongTexts.UDH16 else Reference.BITS_8


AS_IN_CHINA = Writing()


def write_parts(
    number: str, text: str, *, reference: int, writing: Writing = AS_IN_CHINA
) -> list[SubmitItem]:
    """The parts of a text to a number. With the default writing, as many as are billed: characters count the same
    whatever their width, so a long ASCII text is written in UCS-2 as well.

    Consecutive messages have different references, so parts of two texts to one handset don't mix. Every part begins
    with its header, also for SAR. Raises InvalidInput for a text that can't be written.
    """
    alphabet = writing.alphabet
    if alphabet is Alphabet.GSM7 and encode_gsm(text) is not None:
        return _parts(number, text, Encoding.GSM7, reference, writing)
    if len(text) <= SINGLE_UNITS:
        if alphabet is Alphabet.ASCII and text.isascii():
            return [(number, text.encode("ascii"), Encoding.ASCII, 1, 1)]
        if alphabet is Alphabet.LATIN1 and (payload := _latin1(text)) is not None:
            return [(number, payload, Encoding.LATIN1, 1, 1)]
        payload = _ucs2(text)
        if len(payload) <= 2 * SINGLE_UNITS:
            return [(number, payload, Encoding.UCS2, 1, 1)]
    return _parts(number, text, Encoding.UCS2, reference, writing)


def _parts(number: str, text: str, encoding: Encoding, reference: int, writing: Writing) -> list[SubmitItem]:
    pieces = contents(text, encoding=encoding, reference=reference, width=writing.width)
    total = len(pieces)
    return [(number, piece, encoding, total, part) for part, piece in enumerate(pieces, start=1)]


def _latin1(text: str) -> bytes | None:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return None


def _ucs2(text: str) -> bytes:
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError:
        raise InvalidInput("text.unencodable", encoding="UCS2") from None
