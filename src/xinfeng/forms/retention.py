"""How long what people filled in is kept."""

from __future__ import annotations

from xinfeng.foundation.retention import SIX_MONTHS, Kept

RETENTION = (
    Kept(
        "submissions",
        ("表单提交", "Submissions of forms"),
        ("填写的内容（加密）、看到的页面、领到的奖励", "what was filled in (sealed), the page that was shown, what was won"),
        (
            "通信短信息服务管理规定（工信部令第 74 号）第 21 条：同意的凭证，随账本保存",
            "Provisions on SMS services (MIIT Order 74), Art 21: proof of consent, kept with the ledger",
        ),
        SIX_MONTHS,
        None,
        why=("它们是账本里授权的凭证；没有确认的提交到时自动清空", "they are the ledger's proof; what nobody confirmed is emptied by itself"),
        order=33,
    ),
)  # fmt: skip
