"""The text of a plan in words: who approved it, what was found in it by which rules, on which proofs. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from xinfeng.screening.findings import Finding
from xinfeng.screening.rules import Outcome


@dataclass(frozen=True)
class ProofFacts:
    """A proof as a plan relied on it."""

    id: int
    claim: str
    title: str
    valid_until: date


@dataclass(frozen=True)
class TextFacts:
    """What a plan kept of its text. `findings` have the rules of the moment they were found by; `ruleset` is the digest
    of the review's rules, `planned_by` of those the texts were screened by. `objection`: the rule that kept one contact's
    own text from being sent, with its name and source in both languages; None if none did."""

    review: int
    template: str
    number: int
    by: str
    at: datetime
    alone: bool
    with_campaign: bool
    ruleset: str
    planned_by: str
    findings: tuple[Finding, ...]
    proofs: tuple[ProofFacts, ...]
    objection: Objection | None = None


@dataclass(frozen=True)
class Objection:
    """A rule by name and source; empty sources for what needs none."""

    rule: str
    title: tuple[str, str]
    law: tuple[str, str]

    def words(self, language: str) -> str:
        """`name（source）`."""
        english = language.startswith("en")
        title, law = self.title[english], self.law[english]
        if not law:
            return title
        return f"{title} ({law})" if english else f"{title}（{law}）"


LINK_BROUGHT_WORDS = (
    "客户自己的资料带进了文案里没有的链接",
    "The contact's own data brings a link that the text does not have",
)


def text_sentences(
    facts: TextFacts, say: Callable[..., str], when: Callable[[datetime], str], language: str
) -> Iterator[str]:
    """Sentences about a plan's text; `say(chinese, english, **values)` chooses the language."""
    if facts.objection is not None:
        yield say(
            "依据的规则：{rule}。", "The rule that objects: {rule}.", rule=facts.objection.words(language)
        )
    yield say(
        "文案：模板“{template}”第 {number} 版，{at} 由 {by} 审核通过{how}（审核 #{review}，规则集 {digest}）。",
        "Text: version {number} of template “{template}”, approved by {by} at {at}{how} (review #{review}, rules {digest}).",
        template=facts.template,
        number=facts.number,
        at=when(facts.at),
        by=facts.by,
        how=_how(facts, say),
        review=facts.review,
        digest=facts.ruleset[:12],
    )
    for finding in facts.findings:
        if finding.outcome is Outcome.REMARK:
            continue
        yield say(
            "“{matched}”：{law}。{proof}",
            "“{matched}”: {law}. {proof}",
            matched=finding.matched,
            law=finding.law(language),
            proof=_proof(finding, facts, say),
        )
    if facts.planned_by != facts.ruleset:
        yield say(
            "生成计划时按规则集 {digest} 重新核对过。",
            "When it was planned, it was checked again by the rules {digest}.",
            digest=facts.planned_by[:12],
        )


def _how(facts: TextFacts, say: Callable[..., str]) -> str:
    how = say("，随活动一起", ", together with the campaign") if facts.with_campaign else ""
    if facts.alone:
        how += say("，由作者自己批准（没有其他人可以）", ", by its writer, because nobody else may")
    return how


def _proof(finding: Finding, facts: TextFacts, say: Callable[..., str]) -> str:
    words = "".join(finding.matched.split())
    for one in facts.proofs:
        if "".join(one.claim.split()) == words:
            return say(
                "凭证 #{id}“{title}”，有效至 {day}。",
                "Proof #{id} “{title}”, valid until {day}.",
                id=one.id,
                title=one.title,
                day=one.valid_until.isoformat(),
            )
    return ""
