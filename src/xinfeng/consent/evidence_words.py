"""The evidence and the source of a ledger's line in words. Pure.

The ledger keeps what the house itself wrote in English and what people wrote as they wrote it; here the former is said
in the reader's language, piece by piece, and the latter is left alone.
"""

from __future__ import annotations

import re

_PIECES: tuple[tuple[str, str, str], ...] = (
    (r"page sha256:([0-9a-f]{12})[0-9a-f]*", "页面摘要 {}…", "page digest {}…"),
    (r"address ([0-9a-f]{12})[0-9a-f]*", "地址摘要 {}…", "address digest {}…"),
    (
        r"code requested, submission (\d+)",
        "本人索取验证码，提交 #{}",
        "asked for a code herself, submission #{}",
    ),
    (r"code settled, submission (\d+)", "验证码已用完，提交 #{}", "the code was used, submission #{}"),
    (r"submission (\d+)", "提交 #{}", "submission #{}"),
    (r"version (\d+)", "表单第 {} 版", "form version {}"),
    (r"confirmed by code", "验证码已确认", "confirmed by code"),
    (r"no code", "没有验证码", "no code"),
    (r"merge: number refused", "合并客户：其中一个号码已拒绝", "merged: one of the numbers had refused"),
    (
        r"merge: withdrawn by entry (\d+) of contact (\d+)",
        "合并客户：账本第 {} 条（客户 #{}）已撤回",
        "merged: withdrawn by ledger entry {} of contact #{}",
    ),
    (r"merge: parted from contact (\d+)", "撤销合并：与客户 #{} 分开", "parted again from contact #{}"),
    (r"suppression:opt_out", "号码因退订被屏蔽", "the number was suppressed: opted out"),
    (r"suppression:complaint", "号码因投诉被屏蔽", "the number was suppressed: complaint"),
    (r"number_reassigned", "号码易主", "the number was reassigned"),
    (r"reply:(\d+)", "回复 #{}", "reply #{}"),
    (r"request (\d+)", "个人信息请求 #{}", "privacy request #{}"),
)
_RULES = tuple((re.compile(rule), zh, en) for rule, zh, en in _PIECES)
_taken_over = re.compile(r"merge: entry (\d+) of contact (\d+): (.*)", re.DOTALL).fullmatch

_SOURCES = {
    "import": ("导入", "Import"),
    "form": ("表单", "Form"),
    "reply": ("短信回复", "Reply"),
    "console": ("后台登记", "Console"),
    "api": ("接口", "API"),
    "complaint": ("投诉", "Complaint"),
    "merge": ("合并客户", "Merged contacts"),
    "request": ("个人信息请求", "Privacy request"),
}

_REQUESTS = {
    "no_marketing": ("不再营销", "no marketing"),
    "no_personalisation": ("不再个性化", "no personalisation"),
    "erasure": ("删除", "erasure"),
}


def evidence_in_words(evidence: str, language: str) -> str:
    """Evidence for people; digests shortened (the ledger has them whole). What people wrote comes back unchanged."""
    english = language.startswith("en")
    if taken := _taken_over(evidence):
        before = evidence_in_words(taken[3], language)
        words = (
            "merged: as ledger entry {} of contact #{}"
            if english
            else "合并客户：沿用账本第 {} 条（客户 #{}）"
        )
        return " · ".join(one for one in (words.format(taken[1], taken[2]), before) if one)
    pieces = evidence.split("; ")
    said = [_piece(one, english) for one in pieces]
    return " · ".join(said) if said != pieces else evidence


def _piece(piece: str, english: bool) -> str:
    for rule, zh, en in _RULES:
        if found := rule.fullmatch(piece):
            return (en if english else zh).format(*found.groups())
    return piece


def source_in_words(source: str, language: str) -> str:
    """Where a consent or suppression came from: `import:门店扫码` → `导入 · 门店扫码`; unknown ones as they are."""
    kind, _colon, rest = source.partition(":")
    if kind not in _SOURCES:
        return source
    english = language.startswith("en")
    words, rest = _SOURCES[kind][english], rest.strip()
    if kind == "request" and rest in _REQUESTS:
        rest = _REQUESTS[rest][english]
    return f"{words} · {rest}" if rest else words
