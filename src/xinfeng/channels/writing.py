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
    """How a text of up to 70 characters is written that needs nothing but Latin letters. Whatever is longer, or does
    not fit, goes as UCS-2: there must be as many parts as were planned, and plans count them as China bills them
    (`billed_parts`), whatever the alphabet.
    """

    ASCII = "ascii"
    GSM7 = "gsm7"
    LATIN1 = "latin1"
    UCS2 = "ucs2"


_ENCODINGS = {
    Alphabet.ASCII: Encoding.ASCII,
    Alphabet.GSM7: Encoding.GSM7,
    Alphabet.LATIN1: Encoding.LATIN1,
}


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
    """The parts of a text to a number. As many as are billed: characters count the same whatever their width, so a
    long ASCII text is written in UCS-2 as well. (With references of 16 bits there may be one more.)

    Consecutive messages have different references, so parts of two texts to one handset don't mix. Every part begins
    with its header, also for SAR. Raises InvalidInput for a text that can't be written.
    """
    if len(text) <= SINGLE_UNITS:
        alphabet = writing.alphabet
        if alphabet is not Alphabet.UCS2 and (payload := _plain(text, alphabet)) is not None:
            return [(number, payload, _ENCODINGS[alphabet], 1, 1)]
        payload = _ucs2(text)
        if len(payload) <= 2 * SINGLE_UNITS:
            return [(number, payload, Encoding.UCS2, 1, 1)]
    pieces = contents(text, encoding=Encoding.UCS2, reference=reference, width=writing.width)
    total = len(pieces)
    return [(number, piece, Encoding.UCS2, total, part) for part, piece in enumerate(pieces, start=1)]


def _plain(text: str, alphabet: Alphabet) -> bytes | None:
    """The text in an alphabet of Latin letters; None where it does not fit."""
    if alphabet is Alphabet.GSM7:
        return encode_gsm(text)
    if text.isascii():
        return text.encode("ascii")
    if alphabet is Alphabet.LATIN1:
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            return None
    return None


def _ucs2(text: str) -> bytes:
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError:
        raise InvalidInput("text.unencodable", encoding="UCS2") from None
