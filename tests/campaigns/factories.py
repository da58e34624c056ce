"""A world in which a campaign can be sent."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from tests.factories import make_user

from xinfeng.campaigns import actions, planning
from xinfeng.campaigns.actions import CampaignDraft
from xinfeng.campaigns.models import Campaign
from xinfeng.channels.capabilities import NOT_DEMANDED
from xinfeng.channels.models import Channel
from xinfeng.content.models import Signature, Template, TemplateVersion
from xinfeng.foundation.models import Role, User
from xinfeng.segments.models import Segment

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""Friday noon in Shanghai: the windows of the trade `other` (09:00–20:00) are open, those of retail are not."""

_serial = itertools.count(1)


def user(name: str, role: str = Role.OPERATOR) -> User:
    return User.objects.filter(username=name).first() or make_user(name, role=role)


def make_template(value: str = "{{ contact.name }}您好，满200减50", **changes: Any) -> TemplateVersion:
    signature, _ = Signature.objects.get_or_create(text="信风商城")
    template = Template.objects.create(
        name=f"模板{next(_serial)}", purpose=changes.pop("purpose", "marketing")
    )
    fields = {"action": "回复1预留", "opt_out": "拒收请回复R", "defaults": {"contact.name": "顾客"}}
    return TemplateVersion.objects.create(
        template=template, number=1, signature=signature, value=value, **{**fields, **changes}
    )


def make_segment(rule: Any = None, **changes: Any) -> Segment:
    return Segment.objects.create(
        name=f"人群{next(_serial)}", rule={"all": []} if rule is None else rule, **changes
    )


def make_channel(**changes: Any) -> Channel:
    fields: dict[str, Any] = {
        "name": f"通道{next(_serial)}",
        "kind": "cmpp2",
        "purpose": "marketing",
        "config": {"host": "127.0.0.1", "port": 7890, "account": "901234", "access_code": "10690001"},
        "secret_sealed": b"",
        "rate_per_s": 100,
        "price_li": 40,
        "capabilities": NOT_DEMANDED,
    }
    return Channel.objects.create(**{**fields, **changes})


def make_draft(**changes: Any) -> CampaignDraft:
    fields: dict[str, Any] = {"name": "双十一", "trade": "other"}
    if "segment_id" not in changes:
        fields["segment_id"] = make_segment().pk
    if "template_version_id" not in changes:
        fields["template_version_id"] = make_template().pk
    if "channel_id" not in changes:
        fields["channel_id"] = make_channel().pk
    return CampaignDraft(**{**fields, **changes})


def make_campaign(draft: CampaignDraft | None = None, *, author: str = "li") -> Campaign:
    user(author)
    return actions.save_campaign(draft or make_draft(), actor=author)


def approved(draft: CampaignDraft | None = None) -> Campaign:
    campaign = make_campaign(draft)
    user("wang", Role.REVIEWER)
    actions.submit(campaign.pk, actor="li")
    return actions.approve(campaign.pk, actor="wang", now=NOON)


def planned(draft: CampaignDraft | None = None, *, now: datetime = NOON) -> Campaign:
    """A campaign that was started and whose plan was made."""
    campaign = approved(draft)
    actions.start(campaign.pk, actor="li")
    planning.build_plan(campaign.pk, now)
    return again(campaign)


def again(campaign: Campaign) -> Campaign:
    """As the database has it now."""
    return Campaign.objects.get(pk=campaign.pk)


def jobs() -> list[tuple[str, str]]:
    """Names and states of the deferred jobs, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("select task_name, status::text from procrastinate_jobs order by id")
        return list(cursor.fetchall())
