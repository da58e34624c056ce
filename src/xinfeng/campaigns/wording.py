"""The text of a campaign in review: approved with it, looked at again before it is sent, kept with its plan.

An approval of a campaign covers its text, so a small team has one step; a text that was reviewed before needs none of its
own. At the start and when the plan is made the text is judged by the rules of that moment: what they block, and what is
no longer proven, is not sent, whatever was approved before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from xinfeng.campaigns.lifecycle import Move
from xinfeng.campaigns.models import Campaign, CampaignState, CampaignStep, TextRefusal
from xinfeng.campaigns.rendered import TextGate
from xinfeng.campaigns.wording_words import LINK_BROUGHT_WORDS, Objection, ProofFacts, TextFacts
from xinfeng.content import review
from xinfeng.content.judging import LINK_BROUGHT
from xinfeng.content.models import ReviewState, TemplateVersion, VersionReview
from xinfeng.content.review import Doubt, Judgement
from xinfeng.content.review_queue import Risk, risk_now
from xinfeng.delivery.models import Plan
from xinfeng.kernel.errors import Conflict
from xinfeng.screening.findings import from_json
from xinfeng.screening.reads import ruleset, screener
from xinfeng.screening.rules import shipped
from xinfeng.screening.ruleset import RuleSet


@dataclass(frozen=True)
class Wording:
    """A campaign's text as it stands at a moment. `row`: its review that holds; `today`: what the rules of that moment
    say, in the campaign's trade."""

    version: TemplateVersion
    row: VersionReview | None
    today: Judgement
    gate: TextGate

    @property
    def is_approved(self) -> bool:
        return self.row is not None and self.row.state == ReviewState.APPROVED

    @property
    def doubts(self) -> list[Doubt]:
        """What stands against sending it, or has overtaken its approval; worst first."""
        return review.doubts(self.version, self.row, self.today)

    def kept(self) -> dict[str, Any]:
        """What a plan keeps of it: the review with its findings, rules and proofs, and the rules it was planned by."""
        row = self.row
        assert row is not None
        return {
            "review": row.pk,
            "version": self.version.pk,
            "number": self.version.number,
            "template": self.version.template.name,
            "by": row.actor,
            "at": row.at.isoformat(),
            "alone": row.alone,
            "with_campaign": row.campaign_id is not None,
            "ruleset": row.ruleset,
            "findings": row.findings,
            "evidence": [
                {
                    "id": proof.pk,
                    "claim": proof.claim,
                    "title": proof.title,
                    "valid_until": proof.valid_until.isoformat(),
                }
                for proof in self.today.proofs.values()
            ],
            "planned_by": self.today.judged.ruleset,
        }


def wording_of(campaign: Campaign, *, at: datetime) -> Wording:
    """The campaign's text, judged by the rules in force at `at`. The campaign has a text."""
    version = campaign.template_version
    assert version is not None
    today = review.judgement_of(version, at=at, trade=campaign.trade)
    gate = TextGate(screener(at), campaign.trade, campaign.purpose, today.judged)
    return Wording(version, review.review_of(version.pk), today, gate)


def sendable(campaign: Campaign, *, at: datetime) -> Wording:
    """The campaign's text, if it may be sent now.

    Raises Conflict `review.version_blocked`, `review.returned`, `review.not_approved`, `review.forbidden`,
    `review.unproven`.
    """
    found = wording_of(campaign, at=at)
    review.check_usable(found.row, found.version)
    review.check(found.today, found.version)
    if not found.is_approved:
        raise Conflict(
            "review.not_approved",
            template=found.version.template.name,
            number=found.version.number,
            version=found.version.pk,
        )
    return found


def text_kept(plan: Plan, left_out: int | None) -> TextFacts | None:
    """What a plan kept of its text; None for plans from before texts were reviewed. `left_out`: the contact whose own
    text was refused."""
    kept = plan.policy.get("text")
    if kept is None:
        return None
    refusal = TextRefusal.objects.filter(plan=plan, contact_id=left_out).first() if left_out else None
    objection = _objection(refusal.rule, ruleset(kept["planned_by"])) if refusal is not None else None
    return _facts(kept, objection)


