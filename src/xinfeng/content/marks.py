"""How a 5G face names its pictures and bookings, and what a tapped button says when it comes back.

A button that books carries `xf:book:<slot>` as its data; a tap on it comes back as `label\\x1fdata` and becomes an
event of kind `booking`. Apart from `content.rich` because gateways read taps and have no templates.
"""

from __future__ import annotations

from typing import NamedTuple

MEDIA = "media:"
"""Before the digest of a picture."""
BOOK = "xf:book:"
"""Before the slot that a button books."""
TAP = "\x1f"
"""Between the label of a tapped button and its data."""


class Booked(NamedTuple):
    """A slot that somebody tapped, and the button's words."""

    slot: str
    label: str


class Tapped(NamedTuple):
    """A button that somebody tapped."""

    label: str
    data: str


def tapped(text: str) -> Tapped | None:
    """The button behind a reply; None for what was typed."""
    label, mark, data = text.partition(TAP)
    return Tapped(label, data) if mark else None


def booked(tap: Tapped) -> Booked | None:
    """The slot behind a tap; None where it books nothing."""
    slot = tap.data.removeprefix(BOOK) if tap.data.startswith(BOOK) else ""
    return Booked(slot[:100], tap.label[:60]) if slot else None
