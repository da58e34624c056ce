"""How long texts and their reviews are kept: the archive of advertisements."""

from __future__ import annotations

from xinfeng.foundation.retention import THREE_YEARS, Kept

RETENTION = (
    Kept(
        "advertising",
        ("广告档案", "Archive of advertisements"),
        ("模板各版、审核意见、举证材料、活动和审批", "versions of templates, reviews, evidence, campaigns and their approvals"),
        (
            "广告法第 34 条：审核、档案管理制度；互联网广告管理办法：档案保存不少于三年",
            "Advertising Law, Art 34: review and archive; Internet Advertising Measures: archives for at least three years",
        ),
        THREE_YEARS,
        None,
        why=("发过的每条短信都以它们为准，所以保留；不含个人信息", "every message sent refers to them; they hold no personal data"),
        order=50,
    ),
)  # fmt: skip
