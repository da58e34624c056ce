"""What a new deployment starts with: windows per trade and the calendar, each with its source.

The first migration of data copies these into the tables, where people change them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta

from xinfeng.policy.calendar import Mark, MarkedDay
from xinfeng.policy.settings import DailyWindow

_CUSTOM = "行业惯例，可在设置中修改"
_VENDORS = "产品默认值 09:00–20:00，可在设置中修改：比短信服务商公开规则更保守；法律未规定具体时段"


def _window(starts: str, ends: str, source: str, *, workdays_only: bool = False) -> DailyWindow:
    return DailyWindow(
        time.fromisoformat(starts), time.fromisoformat(ends), workdays_only=workdays_only, source=source
    )


WINDOWS: Mapping[str, tuple[DailyWindow, ...]] = {
    "retail": (
        _window("10:00", "11:30", f"{_CUSTOM}：零售 10:00–11:30"),
        _window("15:00", "17:30", f"{_CUSTOM}：零售 15:00–17:30"),
    ),
    "education": (_window("19:00", "20:30", f"{_CUSTOM}：教育 19:00–20:30"),),
    "catering": (
        _window("11:00", "12:00", f"{_CUSTOM}：餐饮饭前一小时，11:00 起，至 12:00 开餐"),
        _window("17:00", "18:00", f"{_CUSTOM}：餐饮饭前一小时，17:00 起，至 18:00 开餐"),
    ),
    "finance": (_window("12:30", "13:30", f"{_CUSTOM}：金融工作日 12:30–13:30", workdays_only=True),),
    "government": (_window("09:00", "20:00", _VENDORS),),
    "baby": (_window("09:00", "20:00", _VENDORS),),
    "medicine": (_window("09:00", "20:00", _VENDORS),),
    "property": (_window("09:00", "20:00", _VENDORS),),
    "other": (_window("09:00", "20:00", _VENDORS),),
}
"""Feature D1; trades it does not name have the cautious default."""

_NOTICE_2026 = "国务院办公厅关于2026年部分节假日安排的通知"
_STATUTE = "全国年节及纪念日放假办法（2025年1月1日施行）；2027年调休安排尚未公布"


def _holidays(
    first: date, last: date, name: str, source: str, *, provisional: bool = False
) -> Iterator[MarkedDay]:
    for offset in range((last - first).days + 1):
        yield MarkedDay(first + timedelta(days=offset), Mark.HOLIDAY, name, source, provisional)


def _make_up(day: date, name: str) -> MarkedDay:
    return MarkedDay(day, Mark.WORKDAY, f"{name}调休上班", _NOTICE_2026)


CALENDAR: tuple[MarkedDay, ...] = (
    *_holidays(date(2026, 1, 1), date(2026, 1, 3), "元旦", _NOTICE_2026),
    _make_up(date(2026, 1, 4), "元旦"),
    *_holidays(date(2026, 2, 15), date(2026, 2, 23), "春节", _NOTICE_2026),
    _make_up(date(2026, 2, 14), "春节"),
    _make_up(date(2026, 2, 28), "春节"),
    *_holidays(date(2026, 4, 4), date(2026, 4, 6), "清明节", _NOTICE_2026),
    *_holidays(date(2026, 5, 1), date(2026, 5, 5), "劳动节", _NOTICE_2026),
    _make_up(date(2026, 5, 9), "劳动节"),
    *_holidays(date(2026, 6, 19), date(2026, 6, 21), "端午节", _NOTICE_2026),
    *_holidays(date(2026, 9, 25), date(2026, 9, 27), "中秋节", _NOTICE_2026),
    _make_up(date(2026, 9, 20), "国庆节"),
    *_holidays(date(2026, 10, 1), date(2026, 10, 7), "国庆节", _NOTICE_2026),
    _make_up(date(2026, 10, 10), "国庆节"),
    *_holidays(date(2027, 1, 1), date(2027, 1, 1), "元旦", _STATUTE, provisional=True),
    *_holidays(date(2027, 2, 5), date(2027, 2, 8), "春节", _STATUTE, provisional=True),
    *_holidays(date(2027, 4, 5), date(2027, 4, 5), "清明节", _STATUTE, provisional=True),
    *_holidays(date(2027, 5, 1), date(2027, 5, 2), "劳动节", _STATUTE, provisional=True),
    *_holidays(date(2027, 6, 9), date(2027, 6, 9), "端午节", _STATUTE, provisional=True),
    *_holidays(date(2027, 9, 15), date(2027, 9, 15), "中秋节", _STATUTE, provisional=True),
    *_holidays(date(2027, 10, 1), date(2027, 10, 3), "国庆节", _STATUTE, provisional=True),
)
"""2026 as announced: 33 days off, 6 make-up workdays. 2027 the 13 statutory days only, until the notice is out."""

_CUSTOM_EN = "Custom of the trade, to be changed in the settings"
_ENGLISH: Mapping[str, str] = {
    f"{_CUSTOM}：零售 10:00–11:30": f"{_CUSTOM_EN}: retail 10:00–11:30",
    f"{_CUSTOM}：零售 15:00–17:30": f"{_CUSTOM_EN}: retail 15:00–17:30",
    f"{_CUSTOM}：教育 19:00–20:30": f"{_CUSTOM_EN}: education 19:00–20:30",
    f"{_CUSTOM}：餐饮饭前一小时，11:00 起，至 12:00 开餐": f"{_CUSTOM_EN}: catering, the hour before lunch at 12:00",
    f"{_CUSTOM}：餐饮饭前一小时，17:00 起，至 18:00 开餐": f"{_CUSTOM_EN}: catering, the hour before dinner at 18:00",
    f"{_CUSTOM}：金融工作日 12:30–13:30": f"{_CUSTOM_EN}: finance, workdays 12:30–13:30",
    _VENDORS: "Product default 09:00–20:00, to be changed in the settings: more cautious than vendors' public rules; "
    "the law names no hours",
    _NOTICE_2026: "Notice of the General Office of the State Council on public holidays in 2026",
    _STATUTE: "Regulation on Public Holidays for National Annual Festivals and Memorial Days (in force since "
    "2025-01-01); make-up days of 2027 are not announced yet",
    "元旦": "New Year's Day",
    "春节": "Spring Festival",
    "清明节": "Qingming Festival",
    "劳动节": "Labour Day",
    "端午节": "Dragon Boat Festival",
    "中秋节": "Mid-Autumn Festival",
    "国庆节": "National Day",
    "元旦调休上班": "Make-up workday for New Year's Day",
    "春节调休上班": "Make-up workday for Spring Festival",
    "劳动节调休上班": "Make-up workday for Labour Day",
    "国庆节调休上班": "Make-up workday for National Day",
}


def in_language(text: str, language: str) -> str:
    """A default's name or source in this language. The tables hold it in Chinese; what people wrote themselves stays
    as it is."""
    return _ENGLISH.get(text, text) if language.startswith("en") else text
