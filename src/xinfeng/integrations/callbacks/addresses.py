"""Addresses of callbacks: a channel, a series, and a keyed hash of both."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import quote

from xinfeng.channels.models import RICH_KINDS, WHOLE_KINDS, Channel, ChannelKind
from xinfeng.foundation.vault import vault

PREFIX = "/callbacks/"
_read = re.compile(r"([1-9][0-9]{0,17})-([0-9]{1,4})-([A-Za-z0-9_-]{22})").fullmatch


@dataclass(frozen=True, slots=True)
class Addresses:
    """Paths, to be put behind the public address of this deployment. To be shown to whoever sets the vendor up, and to
    nobody else."""

    receipts: str
    replies: str
    notify: str = ""
    """What a 5G platform is told; it puts the rest behind it by itself."""


def addresses_of(channel: Channel) -> Addresses | None:
    """Where the vendor of a channel is to push to; None for a channel whose carrier has a connection of its own."""
    if channel.kind not in WHOLE_KINDS:
        return None
    key = key_of(channel.pk, series_of(channel))
    if channel.kind in RICH_KINDS:
        chatbot, base = quote(str(channel.config.get("chatbot", "")), safe=""), f"{PREFIX}{key}"
        if channel.kind == ChannelKind.MAAP_CSP:
            receipts, replies = (
                f"deliveryNotification/{chatbot}/status",
                f"messageNotification/{chatbot}/messages",
            )
        else:
            receipts, replies = f"DeliveryInfoNotification/{chatbot}", f"InboundMessageNotification/{chatbot}"
        return Addresses(f"{base}/{receipts}", f"{base}/{replies}", base)
    return Addresses(f"{PREFIX}{key}/receipts", f"{PREFIX}{key}/replies")


def key_of(channel_id: int, series: int) -> str:
    """The secret part of an address."""
    return f"{channel_id}-{series}-{_token(channel_id, series)}"


def read_key(key: str) -> tuple[int, int] | None:
    """Channel and series of an address that we gave; None for any other. Costs one keyed hash, and asks nobody."""
    found = _read(key)
    if found is None:
        return None
    channel_id, series = int(found[1]), int(found[2])
    return (channel_id, series) if compare_digest(_token(channel_id, series), found[3]) else None


def series_of(channel: Channel) -> int:
    """Which series of addresses is in force."""
    series = channel.config.get("callback_series", 0)
    return series if isinstance(series, int) else 0


def _token(channel_id: int, series: int) -> str:
    digest = vault().index(f"callback:{channel_id}:{series}")
    return urlsafe_b64encode(digest).decode().rstrip("=")
