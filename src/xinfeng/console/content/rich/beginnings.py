"""Ready-made beginnings of a 5G message. What stands in 〔〕 is to be replaced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from xinfeng.console.components.parts import Text


@dataclass(frozen=True)
class Beginning:
    """One to choose; `face` is JSON as the designer holds it."""

    key: str
    label: Text
    note: Text
    icon: str
    face: dict[str, Any]


def beginnings(now: datetime, zone: ZoneInfo) -> list[Beginning]:
    """All there are. Times in them are of the coming days."""
    tomorrow = now.astimezone(zone).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    opens, closes = tomorrow.replace(hour=10), tomorrow.replace(hour=12)
    return [
        Beginning("single", _("单张卡片"), _("一张图、一句话、两个按钮"), "template", _single()),
        Beginning("shop", _("商品橱窗"), _("几件商品左右滑动，各带价格和链接"), "shopping-cart", _shop()),
        Beginning("booking", _("预约"), _("客户点一个时段就约好了"), "calendar", _booking(tomorrow)),
        Beginning(
            "visit", _("门店到访"), _("地图、电话，加入日历"), "map-pin", _visit(opens, closes)
        ),
    ]  # fmt: skip


def _card(title: str, description: str, *buttons: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "description": description, "media": None, "buttons": list(buttons)}


def _single() -> dict[str, Any]:
    card = _card(
        _("〔新品〕到店了"),
        _("〔一句话说清优惠和期限〕"),
        {"kind": "link", "label": _("看一看"), "url": "", "inside": False},
        {"kind": "reply", "label": _("给我留一份"), "data": ""},
    )
    return {"cards": [card], "chips": []}


def _shop() -> dict[str, Any]:
    cards = [
        _card(
            _("〔商品%(n)s〕") % {"n": n},
            _("¥〔价格〕 〔规格〕"),
            {"kind": "link", "label": _("去购买"), "url": "", "inside": True},
        )
        for n in ("一", "二", "三")
    ]
    return {"cards": cards, "chips": [{"kind": "dial", "label": _("问客服"), "number": ""}]}


def _booking(day: datetime) -> dict[str, Any]:
    def slot(hour: int) -> dict[str, Any]:
        words = f"{day.month}月{day.day}日 {hour}:00"
        return {"kind": "book", "label": words, "slot": words}

    card = _card(_("预约〔服务〕"), _("点一个时段就约好了，〔到店报手机号即可〕。"), *map(slot, (10, 14, 16)))
    return {
        "cards": [card],
        "chips": [
            {"kind": "reply", "label": _("这几个时间都不行"), "data": ""},
            {"kind": "dial", "label": _("打电话约"), "number": ""},
        ],
    }


def _visit(opens: datetime, closes: datetime) -> dict[str, Any]:
    card = _card(
        _("〔门店名〕请您来坐坐"),
        _("〔地址〕，〔营业时间〕"),
        {"kind": "place", "label": _("怎么去"), "latitude": None, "longitude": None, "name": _("〔门店名〕")},
        {"kind": "dial", "label": _("打电话"), "number": ""},
        {
            "kind": "calendar",
            "label": _("记到日历"),
            "title": _("〔活动名〕"),
            "starts_at": opens.strftime("%Y-%m-%dT%H:%M"),
            "ends_at": closes.strftime("%Y-%m-%dT%H:%M"),
            "description": "",
        },
    )
    return {"cards": [card], "chips": []}
