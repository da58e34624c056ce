"""How long consent is kept: the ledger whole, since each entry follows from the one before."""

from __future__ import annotations

from xinfeng.foundation.retention import SIX_MONTHS, THREE_YEARS, Kept, Rows

_SHARING = (
    "网络数据安全管理条例第 12 条：提供、委托处理个人信息的记录不少于三年",
    "Network Data Security Regulations, Art 12: records of providing or entrusting personal data for three years",
)

RETENTION = (
    Kept(
        "consents",
        ("授权账本", "Consent ledger"),
        ("同意和撤回、告知书、屏蔽名单", "grants and withdrawals, notices, suppressions"),
        (
            "通信短信息服务管理规定：订阅、退订记录保存至服务关系终止后六个月；个人信息保护法第 69 条：过错推定，凭证就是抗辩",
            "Provisions on SMS services: until six months after the relationship has ended; PIPL, Art 69: fault is presumed, "
            "proof is the defence",
        ),
        SIX_MONTHS,
        None,
        why=(
            "账本一条接一条地相互印证，核验从第一条开始，所以整本保留；删除客户只清空能认出本人的内容",
            "every entry vouches for the next and a check begins with the first, so it is kept whole; erasing a person empties "
            "what identifies her",
        ),
        order=30,
    ),
    Kept(
        "sharing",
        ("共享合同", "Sharing contracts"),
        ("与合作方的合同和文件", "contracts with partners, and their files"),
        _SHARING,
        THREE_YEARS,
        None,
        why=("账本里的授权以合同为凭证，和账本一起保留", "entries of the ledger name them as proof; kept with it"),
        order=31,
    ),
    Kept(
        "proofs",
        ("出具证据的记录", "Records of proofs handed out"),
        ("谁在什么时候为什么出具了哪份证据；文件本身七天后删除", "who drew up which proof, when and why; the files themselves go after seven days"),
        _SHARING,
        THREE_YEARS,
        THREE_YEARS,
        Rows("proof_file", "requested_at", where="state in ('removed', 'failed')"),
        order=32,
    ),
)  # fmt: skip
