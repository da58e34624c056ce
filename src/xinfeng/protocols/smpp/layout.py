"""Where the fields of SMPP lie. Most are strings that end with a NUL, so a mandatory part is one regular expression.

Source: SMPP 3.4 issue 1.2, chapters 4 and 5. Limits on strings are read generously: gateways exceed them.
"""

from __future__ import annotations

import re
from enum import IntEnum
from struct import Struct

HEADER = Struct(">IIII")
"""Total length, command, status, sequence."""
LARGEST_PDU = 67_584
"""Octets: a mandatory part, a `message_payload` of 65,535, and some other TLVs."""
LARGEST_SEQUENCE = 0x7FFFFFFF

LONGEST_SHORT_MESSAGE = 254
"""Octets (5.2.22). Longer content travels as `message_payload`."""
LONGEST_ID = 64
"""Octets of a message id without its NUL (4.4.2). What is longer is cut, in answers as in receipts."""
LONGEST_ADDRESS = 20
"""Octets of an address without its NUL (5.2.8)."""

_TEXT = rb"([^\0]{0,64})\0"

SM = re.compile(
    _TEXT  # service_type
    + rb"(..)"  # source_addr_ton, source_addr_npi
    + _TEXT
    + rb"(..)"  # dest_addr_ton, dest_addr_npi
    + _TEXT
    + rb"(...)"  # esm_class, protocol_id, priority_flag
    + _TEXT  # schedule_delivery_time
    + _TEXT  # validity_period
    + rb"(.....)",  # registered_delivery, replace_if_present, data_coding, sm_default_msg_id, sm_length
    re.DOTALL,
).match
"""The mandatory part of submit_sm and deliver_sm, up to the short message."""

SM_SHORT = re.compile(
    rb"[^\0]{0,64}\0..([^\0]{0,64})\0..([^\0]{0,64})\0...[^\0]{0,64}\0[^\0]{0,64}\0.....", re.DOTALL
).match
"""The same, with what a receiver wants: source and destination; single octets are found by their distance to the end
of the second group (esm_class: 1) and of the match (registered_delivery: -5, data_coding: -3, sm_length: -1)."""

RECEIPT = re.compile(
    rb"[^\0]{0,64}\0..([^\0]{0,64})\0..[^\0]{0,64}\0\x04..[^\0]{0,64}\0[^\0]{0,64}\0....(.)"
    rb"id:([!-~]{1,64}) sub:[0-9]* dlvrd:[0-9]* submit date:([0-9]{10}) done date:([0-9]{10})"
    rb" stat:DELIVRD err:[0-9]+ ",
    re.DOTALL,
).match
"""The receipt that nearly all of them are, as the book writes it: source, sm_length, id, submit date, done date."""

DATA_SM = re.compile(_TEXT + rb"(..)" + _TEXT + rb"(..)" + _TEXT + rb"(...)", re.DOTALL).match
"""service_type, source types, source, destination types, destination; esm_class, registered_delivery, data_coding."""

BIND = re.compile(
    rb"([^\0]{0,64})\0([^\0]{0,255})\0([^\0]{0,64})\0(...)([^\0]{0,64})(?:\0|$)", re.DOTALL
).match
"""system_id, password, system_type; interface_version, addr_ton, addr_npi; address_range."""


class Tag(IntEnum):
    """The optional parameters that matter here (5.3.2)."""

    RECEIPTED_MESSAGE_ID = 0x001E
    USER_MESSAGE_REFERENCE = 0x0204
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


TLV_HEAD = Struct(">HH")


def read_tlvs(buffer: bytes, at: int, end: int) -> dict[int, bytes]:
    """Optional parameters by tag, the first of each. Tolerant: one that claims more than is left ends the reading."""
    tlvs: dict[int, bytes] = {}
    while end - at >= 4:
        tag, size = TLV_HEAD.unpack_from(buffer, at)
        at += 4
        if size > end - at:
            break
        tlvs.setdefault(tag, buffer[at : at + size])
        at += size
    return tlvs


def write_tlv(tag: int, value: bytes) -> bytes:
    """One optional parameter."""
    return TLV_HEAD.pack(tag, len(value)) + value
