"""Gaps, durations and peaks: days and their distances."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.filings.factories import NOW, TODAY, demanding

from xinfeng.filings import bulk, gaps
from xinfeng.filings.bulk import BulkDraft
from xinfeng.filings.defaults import GAPS
from xinfeng.filings.gap_rules import Gap, countdown, duration_of, expected_gap, in_force_by, weekday
from xinfeng.filings.lifecycle import Move
from xinfeng.filings.peaks import Peak, PeakSettings, ahead, peak_days, read_settings
from xinfeng.kernel.errors import InvalidInput, NotFound

SPRING = Gap("春节", date(2027, 1, 31), date(2027, 2, 13), "test")
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))


def test_the_expected_gap_has_the_distance_of_the_one_that_was_announced() -> None:
    announced = GAPS[0]
    expected = expected_gap(date(2025, 1, 29))
    assert (expected.first_day, expected.last_day) == (announced.first_day, announced.last_day)
    assert all(gap.provisional for gap in GAPS[1:]) and not announced.provisional


@given(DAYS, st.integers(0, 15))
def test_a_filing_is_never_in_force_on_a_day_of_a_gap_or_a_weekend(submitted: date, workdays: int) -> None:
    done = in_force_by(submitted, workdays, gaps=[SPRING])
    assert done is not None
    if workdays:
        assert weekday(done) and not SPRING.covers(done)
        counted = [
            submitted + timedelta(days=offset)
            for offset in range(1, (done - submitted).days + 1)
            if weekday(submitted + timedelta(days=offset))
            and not SPRING.covers(submitted + timedelta(days=offset))
        ]
        assert len(counted) == workdays


def test_a_gap_of_one_vendor_does_not_hold_up_another() -> None:
    only = Gap("维护", date(2026, 11, 23), date(2026, 11, 27), "test", vendor="huawei")
    assert in_force_by(TODAY, 1, gaps=[only], vendor="aliyun") == date(2026, 11, 23)
    assert in_force_by(TODAY, 1, gaps=[only], vendor="huawei") == date(2026, 11, 30)
    assert in_force_by(TODAY, 5, gaps=[Gap("永远", TODAY, TODAY + timedelta(days=999), "test")]) is None
    assert duration_of("huawei").slowest == 5


def test_the_countdown_ends_the_day_before_the_gap() -> None:
    [one] = countdown([SPRING], date(2027, 1, 27), within=45)
    assert (one.last_chance, one.days_left) == (date(2027, 1, 30), 3)
    assert countdown([SPRING], date(2027, 2, 1), within=45)[0].days_left < 0
    assert countdown([SPRING], date(2027, 2, 14), within=45) == []
    assert countdown([SPRING], date(2026, 11, 1), within=45) == []


@pytest.mark.usefixtures("db")
def test_the_calendar_of_gaps_is_data() -> None:
    assert [one.first_day for one in gaps.gaps()][0] == date(2025, 1, 23)
    made = gaps.save(SPRING, actor="he", now=NOW)
    gaps.save(Gap("春节", SPRING.first_day, date(2027, 2, 10), "公告", id=made), actor="he", now=NOW)
    assert gaps.gap_of(made).last_day == date(2027, 2, 10)
    gaps.remove(made, actor="he", now=NOW)
    with pytest.raises(NotFound):
        gaps.gap_of(made)
    for wrong in (
        Gap("", TODAY, TODAY, "x"),
        Gap("a", TODAY, TODAY, ""),
        Gap("a", TODAY, TODAY - timedelta(days=1), "x"),
        Gap("a", TODAY, TODAY, "x", vendor="nobody"),
        Gap("a", TODAY, TODAY, "x", carrier=9),
    ):
        with pytest.raises(InvalidInput):
            gaps.save(wrong, actor="he", now=NOW)


def test_peaks_come_every_year_and_holidays_as_the_calendar_says() -> None:
    settings = PeakSettings(peaks=(Peak("双11", 11, 10, 2), Peak("年终", 12, 31, 2)), holidays=("春节",))
    found = peak_days(
        settings, {date(2027, 2, 6): "春节", date(2027, 4, 5): "清明节"}, date(2026, 11, 1), date(2027, 2, 28)
    )
    assert list(found.items()) == [
        (date(2026, 11, 10), "双11"),
        (date(2026, 11, 11), "双11"),
        (date(2026, 12, 31), "年终"),
        (date(2027, 1, 1), "年终"),
        (date(2027, 2, 6), "春节"),
    ]


def test_a_peak_that_began_last_year_is_known_in_january() -> None:
    settings = PeakSettings(peaks=(Peak("年终", 12, 31, 2),), holidays=())
    assert list(peak_days(settings, {}, date(2027, 1, 1), date(2027, 1, 5))) == [date(2027, 1, 1)]


def test_the_deadline_of_a_peak_counts_down() -> None:
    days = {date(2026, 12, 12): "双12", date(2026, 12, 30): "年终", date(2026, 12, 31): "年终"}
    first, second = ahead(days, date(2026, 12, 1), lead_days=10, covered=[date(2026, 12, 12)])
    assert (first.name, first.ask_by, first.days_left, first.covered) == ("双12", date(2026, 12, 2), 1, True)
    assert (second.first_day, second.last_day, second.covered) == (
        date(2026, 12, 30),
        date(2026, 12, 31),
        False,
    )
    assert [one.name for one in ahead(days, date(2026, 12, 31), lead_days=10)] == ["年终"]


@pytest.mark.parametrize(
    "value",
    [
        {"threshold": 0},
        {"threshold": True},
        {"lead_days": 91},
        {"peaks": [["双11", 13, 1, 1]]},
        {"peaks": [["双11", 2, 30, 1]]},
        {"peaks": [["", 11, 11, 1]]},
        {"peaks": [["双11", 11, 11, 32]]},
        {"peaks": "双11"},
        {"peaks": [["x", 1, 1, 1]] * 41},
        {"holidays": [1]},
        {"unheard_of": 1},
    ],
)
def test_settings_of_peaks_that_make_no_sense_are_refused(value: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_settings(value)
    assert refused.value.params["setting"] == next(iter(value))


def test_the_shipped_settings_can_be_read_back() -> None:
    assert read_settings(PeakSettings().stored()) == PeakSettings()


@pytest.mark.usefixtures("db")
def test_a_bulk_filing_is_in_force_with_its_number_only() -> None:
    channel = demanding(bulk_filing=True)
    draft = BulkDraft(
        channel_id=channel.pk, first_day=date(2026, 12, 12), last_day=date(2026, 12, 13), at_most=5
    )
    one = bulk.add(draft, actor="he", now=NOW)
    bulk.move(one, Move.SUBMIT, actor="he", now=NOW)
    with pytest.raises(InvalidInput, match=r"filing\.no_number"):
        bulk.move(one, Move.CONFIRM, actor="he", now=NOW)
    bulk.move(one, Move.CONFIRM, number="B-1", actor="he", now=NOW)
    assert bulk.covered_days(TODAY, date(2026, 12, 31)) == {date(2026, 12, 12), date(2026, 12, 13)}
    bulk.move(one, Move.WITHDRAW, reason="改期", actor="he", now=NOW)
    assert bulk.covered_days(TODAY, date(2026, 12, 31)) == set()
    for wrong in (
        BulkDraft(channel_id=channel.pk, first_day=TODAY, last_day=TODAY - timedelta(days=1)),
        BulkDraft(channel_id=channel.pk, first_day=TODAY, last_day=TODAY + timedelta(days=99)),
        BulkDraft(channel_id=channel.pk, first_day=TODAY, last_day=TODAY, at_most=0),
    ):
        with pytest.raises(InvalidInput):
            bulk.add(wrong, actor="he", now=NOW)
