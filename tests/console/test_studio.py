"""The studio around the editor: findings at the very characters, channels, conditions, the hour of reading."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.console.people import signed_in

from xinfeng.channels.actions import save_channel
from xinfeng.console.content.preview import moment_at
from xinfeng.console.content.studio import as_typed, conditions
from xinfeng.console.marking import mark
from xinfeng.content.actions import add_signature
from xinfeng.content.checks import check_wording
from xinfeng.content.grammar import one_line
from xinfeng.content.models import Signature
from xinfeng.content.rendering import Draft, Renderer
from xinfeng.screening.findings import Finding
from xinfeng.screening.rules import shipped

NATIONAL_DAY = datetime(2026, 10, 1, 2, tzinfo=UTC)


@pytest.fixture
def operator(db) -> Client:
    return signed_in("operator")


@pytest.fixture
def signature(db) -> Signature:
    return add_signature("山岚茶社", hotline="400-820-8820", actor="test")


def look(operator: Client, signature: Signature, **changes: str) -> str:
    wording = {
        "purpose": "marketing",
        "trade": "retail",
        "signature": str(signature.pk),
        "value": "新茶到店",
        "action": "回复1预留",
        "opt_out": "拒收请回复R",
    }
    return operator.post("/templates/preview", wording | changes).content.decode()


def test_what_is_objected_to_is_marked_where_it_was_typed(operator, signature):
    html = look(operator, signature, value="新茶到店，\n国家级品质，会员尝鲜")
    assert '新茶到店，\n<mark class="is-block">国家级</mark>品质' in html
    assert "《广告法》第九条第三项" in html and "禁止" in html


def test_a_proposed_word_says_what_it_takes_the_place_of(operator, signature):
    html = look(operator, signature, action="顶级龙井，回复1预留")
    start = 'data-replace="action" data-start="0" data-end="2" data-matched="顶级"'
    assert start in html


def test_a_clean_text_is_said_to_be_clean(operator, signature):
    html = look(operator, signature, value="新茶到店，会员日满200元减30元，11月30日止")
    assert "没有发现问题" in html and "<mark" not in html


def test_the_rules_speak_before_every_default_is_given(operator, signature):
    html = look(operator, signature, value="{{ contact.name }}您好，顶级龙井到店")
    assert "有的客户没有" in html and '<mark class="is-block">顶级</mark>' in html


def test_each_channel_of_the_purpose_says_what_it_would_not_take(operator, signature):
    for name, purpose, wordings in (("收R", "marketing", ["退订回T"]), ("服务", "service", [])):
        save_channel(
            name=name,
            kind="cmpp3",
            purpose=purpose,
            config={"host": "127.0.0.1", "port": 7890, "account": "900001", "access_code": "10690001"},
            secret="carrier-secret",
            rate_per_s=100,
            price_li=35,
            capabilities={"opt_out_wording": wordings},
            actor="test",
        )
    html = look(operator, signature)
    assert (
        "收R" in html
        and "退订回T" in html
        and "服务" not in html.split('id="studio"')[1].split("marks-value")[0]
    )
    assert "¥0.035" in html


def test_a_text_can_be_read_at_another_hour(operator, signature):
    value = '{% if part_of_day == "早上" %}早茶时间{% else %}下午茶时间{% endif %}，新茶到店'
    assert "早茶时间，新茶到店" in look(operator, signature, value=value, read_at="9").split('id="studio"')[0]
    assert (
        "下午茶时间，新茶到店" in look(operator, signature, value=value, read_at="16").split('id="studio"')[0]
    )
    assert look(operator, signature, value=value, read_at="99'")  # not an hour that is offered


@pytest.mark.parametrize(
    "condition", [one for _, group in conditions() for one in group], ids=lambda one: one.before
)
def test_every_condition_offered_can_be_saved(db, signature, condition):
    draft = Draft(f"{condition.before}会员专享{condition.after}，新茶到店", "回复1预留", "拒收请回复R", {})
    assert check_wording(draft, signature, purpose="marketing").used


def test_a_holiday_is_known_by_its_name(db, signature):
    draft = Draft(
        "{% if holiday %}{{ holiday }}快乐{% else %}您好{% endif %}", "", "拒收请回复R", {"holiday": ""}
    )
    texts = [
        Renderer(draft, signature, fixed=moment_at(at, None).values()).render({})
        for at in (NATIONAL_DAY, datetime(2026, 10, 20, 2, tzinfo=UTC))
    ]
    assert "国庆节快乐" in texts[0] and "您好" in texts[1]


@given(raw=st.text("茶A1 \t\n，。", max_size=40), data=st.data())
def test_marks_stand_at_the_same_words_however_lines_are_broken(raw, data):
    lined = one_line(raw)
    if not lined:
        return
    start = data.draw(st.integers(0, len(lined) - 1))
    end = data.draw(st.integers(start + 1, len(lined)))
    first, last = as_typed(raw, lined, start, end)
    assert "".join(raw[first:last].split()) == "".join(lined[start:end].split())


def test_the_weightiest_objection_gives_the_colour():
    rules = {one.id: one for one in shipped()}

    def finding(rule: str, start: int, end: int) -> Finding:
        return Finding(rule, rules[rule].outcome, start, end, "新茶到店了"[start:end], {}, rules[rule])

    marked = mark("新茶到店了", [finding("own.block", 1, 3), finding("own.evidence", 0, 4)], as_typed=True)
    assert [(one.text, one.outcome) for one in marked.pieces] == [
        ("新", "evidence"),
        ("茶到", "block"),
        ("店", "evidence"),
        ("了", ""),
    ]


def test_marks_over_a_box_hold_what_was_typed_to_the_letter():
    assert "".join(one.text for one in mark("国\u200b家级", [], as_typed=True).pieces) == "国\u200b家级"
    assert "".join(one.text for one in mark("国\u200b家级", []).pieces) == "国␣家级"
