"""What exactly was approved, by whom it may be, and whether that still is what would be sent.

`Content` is everything that decides who gets which words over which channel how fast; its digest is kept with
the approval and compared again when the campaign is scheduled, started and planned.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from xinfeng.campaigns import wording
from xinfeng.campaigns.lifecycle import Move
from xinfeng.campaigns.models import Campaign
from xinfeng.channels.models import Route
from xinfeng.content.review import OWN_TEXT
from xinfeng.content.reviewers import Approver, approver_of, approvers, may_approve
from xinfeng.kernel.errors import InvalidInput
from xinfeng.segments import references
from xinfeng.segments.models import Segment, SegmentKind
from xinfeng.segments.rules import to_json
from xinfeng.segments.vocabulary import parse_rule

__all__ = ["Approver", "Content", "approver", "approvers", "content_of", "holds", "may_approve"]


@dataclass(frozen=True)
class Content:
    """What a campaign sends, in plain values. `members` identifies the contacts of a snapshot or list."""

    purpose: str
    trade: str
    channel_id: int | None
    rate_per_s: int | None
    segment_id: int
    segment_kind: str
    segment_rule: Any
    segment_members: str
    template_version_id: int
    signature: str
    hotline: str
    value: str
    action: str
    opt_out: str
    defaults: dict[str, Any]
    route: dict[str, Any] | None = None
    """What a route says; None: it goes over one channel."""

    def digest(self) -> str:
        """SHA-256 over canonical JSON (sorted keys, no spaces, UTF-8), in hex. What goes over one channel has the digest
        that it had before there were routes."""
        said = {name: value for name, value in asdict(self).items() if name != "route" or value is not None}
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def content_of(campaign: Campaign) -> Content:
    """The campaign's content as it is now; raises InvalidInput `campaign.incomplete` with what is missing."""
    segment, version = campaign.segment, campaign.template_version
    by = campaign.channel or campaign.route
    if segment is None or version is None or by is None:
        parts = {"segment": segment, "template_version": version, "channel": by}
        raise InvalidInput(
            "campaign.incomplete", missing=[name for name, part in parts.items() if part is None]
        )
    return Content(
        purpose=campaign.purpose,
        trade=campaign.trade,
        channel_id=campaign.channel_id,
        rate_per_s=campaign.rate_per_s,
        segment_id=segment.pk,
        segment_kind=segment.kind,
        segment_rule=_rule(segment),
        segment_members="" if segment.kind == SegmentKind.DYNAMIC else _members(segment.pk),
        template_version_id=version.pk,
        signature=version.signature.text,
        hotline=version.signature.hotline,
        value=version.value,
        action=version.action,
        opt_out=version.opt_out,
        defaults=version.defaults,
        route=_route(campaign.route),
    )


def _route(route: Route | None) -> dict[str, Any] | None:
    if route is None:
        return None
    entries = route.entries.order_by("position").values_list("channel_id", "carriers")
    return {
        "id": route.pk,
        "prefer": route.prefer,
        "entries": [[channel, list(carriers)] for channel, carriers in entries],
    }


def holds(campaign: Campaign) -> bool:
    """Whether what was approved still is what would be sent (a segment's rule can change under a campaign)."""
    return bool(campaign.approved_digest) and campaign.approved_digest == content_of(campaign).digest()


def approver(username: str, campaign: Campaign) -> Approver:
    """The user as approver of this campaign, and of its text where that is not approved yet. Whoever changed the
    campaign after its author is an author too.

    Raises NotAllowed: `approval.unknown_user`, `approval.role`, `approval.own_campaign`, `review.own_text`.
    """
    wrote = _writers(campaign)
    own = "approval.own_campaign" if username in wrote else OWN_TEXT
    return approver_of(username, wrote | wording.unreviewed_writers(campaign), own=own)


def _writers(campaign: Campaign) -> set[str]:
    """The author, and whoever changed what is sent."""
    wrote = campaign.steps.filter(action__in=("create", Move.CHANGE)).values_list("actor", flat=True)
    author = {campaign.author.username} if campaign.author is not None else set()
    return {*wrote, *author}


def _rule(segment: Segment) -> Any:
    """The rule as it stands; with those of the segments it names, where it names any."""
    if segment.kind != SegmentKind.DYNAMIC or '"segment"' not in json.dumps(segment.rule):
        return segment.rule
    try:
        named = references.named_by(parse_rule(segment.rule)).rules
    except InvalidInput as fault:  # it cannot be asked; approving it would say nothing
        return {"rule": segment.rule, "fault": fault.code}
    inside = {str(one): _members(one) if rule is None else to_json(rule) for one, rule in named.items()}
    return {"rule": segment.rule, "inside": inside}


def _members(segment_id: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "select count(*), coalesce(md5(string_agg(contact_id::text, ',' order by contact_id)), '')"
            " from segment_member where segment_id = %s",
            (segment_id,),
        )
        row = cursor.fetchone()
    assert row is not None
    return f"{row[0]}:{row[1]}"
