"""The 5G face of a template: its JSON form, its limits, its variables."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.content.marks import BOOK, Booked, Tapped, booked, tapped
from xinfeng.content.rich import (
    check_rich,
    links_of,
    media_of,
    offers_opt_out,
    read_rich,
    to_json,
    with_media,
    with_opt_out,
    words_of,
)
from xinfeng.content.rich_rendering import RichRenderer
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.maap.messages import (
    AddToCalendar,
    Card,
    Dial,
    Media,
    OpenUrl,
    Orientation,
    Reply,
    RichMessage,
    ShowPlace,
    Width,
)

AT = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
PICTURE = Media("media:ab12", "image/jpeg", 120_000)
MESSAGE = RichMessage(
    (
        Card(
            "{{ contact.name }}您好，新茶到店",
            "{% if contact.city %}{{ contact.city }}店{% endif %}满200减50",
            PICTURE,
            (Reply("周六十点", f"{BOOK}2026-12-05 10:00"), Dial("电话", "4001234567")),
        ),
        Card("白茶", media=PICTURE),
    ),
    (
        OpenUrl("商城", "https://shop.example.com/{{ contact.level }}", inside=True),
        ShowPlace("到店", 30.2, 120.1, "西湖店"),
        AddToCalendar("记下", "品茶", AT, AT.replace(hour=4)),
    ),
    width=Width.SMALL,
    orientation=Orientation.HORIZONTAL,
    image_left=False,
)
DEFAULTS = {"contact.name": "您", "contact.level": "all"}


def test_the_json_form_is_the_same_thing() -> None:
    assert read_rich(json.loads(json.dumps(to_json(MESSAGE)))) == MESSAGE


@pytest.mark.parametrize(
    "raw",
    [
        None,
        [],
        {"cards": "x"},
        {"cards": [1]},
        {"cards": [{"title": 5}]},
        {"cards": [{"media": {"size": "big"}}]},
        {"cards": [{"buttons": [{"kind": "explode", "label": "x"}]}]},
        {"cards": [{"buttons": [{"kind": "place", "label": "x", "latitude": True, "longitude": 0}]}]},
        {"chips": [{"kind": "calendar", "label": "x", "starts_at": "now", "ends_at": "later"}]},
        {"chips": [{"kind": "calendar", "label": "x", "starts_at": "2026-12-01T10:00:00", "ends_at": ""}]},
        {"width": "HUGE"},
        {"cards": [], "chips": [{"kind": "reply", "label": "x", "data": "y" * 70_000}]},
    ],
)
def test_what_has_no_such_shape_is_refused_in_words(raw: object) -> None:
    with pytest.raises(InvalidInput, match=r"rich\."):
        read_rich(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["cards", "chips", "buttons", "media", "kind", "label", "title"]), inner
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_no_json_breaks_it(raw: object) -> None:
    with contextlib.suppress(InvalidInput):
        assert isinstance(read_rich(raw), RichMessage)


def test_what_may_be_saved() -> None:
    checked = check_rich(MESSAGE, defaults=DEFAULTS)
    assert checked.faults == ()
    assert set(checked.used) == {"contact.name", "contact.city", "contact.level"}


@pytest.mark.parametrize(
    ("message", "defaults", "where", "code"),
    [
        (MESSAGE, {"contact.name": "您"}, "chips.0.url", "template.default_missing"),
        (
            replace(MESSAGE, cards=(Card("{{ contact.shoe }}"),)),
            DEFAULTS,
            "cards.0.title",
            "template.unknown_variable",
        ),
        (replace(MESSAGE, cards=(Card("【信风】"),)), DEFAULTS, "cards.0.title", "template.brackets"),
        (replace(MESSAGE, cards=()), DEFAULTS, "cards", "rich.no_card"),
        (
            replace(MESSAGE, cards=(Card("{{ contact.name }}" + "长" * 196),)),
            DEFAULTS,
            "cards.0.title",
            "rich.too_long",
        ),
    ],
)
def test_what_may_not(message: RichMessage, defaults: dict[str, str], where: str, code: str) -> None:
    found = check_rich(message, defaults=defaults).faults
    assert (where, code) in [(fault.where, fault.code) for fault in found]


def faults_of(*cards: Card, chips: tuple[Dial | OpenUrl | Reply, ...] = ()) -> list[tuple[str, str]]:
    found = check_rich(RichMessage(cards or (Card("新茶"),), chips), defaults=DEFAULTS).faults
    return [(fault.where, fault.code) for fault in found]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "tel:110",
        "https://",
        "https:// a.com",
        "https://bank.com@evil.com/",
        "https://{{ contact.city }}.evil.com/",
        "https://shop.example.com{{ contact.city }}",
        "https://a\\b.com",
        "//a.com",
        "",
    ],
)
def test_a_link_leads_to_a_host_that_stands_there(url: str) -> None:
    assert ("chips.0.url", "rich.not_a_link") in faults_of(chips=(OpenUrl("看看", url),))


@pytest.mark.parametrize(
    "url", ["https://a.com", "http://商城.中国/a?b={{ contact.name }}#c", "https://a.com:8443?x"]
)
def test_a_link_may_have_variables_behind_its_host(url: str) -> None:
    assert faults_of(chips=(OpenUrl("看看", url),)) == []


@pytest.mark.parametrize(
    "number", ["", "+", "++8610", "１２３４５", "²³⁴", "110;wait=1", "4" * 21, "12", "*#06#", "tel:110"]
)
def test_a_number_to_dial_is_digits(number: str) -> None:
    assert ("chips.0.number", "rich.not_a_number") in faults_of(chips=(Dial("电话", number),))
    assert faults_of(chips=(Dial("电话", "+8610" + "1" * 8),)) == []


@pytest.mark.parametrize("hidden", ["\u202e翻转", "零\u200b宽", "两\n行", "\ufeff"])
def test_what_nobody_sees_on_a_button_is_refused(hidden: str) -> None:
    assert ("chips.0.label", "template.control_character") in faults_of(chips=(Reply(hidden, ""),))
    assert faults_of(chips=(Reply("👩\u200d👧好", ""),)) == []


def test_a_description_may_be_as_long_as_the_platforms_take_with_its_lines() -> None:
    assert faults_of(Card(description="新茶" * 1000)) == []
    assert faults_of(Card(description="新茶" * 1000 + "。")) == [("cards.0.description", "rich.too_long")]
    assert faults_of(Card(description="{{ contact.name }}" + "茶" * 1930)) == []
    lines = RichMessage(
        (Card(description="第一行\n\n{{ contact.name }}\n{% if contact.city %}\n本市\n{% endif %}\n末行"),)
    )
    made = RichRenderer(lines, defaults=DEFAULTS).render({"contact.name": "李\n雷"})
    assert made.cards[0].description == "第一行\n\n李 雷\n\n末行"


def test_no_value_leaves_its_place_in_a_link() -> None:
    link = OpenUrl("看看", "https://shop.example.com/a b?who={{ contact.name }}&x=1")
    renderer = RichRenderer(RichMessage((Card("新茶"),), (link,)), defaults=DEFAULTS)
    [(_, url)] = links_of(renderer.render({"contact.name": "李&a=1#/../@e.c?"}))
    assert url == "https://shop.example.com/a%20b?who=%E6%9D%8E%26a%3D1%23%2F..%2F%40e.c%3F&x=1"
    chosen = OpenUrl(
        "看看", "https://a.com/{% if contact.city == '杭州' %}hz{% else %}{{ contact.city }}{% endif %}"
    )
    renderer = RichRenderer(RichMessage((Card("新茶"),), (chosen,)), defaults=DEFAULTS)
    assert [url for _, url in links_of(renderer.render({"contact.city": "杭州"}))] == ["https://a.com/hz"]
    [(_, url)] = links_of(renderer.render({"contact.city": '"> <b'}))
    assert url == "https://a.com/%22%3E%20%3Cb"


def test_readers_get_their_own() -> None:
    renderer = RichRenderer(MESSAGE, defaults=DEFAULTS)
    assert renderer.personal
    one = renderer.render({"contact.name": "李雷", "contact.city": "杭州", "contact.level": "gold"})
    other = renderer.render({})
    assert (one.cards[0].title, one.cards[0].description) == ("李雷您好，新茶到店", "杭州店满200减50")
    assert (other.cards[0].title, other.cards[0].description) == ("您您好，新茶到店", "满200减50")
    assert [url for _, url in links_of(one)] == ["https://shop.example.com/gold"]
    assert [url for _, url in links_of(other)] == ["https://shop.example.com/all"]
    assert one.cards[1] == MESSAGE.cards[1]


def test_a_name_is_never_read_as_liquid() -> None:
    made = RichRenderer(MESSAGE, defaults=DEFAULTS).render({"contact.name": "{{ contact.city }}【假"})
    assert made.cards[0].title.startswith("{{ contact.city }}[假您好")


def test_without_variables_everybody_gets_the_same() -> None:
    plain = RichMessage((Card("新茶"),))
    renderer = RichRenderer(plain, defaults={})
    assert not renderer.personal and renderer.render({}) is plain


def test_pictures_get_their_addresses() -> None:
    assert media_of(MESSAGE) == ["ab12"]
    made = with_media(MESSAGE, lambda digest: f"https://cdn.example.com/{digest}.jpg")
    assert {card.media.url for card in made.cards if card.media} == {"https://cdn.example.com/ab12.jpg"}


def test_every_word_has_its_place() -> None:
    places = dict(words_of(MESSAGE))
    assert places["cards.0.buttons.0.label"] == "周六十点" and places["chips.2.label"] == "记下"


def test_a_tap_is_told_from_a_text() -> None:
    tap = tapped(f"周六十点\x1f{BOOK}2026-12-05 10:00")
    assert tap is not None and booked(tap) == Booked("2026-12-05 10:00", "周六十点")
    assert tapped("周六十点") is None
    assert booked(Tapped("好", "yes")) is None and booked(Tapped("好", BOOK)) is None


def test_a_marketing_face_without_a_way_to_refuse_gets_one() -> None:
    plain = RichMessage((Card("茶"),))
    assert with_opt_out(plain, "拒收请回复R").chips == (Reply("退订", ""),)
    assert with_opt_out(plain, "") == plain, "service messages need none"
    for offered in (
        RichMessage((Card("茶", buttons=(Reply("td", ""),)),)),
        RichMessage((Card("茶", "到店。拒收请回复R"),)),
        RichMessage((Card("茶"),), (Reply("拒收", "x"),)),
    ):
        assert with_opt_out(offered, "拒收请回复R") == offered


def test_a_full_row_of_chips_is_left_as_it_is() -> None:
    full = RichMessage((Card("茶"),), tuple(Reply(f"回复{n}", "") for n in range(11)))
    assert with_opt_out(full, "拒收请回复R") == full and not offers_opt_out(full, "拒收请回复R")


def test_a_description_with_comments_only_is_still_taken_through_the_templates() -> None:
    face = RichMessage((Card("茶", "好{% comment %}秘密{% endcomment %}茶"),))
    assert RichRenderer(face, defaults={}).render({}).cards[0].description == "好茶"


@pytest.mark.parametrize("broken", ["\ud800", "a\x00b", "\x1b[0m"])
def test_what_no_database_keeps_is_refused_with_its_place(broken: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_rich({"cards": [{"title": "a", "buttons": [{"kind": "reply", "label": broken}]}]})
    assert refused.value.params["where"] == "cards.0.buttons.0.label"


def test_a_number_beyond_all_maps_is_refused() -> None:
    with pytest.raises(InvalidInput):
        read_rich({"chips": [{"kind": "place", "label": "a", "latitude": 10**400, "longitude": 0}]})
