"""What a channel takes and demands: filings, and the rules of its vendor for texts (features C6, G2).

Kept as JSON in `channel.capabilities`; what is not stated there has the value of a new channel, which demands filed
signatures. PRESETS are what vendors publish (reference, section 2.3), each with the date of the document where one is
known; a limit for which no source is known is not set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from xinfeng.kernel.errors import InvalidInput


class LinkInVariable(StrEnum):
    """Where a variable may stand in a link."""

    NO = "no"
    PATH = "path"
    """Behind a constant domain: `https://domain/path/{{ code }}`."""
    YES = "yes"


LONGEST_SIGNATURE = 20
"""content.Signature.text."""
LONGEST_TEXT = 1_000
"""content.grammar.LONGEST_TEXT."""
MOST_LISTED = 40
SALUTATIONS = ("会员", "VIP", "vip", "贵宾", "会友")
"""Words that address a reader as a member (Aliyun: 面向会员，须有会员称谓)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one channel takes.

    `vendor`: a key of PRESETS, where the rules came from; channels of one vendor and account share filings that hold
    for the whole account. `signature_filing`: the signature must be filed with the reader's carrier.
    `template_filing`: each wording must be filed. `bulk_filing`: bulk sending on peak days needs a number in advance.
    `opt_out_wording`: the exact wordings taken; empty: any. `link_domains`: the domains that links may lead to; empty:
    any. `most_characters`: of a whole text, signature and values included. `longest_value`: what one variable may
    stand for. None: the vendor states no limit. `signature_length`: shortest and longest, without brackets.
    `displayed_receipts`: its receipts tell when a handset showed the message. `one_way`: replies don't come back over it,
    so no marketing text, which promises that a reply ends it, may leave over it.
    """

    vendor: str = "none"
    signature_filing: bool = True
    template_filing: bool = False
    bulk_filing: bool = True
    variables_allowed: bool = True
    link_in_variable: LinkInVariable = LinkInVariable.YES
    adjacent_variables: bool = True
    link_domains: tuple[str, ...] = ()
    opt_out_wording: tuple[str, ...] = ()
    salutation_required: bool = False
    most_characters: int | None = None
    longest_value: int | None = None
    symbols_refused: str = ""
    signature_length: tuple[int, int] = (1, LONGEST_SIGNATURE)
    displayed_receipts: bool = False
    one_way: bool = False

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> Capabilities:
        """From the form of `to_json`; what is not stated has its default.

        Raises InvalidInput `channel.capabilities` with `faults`: code by field, all at once.
        """
        known = {one.name for one in fields(cls)}
        faults = {str(name)[:40]: "unknown" for name in value if name not in known}
        taken: dict[str, Any] = {}
        for name, read in _READERS.items():
            if name not in value:
                continue
            try:
                taken[name] = read(value[name])
            except _Fault as fault:
                faults[name] = str(fault)
        if faults:
            raise InvalidInput("channel.capabilities", faults=faults)
        return cls(**taken)

    def to_json(self) -> dict[str, Any]:
        """What `channel.capabilities` keeps."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        } | {"link_in_variable": self.link_in_variable.value}

    @property
    def demands_nothing(self) -> bool:
        """Whether no filing of any kind is asked for."""
        return not (self.signature_filing or self.template_filing or self.bulk_filing)


NOT_DEMANDED: dict[str, Any] = {"signature_filing": False, "bulk_filing": False}
"""The JSON of a channel that asks for no filing: what channels had before filings were known here."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A vendor's published rules. `dated`: the document, as far as its date is known."""

    key: str
    name: str
    name_en: str
    source: str
    source_en: str
    dated: str
    capabilities: Capabilities = field(default_factory=Capabilities)


_SYMBOLS = "¥￥★☆✓✔※→●■◆♥❤"
_R, _TD = ("拒收请回复R",), ("退订回TD", "回TD退订", "退订请回复TD")
_BASE = Capabilities()

