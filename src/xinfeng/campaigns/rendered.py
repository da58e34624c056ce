"""Rendered texts before screening: what somebody's own values bring into her text.

The wording was reviewed; what it says, and what was proven of it, is no news. What a name or an attribute adds (a
forbidden word, a link, a claim nobody has proven) leaves that contact out, with the reason `text_blocked` and the rule.

Screening a text takes about as long as rendering and sealing it, and nobody else may use this interpreter meanwhile;
large batches therefore go to a process of their own, which knows the rules and nothing else.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from xinfeng.content.judging import Said
from xinfeng.screening.engine import Screener
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

    def refused(self, texts: Sequence[str]) -> dict[int, str]:
        """The texts that may not be sent, by their place, each with the weightiest rule that says so."""
        distinct = list(dict.fromkeys(texts))
        judged = self.screener.screen_many(distinct, trade=self.trade, purpose=self.purpose)
        bad: dict[str, str] = {}
        for text, findings in zip(distinct, judged, strict=True):
            if (findings or "." in text) and (objections := self.said.objections(text, findings)):
                bad[text] = objections[0]
        return {at: bad[text] for at, text in enumerate(texts) if text in bad} if bad else {}

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


Screening = Callable[[Sequence[str]], "Future[dict[int, str]]"]
"""`TextGate.refused` of a batch, some time later."""

_apart: TextGate
"""In the process that only screens: its gate."""


def _learn(ruleset: RuleSet, trade: str, purpose: str, said: Said) -> None:
    global _apart
    _apart = TextGate(Screener(ruleset), trade, purpose, said)


def _refused_apart(texts: Sequence[str]) -> dict[int, str]:
    return _apart.refused(texts)
