"""What people write into fields."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xinfeng.contacts import values
from xinfeng.contacts.models import Gender
from xinfeng.contacts.values import iso_times, plain_texts, read_text, read_time
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import SHANGHAI

AFTERNOON = datetime(2025, 1, 2, 7, 4, 5, tzinfo=UTC)  # 15:04:05 in Shanghai


@pytest.mark.parametrize(
    "text",
    [
        "1990-02-03",
        "1990/2/3",
        "1990.2.3",
        "1990年2月3日",
        "19900203",
        " 1990-2-3 ",
        "１９９０－０２－０３",
        "1990-02-03 00:00:00",
    ]
    + ["1990-02-03T00:00:00", "1990/2/3 0:00"],
)
def test_dates(text: str) -> None:
    assert values.read_date(text) == date(1990, 2, 3)


@pytest.mark.parametrize(
    "text", ["", "明天", "1990-13-01", "1990-02-30", "3/2/1990", "1990", "0000-00-00", "19901301"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"date\.unreadable"):
        values.read_date(text)


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-02 15:04:05",
        "2025-01-02T15:04:05",
        "2025-01-02T15:04:05+08:00",
        "2025-01-02T15:04:05.000+0800",
        "2025-01-02T07:04:05Z",
        "2025-01-02 07:04:05 UTC",
        "2025-01-02T02:04:05-05:00",
        "2025/1/2 15:04:05",
        "2025年1月2日 15时04分05秒",
        "2025年1月2日 下午3:04:05",
        "2025-01-02 03:04:05 PM",
        "2025.1.2 15:04:05",
        "20250102150405",
        "20250102 15:04:05",
        "1735801445",
        "1735801445000",
        "２０２５-01-02 15：04：05",
    ],
)
def test_times(text: str) -> None:
    assert values.read_time(text, SHANGHAI) == AFTERNOON


def test_a_day_is_its_first_moment_in_the_zone() -> None:
    assert values.read_time("2025/1/2", SHANGHAI) == datetime(2025, 1, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["昨天", "2025-01-02 25:00", "2025-02-30 10:00", "10:00", "99999999999999", "2025-01-02 10:61"]
)
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"time\.unreadable"):
        values.read_time(text, SHANGHAI)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2030-01-01", "birthday.in_future"),
        ("1850-01-01", "birthday.too_old"),
        ("属马", "birthday.unreadable"),
    ],
)
def test_impossible_birthdays(text: str, code: str) -> None:
    with pytest.raises(InvalidInput, match=code):
        values.read_birthday(text, today=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("text", "gender"), [("男", Gender.MALE), ("女士", Gender.FEMALE), ("F", Gender.FEMALE), ("保密", 0)]
)
def test_genders(text: str, gender: int) -> None:
    assert values.read_gender(text) == gender


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("广东省", "广东"),
        ("广西壮族自治区", "广西"),
        ("深圳市", "深圳"),
        ("香港特别行政区", "香港"),
        ("沙市", "沙市"),
    ],
)
def test_regions_have_their_everyday_names(text: str, short: str) -> None:
    assert values.read_region(text, longest=20) == short


def test_tags() -> None:
    assert values.read_tags("新客，母婴| 新客 ;门店") == ("新客", "母婴", "门店")
    with pytest.raises(InvalidInput, match=r"tags\.too_long"):
        values.read_tags("x" * 41)


def test_attributes_keep_their_type() -> None:
    def read(text: str, kind: str, choices: list[str] | None = None) -> object:
        return values.read_attribute(text, kind=kind, choices=choices or [])

    assert read("1,234.5", "number") == 1234.5
    assert read("３", "number") == 3
    assert read("1990/2/3", "date") == "1990-02-03"
    assert read("是", "bool") is True
    assert read("L", "choice", ["S", "L"]) == "L"
    for text, kind in (
        ("x", "number"),
        ("1e400", "number"),
        ("nan", "number"),
        ("x", "date"),
        ("x", "bool"),
        ("x", "choice"),
    ):
        with pytest.raises(InvalidInput):
            read(text, kind)


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{1,14}[-/年 :TZ+0-9]*", fullmatch=True))
def test_any_text_is_read_or_refused(text: str) -> None:
    readers = (values.read_date, values.read_gender, values.read_bool, values.read_number, values.read_tags)
    for read in readers:
        try:
            read(text)
        except InvalidInput:
            continue
    try:
        assert values.read_time(text, SHANGHAI).tzinfo is UTC
    except InvalidInput as fault:
        assert fault.code == "time.unreadable"


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.sampled_from(["Asia/Shanghai", "America/New_York", "Asia/Kolkata", "Africa/Monrovia"]),
)
@example(datetime(1986, 5, 4, 1, 30), "Asia/Shanghai")  # noqa: DTZ001
@example(datetime(2025, 3, 9, 2, 30), "America/New_York")  # noqa: DTZ001
def test_iso_times_follow_the_clocks_of_the_zone(at: datetime, name: str) -> None:
    zone, stated = ZoneInfo(name), at.replace(microsecond=0)
    text, moment = stated.isoformat(sep=" "), stated.replace(tzinfo=zone).astimezone(UTC)
    assert read_time(text, zone) == moment
    assert iso_times([text, text], zone) in ([moment, moment], None)


@pytest.mark.parametrize(
    "cell", ["", " ", "2025/1/2 10:00", "2025-02-30 10:00", "2025-01-02 25:00", "0001-01-01 00:00"]
)
def test_a_column_with_another_time_is_left_to_the_slow_way(cell: str) -> None:
    assert iso_times(["2025-01-02 10:00", "2025-01-03 10:00:01"], SHANGHAI) is not None
    assert iso_times(["2025-01-02 10:00", cell], SHANGHAI) is None


@given(st.lists(st.text(alphabet="a手 \t\n\u3000\x1c", max_size=4), max_size=5))
def test_texts_that_pass_as_they_are_would_be_read_so(cells: list[str]) -> None:
    if plain_texts(cells, longest=3):
        assert [read_text(cell, longest=3) for cell in cells] == cells
    assert not plain_texts([*cells, ""], longest=3)
    assert not plain_texts([*cells, "a手aa"], longest=3)