def text_now(campaign: Campaign, rule: str, *, at: datetime) -> TextFacts | None:
    """The same for a campaign that is not planned yet; None while its text is not approved. `rule` objects to the own
    text of the contact in question."""
    if campaign.template_version is None:
        return None
    found = wording_of(campaign, at=at)
    if not found.is_approved:
        return None
    return _facts(found.kept(), _objection(rule, found.gate.screener.ruleset) if rule else None)


def _facts(kept: dict[str, Any], objection: Objection | None) -> TextFacts:
    rules = ruleset(kept["ruleset"]).by_id
    return TextFacts(
        review=kept["review"],
        template=kept["template"],
        number=kept["number"],
        by=kept["by"],
        at=datetime.fromisoformat(kept["at"]),
        alone=kept["alone"],
        with_campaign=kept["with_campaign"],
        ruleset=kept["ruleset"],
        planned_by=kept["planned_by"],
        findings=tuple(from_json(one, rules) for one in kept["findings"]),
        proofs=tuple(
            ProofFacts(one["id"], one["claim"], one["title"], date.fromisoformat(one["valid_until"]))
            for one in kept["evidence"]
        ),
        objection=objection,
    )


def _objection(rule_id: str, rules: RuleSet) -> Objection:
    if rule_id == LINK_BROUGHT:
        return Objection(rule_id, LINK_BROUGHT_WORDS, ("", ""))
    rule = rules.by_id[rule_id]
    return Objection(rule_id, (rule.title("zh"), rule.title("en")), (rule.cited("zh"), rule.cited("en")))


def unreviewed_writers(campaign: Campaign) -> set[str]:
    """Who wrote a text that the campaign's approval would approve too; nobody, if it is approved already."""
    version = campaign.template_version
    if version is None or review.state_of(version.pk) == ReviewState.APPROVED:
        return set()
    return review.writers_of(version)


def rule_name(rule_id: str, language: str) -> str:
    """A rule's name as it ships, for the reader; of one that ships no more, its id."""
    if rule_id == LINK_BROUGHT:
        return LINK_BROUGHT_WORDS[language.startswith("en")]
    return next((one.title(language) for one in shipped() if one.id == rule_id), rule_id)


@dataclass(frozen=True)
class Submitted:
    """A campaign that waits for approval, since when and by whom it was submitted; and what its text would come to."""

    campaign: Campaign
    version: TemplateVersion
    since: datetime
    by: str
    risk: Risk


def submitted() -> QuerySet[Campaign]:
    """Campaigns that wait for approval."""
    return Campaign.objects.filter(state=CampaignState.SUBMITTED)


def waiting(*, at: datetime, limit: int = 200) -> list[Submitted]:
    """Campaigns that wait, oldest first; their texts judged by the rules in force at `at`."""
    found = submitted().select_related(
        "author", "template_version__template", "template_version__signature", "template_version__author"
    )
    campaigns = {one.pk: one for one in found.order_by("pk")[:limit]}
    steps = CampaignStep.objects.filter(campaign__in=campaigns, action=Move.SUBMIT).order_by(
        "campaign", "-id"
    )
    rows = []
    for step in steps.distinct("campaign"):
        campaign = campaigns[step.campaign_id]
        assert campaign.template_version is not None
        today = wording_of(campaign, at=at).today
        rows.append(Submitted(campaign, campaign.template_version, step.at, step.actor, risk_now(today)))
    return sorted(rows, key=lambda one: one.since)


def users_of(version_ids: Iterable[int]) -> dict[int, list[Campaign]]:
    """The campaigns that name these versions, latest first."""
    found: dict[int, list[Campaign]] = {}
    for campaign in Campaign.objects.filter(template_version__in=list(version_ids)).order_by("-pk")[:500]:
        assert campaign.template_version_id is not None
        found.setdefault(campaign.template_version_id, []).append(campaign)
    return found
