"""Filings on the dashboard: what runs out, gaps ahead, numbers for peak days that are still missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from xinfeng.campaigns.filing import next_peak_days
from xinfeng.channels.models import Channel
from xinfeng.console.components.parts import Tone
from xinfeng.console.dashboard.chores import Chore
from xinfeng.console.filings.labels import left_words
from xinfeng.console.templatetags.xinfeng_format import num, shipped
from xinfeng.filings import bulk
from xinfeng.filings.days import business_day_of
from xinfeng.filings.deadlines import Deadlines, deadlines
from xinfeng.filings.gap_rules import Countdown
from xinfeng.filings.peaks import ahead

MOST_ENDINGS = 3
"""Named one by one; more are counted."""
PEAK_DAYS = 14
"""So many days before its deadline a peak without a number is listed."""


def filing_chores(now: datetime) -> Iterator[Chore]:
    """Ten queries at the most."""
    day = business_day_of(now)
    found = deadlines(day)
    yield from _endings(found)
    yield from _qualifications(found, day)
    for one in found.gaps:
        yield _gap(one)
    yield from _peaks(day)


def _endings(found: Deadlines) -> Iterator[Chore]:
    for one in found.endings[:MOST_ENDINGS]:
        words = _("【%(signature)s】的报备 %(day)s 到期") % {
            "signature": one.signature,
            "day": f"{one.last_day:%Y-%m-%d}",
        }
        tone: Tone = "bad" if one.days_left < 0 else "warn"
        url = reverse("filings.detail", args=[one.filing_id])
        yield Chore(words, f"{one.channel} · {left_words(one.days_left)}", url, tone)
    if len(found.endings) > MOST_ENDINGS:
        words = _("另有 %(n)s 个签名的报备即将到期") % {"n": num(len(found.endings) - MOST_ENDINGS)}
        yield Chore(words, "", reverse("filings"), "warn")


def _qualifications(found: Deadlines, day: date) -> Iterator[Chore]:
    for one in found.qualifications[:MOST_ENDINGS]:
        assert one.expires_on is not None
        left = (one.expires_on - day).days
        words = _("%(name)s %(day)s 到期") % {"name": one.name, "day": f"{one.expires_on:%Y-%m-%d}"}
        url = reverse("filings.qualification", args=[one.pk])
        yield Chore(words, f"{one.number} · {left_words(left)}", url, "bad" if left < 0 else "warn")
    if len(found.qualifications) > MOST_ENDINGS:
        words = _("另有 %(n)s 份资质即将到期") % {"n": num(len(found.qualifications) - MOST_ENDINGS)}
        yield Chore(words, "", reverse("filings.qualifications"), "warn")


def _gap(one: Countdown) -> Chore:
    url = reverse("filings.gaps")
    if one.days_left < 0:
        words = _("%(name)s停报期，%(day)s 结束") % {
            "name": shipped(one.gap.name),
            "day": f"{one.gap.last_day:%Y-%m-%d}",
        }
        return Chore(words, _("期间不受理报备"), url, "warn")
    words = _("%(name)s停报期前，报备提交截止还有 %(n)s 天") % {
        "name": shipped(one.gap.name),
        "n": one.days_left,
    }
    return Chore(words, shipped(one.gap.source), url, "warn")


def _peaks(day: date) -> Iterator[Chore]:
    if not any(
        one.takes.bulk_filing and one.purpose == "marketing" for one in Channel.objects.filter(enabled=True)
    ):
        return
    settings, peaks = bulk.current_peaks(), next_peak_days(day)
    covered = bulk.covered_days(day, max(peaks, default=day))
    for one in ahead(peaks, day, lead_days=settings.lead_days, covered=covered):
        if one.covered or one.days_left > PEAK_DAYS:
            continue
        url = reverse("filings.bulk")
        if one.days_left < 0:
            words = _("%(name)s（%(day)s）的大促报备已过截止日") % {
                "name": shipped(one.name),
                "day": f"{one.first_day:%m-%d}",
            }
            yield Chore(words, _("没有编号，超过条数发不出去"), url, "bad")
        else:
            words = _("距%(name)s报备截止 %(n)s 天") % {"name": shipped(one.name), "n": one.days_left}
            yield Chore(words, _("还没有编号"), url, "warn")
