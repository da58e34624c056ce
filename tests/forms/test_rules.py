"""The pure rules: designs, answers, odds, codes, tokens."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.forms.world import NOW

from xinfeng.forms import checks, codes, draws, guards
from xinfeng.forms.answers import read_answers, younger_than
from xinfeng.forms.checks import Known, KnownAttribute, KnownNotice
from xinfeng.forms.coupons import codes_in
from xinfeng.forms.design import MILLION, Design, PrizePlan, read, to_json
from xinfeng.forms.models import FormKind
from xinfeng.forms.rendering import look_css
from xinfeng.forms.starting import design_of
from xinfeng.kernel.errors import InvalidInput

TODAY = date(2026, 11, 20)


def answer(fields: list[dict[str, Any]], values: dict[str, Any], ticked: tuple[str, ...] = ()):
    design = read({"fields": fields})
    return read_answers(
        design,
        {key: value if isinstance(value, list) else [value] for key, value in values.items()},
        ticked=ticked,
        today=TODAY,
    )


@pytest.mark.parametrize("kind", FormKind.values)
def test_a_design_survives_its_json(kind: str) -> None:
    design = design_of(kind, "名称")
    assert read(to_json(design)) == design


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ([], "design"),
        ({"titel": {}}, "titel"),
        ({"title": "x"}, "title"),
        ({"title": {"fr": "x"}}, "title.fr"),
        ({"title": {"zh-hans": "a\x00b"}}, "title"),
        ({"title": {"zh-hans": "\u202etxt"}}, "title"),
        ({"title": {"zh-hans": "x" * 121}}, "title"),
        ({"fields": [{"key": "attr_x'; drop table contact"}]}, "fields.0.key"),
        ({"fields": [{"key": "__class__"}]}, "fields.0.key"),
        ({"fields": [{"key": "q_1", "kind": "phone"}]}, "fields.0.kind"),
        ({"fields": [{"key": "q_1", "kind": "script"}]}, "fields.0.kind"),
        ({"fields": "phone"}, "fields"),
        ({"fields": [{"key": "q_1"}] * 31}, "fields"),
        ({"boxes": [{"purpose": "marketing", "ticked": True}]}, "boxes.0.ticked"),
        ({"boxes": [{"purpose": "marketing", "required": True}]}, "boxes.0.required"),
        ({"boxes": [{"purpose": "everything"}]}, "boxes.0.purpose"),
        ({"boxes": [{"purpose": "marketing", "notices": {"zh-hans": "1"}}]}, "boxes.0.notices"),
        ({"look": {"colour": "red;}body{background:url(//evil)"}}, "look.colour"),
        ({"look": {"cover": "../x"}}, "look.cover"),
        ({"privacy_url": "javascript:alert(1)"}, "privacy_url"),
        ({"privacy_url": 'https://a"onmouseover=x'}, "privacy_url"),
        ({"origins": ["https://a.example; script-src *"]}, "origins.0"),
        ({"origins": ["*"]}, "origins.0"),
        (
            {"incentive": {"prizes": [{"key": "p1", "kind": "gift", "odds_ppm": -1}]}},
            "incentive.prizes.0.odds_ppm",
        ),
        (
            {"incentive": {"prizes": [{"key": "p1", "kind": "pool", "prefix": "=cmd"}]}},
            "incentive.prizes.0.prefix",
        ),
        ({"per_person": True}, "per_person"),
        ({"opens_at": "2026-01-01T00:00"}, "opens_at"),
    ],
)
def test_what_a_design_may_not_say_is_refused_with_its_place(raw: Any, path: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(raw)
    assert refused.value.code == "form.design"
    assert refused.value.params["path"] == path


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda one: (
            st.lists(one, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["title", "fields", "key", "kind", "boxes", "incentive", "prizes", "look", "origins"]
                )
                | st.text(max_size=4),
                one,
                max_size=3,
            )
        ),
        max_leaves=8,
    )
)
def test_reading_a_design_either_succeeds_or_refuses(raw: Any) -> None:
    try:
        design = read(raw)
    except InvalidInput:
        return
    assert read(to_json(design)) == design


def test_answers_are_read_by_their_kind() -> None:
    fields = [
        {"key": "phone"},
        {"key": "gender"},
        {"key": "birthday"},
        {"key": "city"},
        {"key": "attr_size", "kind": "number", "label": {"zh-hans": "尺码"}},
        {"key": "q_1", "kind": "choice", "choices": [{"zh-hans": "甲", "en": "A"}, {"zh-hans": "乙"}]},
        {"key": "q_2", "kind": "choices", "choices": [{"zh-hans": "红"}, {"zh-hans": "蓝"}]},
    ]
    values = {
        "phone": "+86 138-0013-8000",
        "gender": "female",
        "birthday": "1990-02-03",
        "city": "深圳市",
        "attr_size": "42",
        "q_1": "1",
        "q_2": ["0", "1", "0"],
    }
    found = answer(fields, values)
    assert not found.faults
    assert (found.phone, found.gender, found.birthday, found.city) == (
        "13800138000",
        2,
        date(1990, 2, 3),
        "深圳",
    )
    assert dict(found.attrs) == {"size": 42}
    assert dict(found.free) == {"q_1": "乙", "q_2": ["红", "蓝"]}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ({"key": "phone"}, "", "form.missing"),
        ({"key": "phone"}, "12345", "phone.not_mainland_mobile"),
        ({"key": "phone"}, "1'; drop table contact; --", "phone.unreadable"),
        ({"key": "gender"}, "9", "form.choice"),
        ({"key": "birthday"}, "2030-01-01", "birthday.in_future"),
        ({"key": "name", "required": True}, " \t ", "form.missing"),
        ({"key": "name"}, "x" * 61, "cell.too_long"),
        ({"key": "q_1", "kind": "choice", "choices": [{"en": "A"}]}, "1", "form.choice"),
        ({"key": "q_1", "kind": "choice", "choices": [{"en": "A"}]}, "-1", "form.choice"),
        ({"key": "q_1", "kind": "choice", "choices": [{"en": "A"}]}, "٠", "form.choice"),
        ({"key": "q_1", "kind": "number"}, "1e999", "number.unreadable"),
        ({"key": "q_1", "kind": "long"}, "x" * 2001, "cell.too_long"),
        ({"key": "q_1", "kind": "choices", "required": True, "choices": [{"en": "A"}]}, "", "form.missing"),
    ],
)
def test_what_can_not_be_read_is_a_fault_at_its_field(field: dict[str, Any], value: str, code: str) -> None:
    assert answer([field], {field["key"]: value}).faults == {field["key"]: code}


def test_control_characters_and_overrides_of_direction_do_not_come_in() -> None:
    found = answer([{"key": "name"}], {"name": "王\x00小\u202e明\x07"})
    assert found.name == "王小明"


def test_a_sensitive_answer_is_dropped_unless_its_own_box_is_ticked() -> None:
    fields = [{"key": "attr_illness", "kind": "text", "sensitive": True}]
    assert dict(answer(fields, {"attr_illness": "x"}).attrs) == {}
    assert dict(answer(fields, {"attr_illness": "x"}, ("sensitive:illness",)).attrs) == {"illness": "x"}


@pytest.mark.parametrize(
    ("birthday", "younger"),
    [
        (date(2012, 11, 20), True),
        (date(2012, 11, 19), False),
        (date(2012, 2, 29), False),
        (date(2013, 2, 28), True),
    ],
)
def test_one_is_fourteen_from_the_day_after_the_birthday(birthday: date, younger: bool) -> None:
    assert younger_than(birthday, 14, TODAY) is younger


@given(st.integers(0, MILLION - 1), st.lists(st.integers(0, 300_000), max_size=3))
def test_a_roll_wins_the_prize_it_stands_on(roll: int, chances: list[int]) -> None:
    odds = [(f"p{at}", one) for at, one in enumerate(chances)]
    won = draws.prize_of(roll, odds)
    before = 0
    for key, one in odds:
        assert (won == key) is (before <= roll < before + one)
        before += one
    assert (won is None) is (roll >= before)


def test_every_roll_but_a_million_has_its_prize_once() -> None:
    odds = [("a", 1), ("b", 999_998)]
    assert Counter(draws.prize_of(roll, odds) for roll in (0, 1, 999_998, 999_999)) == {
        "a": 1,
        "b": 2,
        None: 1,
    }


def test_coupons_that_are_generated_are_long_and_differ() -> None:
    found = {draws.coupon_code("X-") for _ in range(2_000)}
    assert len(found) == 2_000
    assert all(len(one) == 12 and set(one[2:]) <= set(draws.ALPHABET) for one in found)


@pytest.mark.parametrize("typed", ["123456", " 123 456 ", "１２３４５６", "123-456"])
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert codes.clean(typed) == "123456"


def test_codes_are_six_digits() -> None:
    assert all(len(one) == 6 and one.isdigit() for one in (codes.new_code() for _ in range(500)))


KEY = b"k" * 32


def test_a_page_token_is_read_back() -> None:
    token = guards.read_token(guards.mint(7, key=KEY, now=NOW), key=KEY)
    assert token is not None
    assert (token.version_id, token.at, len(token.nonce)) == (7, NOW, 16)


@given(st.text(max_size=100))
def test_no_other_text_is_a_token(text: str) -> None:
    assert guards.read_token(text, key=KEY) is None


@given(st.integers(0, 85), st.sampled_from("AZaz09-_"))
def test_a_token_that_was_touched_is_none(at: int, letter: str) -> None:
    whole = guards.mint(7, key=KEY, now=NOW)
    touched = whole[:at] + letter + whole[at + 1 :]
    read_back = guards.read_token(touched, key=KEY)
    # base64's last letter has spare bits: another spelling of the same bytes is the same token
    assert read_back is None or read_back == guards.read_token(whole, key=KEY)


def test_pages_are_too_fresh_or_too_old() -> None:
    token = guards.read_token(guards.mint(7, key=KEY, now=NOW), key=KEY)
    assert token is not None
    assert guards.too_fast(token, now=NOW + timedelta(seconds=1))
    assert not guards.too_fast(token, now=NOW + guards.MIN_FILL)
    assert guards.stale(token, now=NOW + guards.PAGE_LIFE + timedelta(seconds=6))
    assert guards.stale(token, now=NOW - timedelta(hours=1))
    assert not guards.stale(token, now=NOW + timedelta(hours=1))


def known(**changes: Any) -> Known:
    given_ = {
        "attributes": {},
        "notices": {1: KnownNotice("marketing", NOW, False, "电话 400，每月 4 条，24 个月，可退订")},
        "pools": {},
        "codes_ready": True,
    }
    return Known(**{**given_, **changes})


def whole(**changes: Any) -> Design:
    box = {"purpose": "marketing", "label": {"zh-hans": "同意"}, "notices": {"zh-hans": 1}}
    return read(
        {
            "title": {"zh-hans": "标题"},
            "fields": [{"key": "phone"}],
            "boxes": [box],
            "privacy_url": "https://a.example/p",
            **changes,
        }
    )


def faults(design: Design, **changes: Any) -> list[str]:
    return [one.code for one in checks.faults(design, known(**changes), now=NOW)]


def test_a_whole_form_has_no_faults_and_no_remarks() -> None:
    assert faults(whole()) == []
    assert checks.remarks(whole(), known()) == []


PRIZE = {"key": "p1", "kind": "gift", "name": {"zh-hans": "奖"}, "odds_ppm": 600_000}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": {}}, "no_title"),
        ({"languages": ["zh-hans", "en"]}, "no_title"),
        ({"fields": [{"key": "name"}]}, "no_phone"),
        ({"fields": [{"key": "phone"}, {"key": "q_1"}]}, "no_label"),
        (
            {"fields": [{"key": "phone"}, {"key": "q_1", "kind": "choice", "label": {"zh-hans": "?"}}]},
            "no_choices",
        ),
        ({"fields": [{"key": "phone"}, {"key": "attr_no", "label": {"zh-hans": "?"}}]}, "unknown_attribute"),
        ({"boxes": [{"purpose": "marketing", "label": {"zh-hans": "同意"}}]}, "no_notice"),
        (
            {"boxes": [{"purpose": "service", "label": {"zh-hans": "同意"}, "notices": {"zh-hans": 1}}]},
            "notice_purpose",
        ),
        ({"incentive": {"lottery": True, "prizes": [PRIZE, {**PRIZE, "key": "p2"}]}}, "odds"),
        ({"incentive": {"lottery": True}}, "odds"),
        ({"incentive": {"prizes": [PRIZE, {**PRIZE, "key": "p2"}]}}, "one_incentive"),
        ({"incentive": {"prizes": [{**PRIZE, "kind": "pool"}]}}, "no_coupons"),
        ({"incentive": {"prizes": [{**PRIZE, "kind": "points"}]}}, "no_points"),
        ({"incentive": {"prizes": [PRIZE], "only_for": "sharing"}}, "only_for_without_box"),
        ({"closes_at": "2026-01-01T00:00:00+00:00"}, "closes_in_past"),
    ],
)
def test_faults_stop_a_form(changes: dict[str, Any], code: str) -> None:
    assert code in faults(whole(**changes))


def test_a_sensitive_attribute_needs_its_own_box() -> None:
    field = {"key": "attr_ill", "kind": "text", "label": {"zh-hans": "?"}, "sensitive": True}
    attributes = {"ill": KnownAttribute("text", True)}
    assert "sensitive_without_box" in faults(whole(fields=[{"key": "phone"}, field]), attributes=attributes)
    assert "attribute_sensitive" in faults(
        whole(fields=[{"key": "phone"}, {**field, "sensitive": False}]), attributes=attributes
    )


def test_a_notice_that_no_longer_stands_stops_a_form() -> None:
    outdated = {1: KnownNotice("marketing", NOW, True, "x")}
    assert faults(whole(), notices=outdated) == ["notice_not_in_force"]


def test_codes_need_a_channel() -> None:
    assert faults(whole(), codes_ready=False) == ["codes_not_ready"]
    assert faults(whole(with_code=False), codes_ready=False) == []


def test_what_is_allowed_but_should_be_known_is_told() -> None:
    design = whole(with_code=False, privacy_url="", incentive={"prizes": [PRIZE], "only_for": "marketing"})
    bare = {1: KnownNotice("marketing", NOW, False, "我们会联系您")}
    told = {one.code for one in checks.remarks(design, known(notices=bare))}
    assert told == {
        "only_for",
        "incentive_without_code",
        "without_code",
        "no_privacy_link",
        "notice_withdrawal",
        "notice_frequency",
        "notice_duration",
    }


def test_expected_cost_is_the_odds_times_the_values() -> None:
    prizes = (
        PrizePlan("a", "gift", {}, 1_000, value_fen=10_000),
        PrizePlan("b", "gift", {}, 200_000, value_fen=100),
    )
    design = read(to_json(whole()))
    incentive = type(design.incentive)(True, prizes)
    assert incentive.expected_cost_fen() == pytest.approx(30.0)


def test_text_on_a_colour_has_the_better_contrast() -> None:
    assert "--on-brand:#ffffff" in look_css(whole(look={"colour": "#0f766e"}))
    assert "--on-brand:#111111" in look_css(whole(look={"colour": "#ffe066"}))


def test_a_file_of_coupons_is_read_by_its_first_cell() -> None:
    text = '\ufeff券码,备注\nABC-1,"x"\n\n"DEF-2"\t1\n=HYPERLINK("http://evil")\n'
    assert list(codes_in(text)) == ["ABC-1", "DEF-2", ['=HYPERLINK("http://evil")'][0]]
