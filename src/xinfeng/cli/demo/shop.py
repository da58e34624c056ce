"""A sample shop: 20,000 members with two years of behaviour, as the files an enterprise would bring.

Every number begins with a range that the Ministry has not given to any carrier (154, 160, 163, 164, 168, 169,
179; reference: telecommunication numbering plan as of March 2023), so none of them can be anyone's. The
same seed always makes the same people; times are relative to `now`.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

_Choice = TypeVar("_Choice", bound=tuple[Any, ...])

UNASSIGNED_RANGES = ("154", "160", "163", "164", "168", "169", "179")

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰涛明超霞平刚桂兰婷雪慧琳晨宇轩浩然子涵梓萱欣怡思远嘉诚雨桐俊凯文博佳宁若曦安然"
_PLACES = (
    ("上海", ("上海",), 16),
    ("浙江", ("杭州", "宁波", "温州", "绍兴"), 15),
    ("江苏", ("南京", "苏州", "无锡", "常州"), 15),
    ("广东", ("广州", "深圳", "东莞", "佛山"), 14),
    ("北京", ("北京",), 9),
    ("四川", ("成都", "绵阳"), 8),
    ("湖北", ("武汉", "宜昌"), 7),
    ("山东", ("济南", "青岛"), 7),
    ("福建", ("福州", "厦门", "泉州"), 5),
    ("陕西", ("西安",), 4),
)
_ITEMS = (
    ("春茶", "明前龙井 100g", 16800),
    ("春茶", "碧螺春 125g", 13800),
    ("白茶", "白毫银针 50g", 19800),
    ("白茶", "老白茶饼 350g", 25800),
    ("乌龙", "铁观音 250g", 12800),
    ("乌龙", "凤凰单丛 200g", 15800),
    ("红茶", "正山小种 200g", 11800),
    ("普洱", "熟普小方片 210g", 9900),
    ("花茶", "茉莉银毫 100g", 7800),
    ("茶具", "便携快客杯", 8900),
    ("茶具", "白瓷盖碗", 12900),
    ("礼盒", "四时茶礼", 39800),
)
_SOURCES = (("官网注册", 40), ("门店扫码", 30), ("会员日活动", 18), ("咨询未购", 12))
_LEVELS = (("普通", 70), ("银卡", 20), ("金卡", 8), ("黑卡", 2))

CONTACT_COLUMNS = [
    "会员号",
    "手机号",
    "姓名",
    "性别",
    "生日",
    "省份",
    "城市",
    "会员等级",
    "标签",
    "注册时间",
] + ["是否同意营销", "同意时间", "授权来源", "授权凭证"]
EVENT_COLUMNS = ["事件id", "会员号", "行为", "时间", "金额", "商品", "品类"]


@dataclass(frozen=True)
class Files:
    """What was written, and how much of it."""

    contacts: Path
    events: Path
    opt_outs: list[str]
    contact_rows: int
    event_rows: int


def write_shop(
    folder: Path, *, now: datetime, zone: ZoneInfo, members: int = 20_000, seed: int = 20261122
) -> Files:
    """Write `contacts.csv` and `events.csv` into `folder`; `opt_outs` are numbers that said no before."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = random.Random(seed)
    today = now.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None)
    contacts, events = folder / "contacts.csv", folder / "events.csv"
    opt_outs: list[str] = []
    event_rows = 0
    with (
        contacts.open("w", newline="", encoding="utf-8-sig") as people,
        events.open("w", newline="", encoding="utf-8") as deeds,
    ):
        people_rows, deed_rows = csv.writer(people), csv.writer(deeds)
        people_rows.writerow(CONTACT_COLUMNS)
        deed_rows.writerow(EVENT_COLUMNS)
        for number in range(members):
            member = f"M{number + 1:06d}"
            phone = _phone(number)
            joined = today - timedelta(minutes=dice.randrange(20, 730 * 24 * 60))
            people_rows.writerow(_person(dice, member, phone, joined, today))
            if dice.random() < 0.02:
                opt_outs.append(phone)
            for row in _deeds(dice, member, joined, today):
                deed_rows.writerow(row)
                event_rows += 1
    return Files(contacts, events, opt_outs, members, event_rows)


