"""Optional parameters: tag, length and value, one behind the other, at the end of SUBMIT and DELIVER.

Unknown ones are kept and skipped by readers; one of no length is one of no value; one that is cut off ends the list
and hurts nobody (SMGP 3.0.3, optional parameters; captures of gateways that get them wrong).
"""

from __future__ import annotations

from collections.abc import Mapping
from struct import Struct

from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.protocols.smgp.messages import Options, Tag

_HEAD = Struct(">HH")
LONGEST_VALUE = 255
"""Octets. The longest defined value has 21."""


def read_options(octets: bytes) -> Options:
    """The parameters, as far as they can be read. Of a repeated one, the first holds."""
    options: Options = {}
    at, end = 0, len(octets)
    while end - at >= _HEAD.size:
        tag, length = _HEAD.unpack_from(octets, at)
        at += _HEAD.size
        if length > end - at:
            break
        options.setdefault(tag, octets[at : at + length])
        at += length
    return options


def write_options(options: Mapping[int, bytes]) -> bytes:
    """The reverse. Raises LocalProtocolError `smgp.bad_option`."""
    pieces = []
    for tag, value in options.items():
        if not 0 <= tag <= 0xFFFF or len(value) > LONGEST_VALUE:
            raise LocalProtocolError("smgp.bad_option", tag=tag, length=len(value))
        pieces.append(_HEAD.pack(tag, len(value)) + value)
    return b"".join(pieces)


def octet(options: Mapping[int, bytes], tag: Tag, default: int) -> int:
    """The value of a parameter of one octet; `default` where it is missing, or has no value."""
    value = options.get(tag)
    return value[-1] if value else default
