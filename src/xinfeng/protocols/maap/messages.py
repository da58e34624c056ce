"""What a 5G message consists of: cards with media, title, description and buttons; chips under the last one.

Limits are those of the GSMA JSON schemas, with which the carriers' documents agree (reference 9.1): lengths count
characters. `gsma_message` and `gsma_chips` give the JSON objects that go into a request.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 2000
LONGEST_LABEL = 25
LONGEST_POSTBACK = 2048
LONGEST_TEXT = 2000
MOST_CARDS = 12
LEAST_IN_CAROUSEL = 2
MOST_BUTTONS = 4
"""Of one card."""
MOST_CHIPS = 11
LARGEST_IMAGE = 2 * 1024 * 1024
LARGEST_VIDEO = 10 * 1024 * 1024
LARGEST_THUMBNAIL = 200 * 1024
IMAGE_TYPES = ("image/jpeg", "image/png")
VIDEO_TYPES = ("video/mp4", "video/webm")

CARD = "application/vnd.gsma.botmessage.v1.0+json"
CHIPS = "application/vnd.gsma.botsuggestion.v1.0+json"
RESPONSE = "application/vnd.gsma.botsuggestion.response.v1.0+json"
PLAIN = "text/plain"


class Height(StrEnum):
    SHORT = "SHORT_HEIGHT"
    MEDIUM = "MEDIUM_HEIGHT"
    TALL = "TALL_HEIGHT"


class Width(StrEnum):
    """Of the cards of a carousel."""

    SMALL = "SMALL_WIDTH"
    MEDIUM = "MEDIUM_WIDTH"


class Orientation(StrEnum):
    """Of a single card: media above, or beside the text."""

    VERTICAL = "VERTICAL"
    HORIZONTAL = "HORIZONTAL"


@dataclass(frozen=True, slots=True)
class Media:
    """A picture or video that the platform has; `size` and `thumbnail_size` are octets."""

    url: str
    content_type: str
    size: int
    height: Height = Height.MEDIUM
    thumbnail_url: str = ""
    thumbnail_type: str = ""
    thumbnail_size: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A button that answers for the reader; `data` comes back to us with the tap."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class OpenUrl:
    """Opens a page; in the handset's browser, or inside the message."""

    label: str
    url: str
    data: str = ""
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Dial:
    label: str
    number: str
    data: str = ""


@dataclass(frozen=True, slots=True)
class ShowPlace:
    """A place on the map; degrees."""

    label: str
    latitude: float
    longitude: float
    name: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True)
class AddToCalendar:
    """Aware times."""

    label: str
    title: str
    starts_at: datetime
    ends_at: datetime
    description: str = ""
    data: str = ""


Suggestion: TypeAlias = Reply | OpenUrl | Dial | ShowPlace | AddToCalendar


@dataclass(frozen=True, slots=True)
class Card:
    """At least one of media, title and description."""

    title: str = ""
    description: str = ""
    media: Media | None = None
    buttons: tuple[Suggestion, ...] = ()


@dataclass(frozen=True, slots=True)
class RichMessage:
    """One card, or a carousel of several; `chips` are offered under it."""

    cards: tuple[Card, ...]
    chips: tuple[Suggestion, ...] = ()
    width: Width = Width.MEDIUM
    orientation: Orientation = Orientation.VERTICAL
    image_left: bool = True
    """Where the media of a horizontal card stands."""

    @property
    def is_carousel(self) -> bool:
        return len(self.cards) > 1

    def suggestions(self) -> Iterator[Suggestion]:
        """All buttons and chips, in reading order."""
        for card in self.cards:
            yield from card.buttons
        yield from self.chips


@dataclass(frozen=True, slots=True)
class RichFault:
    """What a platform would not take. `where` reads like a path: `cards.0.buttons.2.label`."""

    where: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)


def faults(message: RichMessage) -> list[RichFault]:
    """Everything that breaks a limit, in reading order."""
    found: list[RichFault] = []
    if not message.cards:
        found.append(RichFault("cards", "rich.no_card"))
    if len(message.cards) > MOST_CARDS:
        found.append(RichFault("cards", "rich.too_many_cards", {"at_most": MOST_CARDS}))
    for index, card in enumerate(message.cards):
        found += _card_faults(f"cards.{index}", card, message)
    found += _suggestions_faults("chips", message.chips, MOST_CHIPS)
    return found


def _card_faults(where: str, card: Card, message: RichMessage) -> Iterator[RichFault]:
    if not (card.title or card.description or card.media):
        yield RichFault(where, "rich.empty_card")
    yield from _too_long(f"{where}.title", card.title, LONGEST_TITLE)
    yield from _too_long(f"{where}.description", card.description, LONGEST_DESCRIPTION)
    yield from _suggestions_faults(f"{where}.buttons", card.buttons, MOST_BUTTONS)
    media = card.media
    if media is None:
        return
    if not media.url.startswith("https://"):
        yield RichFault(f"{where}.media.url", "rich.not_https")
    limits = dict.fromkeys(IMAGE_TYPES, LARGEST_IMAGE) | dict.fromkeys(VIDEO_TYPES, LARGEST_VIDEO)
    if media.content_type not in limits:
        yield RichFault(f"{where}.media", "rich.media_type", {"type": media.content_type})
    elif not 0 < media.size <= limits[media.content_type]:
        yield RichFault(f"{where}.media", "rich.media_size", {"at_most": limits[media.content_type]})
    if media.thumbnail_size > LARGEST_THUMBNAIL:
        yield RichFault(f"{where}.media", "rich.thumbnail_size", {"at_most": LARGEST_THUMBNAIL})
    if message.is_carousel and media.height is Height.TALL and message.width is Width.SMALL:
        yield RichFault(f"{where}.media", "rich.tall_in_small")


