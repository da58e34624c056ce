"""Questions to screening: the rules in force at a moment, and those of a digest."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import business_day
from xinfeng.screening.engine import Screener
from xinfeng.screening.ruleset import RuleSet, ruleset_on


@cache
def _on(day: object) -> Screener:
    return Screener(ruleset_on(day))  # type: ignore[arg-type]


def screener(at: datetime) -> Screener:
    return _on(business_day(at, xinfeng_settings.load().zone))


def ruleset(digest: str) -> RuleSet:
    raise NotImplementedError(digest)
