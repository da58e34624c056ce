"""What is wrong with a wording, before it is saved: faults that stop it, and remarks that don't. Pure.

Feature C1 asks for three modules, identity, value and action; what is missing is pointed out as a remark. Other
remarks are things that vendors refuse or carriers bill for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xinfeng.content import optout
from xinfeng.content.grammar import LONGEST_SOURCE, Literal, Output, Parsed, parse
from xinfeng.content.parts import at_most
from xinfeng.content.rendering import LONGEST_DEFAULT, Brand, Draft, Renderer
from xinfeng.content.values import clean_text
from xinfeng.content.variables import CATALOGUE, Catalogue
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.text import SINGLE_UNITS, utf16_units

_signature = re.compile("[\u4e00-\u9fff\u3400-\u4dbfA-Za-z0-9]{2,16}").fullmatch
_hotline = re.compile(r"[0-9+][0-9 ()-]{4,28}").fullmatch
_phone_like = re.compile(
    r"(?<!\d)(?:400[- ]?\d{3}[- ]?\d{4}|\d{3,4}-\d{7,8}|1[3-9]\d{9}|95\d{3,6})(?!\d)"
).search
_link = re.compile(r"https?://|www\.|[a-z0-9-]+\.(?:com|cn|net|top|cc|link|vip|me)\b", re.IGNORECASE)
_reply_word = re.compile(r"回复?\s*[\w\u201c\"「]").search
_example_link = re.compile(
    r"(?<![\w-])(?:[a-z0-9-]+\.)*example\.cn\b[\w/]*", re.IGNORECASE | re.ASCII
).search  # those of RFC 2606 are more than a remark: `examples`
_odd_symbols = re.compile("[¥￥★☆✓✔※●◆■►]").search


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to point out. `code` is a key of WORDS; `params` fill its braces."""

    code: str
    params: Mapping[str, Any]

    def words(self, language: str = "zh") -> str:
        zh, en = WORDS[self.code]
        return (en if language.startswith("en") else zh).format(**self.params)


WORDS: dict[str, tuple[str, str]] = {
    "missing_value": (
        "缺少价值：读者能得到什么？写明优惠、提醒或服务内容。",
        "No value: what does the reader gain? Say what the offer, reminder or service is.",
    ),
    "missing_action": (
        "缺少行动：读者接下来做什么？加上短链接、回复指令或到店说明。",
        "No action: what should the reader do next? Add a short link, a reply keyword or where to go.",
    ),
    "missing_contact": (
        "缺少身份联系方式：签名没有登记服务热线，正文也没有电话。《广告法》第四十三条要求明示真实身份和联系方式。",
        "No contact details: the signature has no hotline and the text no number. Advertising Law Art 43 asks for the "
        "sender's true identity and contact details.",
    ),
    "only_variables": (
        "“{part}”几乎全由变量组成，运营商通常拒绝报备这样的模板。",
        "The {part} consists of variables only; carriers usually refuse to file such a template.",
    ),
    "adjacent_variables": (
        "两个变量紧挨着（{first}、{second}），中间请加文字；多数服务商不接受相邻变量。",
        "Two variables touch ({first}, {second}); put words between them, most vendors refuse adjacent variables.",
    ),
    "variable_in_link": (
        "链接里含有变量 {variable}，部分服务商只接受固定链接。",
        "The link contains the variable {variable}; some vendors take constant links only.",
    ),
    "sensitive_variable": (
        "{variable} 是敏感个人信息：只有单独同意使用它的客户会看到真实值，其他人看到默认文字。",
        "{variable} is sensitive: only people who consented to its use separately read their value, others the default.",
    ),
    "example_link": (
        "链接 {link} 还是示例地址，客户打不开。发送前请换成自己备案过的地址。",
        "The link {link} is an example and leads nowhere. Put your own filed address before sending.",
    ),
    "odd_symbol": (
        "含有特殊符号“{symbol}”，部分服务商会拒绝。",
        "The symbol “{symbol}” is refused by some vendors.",
    ),
    "may_be_two_parts": (
        "最长可能有 {units} 字，超过 70 字按 {parts} 条计费。",
        "The longest rendering may have {units} characters; above 70 it is billed as {parts} parts.",
    ),
}
"""Each remark in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A wording fit to be saved: sources in one line, defaults cleaned, and the remarks on it."""

    draft: Draft
    remarks: tuple[Remark, ...]
    used: tuple[str, ...]
    longest_units: int


def check_signature(text: str, hotline: str) -> tuple[str, str]:
    """A signature and its hotline as they are stored, without brackets.

    Rules: 2 to 16 letters, digits or Chinese characters, not digits only (Aliyun 2 to 12, Huawei 2 to 16).
    Raises InvalidInput `signature.shape`, `signature.hotline`.
    """
    text = text.strip().removeprefix("【").removesuffix("】").strip()
    if not _signature(text) or text.isdigit():
        raise InvalidInput("signature.shape", text=text[:40])
    hotline = hotline.strip()
    if hotline and not _hotline(hotline):
        raise InvalidInput("signature.hotline", hotline=hotline[:40])
    return text, hotline


