"""Carriers' codes in templates: `{% load xinfeng_codes %}{% carrier_code "MK:0001" kind=channel.kind %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from xinfeng.channels.codes import Side
from xinfeng.console.codes.receipts import shown
from xinfeng.console.codes.shown import ShownCode, language
from xinfeng.insights import unusual
from xinfeng.insights.codes import TROUBLE, codes_seen
from xinfeng.insights.words import carrier_code as read_code
from xinfeng.insights.words import code_name
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens

register = template.Library()


@register.inclusion_tag("codes/code.html")
def carrier_code(code: str | None, kind: str = "", *, full: bool = False) -> dict[str, Any]:
    """A code in mono with its meaning and whose side it is on; `full` adds what was done. Codes of our own (a gate's
    reason, `timeout`) get their words only."""
    info = read_code(code, kind)
    return {
        "code": code,
        "shown": ShownCode(info) if info else None,
        "name": code_name(code, language(), kind) if info is None else "",
        "full": full,
    }


MOST = 15


@register.inclusion_tag("codes/channel.html")
def channel_codes(channel_id: int) -> dict[str, Any]:
    """What came back on a channel in the last 24 hours, by code, and what is unusual about its receipts."""
    copy = lens()
    copy.refresh()
    seen = [
        (ShownCode(one.info), one)
        for one in codes_seen(copy, now=utc_now(), over=TROUBLE)
        if one.channel_id == channel_id and one.info.side is not Side.NOBODY
    ]
    found = unusual.of_channel(channel_id)
    return {
        "channel_id": channel_id,
        "codes": seen[:MOST],
        "more": max(0, len(seen) - MOST),
        "looked_at": found.at,
        "findings": shown(found.findings, reverse("channels.receipts", args=[channel_id])),
    }
