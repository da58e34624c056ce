"""The engine: texts in, findings out, fast enough for every rendered message of a plan.

One automaton (Aho-Corasick) finds candidates; a candidate is judged by its surroundings, and since the texts of a
batch are renderings of one wording, the same words stand in the same surroundings again and again: judgements are
remembered for the length of a batch. `screen_many` gives exactly what `screen` gives for each text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ahocorasick_rs import AhoCorasick, Implementation

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.purposes import MESSAGE_PURPOSES
from xinfeng.screening.compiling import Entry, Judge, compile_rules, judge_of
from xinfeng.screening.detectors import Surroundings, detect
from xinfeng.screening.disguises import ways
from xinfeng.screening.findings import Finding
from xinfeng.screening.links import link_spans
from xinfeng.screening.normalising import how_split, may_be_split, normalise, strip, stripped_places
from xinfeng.screening.rules import REACH, SEVERITY, TRADES, Outcome, Rule
from xinfeng.screening.ruleset import OWN, RuleSet
from xinfeng.screening.spans import Spans

_MOST_REMEMBERED = 200_000
"""Judgements kept within one batch; renderings of one wording need a few hundred."""

_NOTHING: Mapping[str, Any] = {}

Hit = tuple[int, int, int]
"""Index of the needle, start and end in the normalised text."""

_Memory = dict[tuple[int, str, str], tuple[tuple[Entry, int, int], ...]]


class Screener:
    """A ruleset, ready to judge texts. Safe to share between threads: what it remembers changes no answer."""

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
        compiled = compile_rules(judges.values(), own, ruleset.guards)
        self._needles = compiled.needles
        self._entries = compiled.entries
        self._guarding = compiled.guarding
        self._find = _finder(compiled.needles)
        allowed = [normalise(word.word).text for word in words if word.outcome == "allow"]
        self._allowed = _finder([word for word in allowed if word]) if any(allowed) else None
        self._detectors = {judge.rule.detector: judge for judge in judges.values() if judge.rule.detector}
        self._evasion = judges.get("evasion")
        self._domains = ruleset.domains
        self._harmless: set[str] = set()

    def screen(self, text: str, memory: _Memory) -> tuple[Finding, ...]:
        reading = _Reading(text)
        read = reading.read
        hits = self._find(read)
        if hits:
            self._judge(reading, hits, memory)
        if may_be_split(read):
            self._judge_split(reading, hits)
        around = Surroundings(
            text, reading.normalised, reading.links, reading.in_links, self._harmless, self._domains
        )
        for one in detect(around, self._detectors):
            span = reading.normalised.span(one.start, one.end)
            self._add(reading, one.judge.rule, span, one.params, one.ways)
        return self._settle(reading) if reading.found else ()

    def _judge(self, reading: _Reading, hits: Sequence[Hit], memory: _Memory) -> None:
        """What stands in the text as it is read first."""
        read = reading.read
        for needle, start, end in self._unguarded(hits):
            if reading.in_links and reading.in_links.cover(start, end):
                continue
            before, after = read[max(0, start - REACH) : start], read[end : end + REACH]
            key = (needle, before, after)
            judged = memory.get(key)
            if judged is None:
                judged = memory[key] = self._found_by(needle, before, after)
            for entry, begin, finish in judged:
                if not reading.accepts(entry.judge):
                    continue
                rule = entry.judge.rule
                span = reading.normalised.span(start + begin, start + finish)
                disguised: Sequence[str] = ()
                if entry.disguised:
                    disguised = ("sound",)
                elif reading.text[span[0] : span[1]] != read[start + begin : start + finish]:
                    disguised = ways(reading.text, *span)
                self._add(reading, rule, span, _params(entry), disguised)

    def _unguarded(self, hits: Sequence[Hit]) -> Sequence[Hit]:
        """The hits that do not lie inside a longer word: 大麻 in 大麻花 is none."""
        guarding = self._guarding
        guards = [(start, end) for needle, start, end in hits if needle in guarding]
        if not guards:
            return hits
        words = Spans(guards)
        return [hit for hit in hits if not words.exceed(hit[1], hit[2])]

    def _found_by(self, needle: int, before: str, after: str) -> tuple[tuple[Entry, int, int], ...]:
        """The entries that mean a hit in these surroundings, and where what they found begins and ends."""
        word = self._needles[needle]
        return tuple(
            (entry, *span)
            for entry in self._entries[needle]
            if (span := entry.find(before, word, after)) is not None
        )

    def _judge_split(self, reading: _Reading, hits: Sequence[Hit]) -> None:
        """What only the second reading finds."""
        read = reading.read
        stripped = strip(read)
        joined = self._find(stripped)
        if not Counter(hit[0] for hit in joined) - Counter(hit[0] for hit in hits):
            return
        places = stripped_places(read)
        for needle, start, end in self._unguarded(joined):
            split = how_split(read, places[start:end])
            if split is None:
                continue
            first, last = places[start], places[end - 1] + 1
            if reading.in_links and reading.in_links.cover(first, last):
                continue
            before, after = stripped[max(0, start - REACH) : start], stripped[end : end + REACH]
            for entry, begin, finish in self._found_by(needle, before, after):
                rule = entry.judge.rule
                if rule.outcome is Outcome.REMARK or not reading.accepts(entry.judge):
                    continue
                span = reading.normalised.span(
                    min(first, places[start + begin]), max(last, places[start + finish - 1] + 1)
                )
                if split.deliberate:
                    self._add(reading, rule, span, _params(entry), ("split",))
                else:
                    reading.add(rule, Outcome.REMARK, span, {"split": True})

    def _add(
        self,
        reading: _Reading,
        rule: Rule,
        span: tuple[int, int],
        params: Mapping[str, Any],
        disguised: Sequence[str],
    ) -> None:
        reading.add(rule, rule.outcome, span, params)
        if disguised and rule.outcome is not Outcome.REMARK and self._evasion is not None:
            evasion = self._evasion.rule
            reading.add(evasion, evasion.outcome, span, {"ways": list(disguised)})

    def _settle(self, reading: _Reading) -> tuple[Finding, ...]:
        """One finding a place and rule (the longest), nothing inside an allowed phrase, in order."""
        found = reading.found
        allowed = self._allowed(reading.read) if self._allowed is not None else ()
        if allowed:
            phrases = Spans(reading.normalised.span(start, end) for _needle, start, end in allowed)
            found = [one for one in found if not _allows(phrases, one)]
        found = _precise(found)
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


class _Reading:
    """One text while it is judged."""

    __slots__ = ("_accepted", "found", "in_links", "links", "normalised", "read", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.normalised = normalise(text)
        self.read = self.normalised.text
        self.links = link_spans(self.read) if "." in self.read or ":" in self.read else ()
        self.in_links = Spans(self.links) if self.links else None
        self.found: list[Finding] = []
        self._accepted: dict[int, bool] = {}

    def accepts(self, judge: Judge) -> bool:
        """Whether nothing in the whole text speaks against a rule; looked at once."""
        if judge.unless_text is None and judge.needs_text is None:
            return True
        known = self._accepted.get(judge.order)
        if known is None:
            known = self._accepted[judge.order] = judge.accepts_text(self.read)
        return known

    def add(self, rule: Rule, outcome: Outcome, span: tuple[int, int], params: Mapping[str, Any]) -> None:
        start, end = span
        self.found.append(Finding(rule.id, outcome, start, end, self.text[start:end], params, rule))


def _params(entry: Entry) -> Mapping[str, Any]:
    return {"reason": entry.reason} if entry.reason else _NOTHING


def _order(finding: Finding) -> tuple[int, int, int, str]:
    return finding.start, -SEVERITY[finding.outcome], -finding.end, finding.rule


def _finder(needles: list[str]) -> Callable[[str], list[Hit]]:
    """A function from a text to all its hits, overlapping ones too."""
    automaton = AhoCorasick(needles, implementation=Implementation.ContiguousNFA)

    def find(text: str) -> list[Hit]:
        hits: list[Hit] = automaton.find_matches_as_indexes(text, overlapping=True)
        return hits

    return find


def _precise(found: list[Finding]) -> list[Finding]:
    """Those findings that a more precise rule does not make superfluous."""
    precise = {rule for one in found for rule in one.of.yields_to}
    if not precise:
        return found
    spans = {rule: Spans((one.start, one.end) for one in found if one.rule == rule) for rule in precise}
    return [
        one for one in found if not any(spans[rule].overlap(one.start, one.end) for rule in one.of.yields_to)
    ]


def _allows(phrases: Spans, finding: Finding) -> bool:
    """Whether an allowed phrase covers a finding; where the law leaves no room, only as part of a longer name."""
    rule = finding.of
    if rule.overridable:
        return phrases.cover(finding.start, finding.end)
    return rule.names_pass and phrases.exceed(finding.start, finding.end)


__all__ = ["Finding", "Outcome", "Screener"]
