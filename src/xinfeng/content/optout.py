"""The opt-out wording that every marketing text ends with (feature G2).

Law: 广告法 Art 43 and 通信短信息服务管理规定 (a way to refuse, told in the message). The wordings are those of
the trade; each names a keyword that `delivery.opt_out` understands (R, T, TD, N, 退订, 拒收).
"""

from __future__ import annotations

from dataclasses import dataclass

from xinfeng.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class OptOutWording:
    text: str
    source: str


DEFAULT = "拒收请回复R"

_VENDOR_RULES = "短信服务商营销模板规范（阿里云、腾讯云）"
_KEYWORDS_SEEN = "短信服务商退订指令（R、T、TD、N、退订、拒收）"

WORDINGS: tuple[OptOutWording, ...] = (
    OptOutWording(DEFAULT, f"{_VENDOR_RULES}：营销短信须以“拒收请回复R”结尾"),
    OptOutWording("拒收回复R", _KEYWORDS_SEEN),
    OptOutWording("退订回T", _KEYWORDS_SEEN),
    OptOutWording("退订回TD", f"火山引擎：须带“TD”退订提示；{_KEYWORDS_SEEN}"),
    OptOutWording("回T退订", _KEYWORDS_SEEN),
    OptOutWording("回TD退订", _KEYWORDS_SEEN),
    OptOutWording("退订回N", _KEYWORDS_SEEN),
    OptOutWording("退订请回复T", _KEYWORDS_SEEN),
    OptOutWording("退订请回复TD", _KEYWORDS_SEEN),
)
"""What may be chosen; the first is the default."""


def check(purpose: str, wording: str) -> str:
    """The wording to store. Marketing: one of WORDINGS, the default where none is given. Others carry none.

    Raises InvalidInput `opt_out.not_allowed` (with `allowed`) or `opt_out.not_for_service`.
    """
    wording = wording.strip()
    if purpose != "marketing":
        if wording:
            raise InvalidInput("opt_out.not_for_service", purpose=purpose)
        return ""
    allowed = [entry.text for entry in WORDINGS]
    wording = wording or DEFAULT
    if wording not in allowed:
        raise InvalidInput("opt_out.not_allowed", wording=wording[:40], allowed=allowed)
    return wording
