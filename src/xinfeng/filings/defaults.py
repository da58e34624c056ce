"""What a new deployment starts with: the gap calendar and the peak days, each with its source."""

from __future__ import annotations

from datetime import date

from xinfeng.filings.gap_rules import Gap, expected_gap

NEW_YEARS_DAYS = (date(2026, 2, 17), date(2027, 2, 6), date(2028, 1, 26))
"""Lunar New Year's Days (GB/T 33661-2017)."""

GAPS: tuple[Gap, ...] = (
    Gap(
        "2025 年春节",
        date(2025, 1, 23),
        date(2025, 2, 5),
        "华为云公告：2025-01-23 至 2025-02-05 运营商暂停签名报备",
        vendor="huawei",
    ),
    *(expected_gap(day) for day in NEW_YEARS_DAYS),
)
