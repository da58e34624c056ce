"""The engine: texts in, findings out, fast enough for every rendered message of a plan.

One automaton (Aho-Corasick) finds candidates; a candidate is judged by its surroundings, and since the texts of a
batch are renderings of one wording, the same words stand in the same surroundings again and again: judgements are
remembered for the length of a batch. `screen_many` gives exactly what `screen` gives for each text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ahocorasick_rs import AhoCorasick, Implementation

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.purposes import MESSAGE_PURPOSES
from xinfeng.screening.compiling import Entry, Judge, compile_rules, judge_of
from xinfeng.screening.detectors import Detected, Surroundings, detect
from xinfeng.screening.disguises import ways
from xinfeng.screening.findings import Finding
from xinfeng.screening.links import link_spans
from xinfeng.screening.normalising import (
    Normalised,
    how_split,
    may_be_split,
    normalise,
    strip,
    stripped_places,
)
from xinfeng.screening.rules import REACH, SEVERITY, TRADES, Outcome
from xinfeng.screening.ruleset import OWN, RuleSet

_MOST_REMEMBERED = 200_000
"""Judgements kept within one batch; renderings of one wording need a few hundred."""

_NOTHING: dict[str, object] = {}

Hit = tuple[int, int, int]
"""Index of the needle, start and end in the normalised text."""

_Memory = dict[tuple[int, str, str], tuple[tuple[Entry, int, int], ...]]


class Screener:
    """A ruleset, ready to judge texts. Safe to share between threads: nothing of it changes."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.ruleset = ruleset
        self.digest = ruleset.digest
        self._looks: dict[tuple[str, str], _Look] = {}

    def screen(self, text: str, *, trade: str, purpose: str) -> tuple[Finding, ...]:
        """Everything to be said about one text (with or without its 【signature】), in the order of the text.

        Raises InvalidInput `screening.trade`, `screening.purpose`.
        """
        return self._look(trade, purpose).screen(text, {})

    def screen_many(self, texts: Iterable[str], *, trade: str, purpose: str) -> list[tuple[Finding, ...]]:
        """The same for a batch of texts; renderings of one wording are judged together."""
        look, memory = self._look(trade, purpose), _Memory()
        found = []
        for text in texts:
            found.append(look.screen(text, memory))
            if len(memory) > _MOST_REMEMBERED:
                memory.clear()
        return found

    def _look(self, trade: str, purpose: str) -> _Look:
        """Everything for one trade and purpose; made when first asked for."""
        look = self._looks.get((trade, purpose))
        if look is None:
            if trade not in TRADES:
                raise InvalidInput("screening.trade", trade=trade, known=list(TRADES))
            if purpose not in MESSAGE_PURPOSES:
                raise InvalidInput("screening.purpose", purpose=purpose, known=list(MESSAGE_PURPOSES))
            look = self._looks[trade, purpose] = _Look(self.ruleset, trade, purpose)
        return look


