"""How long complaints are kept."""

from __future__ import annotations

from xinfeng.foundation.retention import THREE_YEARS, Kept

RETENTION = (
    Kept(
        "complaints",
        ("投诉", "Complaints"),
        ("投诉的内容（加密）、对应的短信、处理经过和答复", "what was complained about (sealed), the message, how it was handled and answered"),
        (
            "与广告档案同期，不少于三年；没有找到单独规定投诉记录期限的条文",
            "as long as the advertising archive, three years; no article on complaints alone was found",
        ),
        THREE_YEARS,
        None,
        why=(
            "投诉屏蔽和按百万计的投诉率以它们为依据，所以保留。客户要求删除个人信息的，办结满六个月后清空号码、原话、记录和附件，来源、种类、时间和结果照样留满期限",
            "suppressions and rates per million rest on them. Where a person asks to be erased, number, words, notes and attachments go six months after it is over; source, kind, times and outcome stay for the whole time",
        ),
        order=52,
    ),
)  # fmt: skip
