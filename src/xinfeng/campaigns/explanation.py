"""The answer to "why did this person get it, or not": its facts, and its words in Chinese and English. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from xinfeng.campaigns.filing_words import carrier_name, carrier_names, filing_sentences
from xinfeng.campaigns.route_words import RouteFacts, route_sentences
from xinfeng.campaigns.rule_words import rules_sentences
from xinfeng.campaigns.wording_words import TextFacts, text_sentences
from xinfeng.consent.evidence_words import evidence_in_words, source_in_words
from xinfeng.consent.reads import EntryRow
from xinfeng.delivery.models import Outcome
from xinfeng.delivery.outcomes import MessageState as State
from xinfeng.delivery.planning import Window
from xinfeng.delivery.reads import MessageHistory
from xinfeng.foundation import settings
from xinfeng.kernel.errors import XinfengError
from xinfeng.policy.gates import Verdict as GateVerdict
from xinfeng.policy.reasons import reason_name, reason_sentence


class Verdict(StrEnum):
    """The answer in a word. The WOULD_ ones are about a campaign that is not planned yet."""

    SENT = "sent"
    WAITING = "waiting"
    WITHHELD = "withheld"
    LEFT_OUT = "left_out"
    NOT_IN_AUDIENCE = "not_in_audience"
    WOULD_BE_SENT = "would_be_sent"
    WOULD_BE_LEFT_OUT = "would_be_left_out"
    WOULD_NOT_BE_IN_AUDIENCE = "would_not_be_in_audience"


@dataclass(frozen=True)
class PlanFacts:
    """What was in force when the plan was made. `policy` is `policy.snapshot()` of that moment."""

    id: int
    planned_at: datetime
    windows: tuple[Window, ...]
    deadline: datetime
    policy: dict[str, Any]


@dataclass(frozen=True)
class ApprovalFacts:
    """Who approved it; `alone`: the author herself, because nobody else may."""

    by: str
    at: datetime
    alone: bool


@dataclass(frozen=True)
class Explanation:
    """The answer with what it rests on. `phone` is masked.

    `reason` is the gate's code (left out), or why a message was withheld. `consent` is the entry the message
    rests on, or the last one before the decision; `consent_since` what the person said afterwards, oldest first.
    `text`: what was approved as its wording, by which rules, on which proofs. `route`: which channels of its route could
    carry her, None without a route. `channels`: the names of those her message was handed to.
    `gates` are all gates' verdicts, for a campaign not planned yet. `rule` is the segment's rule in the language of the key ("zh", "en").
    """

    campaign_id: int
    campaign: str
    campaign_state: str
    purpose: str
    contact_id: int
    phone: str
    verdict: Verdict
    reason: str
    decided_at: datetime
    rule: dict[str, str]
    consent: EntryRow | None
    consent_since: tuple[EntryRow, ...]
    plan: PlanFacts | None
    approval: ApprovalFacts | None
    message: MessageHistory | None
    gates: tuple[GateVerdict, ...] = ()
    left_to: tuple[str, ...] = ()
    """The campaigns that the plan left slots to, where this contact's was one of them."""
    text: TextFacts | None = None
    fault: dict[str, Any] | None = None
    """What made a failed campaign fail: `code` and `params` of an error."""
    route: RouteFacts | None = None
    channels: Mapping[int, str] = field(default_factory=dict)

    def words(self, language: str = "zh", *, fault_words: str = "") -> list[str]:
        """The whole explanation as sentences, the verdict first; times in the enterprise's zone. `fault_words`: what
        the door says of `failure`, where there is one."""
        return list(_Sentences(self, language, fault_words).all())

    @property
    def planned_or_pending(self) -> bool:
        """Whether it has a plan, or may still get one."""
        return self.plan is not None or self.campaign_state not in _ENDED_EARLY

    @property
    def failure(self) -> XinfengError | None:
        """Why the campaign failed, where it did; doors have words for it."""
        code = self.fault.get("code") if self.fault else None
        return XinfengError(code, **self.fault.get("params", {})) if self.fault and code else None


_VERDICTS = {
    Verdict.SENT: ("已提交给运营商。", "It was handed to a carrier."),
    Verdict.WAITING: ("已列入计划，还没有提交。", "It is planned and has not been handed to a carrier yet."),
    Verdict.WITHHELD: ("已列入计划，但没有发出：{reason}。", "It was planned but not sent: {reason}."),
    Verdict.LEFT_OUT: (
        "没有列入计划，被关卡拦下：{reason}。",
        "It was left out of the plan by a gate: {reason}.",
    ),
    Verdict.NOT_IN_AUDIENCE: (
        "生成计划时，该客户不在人群里。",
        "When the plan was made, this contact was not in the audience.",
    ),
    Verdict.WOULD_BE_SENT: (
        "活动还没有生成计划。按现在的情况，该客户会收到。",
        "The campaign is not planned yet. As things stand, this contact would get it.",
    ),
    Verdict.WOULD_BE_LEFT_OUT: (
        "活动还没有生成计划。按现在的情况，会被关卡拦下：{reason}。",
        "The campaign is not planned yet. As things stand, a gate would refuse: {reason}.",
    ),
    Verdict.WOULD_NOT_BE_IN_AUDIENCE: (
        "活动还没有生成计划。按现在的情况，该客户不在人群里。",
        "The campaign is not planned yet. As things stand, this contact is not in the audience.",
    ),
}