def _suggestions_faults(where: str, items: tuple[Suggestion, ...], at_most: int) -> Iterator[RichFault]:
    if len(items) > at_most:
        yield RichFault(where, "rich.too_many_buttons", {"at_most": at_most})
    for index, item in enumerate(items):
        at = f"{where}.{index}"
        if not item.label.strip():
            yield RichFault(f"{at}.label", "rich.no_label")
        yield from _too_long(f"{at}.label", item.label, LONGEST_LABEL)
        yield from _too_long(f"{at}.data", item.data, LONGEST_POSTBACK)
        match item:
            case OpenUrl() if not is_link(item.url):
                yield RichFault(f"{at}.url", "rich.not_a_link")
            case Dial() if not _is_number(item.number):
                yield RichFault(f"{at}.number", "rich.not_a_number")
            case ShowPlace() if not (-90 <= item.latitude <= 90 and -180 <= item.longitude <= 180):
                yield RichFault(at, "rich.no_such_place")
            case AddToCalendar() if not item.starts_at < item.ends_at:
                yield RichFault(at, "rich.ends_before_it_starts")
            case _:
                pass


_is_number = re.compile(r"\+?[0-9]{3,20}").fullmatch
is_link = re.compile(r"https?://[^\s/?#@\\{}<>\"'`|^]{1,255}(?:[/?#].*)?", re.DOTALL).fullmatch
"""Whether it leads to a host that stands there in full: no script, no other scheme, no name in front of the host."""


def _too_long(where: str, text: str, at_most: int) -> Iterator[RichFault]:
    if len(text) > at_most:
        yield RichFault(where, "rich.too_long", {"at_most": at_most, "length": len(text)})


# --- JSON of the GSMA objects ------------------------------------------------------------------------------------


def gsma_message(message: RichMessage) -> dict[str, Any]:
    """The `botmessage` object: one card, or a carousel."""
    cards = [_card_json(card) for card in message.cards]
    if message.is_carousel:
        layout: dict[str, Any] = {"cardWidth": message.width.value}
        return {"message": {"generalPurposeCardCarousel": {"layout": layout, "content": cards}}}
    layout = {"cardOrientation": message.orientation.value}
    if message.orientation is Orientation.HORIZONTAL:
        layout["imageAlignment"] = "LEFT" if message.image_left else "RIGHT"
    return {"message": {"generalPurposeCard": {"layout": layout, "content": cards[0]}}}


def gsma_chips(message: RichMessage) -> dict[str, Any] | None:
    """The `botsuggestion` object; None without chips."""
    if not message.chips:
        return None
    return {"suggestions": [_suggestion_json(chip) for chip in message.chips]}


def _card_json(card: Card) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if card.media:
        made["media"] = _media_json(card.media)
    if card.title:
        made["title"] = card.title
    if card.description:
        made["description"] = card.description
    if card.buttons:
        made["suggestions"] = [_suggestion_json(button) for button in card.buttons]
    return made


def _media_json(media: Media) -> dict[str, Any]:
    made: dict[str, Any] = {
        "mediaUrl": media.url,
        "mediaContentType": media.content_type,
        "mediaFileSize": media.size,
        "height": media.height.value,
    }
    if media.thumbnail_url:
        made |= {
            "thumbnailUrl": media.thumbnail_url,
            "thumbnailContentType": media.thumbnail_type,
            "thumbnailFileSize": media.thumbnail_size,
        }
    if media.description:
        made["contentDescription"] = media.description
    return made


def _suggestion_json(item: Suggestion) -> dict[str, Any]:
    common = {"displayText": item.label, "postback": {"data": item.data}}
    match item:
        case Reply():
            return {"reply": common}
        case OpenUrl():
            opened: dict[str, Any] = {"url": item.url, "application": "browser"}
            if item.inside:
                opened |= {"application": "webview", "viewMode": "full"}
            return {"action": common | {"urlAction": {"openUrl": opened}}}
        case Dial():
            dialled = {"phoneNumber": item.number}
            return {"action": common | {"dialerAction": {"dialPhoneNumber": dialled}}}
        case ShowPlace():
            place = {"latitude": item.latitude, "longitude": item.longitude, "label": item.name or item.label}
            return {"action": common | {"mapAction": {"showLocation": {"location": place}}}}
        case AddToCalendar():
            entry = {
                "startTime": item.starts_at.isoformat(),
                "endTime": item.ends_at.isoformat(),
                "title": item.title,
                "description": item.description,
            }
            return {"action": common | {"calendarAction": {"createCalendarEvent": entry}}}
