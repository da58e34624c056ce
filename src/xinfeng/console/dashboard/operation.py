"""What must not wait until somebody happens to look: nothing sends, a channel is down, deliveries fall, a disk fills up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from xinfeng.console.channels.views import Shown
from xinfeng.console.components.parts import Tone
from xinfeng.console.dashboard.chores import Chore
from xinfeng.console.operation.health import DISK_FREE, free_bytes, gateway_is_silent
from xinfeng.console.templatetags.xinfeng_format import num, pct
from xinfeng.insights.figures import falling_channels
from xinfeng.lens.engine import lens

MOST = 3
"""Channels named one by one; more are on their page."""
DISK_LOW = 10 * DISK_FREE
"""Ten gibibytes: days, not minutes, to make room in."""


def channel_chores(shown: Sequence[Shown], now: datetime) -> Iterator[Chore]:
    """Where no gateway runs that is said once, not for every channel."""
    if gateway_is_silent(now):
        text = _("没有网关在运行：短信不发，回执和退订收不到。请看运行网关的主机。")
        yield Chore(_("发送服务没有在运行"), text, reverse("channels"), "bad", badge=_("停了"))
        return
    down = [one for one in shown if one.row.enabled and not one.row.ready]
    for one in down[:MOST]:
        words = _("通道“%(name)s”没有连接") % {"name": one.row.name}
        text = one.trouble or _("用它的活动在等，或改走别的通道。")
        yield Chore(words, text, reverse("channels.detail", args=[one.row.id]), "bad", badge=_("断开"))
    names = {one.row.id: one.row.name for one in shown if one.row.enabled}
    for found in falling_channels(lens(), now=now)[:MOST]:
        if found.channel_id in names:
            words = _("通道“%(name)s”的送达率掉到 %(share)s") % {
                "name": names[found.channel_id], "share": pct(found.share),
            }  # fmt: skip
            text = _("最近 24 小时 %(n)s 条有结果的回执；此前六天是 %(before)s。") % {
                "n": num(found.ended), "before": pct(found.before),
            }  # fmt: skip
            url = reverse("channels.detail", args=[found.channel_id])
            yield Chore(words, text, url, "warn", badge=_("看一看"))


def disk_chores() -> Iterator[Chore]:
    """Of the data folder."""
    free = free_bytes()
    if free >= DISK_LOW:
        return
    words = _("磁盘只剩 %(gb)s GB") % {"gb": f"{free / 2**30:.1f}"}
    nearly_full = free < DISK_FREE
    tone: Tone = "bad" if nearly_full else "warn"
    badge = _("快满了") if nearly_full else _("不多了")
    text = _("数据文件夹所在的磁盘。满了以后数据库会停，短信不发，退订记不下来。")
    yield Chore(words, text, reverse("settings.backups"), tone, badge=badge)
