"""Filters: numbers, money, time. Registered with `xinfeng_ui`."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import get_language, gettext, ngettext

from xinfeng.console.actors import actor_words
from xinfeng.filings import defaults as filing_defaults
from xinfeng.kernel import money
from xinfeng.kernel.time import utc_now
from xinfeng.policy import defaults as policy_defaults
from xinfeng.segments import ready_made

register = template.Library()

NOTHING = "—"


@register.filter
def num(value: int | float | None) -> str:
    """`1234567` → `1,234,567`; None → `—`."""
    if value is None:
        return NOTHING
    return f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


@register.filter
def whole(value: float) -> str:
    """`1152.3` → `1,152`."""
    return num(round(value))


@register.filter
def shipped(text: str) -> str:
    """The name or source of a default (a holiday, a peak, a gap) in the reader's language; people's own as they are."""
    language = get_language() or ""
    return policy_defaults.in_language(filing_defaults.in_language(text, language), language)


@register.filter
def compact(value: int | None) -> str:
    """For tight places: `123456` → `12.3万` or `123.5K`; small numbers stay exact."""
    if value is None:
        return NOTHING
    chinese = not (get_language() or "").startswith("en")
    steps = ((10**8, "亿"), (10**4, "万")) if chinese else ((10**9, "B"), (10**6, "M"), (10**4, "K"))
    for size, unit in steps:
        if abs(value) >= size:
            scaled = value / (1000 if unit == "K" else size)
            return f"{scaled:,.1f}".removesuffix(".0") + unit
    return f"{value:,}"


@register.filter
def yuan(fen: int | None) -> str:
    """Fen as yuan: `123456` → `¥1,234.56`."""
    return NOTHING if fen is None else f"¥{money.yuan(fen)}"


@register.filter
def pct(part: float | None, whole: float | None = None) -> str:
    """`{{ delivered|pct:sent }}` or `{{ ratio|pct }}`; no whole, no percentage. Never rounds up to 100 %."""
    if part is None or whole == 0:
        return NOTHING
    ratio = part if whole is None else part / whole
    text = f"{ratio * 100:.1f}"
    if text == "100.0" and ratio < 1:
        text = "99.9"
    if text == "0.0" and ratio > 0:
        return "<0.1%"
    return text.removesuffix(".0") + "%"


@register.filter
def parts(count: int) -> str:
    """Billed parts in words: `3 条`."""
    return ngettext("%(count)s 条", "%(count)s 条", count) % {"count": f"{count:,}"}


@register.filter
def masked(number: str) -> str:
    """The middle of a phone number hidden: `13800001234` → `138****1234`. For numbers that come in the clear."""
    digits = number.removeprefix("+86").strip()
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) >= 9 else "*" * len(digits)


@register.filter
def actor(who: str | None) -> str:
    """Who did it, in words: `system:import` → `系统（文件导入）`."""
    return actor_words(who) or NOTHING


@register.filter
def local_time(at: datetime | None, style: str = "") -> str:
    """In the enterprise's zone, with the full time as title. `style`: empty, `date`, `time` or `full`."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    this_year = local.year == timezone.localtime(utc_now()).year
    patterns = {
        "": "%m-%d %H:%M" if this_year else "%Y-%m-%d %H:%M",
        "date": "%Y-%m-%d",
        "time": "%H:%M:%S",
        "full": "%Y-%m-%d %H:%M:%S",
    }
    return _time_element(local, local.strftime(patterns[style]))


@register.filter
def ago(at: datetime | None, now: datetime | None = None) -> str:
    """`3 分钟前`, `2 小时后`; beyond a week the date. The full time is its title."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    gap = (now or utc_now()) - at
    if abs(gap) >= timedelta(days=7):
        return local_time(at)
    return _time_element(local, _distance(gap))


def _distance(gap: timedelta) -> str:
    seconds = int(abs(gap).total_seconds())
    if seconds < 60:
        return gettext("刚刚") if gap >= timedelta() else gettext("马上")
    if seconds < 3600:
        count, past, future = seconds // 60, _minutes_ago, _in_minutes
    elif seconds < 86400:
        count, past, future = seconds // 3600, _hours_ago, _in_hours
    else:
        count, past, future = seconds // 86400, _days_ago, _in_days
    return past(count) if gap >= timedelta() else future(count)


def _minutes_ago(count: int) -> str:
    return ngettext("%(count)s 分钟前", "%(count)s 分钟前", count) % {"count": count}


def _in_minutes(count: int) -> str:
    return ngettext("%(count)s 分钟后", "%(count)s 分钟后", count) % {"count": count}


def _hours_ago(count: int) -> str:
    return ngettext("%(count)s 小时前", "%(count)s 小时前", count) % {"count": count}


def _in_hours(count: int) -> str:
    return ngettext("%(count)s 小时后", "%(count)s 小时后", count) % {"count": count}


def _days_ago(count: int) -> str:
    return ngettext("%(count)s 天前", "%(count)s 天前", count) % {"count": count}


def _in_days(count: int) -> str:
    return ngettext("%(count)s 天后", "%(count)s 天后", count) % {"count": count}


def _time_element(local: datetime, shown: str) -> str:
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}",
        shown,
    )


@register.filter
def as_ready(text: str, key: str | None) -> str:
    """`{{ segment.name|as_ready:segment.ready_key }}`: in the reader's language while nobody has renamed it."""
    return ready_made.told(text, key, "en" if (get_language() or "").startswith("en") else "zh")