_ENDED_EARLY = {
    "failed": (
        "活动没有完成，没有发给任何人：{reason}",
        "The campaign failed and nobody was written to: {reason}",
    ),
    "stopped": (
        "活动在生成计划之前就停止了，没有发给任何人。",
        "The campaign was stopped before it was planned; nobody was written to.",
    ),
}
"""Campaigns that are over without ever having had a plan: whatever the gates say, nobody gets them."""

_STATES = {
    State.PLANNED: ("等待发送", "waiting"),
    State.WITHHELD: ("未发出", "withheld"),
    State.UNCERTAIN: (
        "不确定：可能已发出，也可能没有；不会重发，等回执确认",
        "uncertain: it may or may not have left; it is not sent again, its receipt will tell",
    ),
    State.ACCEPTED: ("运营商已接收，等回执", "taken by the carrier, receipt awaited"),
    State.DELIVERED: ("已送达", "delivered"),
    State.FAILED: ("未送达", "failed"),
}

_OUTCOMES = {
    Outcome.ACCEPTED: ("运营商接收", "taken by the carrier"),
    Outcome.REFUSED: ("运营商拒收", "refused by the carrier"),
    Outcome.THROTTLED: ("流控退回，稍后再发", "sent back for flow control, to go again"),
    Outcome.UNCERTAIN: ("结果不明", "unknown"),
}


