"""Rendered texts before screening: what somebody's own values bring into her text.

The wording was reviewed; what it says, and what was proven of it, is no news. What a name or an attribute adds (a
forbidden word, a link, a claim nobody has proven) leaves that contact out, with the reason `text_blocked` and the rule.
But what her name or her city makes of the words around it is nobody's claim (`content.closed`).

Every text is judged, but those that no rule can tell apart only once (`shapes`): screening one takes longer than
rendering, sealing and storing it. And since only what is found without names and places speaks against a text, the text
without them is judged first; where nothing is found there, the text itself need not be read. Most of a campaign's texts
are one and the same by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from xinfeng.campaigns.shapes import Shape, Shapes, replaceable
from xinfeng.contacts import regions
from xinfeng.content.closed import Closed
from xinfeng.content.judging import Judged
from xinfeng.content.rendering import Row
from xinfeng.content.variables import Catalogue
from xinfeng.screening.engine import Screener

_MOST_REMEMBERED = 200_000
"""Shapes whose judgement is remembered, and values of a variable whose stand-in is."""


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
    """Screens batches of one wording's texts and remembers what it has judged."""

    def __init__(self, gate: TextGate, renderer: Rendering) -> None:
        self._gate = gate
        self._renderer = renderer
        self._names = renderer.needed
        judged = gate.judged
        self._shapes = Shapes(gate.screener.ruleset, judged.source.text, judged.readings)
        self._bare = {name: _Bare(name, self._closed, self._shapes) for name in self._names}
        self._known: dict[Shape, str] = {}

    def refused(self, rows: Sequence[Row]) -> dict[int, str]:
        """Whose texts may not be sent, by their place among `rows` (the renderer's), each with the rule.

        Two readings must object: of the text as it stands, and of the text without closed values; the rule is that of
        the second, which is made first.
        """
        said = self._judge(self._without_closed(rows))
        if not any(said):
            return {}
        objected = {at: rule for at, rule in enumerate(said) if rule}
        own = self._judge(self._shapes.of([rows[at] for at in objected], self._names))
        return {
            at: rule for (at, rule), as_it_stands in zip(objected.items(), own, strict=True) if as_it_stands
        }

    def _without_closed(self, rows: Sequence[Row]) -> list[Shape]:
        """The values of each row, with stand-ins for those that are closed or that no rule can tell apart."""
        columns = []
        for name in self._names:
            bare = self._bare[name]
            if len(bare) > _MOST_REMEMBERED:
                bare.clear()
            values = [row.get(name) for row in rows]
            columns.append([bare[value] if type(value) is str else value for value in values])
        return list(zip(*columns, strict=True)) if columns else [()] * len(rows)

    def _judge(self, shapes: Sequence[Shape]) -> list[str]:
        """The rule against each; empty: none."""
        if len(self._known) > _MOST_REMEMBERED:
            self._known.clear()
        known = self._known
        if new := [shape for shape in dict.fromkeys(shapes) if shape not in known]:
            people: list[Row] = [dict(zip(self._names, shape, strict=True)) for shape in new]  # type: ignore[arg-type]
            known.update(zip(new, self._gate.objections(self._renderer.render_many(people)), strict=True))
        return [known[shape] for shape in shapes]

    @cached_property
    def _closed(self) -> Closed:
        return Closed(
            self._renderer.catalogue,
            replaceable(self._gate.judged.source.text),
            places={place for one in regions.table().regions for place in one if place},
            clear=self._gate.clear,
        )


class _Bare(dict[str, str]):
    """What stands for a value of one variable in the reading without closed values; found out when first asked."""

    def __init__(self, name: str, closed: Closed, shapes: Shapes) -> None:
        super().__init__()
        self._name = name
        self._closed = closed
        self._shapes = shapes

    def __missing__(self, value: str) -> str:
        if self._closed.holds(self._name, value):
            bare = self._closed.stand_in(value)
        else:
            bare = self._shapes.stand_in(self._name, value)
        self[value] = bare
        return bare
