"""How long what contacts did is kept. The contact herself stays until she or the enterprise ends it (`privacy`)."""

from __future__ import annotations

from xinfeng.foundation import database
from xinfeng.foundation.retention import THREE_YEARS, Cut, Kept, Months, MonthTable, Rows, Together, gone
from xinfeng.lens.engine import lens

_HERS = "contact_id = any(%(contacts)s)"
SHORTEST = (
    "个人信息保护法第 19 条：最短必要时间；电子商务法第 31 条：交易信息不少于三年（平台经营者）",
    "PIPL, Art 19: the shortest time the purpose needs; E-commerce Law, Art 31: transactions at least three years (platforms)",
)


def _events_in_lens(cut: Cut) -> None:
    _follow("event", cut)


def _tiers_in_lens(cut: Cut) -> None:
    _follow("tier_fact", cut)


def _follow(table: str, cut: Cut) -> None:
    copy = lens()
    copy.refresh()
    with database.connect() as connection:
        for since, before in gone(connection, table, cut.before):
            copy.forget(
                table, column="at", since=since, before=before, keep="contact_id", ids=cut.holds.contacts
            )


RETENTION = (
    Kept(
        "events",
        ("客户行为", "What contacts did"),
        (
            "购买、浏览、点击等；特征和分群只看得到还在的行为，累计消费会随之变小",
            "purchases, views, clicks; traits and segments see only what is still there, so totals shrink with it",
        ),
        SHORTEST,
        0,
        THREE_YEARS,
        Together(
            (Months((MonthTable("event", _HERS),), afterwards=_events_in_lens), Rows("event_key", "at"))
        ),
        order=20,
    ),
    Kept(
        "tier_history",
        ("分层和标签的变化", "Changes of tiers and tags"),
        ("谁在什么时候进出哪一层、加减哪个标签", "who moved between tiers, or got and lost which tag, when"),
        ("个人信息保护法第 19 条：最短必要时间", "PIPL, Art 19: the shortest time the purpose needs"),
        0,
        THREE_YEARS,
        Months((MonthTable("tier_fact", _HERS), MonthTable("tag_fact", _HERS)), afterwards=_tiers_in_lens),
        order=21,
    ),
    Kept(
        "contacts",
        ("客户资料", "Contacts"),
        ("属性、标签、分层、手机号和姓名（加密）", "attributes, tags, tiers, numbers and names (sealed)"),
        ("个人信息保护法第 19、47 条", "PIPL, Art 19 and 47"),
        0,
        None,
        why=(
            "客户关系存续期间保留；本人要求或目的已实现时在“个人信息请求”里删除",
            "kept while the relationship lasts; erased on request or when the purpose is fulfilled, under “requests”",
        ),
        order=22,
    ),
)