class _Sentences:
    """Writes one explanation in one language."""

    def __init__(self, explanation: Explanation, language: str, fault_words: str) -> None:
        self._it = explanation
        self._fault_words = fault_words
        self._english = language.startswith("en")
        self._zone = settings.load().zone

    def all(self) -> Iterator[str]:
        it = self._it
        if not it.planned_or_pending:
            yield self._ended_early()
        yield self._say(*_VERDICTS[it.verdict], reason=self._reason())
        if it.verdict in (Verdict.NOT_IN_AUDIENCE, Verdict.WOULD_NOT_BE_IN_AUDIENCE) and it.rule:
            yield self._say("人群规则：{rule}。", "The segment's rule: {rule}.", rule=it.rule[self._language])
        if it.reason and (sentence := reason_sentence(it.reason, self._language)):
            yield sentence
        if len(it.left_to) == 1:
            yield self._say(
                "生成计划时，名额让给了排在前面的活动：{name}。",
                "When the plan was made, the slot was left to a campaign that goes first: {name}.",
                name=it.left_to[0],
            )
        elif it.left_to:
            yield self._say(
                "生成计划时，名额让给了排在前面的一个活动，是以下之一：{names}。它们都还没有写给这位客户。",
                "When the plan was made, the slot was left to a campaign that goes first, one of these: {names}. None of "
                "them has written to this contact yet.",
                names=self._say("、", ", ").join(it.left_to),
            )
        yield from self._gates()
        yield from self._consent()
        if it.approval is not None:
            yield self._approval()
        if it.text is not None:
            yield from text_sentences(it.text, self._say, self._time, self._language)
        if it.plan is not None:
            yield from self._plan()
        if it.route is not None:
            yield from route_sentences(it.route, self._say, self._language)
        yield from self._message()

    def _ended_early(self) -> str:
        it = self._it
        why = self._fault_words or (it.failure.code if it.failure else "—")
        return self._say(*_ENDED_EARLY[it.campaign_state], reason=why)

    @property
    def _language(self) -> str:
        return "en" if self._english else "zh"

    def _say(self, chinese: str, english: str, **values: Any) -> str:
        return (english if self._english else chinese).format_map(values)

    def _time(self, at: datetime) -> str:
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    def _reason(self) -> str:
        return reason_name(self._it.reason, self._language) if self._it.reason else ""

    def _gates(self) -> Iterator[str]:
        for verdict in self._it.gates:
            if not verdict.figures:
                continue
            reason = verdict.gate.reason
            yield self._say(
                "关卡“{gate}”：{outcome}（{figures}）",
                "Gate “{gate}”: {outcome} ({figures})",
                gate=reason.name_en if self._english else reason.name,
                outcome=self._say("通过", "passed") if verdict.passed else self._say("拒绝", "refused"),
                figures=self._figures(verdict.figures),
            )

    def _figures(self, figures: Mapping[str, Any]) -> str:
        if "sent" in figures:
            return self._say(
                "{days} 天内 {sent} 条，上限 {at_most} 条",
                "{sent} within {days} days, at most {at_most}",
                **figures,
            )
        if "left_to" in figures:
            return self._say(
                "留给：{names}", "left to: {names}", names=self._say("、", ", ").join(figures["names"])
            )
        if "filed" in figures:
            return self._say(
                "客户在{carrier}，已报备：{filed}",
                "the contact is with {carrier}, filed with: {filed}",
                carrier=carrier_name(figures["carrier"], self._language),
                filed=carrier_names(figures["filed"], self._language),
            )
        if "carrier" in figures:
            return self._say(
                "客户在{carrier}",
                "the contact is with {carrier}",
                carrier=carrier_name(figures["carrier"], self._language),
            )
        if "entry_seq" in figures:
            return self._say("账本第 {entry_seq} 条", "ledger entry {entry_seq}", **figures)
        return ", ".join(f"{name} {value}" for name, value in figures.items())

    def _consent(self) -> Iterator[str]:
        it = self._it
        if it.consent is None:
            yield self._say("账本里没有这一用途的授权记录。", "The ledger has no entry for this purpose.")
        else:
            yield self._entry(it.consent)
        for entry in it.consent_since:
            yield self._say("之后：", "Afterwards: ") + self._entry(entry)

    def _entry(self, entry: EntryRow) -> str:
        text = self._say(
            "授权账本第 {seq} 条：{at} {what}，来源 {source}",
            "Ledger entry {seq}: {at} {what}, source {source}",
            seq=entry.seq,
            at=self._time(entry.at),
            what=self._say("同意", "granted") if entry.granted else self._say("撤回", "withdrawn"),
            source=source_in_words(entry.source, self._language),
        )
        if entry.notice:
            text += self._say("，告知书 {notice}", ", notice {notice}", notice=entry.notice)
        if entry.evidence:
            text += self._say(
                "，凭证：{evidence}",
                ", evidence: {evidence}",
                evidence=evidence_in_words(entry.evidence, self._language),
            )
        return text + self._say("。", ".")

    def _approval(self) -> str:
        approval = self._it.approval
        assert approval is not None
        text = self._say(
            "{by} 于 {at} 批准", "Approved by {by} at {at}", by=approval.by, at=self._time(approval.at)
        )
        if approval.alone:
            text += self._say("（作者本人；没有其他人可以审批）", " (the author; nobody else may approve)")
        return text + self._say("。", ".")

    def _plan(self) -> Iterator[str]:
        plan = self._it.plan
        assert plan is not None
        yield self._say(
            "计划 {id} 生成于 {at}。",
            "Plan {id} was made at {at}.",
            id=plan.id,
            at=self._time(plan.planned_at),
        )
        windows = "; ".join(f"{self._time(start)} – {self._time(end)}" for start, end in plan.windows[:3])
        more = len(plan.windows) - 3
        if more > 0:
            windows += self._say("；另有 {more} 个", "; {more} more", more=more)
        yield self._say("发送时段：{windows}。", "Send windows: {windows}.", windows=windows)
        if plan.policy.get("filing"):
            yield from filing_sentences(plan.policy["filing"], self._say)
        yield from rules_sentences(plan.policy, self._it.purpose, self._say)

    def _message(self) -> Iterator[str]:
        message = self._it.message
        if message is None:
            return
        state = self._say(*_STATES[message.state])
        yield self._say(
            "短信 {id}：{state}，{parts} 条计费。",
            "Message {id}: {state}, {parts} parts.",
            id=message.id,
            state=f"{state} ({message.code})" if message.code else state,
            parts=message.parts,
        )
        for attempt in message.attempts:
            yield self._say(
                "{at} 第 {part} 条提交到通道 {channel}：{outcome} {code}",
                "{at} part {part} to channel {channel}: {outcome} {code}",
                at=self._time(attempt.sent_at),
                part=attempt.part,
                channel=self._it.channels.get(attempt.channel_id, attempt.channel_id),
                outcome=self._say(*_OUTCOMES[Outcome(attempt.outcome)]),
                code=attempt.code,
            ).rstrip()
        for receipt in message.receipts:
            yield self._say(
                "{at} 第 {part} 条回执：{stat}",
                "{at} receipt for part {part}: {stat}",
                at=self._time(receipt.received_at),
                part=receipt.part,
                stat=receipt.stat,
            )
        for reply in message.replies:
            yield self._say("{at} 客户回复", "{at} the person replied", at=self._time(reply.at)) + (
                self._say("：退订", ": opted out") if reply.meaning == "opt_out" else ""
            )
