"""The business day of a moment, in the enterprise's zone."""

from __future__ import annotations

from datetime import date, datetime

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import business_day


def business_day_of(now: datetime) -> date:
    return business_day(now, xinfeng_settings.load().zone)
