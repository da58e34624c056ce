"""A strategy for each tier (feature D3): segment, template and draft campaign in one step.

What a strategy is stands in `playbooks.toml`, its texts in `content.library`. Creating one sends nothing: the campaign
is a draft that somebody completes, submits and has approved. Its cap is the ceiling of its tier: the deployment's own
holds; where that is looser than the strategy's, `tighten` brings it to the strategy's for everybody.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import chain, count
from pathlib import Path
from typing import Any

from django.db import transaction

from xinfeng.campaigns import actions, binding
from xinfeng.campaigns.actions import CampaignDraft
from xinfeng.campaigns.models import Campaign
from xinfeng.channels.models import Channel
from xinfeng.content import actions as content
from xinfeng.content import library
from xinfeng.content.models import Signature, Template, TemplateVersion
from xinfeng.foundation import audit
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.policy import reads as policy
from xinfeng.policy.ceilings import TierCap
from xinfeng.policy.models import Trade
from xinfeng.policy.settings import DailyWindow
from xinfeng.policy.windows import windows_of
from xinfeng.segments import actions as segment_actions
from xinfeng.segments import reads as segments
from xinfeng.segments.models import Segment

FILE = Path(__file__).with_name("playbooks.toml")
LONGEST_NAME = 80


@dataclass(frozen=True)
class Playbook:
    """`cap`: at most so many messages. `rule` is a segment's, as JSON; `texts` the first to be offered first."""

    tier: str
    title: str
    title_en: str
    why: str
    why_en: str
    whom: str
    whom_en: str
    cap: TierCap
    rule: Any
    texts: tuple[library.Text, ...]

    def told(self, what: str, language: str) -> str:
        """`title`, `why` or `whom` in a language."""
        found: str = getattr(self, f"{what}_en" if language.startswith("en") else what)
        return found


@lru_cache(maxsize=1)
def playbooks() -> tuple[Playbook, ...]:
    """All of them, in the order of a strategy page."""
    content_of = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(
        Playbook(
            tier=tier,
            **{key: one[key] for key in ("title", "title_en", "why", "why_en", "whom", "whom_en")},
            cap=TierCap(*one["cap"]),
            rule=json.loads(one["rule"]),
            texts=library.playbook(tier),
        )
        for tier, one in content_of.items()
    )


def playbook(tier: str) -> Playbook:
    """Raises NotFound `playbook.unknown`."""
    found = next((one for one in playbooks() if one.tier == tier), None)
    if found is None:
        raise NotFound("playbook.unknown", tier=tier[:20])
    return found


@dataclass(frozen=True)
class Choice:
    """What a person chooses. `text` is the key of one of the playbook's texts, the first when empty."""

    tier: str
    trade: str
    signature_id: int
    text: str = ""
    tighten: bool = False


@dataclass(frozen=True)
class Outline:
    """Everything that would be made. `cap` is what holds for the tier, `looser` whether it lets through more than the
    playbook says. `channel` is suggested: in use, for marketing, the fastest; None when there is none."""

    playbook: Playbook
    text: library.Text
    signature: Signature
    trade: str
    names: dict[str, str]
    windows: tuple[DailyWindow, ...]
    cap: TierCap
    looser: bool
    channel: Channel | None


def outline(choice: Choice, *, now: datetime, language: str = "zh") -> Outline:
    """Raises InvalidInput `campaign.trade`, `playbook.text`; NotFound `playbook.unknown`, `signature.unknown`."""
    book = playbook(choice.tier)
    if choice.trade not in Trade.values:
        raise InvalidInput("campaign.trade", value=choice.trade[:20], known=list(Trade.values))
    text = next((one for one in book.texts if one.key == choice.text or not choice.text), None)
    if text is None:
        raise InvalidInput("playbook.text", text=choice.text[:60])
    signature = Signature.objects.filter(pk=choice.signature_id, enabled=True).first()
    if signature is None:
        raise NotFound("signature.unknown", id=choice.signature_id)
    settings = policy.settings_at(now)
    cap = settings.tier_caps[choice.tier]
    return Outline(
        book,
        text,
        signature,
        choice.trade,
        _names(book.told("title", language)),
        tuple(windows_of(choice.trade, settings)),
        cap,
        _rate(cap) > _rate(book.cap),
        Channel.objects.filter(enabled=True, purpose="marketing").order_by("-rate_per_s", "pk").first(),
    )


@dataclass(frozen=True)
class Made:
    segment: Segment
    version: TemplateVersion
    campaign: Campaign


def create(choice: Choice, *, actor: str, now: datetime, language: str = "zh") -> Made:
    """Make segment, template and draft campaign, all or nothing. Raises as `outline` and as the actions of the three
    do. Run again it makes others, with names that are free."""
    with transaction.atomic():
        plan = outline(choice, now=now, language=language)
        book, text = plan.playbook, plan.text
        segment = segment_actions.create_segment(
            name=plan.names["segment"], rule=book.rule, description=book.told("whom", language), actor=actor
        )
        version = content.save_template(
            name=plan.names["template"],
            purpose="marketing",
            signature_id=plan.signature.pk,
            value=text.value,
            action=text.action,
            opt_out=text.opt_out,
            defaults=text.defaults,
            trade=plan.trade,
            actor=actor,
        )
        campaign = actions.save_campaign(
            CampaignDraft(
                name=plan.names["campaign"],
                trade=plan.trade,
                segment_id=segment.pk,
                template_version_id=version.pk,
                channel_id=plan.channel.pk if plan.channel is not None else None,
            ),
            actor=actor,
        )
        audit.record(
            actor=actor,
            action="campaign.from_playbook",
            kind="campaign",
            subject=campaign.pk,
            tier=choice.tier,
            text=text.key,
            segment=segment.pk,
            template=version.template_id,
        )
    if choice.tighten and plan.looser:
        cap = {"tier_caps": {choice.tier: [book.cap.messages, book.cap.days]}}
        binding.save_settings(cap, actor=actor, now=now, why=plan.names["campaign"])
    return Made(segment, version, campaign)


def _rate(cap: TierCap) -> float:
    return cap.messages / cap.days


def _names(title: str) -> dict[str, str]:
    """Names nobody has yet, with the same number behind all three."""
    taken: tuple[Callable[[str], bool], ...] = (
        lambda name: Segment.objects.filter(name=name).exists(),
        lambda name: Template.objects.filter(name=name).exists(),
        lambda name: Campaign.objects.filter(name=name).exists(),
    )
    base = title[: LONGEST_NAME - 5]
    candidates = chain([base], (f"{base} {number}" for number in count(2)))
    name = next(one for one in candidates if not any(is_taken(one) for is_taken in taken))
    return dict.fromkeys(("segment", "template", "campaign"), name)


def size(copy: Any, book: Playbook, *, now: datetime) -> segments.LiveNumbers:
    """How many its segment has now, and how many of them may be written to. Bring the lens up to date first."""
    return segments.live_numbers(copy, segments.parse_rule(book.rule), "marketing", now)