class _Look:
    """The rules of one trade and purpose, compiled."""

    def __init__(self, ruleset: RuleSet, trade: str, purpose: str) -> None:
        rules = [rule for rule in ruleset.rules if rule.holds_for(trade, purpose)]
        judges = {rule.id: judge_of(rule, order) for order, rule in enumerate(rules)}
        words = [word for word in ruleset.words if word.holds_for(trade, purpose)]
        own = [(judges[OWN[word.outcome]], word.word, word.reason) for word in words if word.outcome in OWN]
        compiled = compile_rules(judges.values(), own)
        self._needles = compiled.needles
        self._entries = compiled.entries
        self._find = _finder(compiled.needles)
        allowed = [normalise(word.word).text for word in words if word.outcome == "allow"]
        self._allowed = _finder([word for word in allowed if word]) if any(allowed) else None
        self._detectors = {judge.rule.detector: judge for judge in judges.values() if judge.rule.detector}
        self._evasion = judges.get("evasion")
        self._domains = ruleset.domains

    def screen(self, text: str, memory: _Memory) -> tuple[Finding, ...]:
        normalised = normalise(text)
        read = normalised.text
        links = link_spans(read) if "." in read or ":" in read else ()
        hits = self._find(read)
        found: list[Finding] = []
        if hits:
            self._judge(text, normalised, hits, links, memory, found)
        if may_be_split(read):
            self._judge_split(text, normalised, hits, links, found)
        around = Surroundings(text, normalised, links, self._domains)
        for one in detect(around, self._detectors):
            self._add_detected(one, text, normalised, found)
        if not found:
            return ()
        return self._settle(read, normalised, found)

    def _judge(
        self,
        text: str,
        normalised: Normalised,
        hits: Sequence[Hit],
        links: Sequence[tuple[int, int]],
        memory: _Memory,
        found: list[Finding],
    ) -> None:
        read = normalised.text
        for needle, start, end in hits:
            if links and _within(links, start, end):
                continue
            before, after = read[max(0, start - REACH) : start], read[end : end + REACH]
            key = (needle, before, after)
            judged = memory.get(key)
            if judged is None:
                judged = memory[key] = tuple(
                    (entry, *span)
                    for entry in self._entries[needle]
                    if (span := entry.find(before, self._needles[needle], after)) is not None
                )
            for entry, begin, finish in judged:
                if entry.judge.accepts_text(read):
                    self._add(entry, text, normalised, start + begin, start + finish, found)

    def _add(
        self, entry: Entry, text: str, normalised: Normalised, start: int, end: int, found: list[Finding]
    ) -> None:
        rule = entry.judge.rule
        first, last = normalised.span(start, end)
        matched = text[first:last]
        params = {"reason": entry.reason} if entry.reason else _NOTHING
        found.append(Finding(rule.id, rule.outcome, first, last, matched, params, rule))
        if rule.outcome is Outcome.REMARK:
            return
        if entry.disguised:
            self._add_evasion(("sound",), text, first, last, found)
        elif matched != normalised.text[start:end]:
            self._add_evasion(ways(text, first, last), text, first, last, found)

    def _add_evasion(
        self, disguised: Sequence[str], text: str, start: int, end: int, found: list[Finding]
    ) -> None:
        if disguised and self._evasion is not None:
            rule = self._evasion.rule
            params = {"ways": list(disguised)}
            found.append(Finding(rule.id, rule.outcome, start, end, text[start:end], params, rule))

    def _add_detected(self, one: Detected, text: str, normalised: Normalised, found: list[Finding]) -> None:
        rule = one.judge.rule
        start, end = normalised.span(one.start, one.end)
        found.append(Finding(rule.id, rule.outcome, start, end, text[start:end], one.params, rule))
        self._add_evasion(one.ways, text, start, end, found)

    def _judge_split(
        self,
        text: str,
        normalised: Normalised,
        hits: Sequence[Hit],
        links: Sequence[tuple[int, int]],
        found: list[Finding],
    ) -> None:
        """What only the second reading finds."""
        read = normalised.text
        stripped = strip(read)
        joined = self._find(stripped)
        if not Counter(hit[0] for hit in joined) - Counter(hit[0] for hit in hits):
            return
        places = stripped_places(read)
        for needle, start, end in joined:
            split = how_split(read, places[start:end])
            if split is None:
                continue
            first, last = places[start], places[end - 1] + 1
            if links and _within(links, first, last):
                continue
            before, after = stripped[max(0, start - REACH) : start], stripped[end : end + REACH]
            for entry in self._entries[needle]:
                rule = entry.judge.rule
                span = entry.find(before, self._needles[needle], after)
                if span is None or rule.outcome is Outcome.REMARK or not entry.judge.accepts_text(read):
                    continue
                outer = (
                    min(first, places[start + span[0]]),
                    max(last, places[start + span[1] - 1] + 1),
                )
                begin, finish = normalised.span(*outer)
                matched = text[begin:finish]
                if split.deliberate:
                    params = {"reason": entry.reason} if entry.reason else _NOTHING
                    found.append(Finding(rule.id, rule.outcome, begin, finish, matched, params, rule))
                    self._add_evasion(("split",), text, begin, finish, found)
                else:
                    found.append(
                        Finding(rule.id, Outcome.REMARK, begin, finish, matched, {"split": True}, rule)
                    )

    def _settle(self, read: str, normalised: Normalised, found: list[Finding]) -> tuple[Finding, ...]:
        """One finding a place and rule (the longest), nothing inside an allowed phrase, in order."""
        allowed = self._allowed(read) if self._allowed is not None else ()
        if allowed:
            phrases = [normalised.span(start, end) for _needle, start, end in allowed]
            found = [one for one in found if not _allows(phrases, one)]
        found = [one for one in found if not (one.of.yields_to and _yields(one, found))]
        found.sort(key=_order)
        kept: list[Finding] = []
        last: dict[str, Finding] = {}
        for one in found:
            earlier = last.get(one.rule)
            if earlier is not None and (one.of.once or one.start < earlier.end):
                continue
            last[one.rule] = one
            kept.append(one)
        return tuple(kept)


def _order(finding: Finding) -> tuple[int, int, int, str]:
    return finding.start, -SEVERITY[finding.outcome], -finding.end, finding.rule


def _finder(needles: list[str]):  # type: ignore[no-untyped-def]
    """A function from a text to all its hits, overlapping ones too."""
    automaton = AhoCorasick(needles, implementation=Implementation.ContiguousNFA)

    def find(text: str) -> list[Hit]:
        hits: list[Hit] = automaton.find_matches_as_indexes(text, overlapping=True)
        return hits

    return find


def _yields(finding: Finding, others: Sequence[Finding]) -> bool:
    return any(
        other.rule in finding.of.yields_to and other.start < finding.end and finding.start < other.end
        for other in others
    )


def _within(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return any(first <= start and end <= last for first, last in spans)


def _allows(phrases: Sequence[tuple[int, int]], finding: Finding) -> bool:
    """Whether an allowed phrase covers a finding; where the law leaves no room, only as part of a longer name."""
    rule = finding.of
    for start, end in phrases:
        if start <= finding.start and finding.end <= end:
            longer = end - start > finding.end - finding.start
            if rule.overridable or (rule.names_pass and longer):
                return True
    return False


__all__ = ["Finding", "Judge", "Outcome", "Screener"]
