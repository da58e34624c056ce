"""Questions to screening: a screener for a moment, a ruleset by its digest, rules and words with their history."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from django.db.models import Count, Max, Q, QuerySet

from xinfeng.foundation import settings, stored
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.time import business_day
from xinfeng.screening.actions import DOMAINS, keep
from xinfeng.screening.engine import Screener
from xinfeng.screening.models import OwnWord, RuleOverride, RuleSetKept
from xinfeng.screening.rules import Rule, shipped
from xinfeng.screening.ruleset import RuleSet, Word, read_ruleset, ruleset_on

_MOST_SCREENERS = 4
_screeners: OrderedDict[str, Screener] = OrderedDict()
_rulesets: OrderedDict[tuple[object, ...], RuleSet] = OrderedDict()
_lock = Lock()


def screener(at: datetime) -> Screener:
    """The rules in force at `at`, with the own words, overrides and filed domains of that moment.

    Compiled once for each digest and process. The rules are kept under their digest (`ruleset`) as soon as somebody
    asks for them here: whatever is judged by them can be explained later.
    """
    rules = ruleset_at(at)
    keep(rules, now=at)
    with _lock:
        found = _screeners.get(rules.digest)
        if found is None:
            found = _screeners[rules.digest] = Screener(rules)
        _screeners.move_to_end(rules.digest)
        while len(_screeners) > _MOST_SCREENERS:
            _screeners.popitem(last=False)
    return found


def ruleset_at(at: datetime) -> RuleSet:
    """What a text is judged by at `at`."""
    day = business_day(at, settings.load().zone)
    overrides = dict(overrides_at(at).values_list("rule", "change"))
    domains = tuple(filed_domains())
    key = (day, tuple(sorted(overrides.items())), domains, *_version_of_words(at))
    with _lock:
        found = _rulesets.get(key)
    if found is None:
        found = ruleset_on(day, words=_words_at(at), overrides=overrides, domains=domains)
        with _lock:
            _rulesets[key] = found
            while len(_rulesets) > _MOST_SCREENERS:
                _rulesets.popitem(last=False)
    return found


def _version_of_words(at: datetime) -> tuple[object, ...]:
    """What tells two states of the own words apart without reading them: they are only added and retired."""
    known = OwnWord.objects.filter(added_at__lte=at)
    found = known.aggregate(
        added=Count("id"),
        last=Max("id"),
        retired=Count("id", filter=Q(retired_at__lte=at)),
        last_retired=Max("retired_at", filter=Q(retired_at__lte=at)),
    )
    return tuple(found.values())


def _words_at(at: datetime) -> list[Word]:
    rows = OwnWord.objects.filter(Q(retired_at=None) | Q(retired_at__gt=at), added_at__lte=at)
    return [
        Word(word, outcome, tuple(trades), tuple(purposes), reason)
        for word, outcome, trades, purposes, reason in rows.values_list(
            "word", "outcome", "trades", "purposes", "reason"
        )
    ]


def overrides_at(at: datetime) -> QuerySet[RuleOverride]:
    """The overrides in force at `at`, at most one a rule."""
    return RuleOverride.objects.filter(
        Q(until_at=None) | Q(until_at__gt=at), Q(withdrawn_at=None) | Q(withdrawn_at__gt=at), from_at__lte=at
    )


def ruleset(digest: str) -> RuleSet:
    """The rules something was judged by, as they were. Raises NotFound `screening.ruleset_unknown`."""
    kept = RuleSetKept.objects.filter(pk=digest).values_list("content", flat=True).first()
    if kept is None:
        raise NotFound("screening.ruleset_unknown", digest=digest)
    return read_ruleset(kept)


def filed_domains() -> list[str]:
    """The domains the deployment has filed; empty: no list is kept."""
    found: list[str] = stored.read(DOMAINS, [])
    return found


@dataclass(frozen=True, slots=True)
class RuleNow:
    """A rule as it ships, and what has been made of it."""

    rule: Rule
    override: RuleOverride | None
    in_force: bool


def rules_now(at: datetime) -> list[RuleNow]:
    """Every rule that ships, with its override at `at`."""
    day = business_day(at, settings.load().zone)
    changed = {one.rule: one for one in overrides_at(at)}
    return [RuleNow(rule, changed.get(rule.id), rule.in_force(day)) for rule in shipped()]


def overrides_of(rule_id: str) -> list[RuleOverride]:
    """Everything that was ever made of a rule, the latest first."""
    return list(RuleOverride.objects.filter(rule=rule_id).order_by("-id"))


def words(*, search: str = "", outcome: str = "", retired: bool = False) -> QuerySet[OwnWord]:
    """Own words, the latest first: those in force, or those that are retired."""
    found = OwnWord.objects.filter(retired_at__isnull=not retired).order_by("-id")
    if search:
        found = found.filter(Q(word__icontains=search) | Q(reason__icontains=search))
    if outcome:
        found = found.filter(outcome=outcome)
    return found
