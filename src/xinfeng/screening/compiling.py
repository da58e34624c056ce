"""Rules made ready for looking: one automaton for all words and triggers, and a judge for each hit.

The surroundings of a hit are cut out before any expression sees them (`REACH` characters each way), so no
expression ever runs over more than a few dozen characters for one hit, and a text costs time linear in its length.
The only expressions that see a whole text (`unless_text`, `needs_text`) are plain alternations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from xinfeng.screening.normalising import normalise
from xinfeng.screening.rules import REACH, Pattern, Rule

_OPEN, _CLOSE = "\x02", "\x03"
"""Around the hit in its surroundings; no normalised text has them."""

_HIT = f"{_OPEN}[^{_CLOSE}]*{_CLOSE}"


def _any_of(expressions: Iterable[str], *, around: bool) -> re.Pattern[str] | None:
    joined = "|".join(f"(?:{one.replace('~', _HIT) if around else one})" for one in expressions)
    return re.compile(joined) if joined else None


@dataclass(frozen=True, slots=True)
class Judge:
    """One rule, compiled."""

    rule: Rule
    order: int
    unless: re.Pattern[str] | None
    requires: re.Pattern[str] | None
    unless_text: re.Pattern[str] | None
    needs_text: re.Pattern[str] | None

    def accepts(self, before: str, hit: str, after: str) -> bool:
        """Whether the rule means this hit in these surroundings."""
        if self.unless is None and self.requires is None:
            return True
        around = f"{before}{_OPEN}{hit}{_CLOSE}{after}"
        if self.unless is not None and self.unless.search(around):
            return False
        return self.requires is None or self.requires.search(around) is not None

    def accepts_text(self, text: str) -> bool:
        """Whether nothing in the whole text speaks against the finding."""
        if self.unless_text is not None and self.unless_text.search(text):
            return False
        return self.needs_text is None or self.needs_text.search(text) is not None


@dataclass(frozen=True, slots=True)
class Entry:
    """What one word of the automaton is for: a word of a rule, or the trigger of a pattern."""

    judge: Judge
    regex: re.Pattern[str] | None
    reason: str = ""
    disguised: bool = False
    unless: re.Pattern[str] | None = None

    def find(self, before: str, hit: str, after: str) -> tuple[int, int] | None:
        """Where the finding begins and ends, counted from the beginning of `hit`; None: there is none."""
        if self.regex is None:
            if _glued(before, hit, after):
                return None
            begin, end, matched = 0, len(hit), hit
        else:
            around, place = before + hit + after, len(before)
            found = next(
                (
                    one
                    for one in self.regex.finditer(around)
                    if one.start() <= place and one.end() >= place + len(hit)
                ),
                None,
            )
            if found is None:
                return None
            begin, end, matched = found.start() - place, found.end() - place, found.group()
            before, after = around[: found.start()], around[found.end() :]
            if self.unless is not None and self.unless.search(f"{before}{_OPEN}{matched}{_CLOSE}{after}"):
                return None
        return (begin, end) if self.judge.accepts(before, matched, after) else None


def _glued(before: str, hit: str, after: str) -> bool:
    """Whether a Latin word or a number is only a piece of a longer one."""
    first, last = hit[0], hit[-1]
    return (first.isascii() and first.isalnum() and before[-1:].isascii() and before[-1:].isalnum()) or (
        last.isascii() and last.isalnum() and after[:1].isascii() and after[:1].isalnum()
    )


@dataclass(frozen=True, slots=True)
class Compiled:
    """All words and triggers, and for each of them whom it may concern."""

    needles: list[str]
    entries: list[tuple[Entry, ...]]
    guarding: frozenset[int]
    """The needles that are longer words in which a rule's word stands by chance."""


def judge_of(rule: Rule, order: int) -> Judge:
    return Judge(
        rule,
        order,
        _any_of(rule.unless, around=True),
        _any_of(rule.requires, around=True),
        _any_of(rule.unless_text, around=False),
        _any_of(rule.needs_text, around=False),
    )


def compile_rules(
    judges: Iterable[Judge], own: Iterable[tuple[Judge, str, str]], guards: Iterable[str] = ()
) -> Compiled:
    """Words and triggers of the rules, own words (judge, word, reason) and guards, each once."""
    found: dict[str, list[Entry]] = {}
    for judge in judges:
        for word in judge.rule.words:
            found.setdefault(_needle(word), []).append(Entry(judge, None))
        for word in judge.rule.disguised:
            found.setdefault(_needle(word), []).append(Entry(judge, None, disguised=True))
        for pattern in judge.rule.patterns:
            entry = Entry(
                judge,
                re.compile(pattern.regex),
                disguised=pattern.disguised,
                unless=_any_of(pattern.unless, around=True),
            )
            for trigger in pattern.triggers:
                found.setdefault(_needle(trigger), []).append(entry)
    for judge, word, reason in own:
        found.setdefault(_needle(word), []).append(Entry(judge, None, reason))
    guarding = {_needle(word) for word in guards}
    for needle in sorted(guarding):
        found.setdefault(needle, [])
    found.pop("", None)
    return Compiled(
        list(found),
        [tuple(entries) for entries in found.values()],
        frozenset(place for place, needle in enumerate(found) if needle in guarding),
    )


def _needle(word: str) -> str:
    return normalise(word).text


__all__ = ["REACH", "Compiled", "Entry", "Judge", "Pattern", "compile_rules", "judge_of"]
