"""Rules over time: what held when, what is scheduled, what was withdrawn, and plans that lie across a change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from xinfeng import policy
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.policy import actions, reads
from xinfeng.policy.calendar import Calendar
from xinfeng.policy.ceilings import Ceiling, TierCap
from xinfeng.policy.models import RuleChange
from xinfeng.policy.settings import DailyWindow, read_stored
from xinfeng.policy.timeline import Change, Kind, Timeline, difference
from xinfeng.policy.windows import windows_over

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""
DAY = timedelta(days=1)


def window(starts: int, ends: int) -> DailyWindow:
    return DailyWindow(time(starts), time(ends), source="公司决定")


def change(
    number: int, value: object, since: datetime, kind: Kind = Kind.SETTINGS, subject: str = ""
) -> Change:
    return Change(number, kind, subject, value, since, NOW, "amy")


def test_changes_of_different_settings_hold_beside_each_other() -> None:
    rules = Timeline(
        [
            change(1, {"ceilings": {"marketing": {"day": 3}}}, NOW + 5 * DAY),
            change(2, {"latest": "20:00", "tier_caps": {"dormant": [1, 180]}}, NOW),
        ]
    )
    later = rules.at(NOW + 6 * DAY)
    assert (later.ceiling("marketing"), later.latest) == (Ceiling(3, 2, 4), time(20))
    assert later.tier_caps["dormant"] == TierCap(1, 180)
    assert rules.at(NOW).ceiling("marketing").day == 1
    assert rules.at(NOW - DAY).latest == time(21)


def test_a_change_holds_from_its_moment_on_not_before() -> None:
    rules = Timeline([change(1, {"latest": "20:00"}, NOW)])
    assert rules.at(NOW - timedelta(microseconds=1)).latest == time(21)
    assert rules.at(NOW).latest == time(20)


def test_windows_follow_the_rules_of_each_moment() -> None:
    stored = [
        {
            "starts": "09:00",
            "ends": "20:00",
            "weekdays": [*range(1, 8)],
            "workdays_only": False,
            "source": "x",
        }
    ]
    narrower = [{**stored[0], "starts": "10:00", "ends": "12:00"}]
    midnight = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    rules = Timeline(
        [
            change(1, stored, NOW - 9 * DAY, Kind.WINDOWS, "other"),
            change(2, narrower, midnight, Kind.WINDOWS, "other"),
        ]
    )
    found = windows_over(rules, "retail", NOW, calendar=Calendar.of([]), horizon=2 * DAY)
    assert found == [
        (NOW, datetime(2026, 11, 20, 12, tzinfo=UTC)),
        (datetime(2026, 11, 21, 2, tzinfo=UTC), datetime(2026, 11, 21, 4, tzinfo=UTC)),
        (datetime(2026, 11, 22, 2, tzinfo=UTC), datetime(2026, 11, 22, 4, tzinfo=UTC)),
    ]


def test_a_difference_is_what_changed_and_nothing_else() -> None:
    before = read_stored({}).stored()
    after = read_stored({"ceilings": {"service": {"day": 9}}, "latest": "20:30"}).stored()
    assert difference(before, after) == {"latest": "20:30", "ceilings": {"service": {"day": 9}}}
    assert difference(before, before) == {}


def test_rules_kept_before_there_were_months_read_as_they_were() -> None:
    old = {"earliest": "08:00", "latest": "21:00", "service_hours": None, "per_day": 2, "per_week": 3,
           "tier_caps": {"new": [4, 30]}}  # fmt: skip
    assert read_stored(old).ceiling("marketing") == Ceiling(2, 3, None)
    assert read_stored({"per_week": 3}).ceiling("marketing") == Ceiling(1, 3, 4)


@pytest.mark.usefixtures("db")
class TestKept:
    def test_a_scheduled_change_waits_and_may_be_withdrawn(self) -> None:
        actions.save_settings({"latest": "20:00"}, actor="amy", now=NOW, effective_from=NOW + DAY, why="年关")
        assert reads.settings_at(NOW).latest == time(21)
        assert reads.settings_at(NOW + DAY).latest == time(20)
        [one] = reads.changes(Kind.SETTINGS)
        assert (one.actor, one.why, one.was_scheduled) == ("amy", "年关", True)
        actions.withdraw_change(one.id, actor="bo", now=NOW)
        assert reads.settings_at(NOW + DAY).latest == time(21)
        with pytest.raises(NotFound, match=r"policy\.change_unknown"):
            actions.withdraw_change(one.id, actor="bo", now=NOW)

    def test_what_is_in_force_stays_on_record(self) -> None:
        actions.save_windows("retail", [window(10, 12)], actor="amy", now=NOW)
        [one] = [each for each in reads.changes(Kind.WINDOWS, "retail") if each.actor == "amy"]
        with pytest.raises(Conflict, match=r"policy\.change_in_force"):
            actions.withdraw_change(one.id, actor="amy", now=NOW)
        assert reads.trade_windows(NOW - DAY)["retail"][0].starts == time(10)
        assert len(reads.trade_windows(NOW - DAY)["retail"]) == 2
        assert reads.trade_windows(NOW)["retail"] == (window(10, 12),)

    @pytest.mark.parametrize("since", [NOW - DAY, NOW + timedelta(days=731)])
    def test_nothing_takes_effect_in_the_past_or_years_ahead(self, since: datetime) -> None:
        for save in (
            lambda: actions.save_settings({"latest": "20:00"}, actor="a", now=NOW, effective_from=since),
            lambda: actions.save_windows(
                "retail", [window(10, 12)], actor="a", now=NOW, effective_from=since
            ),
        ):
            with pytest.raises(InvalidInput, match=r"policy\.effective_from"):
                save()

    def test_a_change_that_does_not_go_with_a_scheduled_one_is_refused_whole(self) -> None:
        actions.save_settings({"latest": "10:00"}, actor="amy", now=NOW, effective_from=NOW + DAY)
        before = RuleChange.objects.count()
        with pytest.raises(InvalidInput, match=r"policy\.outer_bounds"):
            actions.save_settings({"earliest": "11:00"}, actor="amy", now=NOW)
        assert RuleChange.objects.count() == before
        assert reads.settings_at(NOW).latest == time(21)

    def test_saving_what_is_in_force_leaves_no_entry(self) -> None:
        before = RuleChange.objects.count()
        actions.save_settings(reads.settings_at(NOW).stored(), actor="amy", now=NOW)
        actions.save_windows("retail", reads.trade_windows(NOW)["retail"], actor="amy", now=NOW)
        assert RuleChange.objects.count() == before

    def test_a_snapshot_names_the_changes_it_rests_on(self) -> None:
        actions.save_settings({"latest": "20:00"}, actor="amy", now=NOW)
        found = reads.snapshot(NOW.date(), at=NOW)
        assert [one["by"] for one in found["changes"] if one["kind"] == "settings"] == ["amy"]
        assert reads.snapshot(NOW.date(), at=NOW - DAY)["latest"] == "21:00"
        assert policy.snapshot()["ceilings"]["marketing"]["month"] == 4
