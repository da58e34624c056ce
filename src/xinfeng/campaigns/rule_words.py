"""The rules that a plan was made under, in words: from its snapshot, whatever the rules have become since. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Say = Callable[..., str]
"""Chinese, English, and what goes into the braces."""

_SPANS = {"day": ("每天", "a day"), "week": ("七天", "in seven days"), "month": ("30 天", "in thirty days")}


def rules_sentences(policy: Mapping[str, Any], purpose: str, say: Say) -> Iterator[str]:
    """The ceilings of the purpose and, where the rules were changed by somebody, since when they held."""
    limits = _ceilings(policy, purpose)
    told = [
        say("{span} {most} 条", "{most} {span}", span=say(*_SPANS[span]), most=most)
        for span, most in limits.items()
        if most is not None
    ]
    if told:
        ceilings = say("，", ", ").join(told)
        tier = say("，另按分层", ", and those of the tier") if purpose == "marketing" else ""
        yield say(
            "计划时的频次上限：{ceilings}{tier}；已计划的也计入。",
            "Ceilings when it was planned: {ceilings}{tier}; planned messages count.",
            ceilings=ceilings,
            tier=tier,
        )
    last = max(policy.get("changes", ()), key=lambda one: str(one["from"]), default=None)
    if last is not None and not str(last["by"]).startswith("system:"):
        yield say(
            "规则最近一次修改由 {by} 作出，自 {since} 起生效。",
            "The rules were last changed by {by}, in force since {since}.",
            by=last["by"],
            since=str(last["from"])[:16].replace("T", " ") + " UTC",
        )


def _ceilings(policy: Mapping[str, Any], purpose: str) -> dict[str, int | None]:
    """Also of plans made before there were ceilings per purpose and month."""
    if "ceilings" in policy:
        found: dict[str, int | None] = policy["ceilings"].get(purpose, {})
        return {span: found.get(span) for span in _SPANS}
    if purpose == "marketing" and {"per_day", "per_week"} <= policy.keys():
        return {"day": policy["per_day"], "week": policy["per_week"]}
    return {}
