"""Made-up but realistic content for the style page. Numbers belong to no one: 170 0000 is not assigned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from xinfeng.console.components import Phone, Share, Stat, Step, Tab, TimelineItem

TEXT = (
    "【山岚茶社】林女士，您关注的明前龙井已到店，会员日下单立减30元，"
    "库存200份，11月25日24点截止：s.shanlan.cn/a7Kp 拒收请回复R"
)


@dataclass(frozen=True)
class CampaignRow:
    name: str
    segment: str
    state: str
    audience: int
    sent: int
    delivered: int
    cost_fen: int
    at: datetime


def campaigns(now: datetime) -> list[CampaignRow]:
    """Rows of the sample table."""
    data = [
        ("双十二预热 · 老客", "近90天下单 ≥2 次", "running", 48210, 31877, 30992, 143446, 1),
        ("明前龙井到店提醒", "关注过绿茶的会员", "submitted", 12640, 0, 0, 0, 3),
        ("11月会员日", "金卡与银卡会员", "finished", 86215, 84903, 82771, 382063, 26),
        ("沉睡客户唤醒（第二轮）", "180天未下单、曾复购", "paused", 20480, 9120, 8644, 41040, 30),
        ("杭州新店开业", "杭州市、30天内浏览", "scheduled", 5312, 0, 0, 0, 52),
        ("茶具清仓", "购买过茶叶、未购茶具", "stopped", 15004, 2300, 2211, 10350, 75),
        ("生日礼券（每日）", "今天过生日", "draft", 0, 0, 0, 0, 96),
    ]
    return [CampaignRow(*row[:-1], now - timedelta(hours=row[-1])) for row in data]


def stats() -> list[Stat]:
    """The row of numbers."""
    here = reverse("ui")
    return [
        Stat("今天已送达", "30,992", here, "送达率 97.2%", "good", "条", (21, 24, 22, 28, 27, 30, 31)),
        Stat(
            "可触达客户", "128,406", here, "占全部 64.1%", "neutral", "人", (90, 98, 104, 110, 119, 125, 128)
        ),
        Stat("待定", "37", here, "等回执，不会重发", "warn", "条"),
        Stat("今天退订", "41", here, "0.13%，低于上周", "neutral", "人", (6, 7, 5, 5, 4, 5, 4)),
        Stat("本月费用", "¥5,768.99", here, "预算 ¥12,000.00", "neutral"),
    ]


def shares() -> list[Share]:
    """Where the messages of a campaign stand."""
    here = reverse("ui")
    return [
        Share("已送达", 30992, "good", here),
        Share("已接收，等回执", 611, "info", here),
        Share("未送达", 237, "bad", here),
        Share("待定", 37, "warn", here),
        Share("未发出", 16333, "neutral", here),
    ]


def steps() -> list[Step]:
    """A wizard."""
    here = reverse("ui")
    return [Step("选择分群", here), Step("撰写内容", here), Step("预检"), Step("审核"), Step("发送")]


def tabs() -> list[Tab]:
    """Tabs with counts."""
    here = reverse("ui")
    return [
        Tab("概况", here, current=True),
        Tab("短信", here, count=128),
        Tab("授权", here, count=3),
        Tab("行为", here, count=1204),
        Tab("备注", here),
    ]


def timeline(now: datetime) -> list[TimelineItem]:
    """What happened to one contact."""
    return [
        TimelineItem(
            now - timedelta(minutes=4),
            "点击短信里的链接",
            "明前龙井到店提醒 · s.shanlan.cn/a7Kp",
            "click",
            "accent",
        ),
        TimelineItem(
            now - timedelta(minutes=9), "短信已送达", "移动行业通道 · 回执 DELIVRD", "circle-check", "good"
        ),
        TimelineItem(now - timedelta(days=2), "下单 ¥268.00", "明前龙井 250g × 1", "shopping-cart"),
        TimelineItem(
            now - timedelta(days=41),
            "授权营销短信",
            "会员注册页，告知书第 3 版，凭证 #20481",
            "shield-check",
            "info",
        ),
    ]


def phone() -> Phone:
    """A long text in two parts."""
    return Phone(TEXT, sender="1069 0000 12345", length=len(TEXT), parts=2, bounds=(67,))


HOURS = [f"{hour:02d}:00" for hour in range(9, 21)]


def charts() -> dict[str, dict[str, object]]:
    """One of each kind."""
    return {
        "area": {
            "kind": "area",
            "x": HOURS,
            "unit": "条",
            "series": [
                {
                    "name": "提交",
                    "data": [0, 820, 3120, 5210, 6100, 4900, 2100, 3300, 4100, 5020, 4480, 1240],
                },
                {
                    "name": "送达",
                    "tone": "good",
                    "data": [0, 744, 2980, 5033, 5941, 4801, 2088, 3197, 3982, 4871, 4377, 1188],
                },
            ],
        },
        "stack": {
            "kind": "stack",
            "x": ["11-16", "11-17", "11-18", "11-19", "11-20", "11-21", "11-22"],
            "unit": "条",
            "series": [
                {"name": "已送达", "tone": "good", "data": [9120, 0, 12044, 20133, 8644, 18210, 30992]},
                {"name": "未送达", "tone": "bad", "data": [210, 0, 301, 522, 260, 402, 237]},
                {"name": "待定", "tone": "warn", "data": [3, 0, 12, 8, 1, 5, 37]},
            ],
        },
        "rank": {
            "kind": "rank",
            "x": ["已达每周上限", "没有营销授权", "已退订", "在屏蔽名单", "未成年人"],
            "unit": "人",
            "series": [{"name": "未列入", "tone": "neutral", "data": [8120, 5213, 1904, 377, 12]}],
        },
        "pie": {
            "kind": "pie",
            "x": ["移动", "联通", "电信", "广电"],
            "unit": "人",
            "series": [{"name": "运营商", "data": [71204, 30118, 24980, 2104]}],
        },
    }
