"""What people change: own words, overrides of shipped rules, the list of filed domains. All of it audited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from xinfeng.foundation import audit, stored
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.purposes import MESSAGE_PURPOSES
from xinfeng.screening.models import Change, OwnWord, RuleOverride, RuleSetKept, WordOutcome
from xinfeng.screening.normalising import normalise
from xinfeng.screening.rules import TRADES, Rule, shipped
from xinfeng.screening.ruleset import RuleSet, may_change

LONGEST_WORD = 40
LONGEST_REASON = 200
MOST_WORDS = 20_000
"""Own words in force; a benchmark holds the engine to its speed with 2,000."""

MOST_AT_ONCE = 5_000
MOST_DOMAINS = 500
DOMAINS = "screening.domains"
"""Key of the setting that holds the domains the deployment has filed."""


@dataclass(frozen=True, slots=True)
class Added:
    """What adding many words came to: `known` were there already, with the same normalised form."""

    added: tuple[str, ...]
    known: tuple[str, ...]


def add_word(
    word: str,
    *,
    outcome: str,
    reason: str,
    actor: str,
    now: datetime,
    trades: Sequence[str] = (),
    purposes: Sequence[str] = (),
) -> OwnWord:
    """A word from now on.

    Raises InvalidInput (`screening.word`, `screening.outcome`, `screening.reason`, `screening.trade`,
    `screening.purpose`, `screening.too_many`) and Conflict `screening.word_exists`.
    """
    done = add_words(
        [word], outcome=outcome, reason=reason, actor=actor, now=now, trades=trades, purposes=purposes
    )
    if done.known:
        raise Conflict("screening.word_exists", word=done.known[0])
    return OwnWord.objects.get(needle=_needle(word), retired_at=None)


@transaction.atomic
def add_words(
    words: Iterable[str],
    *,
    outcome: str,
    reason: str,
    actor: str,
    now: datetime,
    trades: Sequence[str] = (),
    purposes: Sequence[str] = (),
) -> Added:
    """Many words from now on, all or (if one of them cannot be taken) none. Raises as `add_word` does."""
    if outcome not in WordOutcome.values:
        raise InvalidInput("screening.outcome", outcome=outcome, known=list(WordOutcome.values))
    reason = _reason(reason)
    _known(trades, TRADES, "trade")
    _known(purposes, MESSAGE_PURPOSES, "purpose")
    wanted = {_needle(word): word.strip() for word in words}
    if not wanted or len(wanted) > MOST_AT_ONCE:
        raise InvalidInput("screening.words", count=len(wanted), at_most=MOST_AT_ONCE)
    with connection.cursor() as cursor:
        cursor.execute("lock table screening_word in share row exclusive mode")
    in_force = OwnWord.objects.filter(retired_at=None)
    there = set(in_force.filter(needle__in=list(wanted)).values_list("needle", flat=True))
    new = {needle: word for needle, word in wanted.items() if needle not in there}
    if in_force.count() + len(new) > MOST_WORDS:
        raise InvalidInput("screening.too_many", at_most=MOST_WORDS)
    OwnWord.objects.bulk_create(
        OwnWord(
            word=word,
            needle=needle,
            outcome=outcome,
            trades=sorted(trades),
            purposes=sorted(purposes),
            reason=reason,
            added_by=actor,
            added_at=now,
        )
        for needle, word in new.items()
    )
    if new:
        audit.record(
            actor=actor,
            action="screening.words_added",
            kind="screening_word",
            outcome=outcome,
            count=len(new),
            words=list(new.values())[:50],
            reason=reason,
        )
    return Added(tuple(new.values()), tuple(wanted[needle] for needle in wanted if needle in there))


@transaction.atomic
def retire_word(word_id: int, *, reason: str, actor: str, now: datetime) -> None:
    """A word no longer holds; it stays in the history. Raises NotFound `screening.word_unknown` and Conflict
    `screening.word_retired`."""
    reason = _reason(reason)
    one = OwnWord.objects.select_for_update().filter(pk=word_id).first()
    if one is None:
        raise NotFound("screening.word_unknown", word=word_id)
    if one.retired_at is not None:
        raise Conflict("screening.word_retired", word=one.word)
    one.retired_at, one.retired_by, one.retired_reason = max(now, one.added_at), actor, reason
    one.save(update_fields=["retired_at", "retired_by", "retired_reason"])
    audit.record(
        actor=actor,
        action="screening.word_retired",
        kind="screening_word",
        subject=one.pk,
        word=one.word,
        outcome=one.outcome,
        reason=reason,
    )


@transaction.atomic
def override_rule(
    rule_id: str,
    *,
    change: str,
    reason: str,
    actor: str,
    now: datetime,
    until: datetime | None = None,
) -> RuleOverride:
    """Change a shipped rule from now on, in place of an earlier override of it.

    Stricter is always possible, milder only where the law leaves room. Raises NotFound `screening.rule_unknown`,
    InvalidInput (`screening.change`, `screening.reason`, `screening.until`) and Conflict `screening.fixed_by_law`.
    """
    rule = _rule(rule_id)
    if change not in Change.values:
        raise InvalidInput("screening.change", change=change, known=list(Change.values))
    reason = _reason(reason)
    if until is not None and until <= now:
        raise InvalidInput("screening.until")
    if not may_change(rule, change):
        raise Conflict("screening.fixed_by_law", rule=rule_id, law=rule.law.zh)
    RuleOverride.objects.filter(rule=rule_id, withdrawn_at=None).update(
        withdrawn_at=now, withdrawn_by=actor, withdrawn_reason=reason
    )
    made = RuleOverride.objects.create(
        rule=rule_id, change=change, reason=reason, by=actor, at=now, from_at=now, until_at=until
    )
    audit.record(
        actor=actor,
        action="screening.rule_overridden",
        kind="screening_rule",
        subject=rule_id,
        change=change,
        until=until.isoformat() if until else None,
        reason=reason,
    )
    return made


@transaction.atomic
def withdraw_override(rule_id: str, *, reason: str, actor: str, now: datetime) -> None:
    """The rule holds as it ships again. Raises NotFound `screening.override_unknown`."""
    reason = _reason(reason)
    open_ones = RuleOverride.objects.filter(rule=rule_id, withdrawn_at=None)
    if not open_ones.update(withdrawn_at=now, withdrawn_by=actor, withdrawn_reason=reason):
        raise NotFound("screening.override_unknown", rule=rule_id)
    audit.record(
        actor=actor,
        action="screening.override_withdrawn",
        kind="screening_rule",
        subject=rule_id,
        reason=reason,
    )


_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,6}[a-z0-9\-]{2,24}")


@transaction.atomic
def file_domains(domains: Iterable[str], *, actor: str) -> tuple[str, ...]:
    """The domains the deployment has filed, in place of the earlier list; empty: no list is kept.

    A domain stands for everything below it. Raises InvalidInput `screening.domain`, `screening.domains`.
    """
    found = sorted({domain.strip().lower().rstrip(".") for domain in domains if domain.strip()})
    if len(found) > MOST_DOMAINS:
        raise InvalidInput("screening.domains", at_most=MOST_DOMAINS)
    for domain in found:
        if len(domain) > 253 or _DOMAIN.fullmatch(domain) is None:
            raise InvalidInput("screening.domain", domain=domain[:100])
    stored.write(DOMAINS, found, actor=actor)
    audit.record(actor=actor, action="screening.domains_filed", kind="setting", domains=found)
    return tuple(found)


def keep(ruleset: RuleSet, *, now: datetime) -> None:
    """Keep the rules something was judged by, so that `reads.ruleset(digest)` answers for good. Idempotent."""
    if not RuleSetKept.objects.filter(pk=ruleset.digest).exists():
        RuleSetKept.objects.bulk_create(
            [RuleSetKept(digest=ruleset.digest, content=ruleset.as_json(), first_used_at=now)],
            ignore_conflicts=True,
        )


def _rule(rule_id: str) -> Rule:
    found = next((rule for rule in shipped() if rule.id == rule_id), None)
    if found is None:
        raise NotFound("screening.rule_unknown", rule=rule_id)
    return found


def _needle(word: str) -> str:
    word = word.strip()
    needle = normalise(word).text
    if (
        len(word) > LONGEST_WORD
        or not 2 <= len(needle) <= 2 * LONGEST_WORD
        or not any(one.isalnum() for one in needle)
        or any(one < " " for one in word)
        or "\ufffd" in needle
    ):
        raise InvalidInput("screening.word", word=word[:LONGEST_WORD], longest=LONGEST_WORD)
    return needle


def _reason(reason: str) -> str:
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON or "\x00" in reason:
        raise InvalidInput("screening.reason", longest=LONGEST_REASON)
    return reason


def _known(given: Sequence[str], known: Sequence[str], what: str) -> None:
    for one in given:
        if one not in known:
            raise InvalidInput(f"screening.{what}", known=list(known), **{what: one})
