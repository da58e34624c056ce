"""Fields of fixed width, as all carriers' binary protocols have them: NUL-padded text and exact octets.

Each codec binds these to its own name (`partial(fixed, "smgp")`), so that errors say whose field it was.
"""

from __future__ import annotations

from xinfeng.kernel.errors import LocalProtocolError


def text_field(raw: bytes) -> str:
    """A fixed-width field up to its first NUL. Never fails: peers put anything there."""
    return raw.partition(b"\0")[0].decode("latin-1")


def fixed(protocol: str, name: str, value: str, width: int) -> bytes:
    """A value for a fixed-width field, checked (the padding is done by `struct`).

    Raises LocalProtocolError `<protocol>.field_unencodable`, `<protocol>.field_too_long`.
    """
    try:
        raw = value.encode("latin-1")
    except UnicodeEncodeError:
        raise LocalProtocolError(f"{protocol}.field_unencodable", field=name) from None
    if len(raw) > width:
        raise LocalProtocolError(f"{protocol}.field_too_long", field=name, at_most=width, length=len(raw))
    return raw


def exact(protocol: str, name: str, value: bytes, width: int) -> bytes:
    """Octets of exactly this many. Raises LocalProtocolError `<protocol>.wrong_width`."""
    if len(value) != width:
        raise LocalProtocolError(f"{protocol}.wrong_width", field=name, width=width, length=len(value))
    return value
