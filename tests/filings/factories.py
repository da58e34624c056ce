"""A world of filings."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tests.campaigns.factories import make_channel, make_template

from xinfeng.channels.models import Channel
from xinfeng.content.models import TemplateVersion
from xinfeng.filings import signatures
from xinfeng.filings.signatures import SignatureDraft

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
"""Friday noon in Shanghai."""


def demanding(**capabilities: Any) -> Channel:
    """A channel that demands what is said, and filed signatures."""
    return make_channel(capabilities={"signature_filing": True, "bulk_filing": False, **capabilities})


def in_force(
    version: TemplateVersion,
    channel: Channel,
    *,
    carriers: tuple[int, ...] = (1, 2, 3, 4),
    expires_on: date | None = None,
    now: datetime = NOW,
    **draft: Any,
) -> list[int]:
    """The version's signature, filed with these carriers."""
    made = signatures.add(
        SignatureDraft(signature_id=version.signature_id, channel_id=channel.pk, carriers=carriers, **draft),
        actor="he",
        now=now,
    )
    signatures.submit(made, actor="he", now=now)
    signatures.confirm(made, number="N-1", expires_on=expires_on, actor="he", now=now)
    return made


__all__ = ["NOW", "TODAY", "demanding", "in_force", "make_template"]
