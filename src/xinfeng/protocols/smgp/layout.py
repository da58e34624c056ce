"""Where the fields of SMGP lie. 1.3 differs from 2.0 and 3.0 in one field of the SUBMIT."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct

from xinfeng.protocols.smgp.messages import Version

HEADER = Struct(">III")
"""Total length, command, sequence."""
LARGEST_PDU = 8192
"""Octets. The largest legal message, 100 destinations with 255 octets of content and every option, has about 2,700."""
MOST_DESTINATIONS = 100

ID_WIDTH = 10
NUMBER_WIDTH = 21
RESERVE_WIDTH = 8

LOGIN = Struct(">8s16sBIB")
LOGIN_RESP = Struct(">I16sB")
RESP = Struct(">10sI")
"""Message id and status of SUBMIT_RESP and DELIVER_RESP."""
RESP_LENGTH = HEADER.size + RESP.size

DELIVER_HEAD = Struct(">10sBB14s21s21sB")
"""From MsgID to MsgLength."""
DELIVER_CONTENT_AT = HEADER.size + DELIVER_HEAD.size


@dataclass(frozen=True, slots=True)
class Layout:
    """Of the SUBMIT. Offsets count from the first octet of the message, header included."""

    fixed_fee_width: int
    submit_head: Struct
    """From MsgType to DestTermIDCount."""
    submit_single: Struct
    """Offset 0, with exactly one destination: what a receiver wants to know of a SUBMIT."""

    @property
    def submit_content_at(self) -> int:
        """Where content begins, with one destination."""
        return self.submit_single.size


V13 = Layout(
    fixed_fee_width=0,
    submit_head=Struct(">BBB10s2s6s0sB17s17s21s21sB"),
    submit_single=Struct(">12xxBx10x2x6xB17x17x21s21xB21sB"),
)
V30 = Layout(
    fixed_fee_width=6,
    submit_head=Struct(">BBB10s2s6s6sB17s17s21s21sB"),
    submit_single=Struct(">12xxBx10x2x6x6xB17x17x21s21xB21sB"),
)


def layout_of(version: int) -> Layout:
    """The layout a version speaks."""
    return V30 if version >= Version.V20 else V13
