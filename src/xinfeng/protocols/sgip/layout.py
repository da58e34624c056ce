"""Where the fields of SGIP lie. Offsets count from the first octet of the message, header included."""

from __future__ import annotations

from struct import Struct

HEADER = Struct(">II12s")
"""Total length, command, sequence."""
LARGEST_PDU = 8192
"""Octets. The largest legal message, 100 destinations with 160 octets of content, has 2,403."""
MOST_DESTINATIONS = 100

NUMBER_WIDTH = 21
RESERVE_WIDTH = 8

BIND = Struct(">B16s16s8s")
BIND_SHORTEST = HEADER.size + BIND.size - RESERVE_WIDTH
RESP = Struct(">B8s")
"""Result and reserve of all responses; the reserve is left out by some, all of it by UNBIND_RESP."""
RESP_LENGTH = HEADER.size + RESP.size
SHORTEST_RESP = HEADER.size + 1

SUBMIT_HEAD = Struct(">21s21sB")
"""From SPNumber to UserCount."""
SUBMIT_MIDDLE = Struct(">5s10sB6s6sBBB16s16sBBBBBI")
"""From CorpId to MessageLength."""
SUBMIT_SINGLE = Struct(">20x21s21xB21s5x10xx6x6xxxx16x16xBxBBxI")
"""Offset 0, with exactly one destination: what a receiver wants to know of a SUBMIT."""
SUBMIT_CONTENT_AT = SUBMIT_SINGLE.size
"""With one destination."""

DELIVER_HEAD = Struct(">21s21sBBBI")
"""From UserNumber to MessageLength."""
DELIVER_CONTENT_AT = HEADER.size + DELIVER_HEAD.size

REPORT = Struct(">12sB21sBB")
"""Without the reserve."""
REPORT_SHORTEST = HEADER.size + REPORT.size
REPORT_LENGTH = REPORT_SHORTEST + RESERVE_WIDTH