def check_wording(
    draft: Draft, signature: Brand, *, purpose: str, catalogue: Catalogue = CATALOGUE
) -> Checked:
    """Everything that must hold before a version is saved.

    Raises InvalidInput as `grammar.parse` and `optout.check` do, and `template.empty`, `template.too_long`,
    `template.default_missing` (`variable`, `part`, `position`), `template.default_shape`,
    `template.default_brackets` (【】 belong to the signature), `template.unknown_variable`,
    `template.text_too_long`.
    """
    value = parse(draft.value, catalogue, part="value")
    action = parse(draft.action, catalogue, part="action")
    if not value.source and not action.source:
        raise InvalidInput("template.empty")
    if len(value.source) + len(action.source) > LONGEST_SOURCE:
        characters = len(value.source) + len(action.source)
        raise InvalidInput("template.too_long", part="value", at_most=LONGEST_SOURCE, characters=characters)
    checked = Draft(
        value.source,
        action.source,
        optout.check(purpose, draft.opt_out),
        _checked_defaults(draft.defaults, catalogue, used={*value.used, *action.used}),
    )
    for part, module in (("value", value), ("action", action)):
        _require_defaults(module, part, checked.defaults, signature)
    renderer = Renderer(checked, signature, catalogue=catalogue)
    remarks = [
        Remark("sensitive_variable", {"variable": name})
        for name in renderer.used
        if catalogue[name].sensitive
    ]
    remarks += _remarks(value, action, signature, purpose=purpose, longest=renderer.longest_units)
    return Checked(checked, tuple(remarks), renderer.used, renderer.longest_units)


def _checked_defaults(defaults: Mapping[str, str], catalogue: Catalogue, *, used: set[str]) -> dict[str, str]:
    """Defaults of variables that are used; an empty one says "leave it out" and is kept."""
    kept = {}
    for name, text in defaults.items():
        if name not in catalogue:
            raise InvalidInput(
                "template.unknown_variable", part="defaults", position=None, variable=str(name)[:80]
            )
        if not isinstance(text, str) or utf16_units(text) > LONGEST_DEFAULT:
            raise InvalidInput("template.default_shape", variable=name, at_most=LONGEST_DEFAULT)
        if name in used and any(bracket in text for bracket in "【】"):
            raise InvalidInput("template.default_brackets", variable=name)
        if name in used:
            kept[name] = clean_text(text, LONGEST_DEFAULT) or ""
    return kept


def _require_defaults(module: Parsed, part: str, defaults: Mapping[str, str], signature: Brand) -> None:
    for output in module.outputs():
        name = output.variable.name
        if name in defaults or (name == "brand.hotline" and signature.hotline):
            continue
        if output.needs_default:
            raise InvalidInput("template.default_missing", variable=name, part=part, position=output.position)


def _remarks(value: Parsed, action: Parsed, signature: Brand, *, purpose: str, longest: int) -> list[Remark]:
    source = f"{value.source} {action.source}"
    found: list[Remark] = []
    if not value.source:
        found.append(Remark("missing_value", {}))
    if not (action.source or _link.search(value.source) or _reply_word(value.source)):
        found.append(Remark("missing_action", {}))
    if purpose == "marketing" and not signature.hotline and not _phone_like(source):
        found.append(Remark("missing_contact", {}))
    for part, module in (("value", value), ("action", action)):
        found += _vendor_remarks(module, part)
    if link := _example_link(source):
        found.append(Remark("example_link", {"link": link.group()}))
    if symbol := _odd_symbols(source):
        found.append(Remark("odd_symbol", {"symbol": symbol.group()}))
    if longest > SINGLE_UNITS:
        found.append(
            Remark("may_be_two_parts", {"units": longest, "parts": at_most(longest, price_li=0).parts})
        )
    return found


def _vendor_remarks(module: Parsed, part: str) -> list[Remark]:
    """What vendors refuse in templates (Tencent, Huawei, Qiniu): variables only, touching, or inside links."""
    found = []
    pieces = module.pieces
    words = "".join(piece.text for piece in pieces if isinstance(piece, Literal))
    if (
        any(isinstance(piece, Output) for piece in pieces)
        and len(words.strip()) < 2
        and not module.has_conditions
    ):
        found.append(Remark("only_variables", {"part": part}))
    for first, second in zip(pieces, pieces[1:], strict=False):
        if isinstance(first, Output) and isinstance(second, Output):
            names = {"first": first.variable.name, "second": second.variable.name}
            found.append(Remark("adjacent_variables", names))
        if isinstance(first, Literal) and isinstance(second, Output) and _ends_in_link(first.text):
            found.append(Remark("variable_in_link", {"variable": second.variable.name}))
    return found


def _ends_in_link(text: str) -> bool:
    tail = re.split(r"[\s\u3000-\u9fff\uff00-\uffef]", text)[-1]
    return bool(tail) and _link.search(tail) is not None
