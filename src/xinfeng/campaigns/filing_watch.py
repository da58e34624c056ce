"""A filing that ends while a campaign is sending ends the sending: not filed, not sent, at dispatch too.

A plan keeps what it relied on. When a filing expires, is withdrawn, or when a channel begins to demand one, every
campaign that is sending on the strength of it is paused. It can be resumed when the filing is in force again; what
should not go out any more is stopped by a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from xinfeng.campaigns import actions
from xinfeng.campaigns.filing import lapsed
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.filings import bulk, signatures, templates
from xinfeng.filings.lifecycle import Move
from xinfeng.kernel.errors import Conflict

FILINGS = "system:filings"
LAPSED = "filing_lapsed"
"""`plan.reason` of a plan that was paused because something it relied on is no longer filed."""


def watch(*, now: datetime) -> list[int]:
    """Pause what is sending without its filings; returns the campaigns. Every few seconds, and after withdrawals."""
    held = []
    running = Campaign.objects.filter(state=CampaignState.RUNNING)
    for campaign in running.select_related(
        "plan", "channel", "route", "template_version__signature", "template_version__template"
    ):
        if not lapsed(campaign, now=now):
            continue
        try:
            actions.pause(campaign.pk, actor=FILINGS, now=now, reason=LAPSED)
        except Conflict:  # somebody was faster
            continue
        held.append(campaign.pk)
    return held


def withdraw_signatures(filing_ids: Iterable[int], *, reason: str, actor: str, now: datetime) -> int:
    """`filings.signatures.withdraw`, binding what is being sent at once."""
    count = signatures.withdraw(filing_ids, reason=reason, actor=actor, now=now)
    watch(now=now)
    return count


def move_template(
    filing_id: int, move: Move, *, actor: str, now: datetime, number: str = "", reason: str = ""
) -> None:
    """`filings.templates.move`, binding what is being sent at once."""
    templates.move(filing_id, move, actor=actor, now=now, number=number, reason=reason)
    watch(now=now)


def move_bulk(
    filing_id: int, move: Move, *, actor: str, now: datetime, number: str = "", reason: str = ""
) -> None:
    """`filings.bulk.move`, binding what is being sent at once."""
    bulk.move(filing_id, move, actor=actor, now=now, number=number, reason=reason)
    watch(now=now)
