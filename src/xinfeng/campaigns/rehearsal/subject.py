"""What a rehearsal was about, so that it can be told when that is no longer what would be sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from xinfeng.campaigns.approval import content_of
from xinfeng.campaigns.models import Campaign
from xinfeng.channels.models import Channel

TEXT, AUDIENCE, WAY, RATE = "text", "audience", "way", "rate"
PARTS = (TEXT, AUDIENCE, WAY, RATE)


def subject_of(campaign: Campaign) -> dict[str, str]:
    """A digest of each of PARTS as it is now. Raises InvalidInput `campaign.incomplete`."""
    content = content_of(campaign)
    channels = sorted(_channels(campaign), key=lambda one: one.pk)
    return {
        TEXT: _digest(
            content.template_version_id,
            content.signature,
            content.hotline,
            content.value,
            content.action,
            content.opt_out,
            content.defaults,
            content.purpose,
        ),
        AUDIENCE: _digest(
            content.segment_id, content.segment_kind, content.segment_rule, content.segment_members
        ),
        WAY: _digest(
            content.channel_id,
            content.route,
            [[one.pk, one.kind, one.config, str(one.hours), one.enabled] for one in channels],
        ),
        RATE: _digest(content.rate_per_s, [[one.pk, one.rate_per_s] for one in channels]),
    }


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Which of PARTS differ. Pure."""
    return tuple(part for part in PARTS if before.get(part) != now.get(part))


def _channels(campaign: Campaign) -> list[Channel]:
    if campaign.channel is not None:
        return [campaign.channel]
    assert campaign.route is not None
    return [entry.channel for entry in campaign.route.entries.select_related("channel")]


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
