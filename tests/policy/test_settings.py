"""Rules people may set: narrower, never wider."""

from datetime import date, time
from typing import Any

import pytest

from xinfeng import policy
from xinfeng.consent.models import SuppressionReason
from xinfeng.contacts.models import Tier
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.policy import actions, reads, reasons
from xinfeng.policy.calendar import Mark, MarkedDay, Workday
from xinfeng.policy.ceilings import TIERS, Ceiling, TierCap
from xinfeng.policy.defaults import CALENDAR, WINDOWS, in_language
from xinfeng.policy.gates import GATES
from xinfeng.policy.models import DayKind, Trade
from xinfeng.policy.settings import DailyWindow, PolicySettings, read_stored


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"earliest": "07:59"}, "policy.outer_bounds"),
        ({"latest": "21:01"}, "policy.outer_bounds"),
        ({"earliest": "12:00", "latest": "12:00"}, "policy.outer_bounds"),
        ({"earliest": "noon"}, "policy.time"),
        ({"earliest": 9}, "policy.time"),
        ({"service_hours": ["22:00", "07:00"]}, "policy.service_hours"),
        ({"service_hours": "all"}, "policy.service_hours"),
        ({"per_day": 11}, "policy.per_day"),
        ({"per_day": True}, "policy.per_day"),
        ({"per_week": -1}, "policy.per_week"),
        ({"per_week": 1.5}, "policy.per_week"),
        ({"tier_caps": {"vip": [1, 1]}}, "policy.tier_cap"),
        ({"tier_caps": {"new": [1]}}, "policy.tier_cap"),
        ({"tier_caps": {"new": [1, 0]}}, "policy.tier_cap"),
        ({"tier_caps": {"new": ["1", 30]}}, "policy.tier_cap"),
        ({"tier_caps": [1]}, "policy.tier_cap"),
        ({"curfew": "22:00"}, "policy.unknown_setting"),
    ],
)
def test_what_widens_or_makes_no_sense_is_refused(value: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_stored(value)
    assert caught.value.code == code


def test_defaults_are_those_of_the_feature_rows() -> None:
    settings = read_stored({})
    assert settings.ceilings == {"marketing": Ceiling(1, 2, 4), "service": Ceiling()}
    assert settings.tier_caps["new"] == TierCap(4, 30)
    assert settings.tier_caps["active"] == TierCap(2, 30)
    assert settings.tier_caps["dormant"] == TierCap(1, 90)
    assert read_stored(settings.stored()) == settings


def test_words_agree_with_the_slices_below() -> None:
    assert [Tier(number).name.lower() for number in range(len(Tier))] == list(TIERS)
    assert {str(mark) for mark in Mark} == set(DayKind.values)
    assert set(WINDOWS) == set(Trade.values)
    for suppression in SuppressionReason.values:
        assert reasons.suppressed_by(suppression) in {gate.code for gate in GATES} - {
            reasons.SUPPRESSED_OTHER
        }
    assert reasons.suppressed_by("brand new") == reasons.SUPPRESSED_OTHER


def test_every_gate_and_reason_has_words_in_both_languages() -> None:
    assert len({gate.code for gate in GATES}) == len(GATES)
    for gate in GATES:
        assert gate.reason.code == gate.code
    for reason in reasons.REASONS.values():
        assert reason.name and reason.name_en and reason.sentence and reason.sentence_en
        assert len(reason.code) <= 30  # left_out.reason
        source = reasons.reason_source(reason.code, "en")
        assert bool(source) is bool(reason.source)
        assert not any("一" <= letter <= "鿿" for letter in source)
    assert reasons.reason_name("minor") == "未成年人"
    assert reasons.reason_name("minor", "en") == reasons.reason_name("minor", "en-us") == "Minor"
    assert reasons.reason_name("unheard_of") == "unheard_of"


def test_every_default_has_its_words_in_english() -> None:
    texts = {window.source for windows in WINDOWS.values() for window in windows}
    texts |= {text for marked in CALENDAR for text in (marked.name, marked.source)}
    for text in texts:
        told = in_language(text, "en")
        assert told != text and not any("一" <= letter <= "鿿" for letter in told)
        assert in_language(text, "zh-hans") == text
    assert in_language("我们自己定的", "en") == "我们自己定的"


@pytest.mark.usefixtures("db")
class TestStored:
    def test_a_new_deployment_has_windows_and_a_calendar(self) -> None:
        settings = reads.current_settings()
        assert settings.windows == WINDOWS
        assert settings.zone.key == "Asia/Shanghai"
        assert reads.calendar_days() == sorted(CALENDAR, key=lambda marked: marked.day)

    def test_settings_are_kept_in_part_and_audited(self) -> None:
        actions.save_settings({"per_week": 1, "tier_caps": {"dormant": [1, 180]}}, actor="amy", now=utc_now())
        actions.save_settings({"latest": "20:00"}, actor="amy", now=utc_now())
        settings = reads.current_settings()
        assert settings.ceiling("marketing") == Ceiling(1, 1, 4)
        assert (settings.latest, settings.earliest) == (time(20), time(8))
        assert settings.tier_caps["dormant"] == TierCap(1, 180)
        assert settings.tier_caps["new"] == TierCap(4, 30)
        assert [entry.detail for entry in AuditEntry.objects.order_by("id")][-1] == {"latest": "20:00"}

    def test_a_fault_keeps_what_was(self) -> None:
        with pytest.raises(InvalidInput):
            actions.save_settings({"latest": "23:00"}, actor="amy", now=utc_now())
        assert reads.current_settings().latest == PolicySettings().latest

    def test_windows_of_a_trade_are_replaced(self) -> None:
        window = DailyWindow(time(9), time(10), frozenset({1, 2}), True, "店长决定")
        actions.save_windows("retail", [window], actor="amy", now=utc_now())
        assert reads.trade_windows()["retail"] == (window,)
        actions.save_windows("retail", [], actor="amy", now=utc_now())
        assert "retail" not in reads.trade_windows()

    @pytest.mark.parametrize(
        ("trade", "window", "code"),
        [
            ("circus", DailyWindow(time(9), time(10), source="x"), "policy.trade"),
            ("retail", DailyWindow(time(7), time(10), source="x"), "policy.window"),
            ("retail", DailyWindow(time(20), time(21, 30), source="x"), "policy.window"),
            ("retail", DailyWindow(time(10), time(9), source="x"), "policy.window"),
            ("retail", DailyWindow(time(9), time(10), frozenset(), source="x"), "policy.window"),
            ("retail", DailyWindow(time(9), time(10), frozenset({8}), source="x"), "policy.window"),
            ("retail", DailyWindow(time(9), time(10), source=" "), "policy.window_source"),
        ],
    )
    def test_windows_outside_the_bounds_are_refused(self, trade: str, window: DailyWindow, code: str) -> None:
        with pytest.raises(InvalidInput) as caught:
            actions.save_windows(trade, [window], actor="amy", now=utc_now())
        assert caught.value.code == code

    def test_the_last_resort_keeps_its_windows(self) -> None:
        with pytest.raises(InvalidInput, match=r"policy\.other_needs_windows"):
            actions.save_windows("other", [], actor="amy", now=utc_now())

    def test_days_are_marked_and_unmarked(self) -> None:
        day = MarkedDay(date(2026, 12, 1), Mark.BLACKOUT, "停发", "合规部")
        actions.mark_day(day, actor="amy")
        assert reads.calendar().is_blackout(day.day)
        actions.unmark_day(day.day, actor="amy")
        assert not reads.calendar().is_blackout(day.day)
        with pytest.raises(NotFound, match=r"policy\.day_unknown"):
            actions.unmark_day(day.day, actor="amy")
        with pytest.raises(InvalidInput, match=r"policy\.day"):
            actions.mark_day(MarkedDay(day.day, Mark.BLACKOUT, "停发", " "), actor="amy")

    def test_a_notice_settles_its_year_and_keeps_blackouts(self) -> None:
        actions.mark_day(MarkedDay(date(2027, 2, 5), Mark.BLACKOUT, "除夕停发", "合规部"), actor="amy")
        notice = [MarkedDay(date(2027, 2, day), Mark.HOLIDAY, "春节", "通知") for day in range(5, 13)]
        actions.announce_year(2027, notice, actor="amy")
        calendar = reads.calendar()
        assert calendar.is_blackout(date(2027, 2, 5))
        assert calendar.workday(date(2027, 2, 9)) is Workday.NO
        assert calendar.workday(date(2027, 3, 1)) is Workday.YES
        assert calendar.workday(date(2026, 11, 20)) is Workday.YES
        with pytest.raises(InvalidInput, match=r"policy\.year"):
            actions.announce_year(2027, notice[:3], actor="amy")
        with pytest.raises(InvalidInput, match=r"policy\.year"):
            actions.announce_year(2028, notice, actor="amy")

    def test_a_snapshot_is_json_with_all_that_was_in_force(self) -> None:
        found = policy.snapshot(around=date(2026, 11, 20))
        assert found["windows"]["finance"][0]["workdays_only"] is True
        assert found["tier_caps"]["new"] == [4, 30]
        assert found["zone"] == "Asia/Shanghai"
        assert [day["day"] for day in found["calendar"]] == ["2027-01-01"]
        assert len(policy.snapshot()["calendar"]) == len(CALENDAR)
        read_stored({key: found[key] for key in PolicySettings().stored()})