def _phone(number: int) -> str:
    """The `number`-th member's phone: 100,003 is coprime with 10^8, so no two are alike."""
    prefix = UNASSIGNED_RANGES[number % len(UNASSIGNED_RANGES)]
    return f"{prefix}{(number * 4_100_003 + 271_828) % 100_000_000:08d}"


def _person(dice: random.Random, member: str, phone: str, joined: datetime, today: datetime) -> list[str]:
    woman = dice.random() < 0.58
    name = dice.choice(_SURNAMES) + "".join(dice.sample(_GIVEN, dice.choice((1, 2, 2))))
    province, cities, _ = _weighted(dice, _PLACES)
    source, _ = _weighted(dice, _SOURCES)
    level, _ = _weighted(dice, _LEVELS)
    agreed = dice.random() < 0.86
    tags = [source] + [
        tag for tag, share in (("爱喝白茶", 0.12), ("送礼", 0.1), ("老客户", 0.15)) if dice.random() < share
    ]
    return [
        member,
        phone,
        name if dice.random() < 0.97 else "",
        ("女" if woman else "男") if dice.random() < 0.9 else "",
        _birthday(dice, today).isoformat() if dice.random() < 0.8 else "",
        province,
        dice.choice(cities),
        level,
        ";".join(tags),
        f"{joined:%Y-%m-%d %H:%M}",
        "是" if agreed else "否",
        f"{joined:%Y-%m-%d %H:%M}" if agreed else "",
        source if agreed else "",
        f"注册页勾选记录 {member}" if agreed else "",
    ]


def _birthday(dice: random.Random, today: datetime) -> date:
    age = dice.randrange(13, 18) if dice.random() < 0.012 else min(78, max(18, int(dice.gauss(36, 11))))
    return (today - timedelta(days=age * 365.25 + dice.randrange(365))).date()


def _deeds(dice: random.Random, member: str, joined: datetime, today: datetime) -> Iterator[list[str]]:
    """One member's behaviour: visits come in sittings of views, some fill a cart, some of those buy."""
    span_days = max(1.0, (today - joined).days)
    sittings = min(40, int(dice.expovariate(1 / 4.5) * (0.3 + span_days / 500)))
    fading = dice.random() < 0.35
    count = 0

    def row(kind: str, at: datetime, amount_fen: int | None, item: str, category: str) -> list[str]:
        nonlocal count
        count += 1
        amount = "" if amount_fen is None else f"{amount_fen / 100:.2f}"
        return [f"{member}-{count}", member, kind, f"{at:%Y-%m-%d %H:%M:%S}", amount, item, category]

    for _ in range(sittings):
        share = dice.random() ** (2.2 if fading else 0.8)
        at = joined + timedelta(
            days=share * span_days, hours=dice.triangular(8, 23, 20), minutes=dice.randrange(60)
        )
        if at >= today:
            continue
        category, item, price = dice.choice(_ITEMS)
        for step in range(dice.randrange(1, 4)):
            yield row("浏览", at + timedelta(minutes=step), None, item, category)
        if dice.random() < 0.5:
            yield row("加购", at + timedelta(minutes=5), price, item, category)
            if dice.random() < 0.62:
                pieces = dice.choice((1, 1, 1, 2, 3))
                yield row("购买", at + timedelta(minutes=9), price * pieces, item, category)


def _weighted(dice: random.Random, choices: Sequence[_Choice]) -> _Choice:
    """Draw one; the last member of each is its weight."""
    return dice.choices(choices, weights=[choice[-1] for choice in choices])[0]
