"""Screeners for tests."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

from xinfeng.screening.engine import Screener
from xinfeng.screening.findings import Finding
from xinfeng.screening.ruleset import ruleset_on

DAY = date(2026, 11, 22)


@cache
def shipped_screener() -> Screener:
    return Screener(ruleset_on(DAY))


def screen(text: str, trade: str = "retail", purpose: str = "marketing", **more: Any) -> tuple[Finding, ...]:
    """Findings by the rules as they ship, or with own `words`, `overrides`, `domains`."""
    screener = Screener(ruleset_on(DAY, **more)) if more else shipped_screener()
    return screener.screen(text, trade=trade, purpose=purpose)


def rules(text: str, trade: str = "retail", purpose: str = "marketing", **more: Any) -> set[str]:
    """The rules that stop a text."""
    return {one.rule for one in screen(text, trade, purpose, **more) if one.outcome != "remark"}
