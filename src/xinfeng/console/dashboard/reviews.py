"""Reviews on the dashboard: what waits, and proofs that run out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from xinfeng.console.dashboard.chores import Chore
from xinfeng.console.reviews.waiting import waiting_count
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.content import evidence
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import business_day


def review_chores(now: datetime) -> Iterator[Chore]:
    """Three queries."""
    if waiting := waiting_count():
        yield Chore(_("%(n)s 件文案和活动等着审核") % {"n": num(waiting)}, "", reverse("reviews"), "info")
    if ending := evidence.ending(business_day(now, xinfeng_settings.load().zone)).count():
        words = _("%(n)s 份凭证 30 天内到期") % {"n": num(ending)}
        yield Chore(words, _("到期后，用着它的文案不能再发。"), reverse("reviews.proofs"), "warn")
