"""Carriers' codes on the dashboard: content refused, accounts in trouble, receipts that are unusual."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from xinfeng.channels.codes import Action
from xinfeng.channels.models import Channel
from xinfeng.console.codes.receipts import TITLES
from xinfeng.console.codes.shown import ShownCode
from xinfeng.console.dashboard.chores import Chore
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.insights import unusual
from xinfeng.insights.codes import troubles
from xinfeng.lens.engine import lens

MOST = 3
"""Named one by one; more are on the channel's page."""


def code_chores(now: datetime) -> Iterator[Chore]:
    """What carriers said in the last 24 hours that somebody must look at."""
    for one in troubles(lens(), now=now)[:MOST]:
        shown = ShownCode(one.info)
        words = _("%(channel)s：%(n)s 条 %(code)s") % {
            "channel": one.channel,
            "n": num(one.parts),
            "code": shown.code,
        }
        account = one.info.action is Action.ALERT_ACCOUNT
        yield Chore(
            words,
            shown.meaning,
            reverse("channels.detail", args=[one.channel_id]),
            "bad",
            badge=_("账号") if account else _("内容"),
        )
    found = [
        (channel, finding)
        for channel in Channel.objects.filter(enabled=True).only("id", "name")
        for finding in unusual.of_channel(channel.pk).findings
    ]
    for channel, finding in found[:MOST]:
        yield Chore(
            _("%(channel)s：回执有不寻常的地方") % {"channel": channel.name},
            str(TITLES[finding.kind]),
            reverse("channels.receipts", args=[channel.pk]),
            "warn",
            badge=_("看一看"),
        )
