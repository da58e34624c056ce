"""Rendered texts before screening: what somebody's own values bring into her text.

The wording was reviewed; what it says, and what was proven of it, is no news. What a name or an attribute adds (a
forbidden word, a link, a claim nobody has proven) leaves that contact out, with the reason `text_blocked` and the rule.

Nearly all that tells one reader's text from another's are names, of characters that no rule knows. For screening they are
all alike, so they are made alike, and each text of that shape is judged once.

Screening a text takes about as long as rendering and sealing it, and nobody else may use this interpreter meanwhile;
large batches therefore go to a process of their own, which knows the rules and nothing else.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from xinfeng.content.judging import SOMETHING, Said
from xinfeng.screening.engine import Screener
from xinfeng.screening.normalising import normalise
from xinfeng.screening.rules import to_json
from xinfeng.screening.ruleset import RuleSet

APART_FROM = 20_000
"""Texts from which on a process of their own is worth its start (under a second)."""


@dataclass(frozen=True)
class TextGate:
    """What one campaign's rendered texts must pass. `said`: what its wording itself says."""

    screener: Screener
    trade: str
    purpose: str
    said: Said

    @cached_property
    def _alike(self) -> dict[int, int]:
        return alike(self.screener.ruleset)

    def refused(self, texts: Sequence[str]) -> dict[int, str]:
        """The texts that may not be sent, by their place, each with the weightiest rule that says so."""
        shapes = "\n".join(texts).translate(self._alike).split("\n")
        distinct = list(dict.fromkeys(shapes))
        judged = self.screener.screen_many(distinct, trade=self.trade, purpose=self.purpose)
        bad: dict[str, str] = {}
        for text, findings in zip(distinct, judged, strict=True):
            if (findings or "." in text) and (objections := self.said.objections(text, findings)):
                bad[text] = objections[0]
        return {at: bad[shape] for at, shape in enumerate(shapes) if shape in bad} if bad else {}

    @contextmanager
    def working(self, texts: int) -> Iterator[Screening]:
        """Somebody who screens about so many texts, apart if that is worth it."""
        if texts < APART_FROM:
            yield self._at_once
            return
        given = (self.screener.ruleset, self.trade, self.purpose, self.said)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, context, initializer=_learn, initargs=given) as pool:
            yield lambda batch: pool.submit(_refused_apart, batch)

    def _at_once(self, texts: Sequence[str]) -> Future[dict[int, str]]:
        done: Future[dict[int, str]] = Future()
        done.set_result(self.refused(texts))
        return done


_NUMERALS = "零〇一二三四五六七八九十百千万亿两幺壹贰叁肆伍陆柒捌玖拾"
"""Read as digits by what looks for numbers."""

_FOR_READERS = frozenset(
    f"{field}_{language}" for field in ("title", "message", "suggestion") for language in ("zh", "en")
) | {"law", "hits", "passes", "replacements"}
"""Of a rule: what finds nothing."""


def alike(ruleset: RuleSet) -> dict[int, int]:
    """A table for `str.translate`: every common Chinese character that no rule mentions becomes the same one.

    Rules see characters as members of a class, where all Chinese characters are alike, or by name; so a text and its
    translation have the same findings (tests/campaigns/test_rendered.py).
    """
    known = set(_NUMERALS)
    for rule in ruleset.rules:
        known.update(str({name: value for name, value in to_json(rule).items() if name not in _FOR_READERS}))
    for word in ruleset.words:
        known.update(normalise(word.word).text)
    plain = [code for code in range(0x4E00, 0xA000) if normalise(chr(code)).text == chr(code)]
    neutral = [code for code in plain if chr(code) not in known]
    stands_for_all = ord(SOMETHING) if SOMETHING not in known else neutral[0]
    return dict.fromkeys(neutral, stands_for_all)


Screening = Callable[[Sequence[str]], "Future[dict[int, str]]"]
"""`TextGate.refused` of a batch, some time later."""

_apart: TextGate
"""In the process that only screens: its gate."""


def _learn(ruleset: RuleSet, trade: str, purpose: str, said: Said) -> None:
    global _apart
    _apart = TextGate(Screener(ruleset), trade, purpose, said)


def _refused_apart(texts: Sequence[str]) -> dict[int, str]:
    return _apart.refused(texts)
