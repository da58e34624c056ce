"""Where the fields of CMPP lie. 2.0 (and 2.1) and 3.0 differ in the width of numbers, results and tails."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from xinfeng.protocols.cmpp.messages import Version

HEADER = Struct(">III")
"""Total length, command, sequence."""
LARGEST_PDU = 8192
"""Octets. The largest legal message, 99 destinations with 255 octets of content, has 3,586."""

CONNECT = Struct(">6s16sBI")
CONNECT_RESP_SHORT = Struct(">B16sB")
CONNECT_RESP_LONG = Struct(">I16sB")
RESP_SHORT = Struct(">8sB")
RESP_LONG = Struct(">8sI")
"""Message id and result of SUBMIT_RESP and DELIVER_RESP; which one is told by the length."""
SHORT_RESP_LENGTH = HEADER.size + RESP_SHORT.size
LONG_RESP_LENGTH = HEADER.size + RESP_LONG.size

REPORT_LONG = Struct(">8s7s10s10s32s")
REPORT_SHORT = Struct(">8s7s10s10s21s")
"""Without the SMSC sequence at the end. A report of 71 octets or more has the long number, whatever the link."""
REPORT_LONG_LENGTH = 71
REPORT_SHORT_LENGTH = 60
REPORT_SHORTEST = 15
"""Id and status word: with less, nothing can be learnt."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One of the two. Offsets count from the first octet of the message, header included."""

    number_width: int
    status_width: int
    tail: int
    """Octets after the content: reserved ones in 2.0, LinkID in 3.0. Peers shorten it."""
    submit_head: Struct
    """From Msg_Id to DestUsr_tl."""
    submit_single: Struct
    """Offset 0, with exactly one destination: what a receiver wants to know of a SUBMIT."""
    deliver_head: Struct
    """From Msg_Id to Msg_Length."""

    @property
    def number_types(self) -> int:
        """Octets that say what kind of number it is, after each number or list of numbers."""
        return 1 if self.number_width == 32 else 0

    @property
    def submit_content_at(self) -> int:
        """Where content begins, with one destination."""
        return self.submit_single.size

    @property
    def deliver_content_at(self) -> int:
        """Where content begins; the octet before is its length, the one before that Registered_Delivery."""
        return HEADER.size + self.deliver_head.size


V20 = Layout(
    number_width=21,
    status_width=1,
    tail=8,
    submit_head=Struct(">8sBBBB10sB21sBBB6s2s6s17s17s21sB"),
    submit_single=Struct(">12x8xBBBx10xx21xxBB6x2x6x17x17x21sB21sB"),
    deliver_head=Struct(">8s21s10sBBB21sBB"),
)
V30 = Layout(
    number_width=32,
    status_width=4,
    tail=20,
    submit_head=Struct(">8sBBBB10sB32sBBBB6s2s6s17s17s21sB"),
    submit_single=Struct(">12x8xBBBx10xx32xxxBB6x2x6x17x17x21sB32sxB"),
    deliver_head=Struct(">8s21s10sBBB32sBBB"),
)


def layout_of(version: int) -> Layout:
    """The layout a version speaks."""
    return V30 if version >= Version.V30 else V20


def deliver_layout(buffer: bytes, offset: int, length: int, expected: Layout) -> Layout | None:
    """The layout a DELIVER truly has; None: content would end outside the message in either.

    The expected one with exactly its tail; else one that looks right before the content, the expected one first, for
    gateways shorten tails and lengthen them; else whichever has room.
    """
    rest = _behind_content(buffer, offset, length, expected)
    if rest == expected.tail:
        return expected
    other = V20 if expected is V30 else V30
    other_rest = _behind_content(buffer, offset, length, other)
    shortened = 0 <= rest < expected.tail and _looks_right(buffer, offset, expected)
    if other_rest == other.tail and not shortened:
        return other
    for layout, room in ((expected, rest), (other, other_rest)):
        if room >= 0 and _looks_right(buffer, offset, layout):
            return layout
    return expected if 0 <= rest <= expected.tail else None


def _behind_content(buffer: bytes, offset: int, length: int, layout: Layout) -> int:
    """Octets that follow the content; negative: it would end outside the message."""
    content_at = layout.deliver_content_at
    return length - content_at - buffer[offset + content_at - 1] if length >= content_at else -1


def _looks_right(buffer: bytes, offset: int, layout: Layout) -> bool:
    """Whether Registered_Delivery is 0 or 1, and nothing follows the padding of the number before it."""
    content_at = offset + layout.deliver_content_at
    number_at = content_at - 2 - layout.number_types - layout.number_width
    _, _, padding = buffer[number_at : number_at + layout.number_width].partition(b"\0")
    return buffer[content_at - 2] <= 1 and not padding.strip(b"\0")
