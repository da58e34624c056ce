"""Which channel of a route carries a reader, and why the others do not, in words: from what was kept with the plan. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xinfeng.campaigns.filing_words import carrier_name
from xinfeng.channels.routing import Obstacle
from xinfeng.filings.faults import WORDS as FAULT_WORDS
from xinfeng.filings.faults import Fault

Say = Callable[..., str]
"""Chinese, English, and what goes into the braces."""

OBSTACLES: dict[str, tuple[str, str]] = {
    Obstacle.OTHER_CARRIER: (
        "在路由里只发给别家运营商的客户",
        "is in the route for readers of other carriers only",
    ),
    Obstacle.DISABLED: ("那时停用着", "was switched off"),
    Obstacle.TEXT: ("不收这条文字", "does not take this text"),
    Obstacle.BULK: ("那天的大促没有报备", "has no number for bulk sending on that day"),
    Obstacle.NOT_FILED: (
        "签名没有向{carrier}报备",
        "does not have the signature filed with {carrier}",
    ),
}
"""What stands in a channel's way: the end of a sentence that begins with its name."""

PREFERENCES: dict[str, tuple[str, str]] = {
    "price": ("价格优先", "the cheaper first"),
    "order": ("按顺序", "in order"),
    "read": ("能回已读的优先", "those that tell who read it first"),
}

MOVES: dict[str, tuple[str, str]] = {
    "channel_disabled": ("通道被停用", "the channel was switched off"),
    "channel_refused": ("登录被拒", "its login was refused"),
    "channel_offline": ("连不上", "it could not be reached"),
    "carrier_refuses": ("运营商一直拒绝", "the carrier refused everything"),
    "carrier_silent": ("运营商没有应答", "the carrier did not answer"),
    "carrier_cuts": ("运营商一直断开", "the carrier kept hanging up"),
    "carrier_throttles": ("流控一条也不放行", "flow control let nothing through"),
    "filing_lapsed": ("报备失效", "a filing ended"),
}
"""Why what had not left went on by another channel."""

MOST_FAULTS = 2


@dataclass(frozen=True, slots=True)
class Moved:
    """A chunk's way from one channel to another."""

    from_id: int
    to_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """`kept` is `Way.to_json()` of the moment of planning (or of now). `carrier`: whose network the number was on, None
    where that can't be told any more. `moves` of her message, in order."""

    kept: Mapping[str, Any]
    carrier: int | None
    moves: Sequence[Moved] = ()


def carriers_possible(kept: Mapping[str, Any], *, first_channel: int | None) -> tuple[int, ...]:
    """The carriers whose readers had this channel as their first choice; None: those whom no channel could carry."""
    lanes = {int(carrier): lane for carrier, lane in (kept.get("lanes") or {}).items()}
    if first_channel is None:
        return tuple(sorted(carrier for carrier, lane in lanes.items() if not lane))
    return tuple(sorted(carrier for carrier, lane in lanes.items() if lane and lane[0] == first_channel))


def moved_words(reason: str, say: Say) -> str:
    """Why something moved; `reason` is a code, behind a colon what the carrier answered."""
    code, _colon, result = reason.partition(":")
    words = say(*MOVES[code]) if code in MOVES else code
    return words + (say("（结果 {code}）", " (result {code})", code=result) if result else "")


def route_sentences(facts: RouteFacts, say: Say, language: str) -> Iterator[str]:
    """The lane of her carrier, then each channel that is not in it with what stood in its way."""
    kept, carrier = facts.kept, facts.carrier
    name = str(kept.get("name", ""))
    prefer = say(*PREFERENCES.get(str(kept.get("prefer")), PREFERENCES["order"]))
    if carrier is None:
        yield say("走路由“{name}”（{prefer}）。", "By route “{name}” ({prefer}).", name=name, prefer=prefer)
    else:
        yield from _lane(kept, carrier, name, prefer, say, language)
        yield from _others(kept, carrier, say, language)
    for one in facts.moves:
        yield say(
            "改走：{old} → {new}，因为{why}。",
            "Moved on: {old} → {new}, as {why}.",
            old=_name(kept, one.from_id),
            new=_name(kept, one.to_id),
            why=moved_words(one.reason, say),
        )


def _lane(
    kept: Mapping[str, Any], carrier: int, name: str, prefer: str, say: Say, language: str
) -> Iterator[str]:
    whose = carrier_name(carrier, language)
    lane = (kept.get("lanes") or {}).get(str(carrier)) or []
    if not lane:
        yield say(
            "路由“{name}”里没有通道能发给{whose}的客户。",
            "No channel of route “{name}” can carry readers of {whose}.",
            name=name,
            whose=whose,
        )
        return
    yield say(
        "走路由“{name}”（{prefer}），号码在{whose}：{first}",
        "By route “{name}” ({prefer}), the number is with {whose}: {first}",
        name=name,
        prefer=prefer,
        whose=whose,
        first=_name(kept, lane[0]),
    ) + (
        say(
            "；它断了依次走 {rest}。",
            "; when that fails, {rest}.",
            rest=say("、", ", ").join(_name(kept, one) for one in lane[1:]),
        )
        if lane[1:]
        else say("，没有备用。", ", and none behind it.")
    )


def _others(kept: Mapping[str, Any], carrier: int, say: Say, language: str) -> Iterator[str]:
    stood = {
        int(channel): str(what) for channel, of, what in kept.get("obstacles") or () if int(of) == carrier
    }
    order = [int(one) for one in kept.get("names") or {}]
    whose = carrier_name(carrier, language)
    for channel in sorted(stood, key=lambda one: order.index(one) if one in order else len(order)):
        what = stood[channel]
        why = say(*OBSTACLES.get(what, (what, what)), carrier=whose)
        faults = _faults(kept, channel, language) if what == Obstacle.TEXT else []
        yield say("“{name}”{why}", "“{name}” {why}", name=_name(kept, channel), why=why) + (
            say("：{faults}", ": {faults}", faults=" ".join(faults)) if faults else say("。", ".")
        )


def _faults(kept: Mapping[str, Any], channel: int, language: str) -> list[str]:
    found = (kept.get("faults") or {}).get(str(channel)) or ()
    return [
        Fault(one["code"], one["params"], one.get("part", "")).words(language)
        for one in found[:MOST_FAULTS]
        if one["code"] in FAULT_WORDS
    ]


def _name(kept: Mapping[str, Any], channel: int) -> str:
    return str((kept.get("names") or {}).get(str(channel)) or f"#{channel}")
