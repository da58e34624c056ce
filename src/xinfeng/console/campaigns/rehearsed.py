"""What a rehearsal showed, in words and in the shape of the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xinfeng.campaigns import reads as campaigns
from xinfeng.campaigns.models import Campaign, RehearsalState
from xinfeng.campaigns.reads import Person
from xinfeng.campaigns.rehearsal import reads
from xinfeng.campaigns.rehearsal.faults import Fault
from xinfeng.campaigns.rehearsal.outcome import ChannelOutcome, Outcome
from xinfeng.campaigns.rehearsal.reads import Rehearsed
from xinfeng.campaigns.rehearsal.subject import AUDIENCE, RATE, TEXT, WAY
from xinfeng.channels import codes
from xinfeng.channels.codes import Phase
from xinfeng.channels.models import Channel, ChannelKind
from xinfeng.console.campaigns.samples import language
from xinfeng.console.components import Stat
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.contacts.labels import CARRIERS as CARRIER_NAMES
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.console.words import sentence
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import utc_now
from xinfeng.policy.reasons import REASONS, reason_name

FAULTS: dict[Fault, tuple[Text, Text]] = {
    Fault.NONE: (gettext_lazy("不出故障"), gettext_lazy("运营商照常接收")),
    Fault.FLOW: (gettext_lazy("流控"), gettext_lazy("运营商只收通道速率的六成，多的拒绝")),
    Fault.CUT: (gettext_lazy("断线"), gettext_lazy("发到三分之一时断开一次，可以重连")),
    Fault.OUTAGE: (gettext_lazy("通道中断"), gettext_lazy("最忙的通道发到三分之一时断开，不再恢复")),
    Fault.SLOW: (gettext_lazy("慢回执"), gettext_lazy("应答慢 0.3 秒，回执 6 秒后才到")),
    Fault.PARTIAL: (gettext_lazy("部分失败"), gettext_lazy("拒绝 5%，另有一成回执为失败")),
}
"""Name, and what then happens at the simulated carrier."""

STATES: dict[str, Text] = {
    RehearsalState.WAITING: gettext_lazy("就要开始"),
    RehearsalState.RUNNING: gettext_lazy("正在演练"),
    RehearsalState.DONE: gettext_lazy("已完成"),
    RehearsalState.CANCELLED: gettext_lazy("已取消"),
    RehearsalState.FAILED: gettext_lazy("失败"),
}

PARTS: dict[str, Text] = {
    TEXT: gettext_lazy("短信文字"),
    AUDIENCE: gettext_lazy("分群"),
    WAY: gettext_lazy("路由或通道"),
    RATE: gettext_lazy("速率"),
}


@dataclass(frozen=True)
class Line:
    """One channel as the table shows it. `refused` and `receipts`: code, words, count."""

    one: ChannelOutcome
    url: str
    kind: str
    tone: Tone
    state: Text
    refused: list[tuple[str, str, int]]
    receipts: list[tuple[str, str, int]]


@dataclass(frozen=True)
class UnwrittenLine:
    """A contact whose text could not be written; None: she is no longer there."""

    person: Person | None
    contact_id: int
    channel: str
    reason: str


def summary(campaign: Campaign) -> dict[str, Any]:
    """The last rehearsal in a few lines, for the preflight."""
    found = reads.last(campaign, now=utc_now())
    return {"url": reverse("campaigns.rehearsal", args=[campaign.pk]), **_head(found)}


def whole(campaign: Campaign, found: Rehearsed | None) -> dict[str, Any]:
    """Everything about the last rehearsal."""
    context = _head(found)
    outcome = found.outcome if found is not None else None
    if outcome is None:
        return context
    return context | {
        "outcome": outcome,
        "stats": _stats(outcome),
        "remarks": remarks(outcome),
        "lines": [_line(one) for one in outcome.channels],
        "unwritten": _unwritten(outcome),
        "reasons": [(reason_words(code), count) for code, count in outcome.reasons.items()],
        "carriers": [(CARRIER_NAMES[int(one)], count) for one, count in outcome.carriers.items()],
    }


def _head(found: Rehearsed | None) -> dict[str, Any]:
    if found is None:
        return {"row": None}
    tone, words = verdict(found)
    return {
        "row": found.row,
        "running": found.running,
        "state": STATES[found.row.state],
        "tone": tone,
        "words": words,
        "fault": FAULTS[Fault(found.row.fault)][0] if found.row.fault else "",
        "outdated": [PARTS[part] for part in found.outdated] if not found.running else [],
    }


def verdict(found: Rehearsed) -> tuple[Tone, Text]:
    """What it comes to, in one sentence."""
    row = found.row
    if found.lost:
        return "warn", sentence(Conflict("rehearsal.lost"))
    if found.running:
        return "accent", _("正在演练")
    if row.state == RehearsalState.CANCELLED:
        return "neutral", _("演练已取消，没有结果。")
    if found.outcome is None:
        error = row.error or {"code": "rehearsal.broke", "params": {}}
        return "bad", sentence(Conflict(error["code"], **error["params"]))
    return _outcome_verdict(found.outcome)


def _outcome_verdict(outcome: Outcome) -> tuple[Tone, Text]:
    texts = sum(one.texts for one in outcome.channels)
    arrived = sum(one.equal for one in outcome.channels)
    if not outcome.sound:
        return "bad", _("到达的短信有和写好的不一样的，或有重复的。请不要开始这个活动。")
    if outcome.settled:
        return "good", _("%(n)s 条短信都到了模拟运营商，逐字相同，各一条。") % {"n": num(arrived)}
    if not texts:
        return "bad", _("没有一条短信能写成通道要的样子。")
    if outcome.unwritten_count:
        return "warn", _("%(n)s 条短信到了模拟运营商，逐字相同；另有 %(bad)s 条写不出来。") % {
            "n": num(arrived),
            "bad": num(outcome.unwritten_count),
        }
    return "warn", _("%(n)s 条短信里有 %(arrived)s 条完整到达，逐字相同，没有重复。") % {
        "n": num(texts),
        "arrived": num(arrived),
    }


def _stats(outcome: Outcome) -> list[Stat]:
    texts = sum(one.texts for one in outcome.channels)
    equal = sum(one.equal for one in outcome.channels)
    parts = sum(one.parts for one in outcome.channels)
    accepted = sum(one.accepted for one in outcome.channels)
    longest = max((one.longest for one in outcome.channels), default=0)
    most = max((one.most_parts for one in outcome.channels), default=0)
    size = sum(one.content_bytes for one in outcome.channels)
    sending = max((one.seconds for one in outcome.channels), default=0.0)
    return [
        Stat(
            _("逐字相同的短信"),
            f"{num(equal)} / {num(texts)}",
            hint=_("会收到的 %(n)s 人里取样") % {"n": num(outcome.audience)},
        ),
        Stat(
            _("运营商接收的计费条"),
            f"{num(accepted)} / {num(parts)}",
            hint=_("内容共 %(n)s KB") % {"n": f"{size / 1024:.1f}"},
        ),
        Stat(_("最长的一条"), num(longest), unit=_("字"), hint=_("%(n)s 个计费条") % {"n": most}),
        Stat(
            _("发送用时"),
            f"{sending:.1f}",
            unit=_("秒"),
            hint=_("整次演练 %(n)s 秒") % {"n": f"{outcome.seconds:.0f}"},
        ),
    ]


def remarks(outcome: Outcome) -> list[tuple[Tone, Text]]:
    """What Xinfeng did about what went wrong, and what was not rehearsed."""
    said: list[tuple[Tone, Text]] = []
    channels = outcome.channels
    if throttled := sum(one.throttled for one in channels):
        said.append(
            (
                "info",
                _("运营商因为太快拒绝了 %(n)s 次。信风放慢了速度，被拒绝的都又提交了。")
                % {"n": num(throttled)},
            )
        )
    if uncertain := sum(one.uncertain for one in channels):
        came = sum(one.uncertain_arrived for one in channels)
        words = _("%(n)s 个计费条没有等到应答，成为“待定”，不会重发。") % {"n": num(uncertain)}
        if came:
            words += _("其中 %(came)s 位客户的短信其实已经到了：重发就会收到两次。") % {"came": num(came)}
        said.append(("warn", words))
    for one in channels:
        if one.moved_out:
            into = "、".join(other.name for other in channels if other.moved_in)
            said.append(
                (
                    "info",
                    _(
                        "通道“%(name)s”断了：还没有提交的 %(n)s 条改走“%(into)s”。真正发送时要先等断线等待的秒数。"
                    )
                    % {"name": one.name, "n": num(one.moved_out), "into": into},
                )
            )
        if one.waiting and outcome.fault == Fault.OUTAGE:
            said.append(
                (
                    "warn",
                    _("通道“%(name)s”断了，%(n)s 个计费条没有别的通道可走，会留着等它恢复。")
                    % {"name": one.name, "n": num(one.waiting)},
                )
            )
        elif one.waiting:
            said.append(
                (
                    "warn",
                    _("通道“%(name)s”有 %(n)s 个计费条在演练的时间里没有轮到。")
                    % {"name": one.name, "n": num(one.waiting)},
                )
            )
    if outcome.spared:
        said.append(
            (
                "neutral",
                _("按通道的速率，一分钟发不完这么多，少演练了 %(n)s 条。") % {"n": num(outcome.spared)},
            )
        )
    return said


def _line(one: ChannelOutcome) -> Line:
    tone: Tone = "good" if one.settled else "warn"
    state: Text = _("全部接收") if one.settled else _("没有全部接收")
    if one.different or one.twice:
        tone, state = "bad", _("内容不符或重复")
    elif not one.texts:
        tone, state = "neutral", _("没有短信")
    elif not one.logins:
        tone, state = "bad", _("没有连上")
    return Line(
        one,
        reverse("channels.detail", args=[one.channel_id]),
        str(dict(ChannelKind.choices).get(one.kind, one.kind)),
        tone,
        state,
        [(code, meaning(one.kind, code, Phase.SUBMIT), count) for code, count in one.refused.items()],
        [
            (code, meaning(one.kind, code, Phase.RECEIPT), count)
            for code, count in sorted(one.receipts.items())
        ],
    )


def meaning(kind: str, code: str, phase: Phase) -> str:
    return codes.explain(kind, code, phase=phase).meaning(language())


def _unwritten(outcome: Outcome) -> list[UnwrittenLine]:
    people = {one.contact_id: one for one in campaigns.people([one.contact_id for one in outcome.unwritten])}
    names = dict(
        Channel.objects.filter(pk__in={one.channel_id for one in outcome.unwritten}).values_list("pk", "name")
    )
    return [
        UnwrittenLine(
            people.get(one.contact_id),
            one.contact_id,
            names.get(one.channel_id, ""),
            reason_words(one.reason),
        )
        for one in outcome.unwritten
    ]


def reason_words(code: str) -> str:
    if code in REASONS:
        return reason_name(code, language())
    return _("写不成这个通道的短信（%(code)s）") % {"code": code}
