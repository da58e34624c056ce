"""The section of tiers and traits: numbers, moves, rules with a preview, traits with real values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from tests.console.people import signed_in
from tests.factories import make_contact, make_contacts, make_event

from xinfeng.console.tiers.rules import differences
from xinfeng.console.tiers.trait_words import reading
from xinfeng.contacts.models import EventKind, Trait
from xinfeng.contacts.tier_placing import recompute_tiers
from xinfeng.contacts.tier_rules import ORDER, TierRules
from xinfeng.contacts.tiers import tier_rules
from xinfeng.contacts.trait_definitions import Definition, Measure
from xinfeng.contacts.traits import archive_trait, define_trait, refresh_traits
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens, lens

DAY = timedelta(days=1)
FORM: dict[str, object] = {
    "new_days": 30,
    "active_days": 92,
    "dormant_days": 183,
    "industry_tag": "同业",
    "industry_attribute": "",
    **{f"order_{place}": tier for place, tier in enumerate(ORDER)},
}
TRAIT: dict[str, object] = {
    "label": "半年消费",
    "label_en": "",
    "key": "spent",
    "measure": "sum_fen",
    "kinds": ["1"],
    "days": "180",
    "category": "",
    "item": "",
}


@pytest.fixture
def world(committed_db: str) -> Iterator[dict[str, int]]:
    now = utc_now()
    active, cooling, sleeper = make_contacts(3, at=now - 400 * DAY, name="王小明")
    new = make_contact(at=now - DAY)
    make_event(active, at=now - 10 * DAY, amount_fen=12_345)
    make_event(cooling, at=now - 150 * DAY)
    recompute_tiers(now=now)
    yield {"active": active, "cooling": cooling, "sleeper": sleeper, "new": new}
    close_lens()


def text(client: Client, address: str, form: dict[str, object] | None = None) -> str:
    answer = client.get(address) if form is None else client.post(address, form)
    assert answer.status_code == 200, answer.content.decode()[:300]
    return answer.content.decode()


@pytest.mark.parametrize("address", ["/tiers", "/tiers/rules", "/tiers/traits"])
def test_everybody_who_works_with_campaigns_may_look(world: dict[str, int], address: str) -> None:
    for role in ("operator", "reviewer", "compliance", "analyst", "administrator"):
        assert signed_in(role).get(address).status_code == 200
    assert signed_in("developer").get(address).status_code == 403


def test_numbers_lead_to_the_people(world: dict[str, int]) -> None:
    page = text(signed_in("analyst"), "/tiers")
    assert "/contacts?tier=2" in page and "25" in page
    for shown in ("新客", "活跃", "沉睡", "潜在", "同业", "未分层"):
        assert shown in page


@pytest.mark.parametrize("days", ["30", "90", "365", "", "abc", "-1", "999999", "٣"])
def test_moves_of_a_period(world: dict[str, int], days: str) -> None:
    page = text(signed_in("analyst"), f"/tiers?days={days}")
    assert "新加入" in page and "xf-chart" in page


def test_an_empty_database_says_what_to_do(committed_db: str) -> None:
    assert "去导入" in text(signed_in("analyst"), "/tiers")
    assert "定义特征" in text(signed_in("analyst"), "/tiers/traits")
    close_lens()


def test_a_preview_shows_who_would_move_and_changes_nothing(world: dict[str, int]) -> None:
    client = signed_in("operator")
    assert "没有人会换层" in text(client, "/tiers/rules/preview", FORM)
    page = text(client, "/tiers/rules/preview", {**FORM, "active_days": 170})
    assert "1 人会换到另一层" in page and "未分层 → 活跃" in page
    assert "没填好" in text(client, "/tiers/rules/preview", {**FORM, "active_days": ""})
    assert "不能短于" in text(client, "/tiers/rules/preview", {**FORM, "active_days": 1000})
    assert "正好出现一次" in text(client, "/tiers/rules/preview", {**FORM, "order_0": 1})
    assert tier_rules() == TierRules()


def test_rules_are_saved_by_who_may_and_the_change_is_told(world: dict[str, int]) -> None:
    changed = {**FORM, "active_days": 170, "interactions": ["1", "8"]}
    assert signed_in("operator").post("/tiers/rules", changed).status_code == 403
    analyst = signed_in("analyst")
    assert "不能短于" in text(analyst, "/tiers/rules", {**FORM, "active_days": 1000})
    assert "正好出现一次" in text(analyst, "/tiers/rules", {**FORM, "order_0": 1})
    assert analyst.post("/tiers/rules", changed).status_code == 302
    assert tier_rules() == TierRules(active_days=170, interactions=(1, 8))
    page = text(analyst, "/tiers/rules")
    assert "活跃：92 → 170 天" in page and "互动：购买、点击链接" in page and "analyst" in page


def test_differences_in_words() -> None:
    assert differences(TierRules(), TierRules()) == ["没有改变"]
    other = TierRules(industry_tag="", industry_attribute="peer", order=tuple(reversed(ORDER)))
    assert differences(TierRules(), other) == [
        "同业标签：同业 → —",
        "同业属性：— → peer",
        "顺序：潜在 → 沉睡 → 活跃 → 新客 → 同业",
    ]


def test_a_trait_is_defined_seen_edited_and_archived(world: dict[str, int]) -> None:
    client = signed_in("analyst")
    assert client.post("/tiers/traits/new", TRAIT).status_code == 302
    page = text(client, "/tiers/traits")
    assert "半年消费" in page and "近 180 天：购买的金额合计" in page
    assert "用过了" in text(client, "/tiers/traits/new", TRAIT)
    assert client.post("/tiers/traits/spent", {**TRAIT, "label": "消费", "days": ""}).status_code == 302
    assert Trait.objects.get(key="spent").definition["days"] is None
    assert "另一种类型" in text(client, "/tiers/traits/spent", {**TRAIT, "measure": "last_at"})
    assert client.post("/tiers/traits/spent/archive").status_code == 302
    assert "已归档" in text(client, "/tiers/traits")
    assert client.post("/tiers/traits/spent/restore").status_code == 302
    assert not Trait.objects.get(key="spent").archived
    assert client.get("/tiers/traits/unknown").status_code == 404


def test_a_definition_is_tried_on_masked_people(world: dict[str, int]) -> None:
    client = signed_in("analyst")
    page = text(client, "/tiers/traits/sample", TRAIT)
    assert "¥123.45" in page and "王**" in page and "王小明" not in page
    assert "139****" in page
    assert "最近没有客户" in text(client, "/tiers/traits/sample", {**TRAIT, "kinds": ["2"]})
    assert "没填好" in text(client, "/tiers/traits/sample", {**TRAIT, "days": "0"})
    assert not Trait.objects.exists()


@pytest.mark.parametrize("measure", list(Measure))
def test_every_measure_can_be_tried(world: dict[str, int], measure: Measure) -> None:
    page = text(signed_in("analyst"), "/tiers/traits/sample", {**TRAIT, "measure": measure.value})
    assert "<table" in page


@pytest.mark.parametrize(
    "key", ["Spent", "1", "a b", "a;b", "x'--", '"><script>alert(1)</script>', "a" * 41, "{{ 7 }}"]
)
def test_hostile_keys_are_refused(world: dict[str, int], key: str) -> None:
    page = text(signed_in("analyst"), "/tiers/traits/new", {**TRAIT, "key": key})
    assert "<script>alert" not in page
    assert not Trait.objects.exists()


def test_hostile_labels_stay_text(world: dict[str, int]) -> None:
    define_trait(
        key="x",
        label="<img src=x onerror=alert(1)>",
        definition=Definition(Measure.COUNT, category="<b>"),
        actor="li",
    )
    archive_trait("x", actor="li")
    page = text(signed_in("analyst"), "/tiers/traits")
    assert "<img src=x" not in page and "<b>" not in page


def test_only_who_may_edit_defines(world: dict[str, int]) -> None:
    client = signed_in("operator")
    for address in ("/tiers/traits/new", "/tiers/traits/sample", "/tiers/traits/x/archive"):
        assert client.post(address, TRAIT).status_code == 403
    assert "定义特征" not in text(client, "/tiers/traits")


def test_a_definition_in_words() -> None:
    buys = (int(EventKind.PURCHASE), int(EventKind.CART))
    assert reading(Definition(Measure.COUNT)) == "有行为的次数"
    assert reading(Definition(Measure.LAST_AT, buys)) == "最近一次购买或加购的时间"
    assert (
        reading(Definition(Measure.COUNT, buys[:1], "鞋", "跑", 90))
        == "近 90 天：购买（品类“鞋”，商品含“跑”）的次数"
    )


def test_a_persons_traits_stand_on_her_page_with_their_moment(world: dict[str, int]) -> None:
    client = signed_in("operator")
    address = f"/tiers/traits/of/{world['active']}"
    assert address in text(client, f"/contacts/{world['active']}")
    assert "还没有定义行为特征" in text(client, address)
    spent = Definition(Measure.SUM_FEN, (int(EventKind.PURCHASE),))
    define_trait(key="spent", label='<b>"消费"</b>', definition=spent, actor="li")
    define_trait(key="last", label="最近购买", definition=Definition(Measure.LAST_AT), actor="li")
    assert "值还没有算出来" in text(client, address)
    close_lens()  # a process begun later knows the columns of both
    lens().refresh()
    refresh_traits(lens(), now=utc_now())
    page = text(client, address)
    assert "¥123.45" in page and "截至" in page and "<b>" not in page and "最近购买" in page
    assert "最近购买" not in text(client, f"/tiers/traits/of/{world['sleeper']}")
    newcomer = make_contact()
    assert "没有这位客户的值" in text(client, f"/tiers/traits/of/{newcomer}")
    assert client.get("/tiers/traits/of/999999").status_code == 404
    assert signed_in("developer").get(address).status_code == 403
