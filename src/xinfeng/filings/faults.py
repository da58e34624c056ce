"""What a channel would not accept, or what was not filed: each a code with parameters and its words. Pure.

A fault stops the campaign: the preflight shows it, and the planner refuses with its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from xinfeng.filings.defaults import in_language

PARTS: Mapping[str, tuple[str, str]] = {
    "signature": ("签名", "signature"),
    "value": ("价值", "value"),
    "action": ("行动", "action"),
    "opt_out": ("退订提示", "opt-out wording"),
    "text": ("全文", "whole text"),
}
"""The parts of a text, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`part` of the text it is about ("" : none); `marks` are the very characters, as offsets `[start, end)` into that
    part as its author wrote it."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    part: str = ""
    marks: tuple[tuple[int, int], ...] = ()

    def words(self, language: str = "zh") -> str:
        """What is wrong and what to change."""
        chinese, english = WORDS[self.code]
        part = PARTS[self.part][language.startswith("en")] if self.part else ""
        if language.startswith("en"):
            params = {**self.params}
            if "name" in params:  # of a peak
                params["name"] = in_language(str(params["name"]), language)
            return (f"{part.capitalize()}: " if part else "") + english.format_map(_shown(params, ", "))
        return (f"{part}：" if part else "") + chinese.format_map(_shown(self.params, "、"))

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "params": dict(self.params), "part": self.part}


def _shown(params: Mapping[str, Any], comma: str) -> dict[str, Any]:
    return {
        name: comma.join(map(str, value)) if isinstance(value, list | tuple) else value
        for name, value in params.items()
    }


