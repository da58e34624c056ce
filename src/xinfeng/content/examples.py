"""Examples left in a wording: what a text of the library, or of a playbook, only stood in for (`library.Text.adapt`).

A code or a link is an example wherever it stands. Words like 九折 or 30天内 may well be the merchant's own, so they are
one only where the library's words around them were left as they are. Finding them is a rule of screening like any other
(`text.example`): it blocks, a deployment may make it milder, and an allowed phrase excuses what is so by chance. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from xinfeng.content import library
from xinfeng.content.grammar import one_line
from xinfeng.screening.findings import Finding
from xinfeng.screening.normalising import normalise
from xinfeng.screening.ruleset import RuleSet

RULE = "text.example"
REACH = 6
"""How many characters before and after an example must be the library's own; fewer where its part begins or ends, or
another example stands."""

FEWEST = 4
"""With fewer in all, the words around an example say nothing."""

_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}")
_CODE = re.compile("[A-Za-z][A-Za-z0-9]{4,}").fullmatch
_LINK = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:[a-z0-9-]+\.)*example\.(?:com|net|org)(?![\w-])(?:/[\w/?&=.-]*\w)?",
    re.IGNORECASE | re.ASCII,
)
"""Names reserved for examples (RFC 2606): no link of anybody's leads there."""


def left_in(
    text: str, parts: Sequence[tuple[str, int, int]], rules: RuleSet, *, trade: str, purpose: str
) -> list[Finding]:
    """The examples in a wording in one line, `parts` as in `judging.Source`; none if the rule is switched off."""
    rule = rules.by_id.get(RULE)
    if rule is None or not rule.holds_for(trade, purpose):
        return []
    allowed = [
        normalise(one.word).text
        for one in rules.words
        if one.outcome == "allow" and rule.overridable and one.holds_for(trade, purpose)
    ]
    spans = {
        (first + start, first + end)
        for name, first, last in parts
        if name in ("value", "action") or name.startswith("rich.")
        for start, end in _spans(text[first:last])
    }
    return [
        Finding(rule.id, rule.outcome, start, end, text[start:end], {}, rule)
        for start, end in sorted(spans)
        if not any(normalise(text[start:end]).text in phrase for phrase in allowed)
    ]


def _spans(part: str) -> Iterator[tuple[int, int]]:
    for link in _LINK.finditer(part):
        yield link.span()
    for code in _codes():
        for found in code.finditer(part):
            yield found.span()
    for before, example, after in _in_context():
        at = part.find(before + example + after)
        while at >= 0:
            start = at + len(before)
            yield start, start + len(example)
            at = part.find(before + example + after, at + 1)


@lru_cache(maxsize=1)
def _codes() -> tuple[re.Pattern[str], ...]:
    codes = {example for text in library.texts() for example in text.adapt if _CODE(example)}
    return tuple(re.compile(rf"(?<![A-Za-z0-9]){one}(?![A-Za-z0-9])", re.IGNORECASE) for one in sorted(codes))


@lru_cache(maxsize=1)
def _in_context() -> tuple[tuple[str, str, str], ...]:
    """What stands before each example, the example, and what stands after it, each once."""
    found: dict[tuple[str, str, str], None] = {}
    for text in library.texts():
        for part in (one_line(text.value), one_line(text.action)):
            places = sorted(
                (start, start + len(example))
                for example in text.adapt
                if not _CODE(example) and not _LINK.fullmatch(example)
                for start in _starts(part, example)
            )
            for start, end in places:
                begin = max([0, start - REACH, *(last for _first, last in places if last <= start)])
                stop = min([len(part), end + REACH, *(first for first, _last in places if first >= end)])
                if (
                    start - begin + stop - end < FEWEST
                ):  # too little between two examples: look past the other
                    begin, stop = max(0, start - REACH), min(len(part), end + REACH)
                if start - begin + stop - end >= FEWEST:
                    found[part[begin:start], part[start:end], part[end:stop]] = None
    return tuple(found)


def _starts(part: str, example: str) -> Iterator[int]:
    """Where an example is read; in a condition nobody reads it."""
    tags = [tag.span() for tag in _TAG.finditer(part)]
    at = part.find(example)
    while at >= 0:
        if not any(first <= at < last for first, last in tags):
            yield at
        at = part.find(example, at + 1)
