"""How long the doors for programs keep what passed through them."""

from __future__ import annotations

from xinfeng.foundation.retention import Kept

RETENTION = (
    Kept(
        "api",
        ("接口的往来", "Traffic of the API"),
        ("幂等键和答复（24 小时）、发出的回调（30 天）", "idempotency keys and answers (24 hours), webhooks sent (30 days)"),
        ("个人信息保护法第 19 条：最短必要时间", "PIPL, Art 19: the shortest time the purpose needs"),
        0,
        None,
        why=("每小时自动删除到期的", "what is over goes every hour by itself"),
        order=70,
    ),
)  # fmt: skip
