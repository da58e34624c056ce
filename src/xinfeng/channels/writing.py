"""A text as the parts that go on the wire."""

from __future__ import annotations

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.text import SINGLE_UNITS, Encoding, contents
from xinfeng.protocols.traffic import SubmitItem


def write_parts(number: str, text: str, *, reference: int) -> list[SubmitItem]:
    """The parts of a text to a number. As many as are billed: characters count the same whatever their width, so
    a long ASCII text is written in UCS-2 as well.

    Consecutive messages have different references, so parts of two texts to one handset don't mix. Raises
    InvalidInput for a text that can't be written.
    """
    if len(text) <= SINGLE_UNITS:
        if text.isascii():
            return [(number, text.encode("ascii"), Encoding.ASCII, 1, 1)]
        payload = _ucs2(text)
        if len(payload) <= 2 * SINGLE_UNITS:
            return [(number, payload, Encoding.UCS2, 1, 1)]
    pieces = contents(text, encoding=Encoding.UCS2, reference=reference)
    total = len(pieces)
    return [(number, piece, Encoding.UCS2, total, part) for part, piece in enumerate(pieces, start=1)]


def _ucs2(text: str) -> bytes:
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError:
        raise InvalidInput("text.unencodable", encoding="UCS2") from None
