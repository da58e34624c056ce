"""The rules one text is judged by: shipped rules in force at a moment, with a deployment's own words and overrides.

A ruleset is a value: the same rules give the same digest, and what was kept under a digest can be read again as it
was, whatever has shipped or been changed since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from xinfeng.screening.rules import SEVERITY, Outcome, Rule, from_json, guards, shipped, to_json

FORMAT = 1
"""Of what is kept; read with the ruleset."""

OWN = {"block": "own.block", "evidence": "own.evidence"}
"""The rules that a deployment's own words belong to. Words with the outcome `allow` are phrases that pass."""

OFF = "off"
"""An override that switches a rule off; the others are the outcome it gets."""


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """An own word in force: `outcome` is block, evidence or allow. Empty `trades`, `purposes`: all."""

    word: str
    outcome: str
    trades: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    reason: str = ""

    def holds_for(self, trade: str, purpose: str) -> bool:
        return (not self.trades or trade in self.trades) and (not self.purposes or purpose in self.purposes)


@dataclass(frozen=True)
class RuleSet:
    """Rules (overrides already applied), own words, filed domains."""

    rules: tuple[Rule, ...]
    words: tuple[Word, ...] = ()
    domains: tuple[str, ...] = ()
    overrides: tuple[tuple[str, str], ...] = ()
    """(rule id, change) that were applied: so that a reader sees why a rule is missing or milder."""

    guards: tuple[str, ...] = ()
    """Longer words inside which no rule's word is one (`rules.guards`)."""

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        return {rule.id: rule for rule in self.rules}

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the canonical form."""
        return hashlib.sha256(canonical(self.as_json())).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Everything, to be kept."""
        return {
            "format": FORMAT,
            "rules": [to_json(rule) for rule in self.rules],
            "words": [
                {
                    "word": one.word,
                    "outcome": one.outcome,
                    "trades": list(one.trades),
                    "purposes": list(one.purposes),
                    "reason": one.reason,
                }
                for one in self.words
            ],
            "domains": list(self.domains),
            "overrides": [list(one) for one in self.overrides],
            "guards": list(self.guards),
        }


def canonical(content: Mapping[str, Any]) -> bytes:
    """The bytes a digest is over: keys sorted, no spaces, UTF-8."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_ruleset(kept: Mapping[str, Any]) -> RuleSet:
    """A ruleset from what `as_json` gave."""
    return RuleSet(
        rules=tuple(from_json(one) for one in kept["rules"]),
        words=tuple(
            Word(one["word"], one["outcome"], tuple(one["trades"]), tuple(one["purposes"]), one["reason"])
            for one in kept["words"]
        ),
        domains=tuple(kept["domains"]),
        overrides=tuple((rule, change) for rule, change in kept["overrides"]),
        guards=tuple(kept.get("guards", ())),  # rulesets kept before there were any have none
    )


def ruleset_on(
    day: date,
    *,
    words: Iterable[Word] = (),
    overrides: Mapping[str, str] | None = None,
    domains: Iterable[str] = (),
    rules: Iterable[Rule] | None = None,
) -> RuleSet:
    """The shipped `rules` in force on a business day, changed by `overrides` (rule id to change)."""
    changes = overrides or {}
    found = []
    applied = []
    for rule in shipped() if rules is None else rules:
        if not rule.in_force(day):
            continue
        change = changes.get(rule.id)
        if change is not None and may_change(rule, change):
            applied.append((rule.id, change))
            if change == OFF:
                continue
            rule = replace(rule, outcome=Outcome(change))
        found.append(rule)
    return RuleSet(
        tuple(found),
        tuple(sorted(set(words))),
        tuple(sorted(set(domains))),
        tuple(sorted(applied)),
        guards(),
    )


def may_change(rule: Rule, change: str) -> bool:
    """Whether a deployment may make this change: stricter always, milder only where the law leaves room."""
    if change != OFF and SEVERITY[Outcome(change)] > SEVERITY[rule.outcome]:
        return True
    return rule.overridable and change != rule.outcome