PRESETS: dict[str, Preset] = {
    one.key: one
    for one in (
        Preset(
            "none", "运营商直连", "Carrier, direct",
            "工信部信管函〔2023〕794号：签名须先向每家运营商报备；其余按与运营商的合同",
            "MIIT notice 794 of 2023: signatures are filed with each carrier first; the rest by the carrier's contract",
            "", _BASE,
        ),
        Preset(
            "aliyun", "阿里云", "Aliyun",
            "阿里云短信模板规范：以“拒收请回复R”结尾，面向会员并带会员称谓，不得全为变量；签名 2–12 字",
            "Aliyun's template rules: ends with 拒收请回复R, addresses members as such, not all variables; signature of "
            "2 to 12 characters", "",
            replace(
                _BASE, vendor="aliyun", template_filing=True, adjacent_variables=False, opt_out_wording=_R,
                salutation_required=True, signature_length=(2, 12),
            ),
        ),
        Preset(
            "tencent", "腾讯云", "Tencent Cloud",
            "腾讯云短信模板规范：含签名与变量不超过 500 字，不得用 ¥ ★ ✓ ※ 等符号；链接须固定并备案，变量里不得有链接；变量不相邻",
            "Tencent Cloud's template rules: at most 500 characters with signature and values, no symbols such as ¥ ★ ✓ ※; "
            "links constant and on record, none in variables; no variables side by side",
            "2025-06-17",
            replace(
                _BASE, vendor="tencent", template_filing=True, link_in_variable=LinkInVariable.NO,
                adjacent_variables=False, opt_out_wording=_R, most_characters=500, symbols_refused=_SYMBOLS,
            ),
        ),
        Preset(
            "huawei", "华为云", "Huawei Cloud",
            "华为云短信模板规范：营销模板不得使用变量，退订文字固定；签名 2–16 字（后放宽到 32 字）",
            "Huawei Cloud's template rules: no variables in marketing, the opt-out wording is fixed; signature of 2 to 16 "
            "characters (later 32)", "",
            replace(
                _BASE, vendor="huawei", template_filing=True, variables_allowed=False,
                link_in_variable=LinkInVariable.NO, adjacent_variables=False, opt_out_wording=_R,
                signature_length=(2, 16),
            ),
        ),
        Preset(
            "qiniu", "七牛云", "Qiniu",
            "七牛云短信模板规范：链接写成 http://域名/路径/${code}，不得整个链接都是变量",
            "Qiniu's template rules: links as http://domain/path/${code}, never a whole link as a variable", "",
            replace(_BASE, vendor="qiniu", template_filing=True, link_in_variable=LinkInVariable.PATH),
        ),
        Preset(
            "volcengine", "火山引擎", "Volcengine",
            "火山引擎短信规范：营销短信须带“TD”退订提示",
            "Volcengine's rules: marketing messages carry the opt-out keyword TD", "",
            replace(_BASE, vendor="volcengine", template_filing=True, opt_out_wording=_TD),
        ),
    )
}  # fmt: skip
"""Vendors' rules by key; `none` first, it is what a channel starts with."""


class _Fault(Exception):
    """A value that can't be taken; the argument is its code."""


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Fault("not_yes_or_no")
    return value


def _vendor(value: Any) -> str:
    if value not in PRESETS:
        raise _Fault("unknown")
    return str(value)


def _link(value: Any) -> LinkInVariable:
    if value not in list(LinkInVariable):
        raise _Fault("unknown")
    return LinkInVariable(value)


def _texts(fits: Callable[[str], Any]) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise _Fault("not_text")
        texts = tuple(dict.fromkeys(one.strip() for one in value if one.strip()))
        if len(texts) > MOST_LISTED:
            raise _Fault("too_long")
        if not all(fits(one) for one in texts):
            raise _Fault("not_fitting")
        return texts

    return read


def _limit(value: Any) -> int | None:
    if value is None:
        return None
    if type(value) is not int or not 1 <= value <= LONGEST_TEXT:
        raise _Fault("out_of_range")
    return value


def _symbols(value: Any) -> str:
    if not isinstance(value, str):
        raise _Fault("not_text")
    symbols = "".join(dict.fromkeys(value.replace(" ", "")))
    if len(symbols) > 200 or any(one.isalnum() for one in symbols):
        raise _Fault("not_fitting")
    return symbols


def _signature_length(value: Any) -> tuple[int, int]:
    if not isinstance(value, list | tuple) or len(value) != 2 or any(type(one) is not int for one in value):
        raise _Fault("not_a_number")
    if not 1 <= value[0] <= value[1] <= LONGEST_SIGNATURE:
        raise _Fault("out_of_range")
    return value[0], value[1]


_is_domain = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}").fullmatch


def _is_wording(text: str) -> bool:
    return len(text) <= 40 and text.isprintable()


_READERS: dict[str, Callable[[Any], Any]] = {
    "vendor": _vendor,
    "signature_filing": _yes_or_no,
    "template_filing": _yes_or_no,
    "bulk_filing": _yes_or_no,
    "variables_allowed": _yes_or_no,
    "link_in_variable": _link,
    "adjacent_variables": _yes_or_no,
    "link_domains": _texts(_is_domain),
    "opt_out_wording": _texts(_is_wording),
    "salutation_required": _yes_or_no,
    "one_way": _yes_or_no,
    "most_characters": _limit,
    "longest_value": _limit,
    "symbols_refused": _symbols,
    "signature_length": _signature_length,
    "displayed_receipts": _yes_or_no,
}
