"""Which channels share an account, and with it the filings that hold for the whole of it."""

from __future__ import annotations

from typing import Any

from xinfeng.channels.models import Channel


def account_of(channel: Channel) -> tuple[Any, ...]:
    """What two channels of one account have in common: the vendor and the account; over a direct line the gateway too,
    as every carrier numbers its own accounts."""
    vendor = channel.takes.vendor
    line = (channel.config.get("host"), channel.config.get("port")) if vendor == "none" else ()
    return (vendor, channel.config.get("account"), *line)


def same_account(one: Channel, other: Channel) -> bool:
    return one.pk == other.pk or account_of(one) == account_of(other)


def source_number(channel: Channel) -> str:
    """What the reader sees as sender."""
    return f"{channel.config.get('access_code', '')}{channel.config.get('extension', '')}"
