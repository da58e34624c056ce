"""Rendered texts before screening: what somebody's own values bring into her text.

The wording was reviewed; what it says, and what was proven of it, is no news. What a name or an attribute adds (a
forbidden word, a link, a claim nobody has proven) leaves that contact out, with the reason `text_blocked` and the rule.
But what her name or her city makes of the words around it is nobody's claim (`content.closed`).

Every text is screened, but those that no rule can tell apart only once (`shapes`): screening one takes about as long as
rendering, sealing and storing it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from xinfeng.campaigns.shapes import Shapes, replaceable
from xinfeng.contacts import regions
from xinfeng.content.closed import Closed
from xinfeng.content.judging import Judged
from xinfeng.content.rendering import Row
from xinfeng.content.variables import Catalogue
from xinfeng.screening.engine import Screener

_MOST_REMEMBERED = 200_000
"""Shapes whose judgement is remembered."""


class Rendering(Protocol):
    """What makes texts of readers' values: of a wording, or of a 5G face."""

    @property
    def needed(self) -> tuple[str, ...]: ...

    @property
    def catalogue(self) -> Catalogue: ...

    def render_many(self, rows: Sequence[Row]) -> list[str]: ...


@dataclass(frozen=True)
class TextGate:
    """What one campaign's rendered texts must pass; `judged` is its wording."""

    screener: Screener
    trade: str
    purpose: str
    judged: Judged

    def reading(self, renderer: Rendering) -> Reader:
        """Ready for the texts of a renderer of this wording."""
        return Reader(self, renderer)

    def objections(self, texts: Sequence[str]) -> list[str]:
        """The weightiest rule by which each text may not be sent; empty: it may."""
        said = self.judged.said
        judged = self.screener.screen_many(texts, trade=self.trade, purpose=self.purpose)
        return [
            next(iter(said.objections(text, findings)), "") if findings or "." in text else ""
            for text, findings in zip(texts, judged, strict=True)
        ]

    def clear(self, text: str) -> bool:
        """Whether a text has nothing against it by itself."""
        return not self.objections([text])[0]


class Reader:
    """Screens batches of one wording's texts and remembers the shapes it has seen."""

    def __init__(self, gate: TextGate, renderer: Rendering) -> None:
        self._gate = gate
        self._renderer = renderer
        self._names = renderer.needed
        judged = gate.judged
        self._shapes = Shapes(gate.screener.ruleset, judged.source.text, judged.readings)
        self._known: dict[tuple[object, ...], str] = {}

    def refused(self, rows: Sequence[Row]) -> dict[int, str]:
        """Whose texts may not be sent, by their place among `rows` (the renderer's), each with the rule."""
        shapes = self._shapes.of(rows, self._names)
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
        known = self._known
        if new := [shape for shape in dict.fromkeys(shapes) if shape not in known]:
            people: list[Row] = [dict(zip(self._names, shape, strict=True)) for shape in new]  # type: ignore[arg-type]
            objections = self._gate.objections(self._renderer.render_many(people))
            if any(objections):
                self._forgive(people, objections)
            known.update(zip(new, objections, strict=True))
        found = [known[shape] for shape in shapes]
        return {at: rule for at, rule in enumerate(found) if rule} if any(found) else {}

    def _forgive(self, people: Sequence[Row], objections: list[str]) -> None:
        """Judge those texts once more without names and places that something was found in or beside."""
        without = {at: self._closed.without(people[at]) for at, rule in enumerate(objections) if rule}
        again = {at: row for at, row in without.items() if row is not None}
        if again:
            texts = self._renderer.render_many(list(again.values()))
            for at, rule in zip(again, self._gate.objections(texts), strict=True):
                objections[at] = rule

    @cached_property
    def _closed(self) -> Closed:
        return Closed(
            self._renderer.catalogue,
            replaceable(self._gate.judged.source.text),
            places={place for one in regions.table().regions for place in one if place},
            clear=self._gate.clear,
        )
