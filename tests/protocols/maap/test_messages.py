"""What a 5G message may consist of, and the JSON a platform gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from xinfeng.protocols.maap.messages import (
    AddToCalendar,
    Card,
    Dial,
    Height,
    Media,
    OpenUrl,
    Orientation,
    Reply,
    RichMessage,
    ShowPlace,
    Width,
    faults,
    gsma_chips,
    gsma_message,
)

AT = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
PICTURE = Media("https://cdn.example.com/a.jpg", "image/jpeg", 120_000)
CARD = Card("新茶到店", "满200减50", PICTURE, (Reply("预约品茶", "book"),))
ONE = RichMessage((CARD,), (OpenUrl("逛商城", "https://shop.example.com"),))


def codes(message: RichMessage) -> list[tuple[str, str]]:
    return [(fault.where, fault.code) for fault in faults(message)]


def test_a_card_and_its_chips_in_the_platforms_words() -> None:
    assert codes(ONE) == []
    assert gsma_message(ONE) == {
        "message": {
            "generalPurposeCard": {
                "layout": {"cardOrientation": "VERTICAL"},
                "content": {
                    "media": {
                        "mediaUrl": "https://cdn.example.com/a.jpg",
                        "mediaContentType": "image/jpeg",
                        "mediaFileSize": 120_000,
                        "height": "MEDIUM_HEIGHT",
                    },
                    "title": "新茶到店",
                    "description": "满200减50",
                    "suggestions": [{"reply": {"displayText": "预约品茶", "postback": {"data": "book"}}}],
                },
            }
        }
    }
    assert gsma_chips(ONE) == {
        "suggestions": [
            {
                "action": {
                    "displayText": "逛商城",
                    "postback": {"data": ""},
                    "urlAction": {"openUrl": {"url": "https://shop.example.com", "application": "browser"}},
                }
            }
        ]
    }
    assert gsma_chips(replace(ONE, chips=())) is None


def test_several_cards_are_a_carousel() -> None:
    message = RichMessage((CARD, Card("白茶")), width=Width.SMALL)
    body = gsma_message(message)["message"]["generalPurposeCardCarousel"]
    assert body["layout"] == {"cardWidth": "SMALL_WIDTH"}
    assert [card.get("title") for card in body["content"]] == ["新茶到店", "白茶"]


def test_a_horizontal_card_says_where_its_picture_is() -> None:
    message = replace(ONE, orientation=Orientation.HORIZONTAL, image_left=False)
    layout = gsma_message(message)["message"]["generalPurposeCard"]["layout"]
    assert layout == {"cardOrientation": "HORIZONTAL", "imageAlignment": "RIGHT"}


def test_every_action_has_its_object() -> None:
    chips = (
        Dial("打电话", "+864001234567"),
        ShowPlace("到店", 30.25, 120.16, "西湖店"),
        AddToCalendar("记到日历", "品茶会", AT, AT + timedelta(hours=2)),
        OpenUrl("预约", "https://shop.example.com/book", inside=True),
    )
    made = gsma_chips(replace(ONE, chips=chips))
    assert made is not None
    actions = [item["action"] for item in made["suggestions"]]
    assert actions[0]["dialerAction"] == {"dialPhoneNumber": {"phoneNumber": "+864001234567"}}
    assert actions[1]["mapAction"]["showLocation"]["location"] == {
        "latitude": 30.25,
        "longitude": 120.16,
        "label": "西湖店",
    }
    assert actions[2]["calendarAction"]["createCalendarEvent"]["startTime"] == "2026-12-01T02:00:00+00:00"
    assert actions[3]["urlAction"]["openUrl"] == {
        "url": "https://shop.example.com/book",
        "application": "webview",
        "viewMode": "full",
    }


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (RichMessage(()), ("cards", "rich.no_card")),
        (RichMessage((CARD,) * 13), ("cards", "rich.too_many_cards")),
        (RichMessage((Card(),)), ("cards.0", "rich.empty_card")),
        (RichMessage((replace(CARD, title="长" * 201),)), ("cards.0.title", "rich.too_long")),
        (RichMessage((replace(CARD, description="长" * 2001),)), ("cards.0.description", "rich.too_long")),
        (
            RichMessage((replace(CARD, buttons=(Reply("好", "x"),) * 5),)),
            ("cards.0.buttons", "rich.too_many_buttons"),
        ),
        (replace(ONE, chips=(Reply("好", "x"),) * 12), ("chips", "rich.too_many_buttons")),
        (replace(ONE, chips=(Reply("长" * 26, "x"),)), ("chips.0.label", "rich.too_long")),
        (replace(ONE, chips=(Reply(" ", "x"),)), ("chips.0.label", "rich.no_label")),
        (replace(ONE, chips=(Reply("好", "x" * 2049),)), ("chips.0.data", "rich.too_long")),
        (replace(ONE, chips=(OpenUrl("看", "javascript:alert(1)"),)), ("chips.0.url", "rich.not_a_link")),
        (replace(ONE, chips=(Dial("打", "400-1234"),)), ("chips.0.number", "rich.not_a_number")),
        (replace(ONE, chips=(ShowPlace("到店", 91, 0),)), ("chips.0", "rich.no_such_place")),
        (
            replace(ONE, chips=(AddToCalendar("记", "会", AT, AT),)),
            ("chips.0", "rich.ends_before_it_starts"),
        ),
        (
            RichMessage((replace(CARD, media=replace(PICTURE, url="http://x/a.jpg")),)),
            ("cards.0.media.url", "rich.not_https"),
        ),
        (
            RichMessage((replace(CARD, media=replace(PICTURE, size=3_000_000)),)),
            ("cards.0.media", "rich.media_size"),
        ),
        (
            RichMessage((replace(CARD, media=replace(PICTURE, content_type="image/svg+xml")),)),
            ("cards.0.media", "rich.media_type"),
        ),
        (
            RichMessage((replace(CARD, media=replace(PICTURE, height=Height.TALL)), CARD), width=Width.SMALL),
            ("cards.0.media", "rich.tall_in_small"),
        ),
    ],
)
def test_what_a_platform_would_not_take_is_found_at_its_place(
    message: RichMessage, found: tuple[str, str]
) -> None:
    assert found in codes(message)
