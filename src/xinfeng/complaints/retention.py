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
        why=("投诉屏蔽和按百万计的投诉率以它们为依据，所以保留；删除客户会清空能认出本人的内容", "suppressions and rates per million rest on them; erasing a person empties what identifies her"),
        order=52,
    ),
)  # fmt: skip
