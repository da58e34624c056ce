"""Contact pressure in the console: who may see it, the week grid, rules over time, trials, ranks, strategies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta

import pytest
from tests.campaigns.factories import make_campaign, make_channel, user
from tests.console.people import signed_in
from tests.factories import make_contacts

from xinfeng.campaigns.models import Campaign
from xinfeng.content.models import Signature, Template
from xinfeng.foundation.models import AuditEntry
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens
from xinfeng.policy import reads as policy
from xinfeng.policy.ceilings import Ceiling
from xinfeng.policy.models import RuleChange
from xinfeng.policy.settings import DailyWindow
from xinfeng.policy.week import write_cells
from xinfeng.segments.models import Segment

PAGES = ("", "/between", "/trial", "/strategies", "/strategies/dormant")
HALVES = frozenset((day, half) for day in range(1, 6) for half in (20, 21))
"""Monday to Friday, 10:00–11:00."""


@pytest.fixture(autouse=True)
def _lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def caps_form(**changes: object) -> dict[str, object]:
    form: dict[str, object] = {"marketing_day": 1, "marketing_week": 2, "marketing_month": 4}
    for tier, (most, days) in {
        "new": (4, 30), "active": (2, 30), "dormant": (1, 90), "potential": (2, 30), "industry": (2, 30), "none": (2, 30),
    }.items():  # fmt: skip
        form |= {f"{tier}_messages": most, f"{tier}_days": days}
    return {**form, **changes}


def test_everybody_who_works_with_campaigns_sees_it_and_developers_do_not() -> None:
    operator, developer = signed_in("operator"), signed_in("developer")
    for page in PAGES:
        assert operator.get(f"/pressure{page}").status_code == 200
        assert developer.get(f"/pressure{page}").status_code == 403


def test_only_those_who_may_open_the_ceilings_are_led_there() -> None:
    assert "/settings/caps" in signed_in("compliance").get("/pressure").content.decode()
    assert "/settings/caps" not in signed_in("operator").get("/pressure").content.decode()


def test_people_are_counted_masked_and_led_to_and_the_contact_knows_her_slot() -> None:
    [person] = make_contacts(1)
    client = signed_in("analyst")
    assert "疲劳度" in client.get("/pressure?days=7").content.decode()
    piece = client.get(f"/pressure/of/{person}").content.decode()
    assert "今天可以发" in piece and "0 / 1 条" in piece


def test_a_week_is_drawn_and_kept_as_windows() -> None:
    admin = signed_in("administrator")
    drawn = {"mode": "grid", "week": write_cells(HALVES), "source": "公司决定", "why": "试行"}
    assert admin.post("/settings/windows/retail", drawn).status_code == 302
    assert policy.trade_windows()["retail"] == (
        DailyWindow(time(10), time(11), frozenset(range(1, 6)), False, "公司决定"),
    )
    assert "试行" in admin.get("/settings/windows").content.decode()


@pytest.mark.parametrize(
    "week", ["", "1", "2" * 48, write_cells(frozenset({(1, 15)})), write_cells(frozenset({(7, 42)}))]
)
def test_a_week_that_is_no_week_or_beyond_the_bounds_is_refused(week: str) -> None:
    before = policy.trade_windows()
    answer = signed_in("administrator").post(
        "/settings/windows/retail", {"mode": "grid", "week": week, "source": "x"}
    )
    assert answer.status_code == 400
    assert policy.trade_windows() == before


@pytest.mark.parametrize("mode", ["grid", "fields"])
def test_clearing_a_trade_asks_first(mode: str) -> None:
    admin = signed_in("administrator")
    nothing = {
        "mode": mode,
        "week": write_cells(frozenset()),
        "source": "x",
        "w-TOTAL_FORMS": 0,
        "w-INITIAL_FORMS": 0,
    }
    answer = admin.post("/settings/windows/retail", nothing)
    assert answer.status_code == 400 and "清空这个行业的时段？" in answer.content.decode()
    assert "retail" in policy.trade_windows()
    assert admin.post("/settings/windows/retail", {**nothing, "sure": "1"}).status_code == 302
    assert "retail" not in policy.trade_windows()


def test_a_change_may_be_scheduled_seen_and_withdrawn() -> None:
    admin, now = signed_in("administrator"), utc_now()
    later = (now + timedelta(days=5)).date()
    form = caps_form(marketing_day=3, from_day=later.isoformat(), why="双十二")
    assert admin.post("/settings/caps", form).status_code == 302
    assert policy.current_settings().ceiling("marketing").day == 1
    assert policy.settings_at(now + timedelta(days=6)).ceiling("marketing").day == 3
    html = admin.get("/settings/caps").content.decode()
    assert "未生效" in html and "双十二" in html
    change = RuleChange.objects.get(kind="settings")
    path = f"/settings/changes/{change.pk}/withdraw"
    assert signed_in("operator").post(path, {"back": "settings.caps"}).status_code == 403
    assert admin.post(path, {"back": "https://example.com"}).status_code == 404
    assert admin.post(path, {"back": "settings.caps"}).status_code == 302
    assert policy.settings_at(now + timedelta(days=6)).ceiling("marketing").day == 1
    assert AuditEntry.objects.filter(action="policy.change_withdrawn").count() == 1


def test_a_trial_saves_nothing_until_it_is_applied() -> None:
    make_contacts(2)
    make_channel()
    operator, admin = signed_in("operator"), signed_in("administrator")
    tomorrow = (utc_now() + timedelta(days=1)).date().isoformat()
    form = caps_form(
        marketing_day=0, day=tomorrow, purpose="marketing", trade="retail", week=write_cells(HALVES)
    )
    html = operator.post("/pressure/trial", form).content.decode()
    assert "当日已达上限" in html and "应用这些规则" not in html
    assert not RuleChange.objects.filter(kind="settings").exists()
    assert operator.post("/pressure/trial/apply", form).status_code == 403
    assert "应用这些规则" in admin.post("/pressure/trial", form).content.decode()
    assert admin.post("/pressure/trial/apply", form).status_code == 302
    assert policy.current_settings().ceiling("marketing") == Ceiling(0, 2, 4)
    assert policy.trade_windows()["retail"][0].starts == time(10)


@pytest.mark.parametrize(
    "change", [{"marketing_day": -1}, {"day": "1999-01-01"}, {"week": "x", "trade": "retail"}]
)
def test_a_trial_of_nonsense_says_so(change: dict[str, object]) -> None:
    tomorrow = (utc_now() + timedelta(days=1)).date().isoformat()
    form = {**caps_form(day=tomorrow, purpose="marketing"), **change}
    html = signed_in("operator").post("/pressure/trial", form).content.decode()
    assert "为什么不能发" not in html


def test_campaigns_are_ranked_by_who_may_edit_them() -> None:
    user("li")
    campaign = make_campaign()
    path = f"/pressure/between/{campaign.pk}"
    operator = signed_in("operator")
    assert operator.get(path).status_code == 200
    answer = operator.post(f"{path}/rank", {"priority": 5, "expected_yuan": "0.30"})
    assert answer.status_code == 302
    campaign.refresh_from_db()
    assert (campaign.priority, campaign.expected_fen) == (5, 30)
    assert operator.post(f"{path}/rank", {"priority": 9, "expected_yuan": "-1"}).status_code == 400
    assert signed_in("analyst").post(f"{path}/rank", {"priority": 1}).status_code == 403
    assert operator.get("/pressure/between/999999").status_code == 404


def test_a_strategy_makes_segment_template_and_draft_in_two_clicks_and_again() -> None:
    signature = Signature.objects.create(text="信风商城")
    operator = signed_in("operator")
    seen = operator.get("/pressure/strategies/dormant").content.decode()
    assert "建好这些" in seen and "信风商城" in seen
    form = {"trade": "retail", "signature": signature.pk, "text": "playbook.dormant.1"}
    for number in (1, 2):
        assert operator.post("/pressure/strategies/dormant", form).status_code == 302
        assert (
            Campaign.objects.count()
            == Segment.objects.filter(name__startswith="唤回沉睡客户").count()
            == number
        )
        assert Template.objects.count() == number
    campaign = Campaign.objects.earliest("pk")
    assert (campaign.state, campaign.plan_id) == ("draft", None)
    assert Campaign.objects.values("name").distinct().count() == 2


@pytest.mark.parametrize(
    "change", [{"text": "playbook.new.1"}, {"trade": "circus"}, {"signature": 10**6}, {"signature": "x"}]
)
def test_a_strategy_with_what_is_not_offered_makes_nothing(change: dict[str, object]) -> None:
    signature = Signature.objects.create(text="信风商城")
    form = {"trade": "retail", "signature": signature.pk, "text": "playbook.dormant.1", **change}
    operator = signed_in("operator")
    assert operator.post("/pressure/strategies/dormant", form).status_code == 200
    assert not Campaign.objects.exists() and not Template.objects.exists()


def test_who_may_not_write_does_not_make_a_strategy() -> None:
    signature = Signature.objects.create(text="信风商城")
    form = {"trade": "retail", "signature": signature.pk, "text": "playbook.dormant.1"}
    assert signed_in("reviewer").post("/pressure/strategies/dormant", form).status_code == 403
    form["tighten"] = "on"
    assert signed_in("operator").post("/pressure/strategies/dormant", form).status_code == 403
    assert signed_in("operator").get("/pressure/strategies/strangers").status_code == 404
