"""A 5G face as templates show it: on the phone, in a list of what changed, and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xinfeng.console.components.parts import Text
from xinfeng.console.content.compare import Piece, pieces
from xinfeng.console.content.rich.pictures import address_of
from xinfeng.content.marks import BOOK, MEDIA
from xinfeng.content.rich import read_rich
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.maap.messages import (
    AddToCalendar,
    Dial,
    Height,
    OpenUrl,
    Orientation,
    Reply,
    RichMessage,
    ShowPlace,
    Suggestion,
    Width,
)

KINDS: dict[str, tuple[Text, str]] = {
    "reply": (gettext_lazy("快捷回复"), "message-reply"),
    "book": (gettext_lazy("预约时段"), "clock"),
    "link": (gettext_lazy("打开链接"), "external-link"),
    "form": (gettext_lazy("表单页"), "forms"),
    "dial": (gettext_lazy("拨打电话"), "phone"),
    "place": (gettext_lazy("打开地图"), "map-pin"),
    "calendar": (gettext_lazy("加入日历"), "calendar"),
}
"""What a button does, and its icon."""
HEIGHTS: dict[Height, Text] = {
    Height.SHORT: gettext_lazy("矮"),
    Height.MEDIUM: gettext_lazy("中"),
    Height.TALL: gettext_lazy("高"),
}
WIDTHS: dict[Width, Text] = {Width.MEDIUM: gettext_lazy("宽卡片"), Width.SMALL: gettext_lazy("窄卡片")}
ORIENTATIONS: dict[Orientation, Text] = {
    Orientation.VERTICAL: gettext_lazy("图在文字上方"),
    Orientation.HORIZONTAL: gettext_lazy("图在文字旁边"),
}
_FIELDS: dict[str, Text] = {
    "title": gettext_lazy("标题"),
    "description": gettext_lazy("描述"),
    "label": gettext_lazy("按钮文字"),
    "url": gettext_lazy("链接"),
    "name": gettext_lazy("地点名称"),
    "number": gettext_lazy("电话号码"),
    "media": gettext_lazy("图片"),
    "slot": gettext_lazy("预约的时段"),
    "latitude": gettext_lazy("纬度"),
    "longitude": gettext_lazy("经度"),
    "starts_at": gettext_lazy("开始时间"),
    "ends_at": gettext_lazy("结束时间"),
}


@dataclass(frozen=True)
class ShownButton:
    kind: str
    icon: str
    label: str


@dataclass(frozen=True)
class ShownCard:
    """`picture`: its address in the console; `no_picture`: there is one that the console cannot show."""

    picture: str
    alt: str
    no_picture: bool
    height: str
    title: str
    description: str
    buttons: list[ShownButton]


@dataclass(frozen=True)
class ShownFace:
    """A 5G message on a handset."""

    cards: list[ShownCard]
    chips: list[ShownButton]
    carousel: bool
    narrow: bool
    beside: str
    """`left` or `right`: where the picture of a horizontal card stands; empty above the text."""


def shown(message: RichMessage) -> ShownFace:
    """A message whose variables are filled in."""
    cards = []
    for card in message.cards:
        media = card.media
        picture = address_of(media.url) if media else ""
        height = {Height.SHORT: "short", Height.TALL: "tall"}.get(media.height, "") if media else ""
        cards.append(
            ShownCard(
                picture,
                media.description if media else "",
                media is not None and not picture,
                height,
                card.title,
                card.description,
                [_button(one) for one in card.buttons],
            )
        )
    beside = ("left" if message.image_left else "right") if _is_beside(message) else ""
    chips = [_button(one) for one in message.chips]
    return ShownFace(cards, chips, message.is_carousel, message.width is Width.SMALL, beside)


def _is_beside(message: RichMessage) -> bool:
    return message.orientation is Orientation.HORIZONTAL and not message.is_carousel


def _button(one: Suggestion) -> ShownButton:
    kind = kind_of(one)
    return ShownButton(kind, KINDS[kind][1], one.label)


def kind_of(one: Suggestion) -> str:
    """What a button does, as the designer calls it (forms are links here)."""
    match one:
        case Reply():
            return "book" if one.data.startswith(BOOK) else "reply"
        case OpenUrl():
            return "link"
        case Dial():
            return "dial"
        case ShowPlace():
            return "place"
    return "calendar"


def place(where: str) -> str:
    """`cards.0.buttons.1.label` as a person says it: 卡片 1 · 按钮 2 · 按钮文字."""
    steps, said = where.split("."), []
    for at, step in enumerate(steps):
        number = int(steps[at + 1]) + 1 if at + 1 < len(steps) and steps[at + 1].isdecimal() else 0
        match step:
            case "cards" if number:
                said.append(_("卡片 %(n)s") % {"n": number})
            case "buttons" if number:
                said.append(_("按钮 %(n)s") % {"n": number})
            case "chips" if number:
                said.append(_("悬浮按钮 %(n)s") % {"n": number})
            case _ if step in _FIELDS:
                said.append(str(_FIELDS[step]))
    return " · ".join(said) or _("5G 消息")


def outline(rich: Mapping[str, Any] | None) -> dict[str, str]:
    """Everything of a stored face that can differ, by place, in reading order."""
    if not rich:
        return {}
    try:
        message = read_rich(rich)
    except InvalidInput:
        return {"": str(rich)[:500]}
    found: dict[str, str] = {"layout": _layout(message)}
    for index, card in enumerate(message.cards):
        at = f"cards.{index}"
        media = card.media
        found[f"{at}.media"] = f"#{media.url.removeprefix(MEDIA)[:12]} {media.description}" if media else ""
        found[f"{at}.title"], found[f"{at}.description"] = card.title, card.description
        found |= {f"{at}.buttons.{n}": _told(button) for n, button in enumerate(card.buttons)}
    return found | {f"chips.{n}": _told(chip) for n, chip in enumerate(message.chips)}


def _layout(message: RichMessage) -> str:
    way = WIDTHS[message.width] if message.is_carousel else ORIENTATIONS[message.orientation]
    said = [way]
    if _is_beside(message):
        said.append(_("左边") if message.image_left else _("右边"))
    heights = [str(HEIGHTS[card.media.height]) if card.media else "—" for card in message.cards]
    return " · ".join([*map(str, said), f"{_('图片高度')} {' '.join(heights)}"])


def _told(button: Suggestion) -> str:
    kind = kind_of(button)
    match button:
        case OpenUrl():
            more = f"{button.url} {_('（在消息里打开）') if button.inside else ''}"
        case Dial():
            more = button.number
        case ShowPlace():
            more = f"{button.name} {button.latitude}, {button.longitude}"
        case AddToCalendar():
            span = f"{button.starts_at:%Y-%m-%d %H:%M%z} – {button.ends_at:%Y-%m-%d %H:%M%z}"
            more = f"{button.title} {span} {button.description}"
        case _:
            more = button.data.removeprefix(BOOK)
    return f"{button.label} [{KINDS[kind][0]}] {more}".strip()


def changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> list[tuple[str, list[Piece]]]:
    """What of the face differs: each place that changed, with what went out and what came in."""
    old, new = outline(before), outline(after)
    places: Sequence[str] = list(dict.fromkeys([*new, *old]))
    differ = [where for where in places if old.get(where, "") != new.get(where, "")]
    return [
        (_("5G 排版") if where == "layout" else f"5G · {place(where)}", pieces(old.get(where, ""), new.get(where, "")))
        for where in differ
    ]  # fmt: skip
