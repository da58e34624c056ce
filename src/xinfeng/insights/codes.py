"""Which codes came lately, by channel: what was never explained, and what somebody must look at. Asked of the lens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis

from xinfeng.channels import codes
from xinfeng.channels.codes import CodeInfo, Phase
from xinfeng.channels.codes.shapes import ALERTS
from xinfeng.channels.models import Channel
from xinfeng.delivery.models import Outcome
from xinfeng.lens.engine import Lens

LATELY = timedelta(days=7)
TROUBLE = timedelta(hours=24)
MOST = 1_000
"""Codes looked at: whoever invents more gets the frequent ones shown."""


@dataclass(frozen=True)
class SeenCode:
    """A code with what it means on that channel, in parts."""

    info: CodeInfo
    channel_id: int
    channel: str
    kind: str
    parts: int
    last_at: datetime


def codes_seen(copy: Lens, *, now: datetime, over: timedelta = LATELY) -> list[SeenCode]:
    """Codes of receipts and refusals since then, the most frequent first; one question to the lens."""
    since = now - over
    receipt, attempt = copy.table("receipt"), copy.table("attempt")
    told = receipt.filter(receipt["received_at"] > since).select(
        "channel_id", code=receipt["stat"], at=receipt["received_at"], phase=ibis.literal(Phase.RECEIPT.value)
    )
    refused = attempt.filter(
        attempt["at"] > since, attempt["outcome"].isin((Outcome.REFUSED.value, Outcome.THROTTLED.value))
    )
    refused = refused.select(
        "channel_id", code=refused["code"], at=refused["at"], phase=ibis.literal(Phase.SUBMIT.value)
    )
    both = ibis.union(told, refused)
    counted = both.group_by("channel_id", "phase", "code").aggregate(
        parts=both.count(), last_at=both["at"].max()
    )
    counted = counted.order_by(ibis.desc("parts"), "channel_id", "code").limit(MOST)
    channels = {one.pk: one for one in Channel.objects.only("id", "name", "kind")}
    found = []
    for row in copy.rows(counted).to_pylist():
        channel = channels.get(row["channel_id"])
        kind = channel.kind if channel else ""
        found.append(
            SeenCode(
                codes.explain(kind, row["code"], phase=Phase(row["phase"])),
                row["channel_id"],
                channel.name if channel else "",
                kind,
                int(row["parts"]),
                row["last_at"],
            )
        )
    return found


def unknown_codes(seen: list[SeenCode]) -> list[SeenCode]:
    """Of these, those that stand in no table."""
    return [one for one in seen if not one.info.known]


def troubles(copy: Lens, *, now: datetime) -> list[SeenCode]:
    """Codes of the last 24 hours that somebody must look at: content refused, account in trouble."""
    return [one for one in codes_seen(copy, now=now, over=TROUBLE) if one.info.action in ALERTS]
