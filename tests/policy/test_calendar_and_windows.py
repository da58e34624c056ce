"""When may be sent: pure rules around days, zones and midnight."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinfeng.policy import defaults
from xinfeng.policy.calendar import Calendar, Mark, MarkedDay, Workday
from xinfeng.policy.settings import DailyWindow, PolicySettings
from xinfeng.policy.windows import is_open, merged, next_windows

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar.of(defaults.CALENDAR)
SETTINGS = PolicySettings(windows=defaults.WINDOWS)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def spoken(intervals: list[tuple[datetime, datetime]], zone: ZoneInfo = SHANGHAI) -> list[str]:
    return [f"{start.astimezone(zone):%m-%d %H:%M}–{end.astimezone(zone):%H:%M}" for start, end in intervals]


def windows(trade: str, now: str, days: float = 1, **options: object) -> list[str]:
    given = {"calendar": CALENDAR, "settings": SETTINGS, "horizon": timedelta(days=days), **options}
    return spoken(next_windows(trade, at(now), **given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "workday"),
    [
        ("2026-11-20", Workday.YES),  # a Friday
        ("2026-11-21", Workday.NO),
        ("2026-10-10", Workday.YES),  # a make-up Saturday
        ("2026-09-20", Workday.YES),  # a make-up Sunday
        ("2026-02-16", Workday.NO),  # Monday, Spring Festival
        ("2026-02-24", Workday.YES),
        ("2027-02-05", Workday.NO),
        ("2027-02-09", Workday.PRESUMED),  # may well become a day off
        ("2027-03-01", Workday.PRESUMED),
        ("2027-03-06", Workday.NO),
        ("2028-03-01", Workday.UNKNOWN),
        ("2028-03-04", Workday.NO),
    ],
)
def test_workdays(day: str, workday: Workday) -> None:
    assert CALENDAR.workday(date.fromisoformat(day)) is workday


def test_2026_has_the_days_of_the_notice() -> None:
    of_2026 = [marked for marked in defaults.CALENDAR if marked.day.year == 2026]
    assert sum(marked.mark is Mark.HOLIDAY for marked in of_2026) == 33
    assert sum(marked.mark is Mark.WORKDAY for marked in of_2026) == 6
    assert not any(marked.provisional for marked in of_2026)
    of_2027 = [marked for marked in defaults.CALENDAR if marked.day.year == 2027]
    assert len(of_2027) == 13 and all(marked.provisional for marked in of_2027)
    assert all(marked.source for marked in defaults.CALENDAR)
    assert len({marked.day for marked in defaults.CALENDAR}) == len(defaults.CALENDAR)


def test_a_few_own_days_off_do_not_make_a_year_known() -> None:
    own = [MarkedDay(date(2028, 5, day), Mark.HOLIDAY, "店庆", "自定") for day in range(2, 6)]
    assert Calendar.of(own).workday(date(2028, 5, 10)) is Workday.UNKNOWN


def test_doubtful_days_are_named() -> None:
    assert CALENDAR.doubtful(date(2026, 12, 30), date(2027, 1, 5)) == [date(2027, 1, 4), date(2027, 1, 5)]


@pytest.mark.parametrize(
    ("trade", "expected"),
    [
        ("retail", ["11-20 10:00–11:30", "11-20 15:00–17:30"]),
        ("education", ["11-20 19:00–20:30"]),
        ("catering", ["11-20 11:00–12:00", "11-20 17:00–18:00"]),
        ("finance", ["11-20 12:30–13:30"]),
        ("other", ["11-20 09:00–20:00"]),
        ("no such trade", ["11-20 09:00–20:00"]),
    ],
)
def test_windows_of_the_trades(trade: str, expected: list[str]) -> None:
    assert windows(trade, "2026-11-20T00:00", 0.99) == expected


def test_every_default_names_its_source_and_lies_within_the_bounds() -> None:
    for trade in defaults.WINDOWS.values():
        for window in trade:
            assert window.source and SETTINGS.earliest <= window.starts < window.ends <= SETTINGS.latest


def test_the_first_window_begins_now_when_it_is_open() -> None:
    assert windows("retail", "2026-11-20T10:20", 0.1) == ["11-20 10:20–11:30"]
    assert windows("retail", "2026-11-20T11:30", 0.1) == []
    assert windows("retail", "2026-11-20T11:29:30", 0.001) == ["11-20 11:29–11:30"]


def test_the_horizon_cuts_the_last_window() -> None:
    assert windows("retail", "2026-11-20T09:00", 1.5 / 24) == ["11-20 10:00–10:30"]


def test_finance_keeps_to_workdays_and_make_up_days() -> None:
    assert windows("finance", "2026-10-06T00:00", 6) == [
        "10-08 12:30–13:30",
        "10-09 12:30–13:30",
        "10-10 12:30–13:30",  # Saturday, made up for National Day
    ]


def test_an_unknown_year_has_no_workdays() -> None:
    assert windows("finance", "2028-03-01T00:00", 7) == []
    assert windows("finance", "2027-03-01T00:00", 0.9) == ["03-01 12:30–13:30"]


def test_nothing_is_sent_on_a_blackout_day_but_service() -> None:
    blackout = MarkedDay(date(2026, 11, 20), Mark.BLACKOUT, "停发", "合规")
    calendar = Calendar.of([*defaults.CALENDAR, blackout])
    assert windows("retail", "2026-11-20T00:00", 1.6, calendar=calendar)[0] == "11-21 10:00–11:30"
    assert len(windows("retail", "2026-11-20T00:00", 1, calendar=calendar, purpose="service")) == 1


def test_service_goes_at_any_time_unless_hours_are_set() -> None:
    now = at("2026-11-20T23:50")
    found = next_windows(
        "retail", now, calendar=CALENDAR, settings=SETTINGS, horizon=timedelta(days=1), purpose="service"
    )
    assert found == [(now, now + timedelta(days=1))]
    hours = PolicySettings(windows=defaults.WINDOWS, service_hours=(time(7), time(22)))
    assert windows("retail", "2026-11-20T23:50", 1, settings=hours, purpose="service") == [
        "11-21 07:00–22:00"
    ]


def test_narrower_bounds_and_channels_cut_windows() -> None:
    narrow = PolicySettings(windows=defaults.WINDOWS, earliest=time(9, 30), latest=time(20, 0))
    assert windows("education", "2026-11-20T00:00", settings=narrow) == ["11-20 19:00–20:00"]
    assert windows("other", "2026-11-20T00:00", 0.99, settings=narrow) == ["11-20 09:30–20:00"]
    hours = (time(11), time(16))
    assert windows("retail", "2026-11-20T00:00", 0.99, narrow_to=hours) == [
        "11-20 11:00–11:30",
        "11-20 15:00–16:00",
    ]
    service = windows("retail", "2026-11-20T12:00", 1, narrow_to=hours, purpose="service")
    assert service == ["11-20 12:00–16:00", "11-21 11:00–12:00"]


def test_a_channel_open_all_day_joins_the_days_for_service() -> None:
    all_day = (time.min, time.max)
    found = next_windows(
        "retail", at("2026-11-20T12:00"), calendar=CALENDAR, settings=SETTINGS, purpose="service",
        horizon=timedelta(days=3), narrow_to=all_day,
    )  # fmt: skip
    assert len(found) == 1 and found[0][1] - found[0][0] == timedelta(days=3)


def test_windows_follow_the_enterprises_zone() -> None:
    urumqi = PolicySettings(windows=defaults.WINDOWS, zone=ZoneInfo("Asia/Urumqi"))
    (first, _) = next_windows(
        "retail", at("2026-11-20T00:00"), calendar=CALENDAR, settings=urumqi, horizon=timedelta(days=0.9)
    )
    assert first[0] == datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(("day", "offset"), [("2026-03-08", 4), ("2026-11-01", 5), ("2026-07-01", 4)])
def test_local_hours_stay_local_over_a_change_of_clocks(day: str, offset: int) -> None:
    zone = ZoneInfo("America/New_York")
    settings = PolicySettings(windows=defaults.WINDOWS, zone=zone)
    found = next_windows(
        "other", at(f"{day}T00:00", zone), calendar=CALENDAR, settings=settings, horizon=timedelta(hours=22)
    )
    assert found[0][0] == datetime.fromisoformat(f"{day}T09:00").replace(tzinfo=UTC) + timedelta(hours=offset)


def test_just_before_and_after_midnight() -> None:
    assert windows("retail", "2026-11-20T23:59:59", 0.5) == ["11-21 10:00–11:30"]
    assert windows("retail", "2026-11-21T00:00", 0.5) == ["11-21 10:00–11:30"]


def test_open_at_the_start_and_closed_at_the_end() -> None:
    found = next_windows("retail", at("2026-11-20T00:00"), calendar=CALENDAR, settings=SETTINGS)
    assert is_open(found, at("2026-11-20T10:00"))
    assert not is_open(found, at("2026-11-20T11:30"))
    assert not is_open([], at("2026-11-20T10:00"))


def test_weekdays_of_a_window() -> None:
    mondays = PolicySettings(
        windows={"other": (DailyWindow(time(10), time(11), frozenset({1}), source="x"),)}
    )
    assert windows("other", "2026-11-20T00:00", 8, settings=mondays) == ["11-23 10:00–11:00"]


_moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
_trades = st.sampled_from([*defaults.WINDOWS, "unheard of"])


@settings(deadline=None)
@given(_trades, _moments, st.integers(1, 20 * 24), st.sampled_from(["marketing", "service"]))
def test_windows_ascend_apart_from_each_other_within_bounds(
    trade: str, now: datetime, hours: int, purpose: str
) -> None:
    horizon = timedelta(hours=hours)
    found = next_windows(trade, now, calendar=CALENDAR, settings=SETTINGS, horizon=horizon, purpose=purpose)
    assert merged(found) == found
    for start, end in found:
        assert now <= start < end <= now + horizon
        if purpose == "marketing":
            local = (start.astimezone(SHANGHAI), (end - timedelta(microseconds=1)).astimezone(SHANGHAI))
            assert local[0].date() == local[1].date()
            assert time(8) <= local[0].time() and local[1].time() < time(21)
            assert not CALENDAR.is_blackout(local[0].date())
