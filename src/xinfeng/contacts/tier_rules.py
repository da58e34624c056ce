"""The rules of the tiers (feature A8). Pure; `tier_decision` says what they decide.

The first tier that fits, in the order of the rules, is a person's tier. Sources of the defaults: the product's
feature list (active: bought in 3 months; dormant: no interaction for 6 months; potential: left details, never
bought; new: first month).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from xinfeng.contacts.models import EventKind, Tier
from xinfeng.kernel.errors import InvalidInput

LONGEST_DAYS = 3660
SPANS = ("new_days", "active_days", "dormant_days")
ORDER = (int(Tier.INDUSTRY), int(Tier.NEW), int(Tier.ACTIVE), int(Tier.DORMANT), int(Tier.POTENTIAL))

_is_attribute = re.compile(r"[a-z][a-z0-9_]{0,39}").fullmatch


@dataclass(frozen=True, slots=True)
class TierRules:
    """Spans in days. `industry_tag` marks those of our own trade, as does the attribute `industry_attribute` (a key;
    empty: not used) when it says yes. `interactions`: the kinds of event that keep a person from being dormant
    (codes of EventKind; none: any event). `order`: which tier is tried first."""

    new_days: int = 30
    active_days: int = 92
    dormant_days: int = 183
    industry_tag: str = "同业"
    industry_attribute: str = ""
    interactions: tuple[int, ...] = ()
    order: tuple[int, ...] = ORDER

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"interactions": list(self.interactions), "order": list(self.order)}


def read_rules(raw: Mapping[str, Any]) -> TierRules:
    """The rules from their stored form; fields that an earlier version didn't know have their defaults."""
    lists = {name: tuple(raw[name]) for name in ("interactions", "order") if name in raw}
    return TierRules(**(dict(raw) | lists))


def check(rules: TierRules) -> None:
    """Raises InvalidInput `tiers.span` (field) unless 0 < active ≤ dormant and all spans are at most ten years;
    `tiers.tag`, `tiers.attribute`, `tiers.interactions`, `tiers.order` for what cannot be meant."""
    for name in SPANS:
        if not 0 < getattr(rules, name) <= LONGEST_DAYS:
            raise InvalidInput("tiers.span", field=name)
    if rules.active_days > rules.dormant_days:
        raise InvalidInput("tiers.span", field="dormant_days")
    if len(rules.industry_tag) > 40 or not rules.industry_tag.isprintable():
        raise InvalidInput("tiers.tag")
    if rules.industry_attribute and not _is_attribute(rules.industry_attribute):
        raise InvalidInput("tiers.attribute")
    if not set(rules.interactions) <= set(EventKind.values):
        raise InvalidInput("tiers.interactions")
    if sorted(rules.order) != sorted(ORDER):
        raise InvalidInput("tiers.order")


def bounds(rules: TierRules, now: datetime) -> dict[str, datetime]:
    """The moments that the spans reach back to."""
    return {
        "new_since": now - timedelta(days=rules.new_days),
        "active_since": now - timedelta(days=rules.active_days),
        "dormant_since": now - timedelta(days=rules.dormant_days),
    }
