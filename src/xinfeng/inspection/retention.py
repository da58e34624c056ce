"""How long it is kept what was handed out for inspections."""

from __future__ import annotations

from xinfeng.foundation.retention import THREE_YEARS, Kept, Rows

RETENTION = (
    Kept(
        "inspections",
        ("检查导出的记录", "Records of inspection exports"),
        ("谁在什么时候为什么导出了什么；文件本身七天后删除", "who exported what, when and why; the files themselves go after seven days"),
        (
            "网络数据安全管理条例第 12 条：提供个人信息的记录不少于三年",
            "Network Data Security Regulations, Art 12: records of providing personal data for three years",
        ),
        THREE_YEARS,
        THREE_YEARS,
        Rows("inspection_export", "requested_at", where="state in ('removed', 'failed')"),
        order=75,
    ),
)  # fmt: skip
