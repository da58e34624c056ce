"""A backup that failed or is late, on the dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from xinfeng.console.dashboard.chores import Chore
from xinfeng.console.preferences.backups import WHY
from xinfeng.foundation.backups import schedule


def backup_chores(now: datetime) -> Iterator[Chore]:
    """Two small rows."""
    standing = schedule.standing(now=now)
    if standing.ok:
        return
    words = _("备份失败了") if standing.fault else _("备份晚了")
    why = str(WHY.get(standing.fault, standing.fault))
    yield Chore(words, why, reverse("settings.backups"), "bad", badge=_("备份"))