WORDS: dict[str, tuple[str, str]] = {
    "filing.signature_none": (
        "签名【{signature}】在通道“{channel}”上没有任何一家运营商的有效报备，发出去会被拒收。请到“报备”提交，生效后再发。",
        "Signature 【{signature}】 is not filed with any carrier over channel “{channel}”, so messages would be refused. "
        "File it under Filings and send once it is in force.",
    ),
    "filing.template_missing": (
        "通道“{channel}”要求模板先报备，这条短信（“{template}”第 {version} 版）还没有报备。请到“报备”提交。",
        "Channel “{channel}” wants templates filed; this one (“{template}”, version {version}) is not. File it under "
        "Filings.",
    ),
    "filing.template_waiting": (
        "“{template}”第 {version} 版在通道“{channel}”上的报备还没有生效。请等服务商通过后再发。",
        "The filing of “{template}”, version {version}, over channel “{channel}” is not in force. Wait until "
        "the vendor has approved it.",
    ),
    "filing.template_differs": (
        "这条短信与在通道“{channel}”上报备的文字（模板号 {number}）对不上，服务商会拒收。请改回报备的文字，或把新文字重新报备。",
        "This text does not match what was filed over channel “{channel}” (template {number}), so the vendor would "
        "refuse it. Change it back, or file the new text.",
    ),
    "filing.bulk_missing": (
        "{day}（{name}）是大促日，通道“{channel}”当天发送超过 {threshold} 条要有提前报备的编号；这次是 {messages} 条。"
        "请先办好大促报备，或换一天。",
        "{day} ({name}) is a peak day: more than {threshold} messages over channel “{channel}” need a number obtained "
        "in advance; these are {messages}. File the bulk sending first, or choose another day.",
    ),
    "filing.bulk_exceeded": (
        "{day}（{name}）的大促报备 {number} 每天最多 {at_most} 条，当天在通道“{channel}”上共有 {messages} 条。"
        "请缩小人群、换一天，或报备更多。",
        "The bulk filing {number} for {day} ({name}) covers {at_most} messages a day; over channel “{channel}” there "
        "would be {messages}. Narrow the audience, choose another day, or file more.",
    ),
    "route.carries_nobody": (
        "路由“{route}”里没有一个通道能发这条短信：逐个看看通道是否启用、签名和模板是否报备、文字是否收。",
        "No channel of route “{route}” can carry this text: see whether its channels are enabled, whether signature and "
        "template are filed, and whether they take the wording.",
    ),
    "acceptance.signature_length": (
        "这个通道的签名要 {shortest} 到 {longest} 个字，【{signature}】有 {length} 个。请换一个签名。",
        "This channel takes signatures of {shortest} to {longest} characters; 【{signature}】 has {length}. Choose "
        "another.",
    ),
    "acceptance.opt_out": (
        "这个通道不收“{wording}”这种退订提示。请改成“{proposed}”。",
        "This channel does not take the opt-out wording “{wording}”. Change it to “{proposed}”.",
    ),
    "acceptance.one_way": (
        "这个通道收不到回复，“{wording}”就无法兑现，不能发营销短信。请换通道。",
        "No reply comes back over this channel, so “{wording}” could not be honoured; marketing may not leave over it. "
        "Choose another channel.",
    ),
    "acceptance.variables": (
        "这个通道的营销短信不能用变量（{variables}）。请写成固定文字，或换通道。",
        "This channel takes no variables in marketing texts ({variables}). Write constant text, or choose another "
        "channel.",
    ),
    "acceptance.adjacent": (
        "两个变量紧挨着，这个通道不收。请在中间加上固定文字。",
        "Two variables stand next to each other, which this channel refuses. Put constant text between them.",
    ),
    "acceptance.only_variables": (
        "正文全是变量，这个通道不收。请加上固定文字。",
        "The text is made of variables only, which this channel refuses. Add constant text.",
    ),
    "acceptance.link_variable": (
        "链接里有变量，这个通道只收固定的链接：{link}。请去掉变量，或换通道。",
        "A link holds a variable; this channel takes constant links only: {link}. Remove it, or choose another channel.",
    ),
    "acceptance.link_whole_variable": (
        "这个通道的链接里，变量只能在固定域名之后：{link}。请写成 https://域名/路径/变量。",
        "On this channel a variable in a link may only follow a constant domain: {link}. Write "
        "https://domain/path/variable.",
    ),
    "acceptance.link_domain": (
        "域名 {domain} 没有在这个通道备案（可用：{known}）。请换成可用的域名，或先备案。",
        "The domain {domain} is not filed for this channel (it takes: {known}). Use one of those, or file it first.",
    ),
    "acceptance.salutation": (
        "这个通道要求营销短信带会员称谓（例如“会员您好”）。请加上。",
        "This channel wants marketing texts to address their readers as members (“会员您好”, for example). Add it.",
    ),
    "acceptance.too_long": (
        "最长可达 {units} 个字（含签名和变量），这个通道最多 {at_most} 个。请缩短文字或变量。",
        "It can come to {units} characters, signature and values included; this channel takes {at_most}. Shorten it.",
    ),
    "acceptance.value_too_long": (
        "变量 {variable} 最长可达 {units} 个字，这个通道每个变量最多 {at_most} 个。请换一个变量，或用 truncate 截短。",
        "Variable {variable} can come to {units} characters; this channel takes {at_most} for each. Use another, or "
        "cut it with truncate.",
    ),
    "acceptance.no_card": (
        "通道“{channel}”发的是 5G 消息，模板“{template}”第 {version} 版还没有 5G 卡片。请到模板里做好卡片，或换一个通道。",
        "Channel “{channel}” carries 5G messages, and version {version} of template “{template}” has no card yet. Make "
        "one with the template, or choose another channel.",
    ),
    "acceptance.media_address": (
        "卡片里有图片，但通道“{channel}”没有填图片的公网地址，平台取不到图片。请在通道里填上。",
        "The card shows pictures, but channel “{channel}” states no public address from which the platform could fetch "
        "them. State it with the channel.",
    ),
    "acceptance.symbols": (
        "这个通道不收这些符号：{symbols}。请换成文字（例如把“¥”写成“元”）。",
        "This channel refuses these symbols: {symbols}. Write words instead (“元” for “¥”, for example).",
    ),
}
"""Chinese and English by code."""
