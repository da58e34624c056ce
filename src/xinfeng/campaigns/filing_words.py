"""Which filings a plan relied on, in words, from what was kept with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from xinfeng.kernel.phones import Carrier

_CARRIERS: dict[int, tuple[str, str]] = {
    Carrier.UNKNOWN: ("未知运营商", "an unknown carrier"),
    Carrier.MOBILE: ("中国移动", "China Mobile"),
    Carrier.UNICOM: ("中国联通", "China Unicom"),
    Carrier.TELECOM: ("中国电信", "China Telecom"),
    Carrier.BROADNET: ("中国广电", "China Broadnet"),
}


def carrier_name(carrier: int, language: str) -> str:
    """The carrier's name; an unknown one is said to be so."""
    return _CARRIERS.get(carrier, _CARRIERS[Carrier.UNKNOWN])[language.startswith("en")]


def carrier_names(carriers: Iterable[int], language: str) -> str:
    """Names in a list; of none, that there is none."""
    english = language.startswith("en")
    names = [carrier_name(one, language) for one in carriers]
    return (", " if english else "、").join(names) or ("none" if english else "无")


def filing_sentences(kept: Mapping[str, Any], say: Callable[..., str]) -> Iterator[str]:
    """Sentences about `Terms.to_json`; `say(chinese, english, **values)` chooses the language."""
    if kept.get("carriers") is not None:
        yield (
            say("签名【{signature}】的报备：", "Filings of signature 【{signature}】: ", **kept)
            + "".join(
                say("；", "; ") * bool(number) + _one(one, say)
                for number, one in enumerate(kept["signatures"])
            )
            + say("。", ".")
        )
    if template := kept.get("template"):
        yield say("模板报备：{number}。", "Template filed as {number}.", number=template["number"] or "—")
    for one in kept.get("bulk") or ():
        yield say(
            "大促报备：{number}，{effective_on} 至 {expires_on}。",
            "Bulk sending filed as {number}, {effective_on} to {expires_on}.",
            **one,
        )


def _one(filing: Mapping[str, Any], say: Callable[..., str]) -> str:
    names = _CARRIERS.get(filing["carrier"], _CARRIERS[Carrier.UNKNOWN])
    text = say(*names)
    if filing["number"]:
        text += f" {filing['number']}"
    if filing["expires_on"]:
        text += say("（至 {day}）", " (until {day})", day=filing["expires_on"])
    return text
