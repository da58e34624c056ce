"""How long is kept what was learnt about numbers."""

from __future__ import annotations

from xinfeng.foundation.retention import ONE_YEAR, Kept

RETENTION = (
    Kept(
        "number_facts",
        ("号码健康的变化", "What was learnt about numbers"),
        ("隔离、解除、易主、检测结果", "quarantined, released, reassigned, looked up"),
        ("个人信息保护法第 19 条：最短必要时间；第 59 条：委托检测的记录", "PIPL, Art 19: the shortest time the purpose needs; Art 59: look-ups entrusted to others"),
        ONE_YEAR,
        None,
        why=("号码现在的状态由这些事实推出，随时要能重新推出，所以保留；删除客户会清空其中的号码哈希", "how a number stands follows from these facts and must be derivable again, so they stay; erasing a person empties the hash of her number"),
        order=40,
    ),
)  # fmt: skip
