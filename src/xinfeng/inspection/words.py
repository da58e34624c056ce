"""What codes of the account are called, in Chinese and English."""

from __future__ import annotations

from xinfeng.policy.reasons import reason_name

Two = tuple[str, str]

CARRIERS: dict[str, Two] = {
    "0": ("运营商未知", "carrier unknown"),
    "1": ("移动", "China Mobile"),
    "2": ("联通", "China Unicom"),
    "3": ("电信", "China Telecom"),
    "4": ("广电", "China Broadnet"),
}

NAMES: dict[str, Two] = {
    "planned": ("待发送", "planned"),
    "withheld": ("未发", "withheld"),
    "uncertain": ("结果未知", "uncertain"),
    "accepted": ("已提交", "accepted"),
    "delivered": ("已送达", "delivered"),
    "failed": ("失败", "failed"),
    "marketing": ("营销短信", "marketing"),
    "service": ("服务短信", "service"),
    "preparing": ("准备中", "preparing"),
    "submitted": ("已提交", "submitted"),
    "in_force": ("已生效", "in force"),
    "refused": ("被驳回", "refused"),
    "expired": ("已到期", "expired"),
    "withdrawn": ("已撤销", "withdrawn"),
    "draft": ("草稿", "draft"),
    "in_review": ("待审核", "in review"),
    "approved": ("已通过", "approved"),
    "returned": ("已退回", "returned"),
    "blocked": ("已禁用", "blocked"),
    "access": ("查阅", "access"),
    "copy": ("复制", "copy"),
    "correction": ("更正、补充", "correction"),
    "erasure": ("删除", "erasure"),
    "portability": ("转移", "portability"),
    "no_marketing": ("不再营销", "no marketing"),
    "no_personalisation": ("不再个性化", "no personalisation"),
    "explanation": ("解释说明", "explanation"),
}

GAPS: dict[str, Two] = {
    "entry": ("账本里没有这条授权", "no such entry"),
    "proof": ("授权没有凭证", "no proof"),
    "approval": ("没有批准", "not approved"),
    "self_approval": ("作者自己批准", "approved by its author"),
    "window": ("在时段之外发出", "sent outside its window"),
}
"""Of `sampling.Sampled.gaps`."""

FAULT_WORDS: dict[str, Two] = {
    "seal_missing": ("少了一个封签", "a seal is missing"),
    "seal_changed": ("封签被改过", "a seal was changed"),
    "seal_signature": ("封签的签名不符", "the signature of a seal does not fit"),
    "seal_key": ("封签不是本系统的钥匙签的", "a seal was signed by another key"),
    "cut_off": ("最新的封签被截掉了", "the newest seals were cut off"),
    "entry_changed": ("记录被改过", "an entry was changed"),
    "entry_missing": ("记录不见了", "an entry is missing"),
    "entry_added": ("记录是后来塞进去的", "an entry was put in later"),
}
"""Of `foundation.seal_verifying.FAULTS`."""


def name_of(code: str, kind: str) -> Two | None:
    """A carrier or a gate's reason in words; None where there are none."""
    if kind == "carrier":
        return CARRIERS.get(code)
    if kind == "reason":
        return reason_name(code, "zh"), reason_name(code, "en")
    return NAMES.get(code)
