"""Texts that differ only in values that no rule can tell apart have one shape, and are judged once.

Most of what makes a text personal are names of people and places. A rule knows a character in two ways: because it is
part of a word the rule looks for, or because one of its patterns names it; to everything else in screening all plain
Chinese characters are alike. So a value may be replaced by as many neutral characters, and the findings stay the same,
when it is made of plain Chinese characters, none of which is a word or a numeral by itself, no two neighbours of which
stand next to each other in any word (its ends and the wording included), and none of which is named by a pattern of a
rule that has a word in the wording at all. A single character stays, as it could be one letter of a word that is spelled
apart. Nearly every name is such a value. All others stay as they are, and with them
their text is judged by itself. tests/campaigns/test_shapes.py compares the two ways.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from xinfeng.content.judging import SOMETHING
from xinfeng.content.rendering import Row
from xinfeng.screening.normalising import normalise, strip
from xinfeng.screening.rules import Rule
from xinfeng.screening.ruleset import RuleSet

LONGEST = 20
"""Characters of a value that is replaced."""

_MOST_KNOWN = 500_000
"""Values whose stand-in is remembered."""

_NUMERALS = frozenset("零〇一二三四五六七八九十百千万亿两幺壹贰叁肆伍陆柒捌玖拾")
_TAG = re.compile(r"\{\{(.*?)\}\}|\{%(.*?)%\}")
_TOUCHING = re.compile(rf"{SOMETHING}[^\w,!?;:、。\n]*{SOMETHING}")
"""Across a sign that divides sentences no word is made (`screening.normalising.how_split`)."""

_NAME = re.compile(r"[a-z_]+(?:\.[a-z0-9_]+)*")
_PLAIN_OUTPUT = re.compile(r"\s*-?\s*([a-z_]+(?:\.[a-z0-9_]+)*)\s*(?:\|\s*default\s*:[^|]*)?-?\s*")


def replaceable(source: str) -> frozenset[str]:
    """The variables of a wording that are only ever written out as they are: no condition or filter looks at them."""
    written: set[str] = set()
    looked_at: set[str] = set()
    for output, tag in _TAG.findall(source):
        plain = _PLAIN_OUTPUT.fullmatch(output) if output else None
        if plain is not None:
            written.add(plain[1])
        else:
            looked_at.update(_NAME.findall(output or tag))
    return frozenset(written - looked_at)


Shape = tuple[object, ...]
"""Values of a wording's variables, in their order, with stand-ins for some."""


class Shapes:
    """Stand-ins for the values of one wording, by the rules of one ruleset. `readings`: the wording as its readers may
    read it, with a neutral character for each value."""

    def __init__(self, rules: RuleSet, source: str, readings: Iterable[str]) -> None:
        self._names = replaceable(source)
        known = [normalise(one).text for one in readings]
        if any(map(_TOUCHING.search, known)):
            self._names = frozenset()  # two values side by side could make a word that neither makes alone
        stripped = [strip(one) for one in known]
        self._around = sorted(set("".join(stripped)) - {SOMETHING})
        everywhere = [*known, *stripped]
        words: set[str] = set()
        patterns: set[str] = set()
        for rule in rules.rules:
            words |= _read(words_of(rule))
            patterns.update(*_looking(rule, lambda written: _stand_in(_read(written), everywhere)))
        words |= _read(one.word for one in rules.words)
        words |= _read(rules.guards)
        self._pairs = frozenset(word[at : at + 2] for word in words for at in range(len(word) - 1))
        self._never = frozenset(word for word in words if len(word) == 1) | patterns | _NUMERALS | {SOMETHING}
        self._values: dict[str, str] = {}

    def of(self, rows: Sequence[Row], names: Sequence[str]) -> list[Shape]:
        """The shape of each row: its values of `names`, those that can be with their stand-ins."""
        columns = [self._column(rows, name) for name in names]
        return list(zip(*columns, strict=True)) if columns else [()] * len(rows)

    def stand_in(self, name: str, value: str) -> str:
        """What stands for a value of this variable: itself, where a rule could tell."""
        return (self._values.get(value) or self._learn(value)) if name in self._names else value

    def _column(self, rows: Sequence[Row], name: str) -> list[object]:
        if name not in self._names:
            return [row.get(name) for row in rows]
        values, known = [row.get(name) for row in rows], self._values
        if len(known) > _MOST_KNOWN:
            known.clear()
        return [(known.get(value) or self._learn(value)) if type(value) is str else value for value in values]

    def _learn(self, value: str) -> str:
        stand_in = SOMETHING * len(value) if self._is_inert(value) else value
        self._values[value] = stand_in
        return stand_in

    def _is_inert(self, value: str) -> bool:
        if (
            not 1 < len(value) <= LONGEST
            or not all(map(_is_plain, value))
            or not self._never.isdisjoint(value)
        ):
            return False
        pairs = self._pairs
        if any(value[at : at + 2] in pairs for at in range(len(value) - 1)):
            return False
        first, last = value[0], value[-1]
        return not any(one + first in pairs or last + one in pairs for one in self._around)


def _is_plain(character: str) -> bool:
    """A common Chinese character that is read as itself."""
    return "一" <= character <= "鿿" and normalise(character).text == character


def words_of(rule: Rule) -> set[str]:
    """Everything a rule looks for before it looks closer."""
    return {*rule.words, *rule.disguised, *(one for pattern in rule.patterns for one in pattern.triggers)}


def _read(words: Iterable[str]) -> set[str]:
    """Words as the second reading has them."""
    return {strip(normalise(one).text) for one in words}


def _stand_in(words: Iterable[str], texts: Iterable[str]) -> bool:
    return any(word in text for word in words for text in texts)


def _looking(rule: Rule, stand: Callable[[Iterable[str]], bool]) -> Iterator[str]:
    """The expressions of a rule that are tried on a text in which some of its words `stand`."""
    if not stand(words_of(rule)):
        return
    yield from rule.unless
    yield from rule.requires
    yield from rule.unless_text
    yield from rule.needs_text
    for pattern in rule.patterns:
        if stand(pattern.triggers):
            yield from (pattern.regex, *pattern.unless)
