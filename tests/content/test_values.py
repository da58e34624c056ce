"""Values become harmless before they enter a text."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xinfeng.content.values import ContactFields, Moment, clean, clean_text, contact_values, surname
from xinfeng.content.variables import CATALOGUE, Kind, Value, Variable
from xinfeng.kernel.text import utf16_units

MOMENT = Moment(datetime(2026, 11, 22, 4, 0, tzinfo=UTC), ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("王小明", "王小明"),
        ("  王 \u3000 明 ", "王 明"),
        ("王\r\n明\x00", "王 明"),
        ("\u202e王\u200b明\ufeff", "王明"),
        ("【王】", "[王]"),
        ("\u3164\u115f", None),
        ("", None),
        (" \t", None),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("王\u200d明", "王明"),
        ("José", "José"),
    ],
)
def test_text_is_one_harmless_line(text: str, cleaned: str | None) -> None:
    assert clean_text(text, 30) == cleaned


def test_a_cut_never_halves_an_emoji() -> None:
    assert clean_text("好😀😀", 4) == "好😀"


@settings(deadline=None)
@given(st.text(max_size=50), st.integers(1, 30))
def test_cleaning_is_final_and_fits(text: str, longest: int) -> None:
    cleaned = clean_text(text, longest)
    if cleaned is not None:
        assert utf16_units(cleaned) <= longest
        assert clean_text(cleaned, longest) == cleaned
        cleaned.encode("utf-16-le")


@pytest.mark.parametrize(
    ("kind", "value", "cleaned"),
    [
        (Kind.NUMBER, 3.0, 3),
        (Kind.NUMBER, 1 / 3, 0.3333),
        (Kind.NUMBER, "12", 12),
        (Kind.NUMBER, "many", None),
        (Kind.NUMBER, float("nan"), None),
        (Kind.NUMBER, 10**15, None),
        (Kind.NUMBER, True, None),
        (Kind.DAY, "2027-03-01", date(2027, 3, 1)),
        (Kind.DAY, "2027-03-01T10:00", date(2027, 3, 1)),
        (Kind.DAY, "soon", None),
        (Kind.BOOL, True, True),
        (Kind.BOOL, "yes", None),
        (Kind.TEXT, 12, "12"),
        (Kind.TEXT, None, None),
    ],
)
def test_a_value_is_of_its_kind_or_missing(kind: Kind, value: Value, cleaned: Value) -> None:
    assert clean(value, Variable("attr.x", "x", "x", kind, None, 20, True)) == cleaned


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("王小明", "王"),
        ("欧阳锋", "欧阳"),
        ("欧阳", "欧"),
        ("Tom", None),
        ("王", None),
        (None, None),
        ("阿卜杜拉买买提", None),
    ],
)
def test_surnames(name: str | None, expected: str | None) -> None:
    assert surname(name) == expected


def test_values_are_made_from_a_contact() -> None:
    contact = ContactFields(
        name="诸葛明",
        gender=2,
        birthday=date(1990, 11, 3),
        city="杭州",
        tier=3,
        joined_at=datetime(2025, 11, 21, 16, 30, tzinfo=UTC),  # already the 22nd in Shanghai
        attrs={"points": 5},
    )
    names = (
        "contact.surname",
        "contact.salutation",
        "contact.tier",
        "contact.birthday_month",
        "contact.days_joined",
    )
    wanted = {name: CATALOGUE[name] for name in names}
    wanted["attr.points"] = Variable("attr.points", "", "", Kind.NUMBER, 1, 9, True)
    assert contact_values(contact, MOMENT, wanted) == {
        "contact.surname": "诸葛",
        "contact.salutation": "女士",
        "contact.tier": "dormant",
        "contact.birthday_month": 11,
        "contact.days_joined": 365,
        "attr.points": 5,
    }


def test_every_contact_variable_can_be_made_from_an_empty_contact() -> None:
    wanted = {name: entry for name, entry in CATALOGUE.items() if name.startswith("contact.")}
    made = contact_values(ContactFields(), MOMENT, wanted)
    for name, entry in wanted.items():
        assert entry.may_lack == (made[name] is None)
