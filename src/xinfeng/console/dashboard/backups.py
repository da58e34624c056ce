"""A backup that failed or is late, on the dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from xinfeng.channels.models import Channel
from xinfeng.console.dashboard.chores import Chore
from xinfeng.console.preferences.backups import WHY
from xinfeng.foundation.backups import schedule

WITHOUT = timedelta(days=7)
"""Who makes backups by hand, or by other means, may leave a week between them before somebody asks."""


def backup_chores(now: datetime) -> Iterator[Chore]:
    """Two small rows. Where real customers are written to and nothing is backed up, that is said too."""
    standing = schedule.standing(now=now)
    address = reverse("settings.backups")
    if not standing.ok:
        words = _("备份失败了") if standing.fault else _("备份晚了")
        why = str(WHY.get(standing.fault, standing.fault))
        yield Chore(words, why, address, "bad", badge=_("备份"))
    elif not standing.rules.every_h and _is_old(standing.last_good_at, now) and _is_in_use():
        text = _("磁盘坏了，授权、退订和发送记录都找不回来。")
        yield Chore(_("没有定时备份"), text, address, "warn", badge=_("备份"))


def _is_old(last_good_at: datetime | None, now: datetime) -> bool:
    return last_good_at is None or now - last_good_at > WITHOUT


def _is_in_use() -> bool:
    return Channel.objects.filter(enabled=True).exists()
