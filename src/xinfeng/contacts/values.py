"""Reading what people and programs write into fields: dates, times, genders, numbers, yes and no.

Everything raises InvalidInput with a code such as `date.unreadable`; the value itself never is in the error,
because errors end up in logs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo

from xinfeng.contacts.models import AttributeKind, Gender
from xinfeng.contacts.records import AttrValue
from xinfeng.kernel.errors import InvalidInput

OLDEST_YEARS = 130

_GENDERS = {
    Gender.MALE: "男 男性 男士 先生 m male man mr 1",
    Gender.FEMALE: "女 女性 女士 小姐 f female woman ms mrs 2",
    Gender.UNKNOWN: "未知 保密 不详 其他 unknown u other 0",
}
_GENDER_WORDS = {word: gender for gender, words in _GENDERS.items() for word in words.split()}

_YES = """是 有 对 真 同意 已同意 接受 已接受 授权 已授权 允许 订阅 已订阅 订阅中 已勾选 已签署 y yes true t 1 on √ ✓ ✔ ☑
    subscribed opt-in opted-in optin optedin"""
_NO = """否 无 没有 错 假 不同意 未同意 不接受 未接受 不接收 未授权 不允许 未订阅 拒绝 未勾选 未签署
    n no false f 0 off × ✗ ✘ ☐ □"""
_OPTED_OUT = """退订 已退订 拒收 已拒收 取消订阅 已取消订阅 黑名单 已拉黑
    unsubscribed unsubscribe opt-out opted-out optout optedout blocked"""
_TRUE, _LEFT = frozenset(_YES.split()), frozenset(_OPTED_OUT.split())
_FALSE = frozenset(_NO.split()) | _LEFT
_REFUSED = """是 有 对 真 y yes true t 1 on √ ✓ ✔ ☑ 拒绝 已拒绝 拒绝接收 不接收 不接受 不同意 取消 已取消 勿扰 免打扰"""
_NOT_REFUSED = """否 无 没有 错 假 n no false f 0 off × ✗ ✘ ☐ □ 未退订 没退订 未拒收 接收 接受 同意 正常 订阅 已订阅 订阅中
    subscribed active opt-in opted-in optin optedin"""
_SAYS_NO, _SAYS_NOTHING = frozenset(_REFUSED.split()) | _LEFT, frozenset(_NOT_REFUSED.split())

_is_iso_day = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch
_is_iso_time = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{3}|\.\d{6})?)?", re.ASCII).fullmatch
_date = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?").fullmatch
_compact_date = re.compile(r"(\d{4})(\d{2})(\d{2})").fullmatch
_time = re.compile(
    r"(?P<date>\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{8})[ T]*"
    r"(?P<half>上午|下午|AM|PM)? *(?P<hour>\d{1,2})[:时点](?P<minute>\d{1,2})分?"
    r"(?:[:]?(?P<second>\d{1,2})秒?)?(?:[.,](?P<fraction>\d{1,9}))? *(?P<half_after>AM|PM)?"
    r" *(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?",
    re.IGNORECASE,
).fullmatch
_compact_time = re.compile(r"\d{14}").fullmatch
_epoch = re.compile(r"1\d{9}(?:\d{3})?").fullmatch


def _plain(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=65_536)
def read_date(text: str) -> date:
    """A calendar day: `1990-02-03`, `1990/2/3`, `1990.2.3`, `1990年2月3日`, `19900203`; a time after it is dropped."""
    if _is_iso_day(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise InvalidInput("date.unreadable") from None
    words = _plain(text).strip().split()
    found = (_date(words[0]) or _compact_date(words[0])) if words else None
    if found is None and words:
        head = words[0].partition("T")[0]
        found = _date(head)
    if found is None:
        raise InvalidInput("date.unreadable")
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise InvalidInput("date.unreadable") from None


def read_birthday(text: str, *, today: date) -> date:
    """A date of birth; raises `birthday.unreadable`, `birthday.in_future`, `birthday.too_old`."""
    try:
        day = read_date(text)
    except InvalidInput:
        raise InvalidInput("birthday.unreadable") from None
    if day > today:
        raise InvalidInput("birthday.in_future")
    if day.year < today.year - OLDEST_YEARS:
        raise InvalidInput("birthday.too_old")
    return day


def read_time(text: str, zone: ZoneInfo) -> datetime:
    """A moment as aware UTC. Without an offset it is meant in `zone`; a day alone is its first moment.

    Also `2024年1月2日 下午3:04`, `20240102030405`, seconds and milliseconds since 1970. Raises `time.unreadable`.
    """
    if not _is_iso_time(text):
        return _read_other_time(text, zone)
    try:
        offset = _offset_all_day(text[:10], zone)
        if offset is None:
            return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
        return datetime.fromisoformat(text + offset).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput("time.unreadable") from None


def iso_times(cells: Sequence[str], zone: ZoneInfo) -> list[datetime] | None:
    """`read_time` of each, if all are written as `2024-01-02 03:04:05`; else None."""
    if not all(map(_is_iso_time, cells)):
        return None
    read = datetime.fromisoformat
    try:
        offsets = {day: _offset_all_day(day, zone) for day in {cell[:10] for cell in cells}}
        if None in offsets.values():
            return None
        return [read(f"{cell}{offsets[cell[:10]]}").astimezone(UTC) for cell in cells]
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=16_384)
def _offset_all_day(day: str, zone: ZoneInfo) -> str | None:
    """The offset of `zone` as ISO text, if it is the same from the day's first moment to its last and whole
    minutes."""
    first = datetime.fromisoformat(day).replace(tzinfo=zone)
    offset = first.utcoffset()
    if offset is None or offset != first.replace(hour=23, minute=59, second=59).utcoffset():
        return None
    return first.isoformat()[19:] if not offset % timedelta(minutes=1) else None


@lru_cache(maxsize=65_536)
def _read_other_time(text: str, zone: ZoneInfo) -> datetime:
    try:
        words = " ".join(_plain(text).split())
        if _epoch(words):
            number = int(words)
            return datetime.fromtimestamp(number / 1000 if len(words) == 13 else number, UTC)
        if _compact_time(words):
            return datetime.strptime(words, "%Y%m%d%H%M%S").replace(tzinfo=zone).astimezone(UTC)
        found = _time(words)
        if found is None:
            day = read_date(words) if len(words) <= 11 else None
            if day is None:
                raise InvalidInput("time.unreadable")
            return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
        return _moment(found, zone)
    except (ValueError, OverflowError, InvalidInput):
        raise InvalidInput("time.unreadable") from None


def _moment(found: re.Match[str], zone: ZoneInfo) -> datetime:
    day = read_date(found["date"])
    hour = int(found["hour"])
    half = (found["half"] or found["half_after"] or "").upper()
    if half in ("下午", "PM") and hour < 12:
        hour += 12
    elif half in ("上午", "AM") and hour == 12:
        hour = 0
    micro = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    offset = (found["zone"] or "").upper()
    tzinfo = zone if not offset else UTC
    stated = datetime(
        day.year,
        day.month,
        day.day,
        hour,
        int(found["minute"]),
        int(found["second"] or 0),
        micro,
        tzinfo=tzinfo,
    )
    if offset[:1] in ("+", "-"):
        ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[-2:]))
        stated = stated - ahead if offset[0] == "+" else stated + ahead
    return stated.astimezone(UTC)


def read_gender(text: str) -> Gender:
    """Raises `gender.unreadable`."""
    gender = _GENDER_WORDS.get(_plain(text).strip().lower())
    if gender is None:
        raise InvalidInput("gender.unreadable")
    return gender


def read_bool(text: str) -> bool:
    """Raises `bool.unreadable`."""
    word = _plain(text).strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise InvalidInput("bool.unreadable")


def says_left(text: str) -> bool:
    """Whether a cell that could be about anything says that somebody opted out: `已退订`, `unsubscribed`."""
    return _plain(text).strip().lower() in _LEFT


def read_opt_out(text: str) -> bool:
    """Whether a cell of a column such as `是否退订` says that somebody refused; raises `opt_out.unreadable`.

    The words are those of `read_bool`, but a word for refusing means yes here.
    """
    word = _plain(text).strip().lower()
    if word in _SAYS_NO:
        return True
    if word in _SAYS_NOTHING:
        return False
    raise InvalidInput("opt_out.unreadable")


def read_number(text: str) -> int | float:
    """A number with or without thousands separators; raises `number.unreadable`."""
    try:
        value = Decimal(_plain(text).strip().replace(",", "").removesuffix("%"))
    except InvalidOperation:
        raise InvalidInput("number.unreadable") from None
    if not value.is_finite() or abs(value) > Decimal(10) ** 15:
        raise InvalidInput("number.unreadable")
    return int(value) if value == value.to_integral_value() else float(value)


def read_attribute(text: str, *, kind: str, choices: list[str]) -> AttrValue:
    """A custom attribute's value as it is kept: dates as ISO text.

    Raises `number.unreadable`, `date.unreadable`, `bool.unreadable`, `attribute.not_a_choice`,
    `attribute.too_long`.
    """
    if kind == AttributeKind.NUMBER:
        return read_number(text)
    if kind == AttributeKind.DATE:
        return read_date(text).isoformat()
    if kind == AttributeKind.BOOL:
        return read_bool(text)
    value = " ".join(text.split())
    if kind == AttributeKind.CHOICE and value not in choices:
        raise InvalidInput("attribute.not_a_choice")
    if len(value) > LONGEST_TEXT:
        raise InvalidInput("attribute.too_long", longest=LONGEST_TEXT)
    return value


LONGEST_TEXT = 500
"""Characters of a text attribute."""

_REGIONS = re.compile(r"(?:壮族|回族|维吾尔)?自治区$|特别行政区$|省$|市$")
_LANGUAGES = {
    "zh-hans": "中文 汉语 普通话 简体中文 zh zh-cn zh-hans chinese",
    "en": "英文 英语 en en-us en-gb english",
}
_LANGUAGE_WORDS = {word: language for language, words in _LANGUAGES.items() for word in words.split()}


def read_text(text: str, *, longest: int) -> str:
    """One line of text; raises `cell.too_long`."""
    value = " ".join(text.split())
    if len(value) > longest:
        raise InvalidInput("cell.too_long", longest=longest)
    return value


def plain_texts(cells: Sequence[str], *, longest: int) -> bool:
    """Whether `read_text` would take every one of these cells as it is: no blank one, no space anywhere."""
    return "\n".join(cells).split() == list(cells) and max(map(len, cells), default=0) <= longest


def read_region(text: str, *, longest: int) -> str:
    """A province or city by its everyday name: `广东省` → `广东`, `深圳市` → `深圳`, `广西壮族自治区` → `广西`."""
    value = read_text(text, longest=longest)
    short = _REGIONS.sub("", value)
    return short if len(short) >= 2 else value


def read_language(text: str) -> str:
    """Raises `language.unreadable`."""
    language = _LANGUAGE_WORDS.get(_plain(text).strip().lower().replace("_", "-"))
    if language is None:
        raise InvalidInput("language.unreadable")
    return language


def read_tags(text: str) -> tuple[str, ...]:
    """Tags separated by commas, semicolons, bars or 、; raises `tags.too_long`, `tags.too_many`."""
    names = tuple(
        dict.fromkeys(
            name for part in re.split(r"[,，;；|｜、\r\n]", text) if (name := " ".join(part.split()))
        )
    )
    if len(names) > MOST_TAGS:
        raise InvalidInput("tags.too_many", at_most=MOST_TAGS)
    if max(map(len, names), default=0) > LONGEST_TAG:
        raise InvalidInput("tags.too_long", longest=LONGEST_TAG)
    return names


MOST_TAGS = 50
LONGEST_TAG = 40
