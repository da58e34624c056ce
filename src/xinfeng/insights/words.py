"""Names of stages and meanings of codes, in Chinese and English."""

from __future__ import annotations

from typing import NamedTuple

from xinfeng.channels import codes
from xinfeng.channels.codes import CodeInfo
from xinfeng.policy.reasons import REASONS, reason_name


class Words(NamedTuple):
    zh: str
    en: str

    def in_(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


STAGES: dict[str, Words] = {
    "planned": Words("计划", "Planned"),
    "waiting": Words("等待发送", "Waiting"),
    "on_wire": Words("提交中", "On the wire"),
    "accepted": Words("已接收，等回执", "Accepted"),
    "delivered": Words("已送达", "Delivered"),
    "displayed": Words("已读", "Displayed"),
    "fell_back": Words("已转短信", "Fell back to SMS"),
    "failed": Words("未送达", "Failed"),
    "uncertain": Words("不确定", "Uncertain"),
    "withheld": Words("未发出", "Withheld"),
    "left_out": Words("未列入", "Left out"),
    "replied": Words("已回复", "Replied"),
    "opted_out": Words("已退订", "Opted out"),
}

_OWN_CODES: dict[str, Words] = {
    "crash": Words("网关中断时正在提交", "Being handed over when the gateway stopped"),
    "restored": Words("恢复备份前可能已提交", "May have left before a backup was restored"),
    "timeout": Words("运营商没有应答", "The carrier did not answer"),
    "lost": Words("应答之前连接断开", "The connection ended before the answer"),
    "deadline": Words("超过截止时间", "After the deadline"),
    "incomplete": Words("长短信的余下部分没能提交", "The rest of a long message could not be handed over"),
}


def carrier_code(code: str | None, kind: str = "") -> CodeInfo | None:
    """What a carrier's code means; None for a gate's reason, our own word, or none. `kind` is that of the channel:
    a bare number means something else with each protocol, so without a kind it says only that it is one."""
    if not code or code in _OWN_CODES or code in REASONS:
        return None
    return codes.explain(kind, code)


def code_name(code: str | None, language: str = "zh", kind: str = "") -> str:
    """What a code means: a gate's reason, our own word, or a carrier's; empty for none."""
    if not code:
        return ""
    if code in _OWN_CODES:
        return _OWN_CODES[code].in_(language)
    if code in REASONS:
        return reason_name(code, language)
    return codes.explain(kind, code).meaning(language)
