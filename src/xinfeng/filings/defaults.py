"""What a new deployment starts with: the gap calendar and the peak days, each with its source."""

from __future__ import annotations

import re
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

_ENGLISH = {
    "双11": "Double 11",
    "双12": "Double 12",
    "年终": "Year end",
    "华为云公告：2025-01-23 至 2025-02-05 运营商暂停签名报备": "Huawei Cloud's notice: carriers took no filings of "
    "signatures from 2025-01-23 to 2025-02-05",
    "按华为云 2025 年春节公告（前 6 天至后 7 天）推算，尚无官方公告，请按服务商通知修改": "Expected from Huawei Cloud's "
    "notice for 2025 (six days before to seven after); nothing is announced yet, so change it when your vendor does",
}
_SPRING_FESTIVAL = re.compile(r"(\d{4}) 年春节").fullmatch


def in_language(text: str, language: str) -> str:
    """A default's name or source in this language. They are kept in Chinese; what people wrote themselves stays as it
    is."""
    if not language.startswith("en"):
        return text
    year = _SPRING_FESTIVAL(text)
    return f"Spring Festival {year[1]}" if year else _ENGLISH.get(text, text)
