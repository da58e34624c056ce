"""Which readers' texts a reviewer should see: those that are most likely to be wrong.

Taken from whom `content.spread` found in the audience: the longest text, the one with most parts, the one with most
values missing, and those whose own values bring something that screening objects to. The choice is a pure rule
(`riskiest`); names and numbers are masked in what is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from xinfeng.content import reads
from xinfeng.content.judging import Said
from xinfeng.content.models import TemplateVersion
from xinfeng.content.parts import Measure, measure
from xinfeng.content.preview import masked_phones, masked_values
from xinfeng.content.rendering import Renderer
from xinfeng.content.sources import values_of
from xinfeng.content.values import Moment
from xinfeng.screening.engine import Screener

LOOKED_AT = 2_500
MOST_SHOWN = 6
MOST_WITH_FINDINGS = 3


class Why(StrEnum):
    """Why a text is among the riskiest."""

    FINDING = "finding"
    LONGEST = "longest"
    MOST_PARTS = "most_parts"
    EMPTY = "empty"
    TYPICAL = "typical"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One reader's text. `text` is masked; `measure` and `objections` are those of the text she would get, by rule, weightiest
    first. `empty`: how many of the values it needs are missing."""

    contact_id: int
    phone: str
    text: str
    measure: Measure
    empty: int
    objections: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Risky:
    candidate: Candidate
    why: tuple[Why, ...]


def riskiest(candidates: Sequence[Candidate], *, most: int = MOST_SHOWN) -> list[Risky]:
    """The riskiest, worst first, each once with every reason; ties go to who comes first. Pure.

    Those with objections (three at most, those with most first), then the longest, the one with most parts where that is
    another, the one with most values missing where any is, and a typical one if there is room.
    """
    chosen: dict[int, tuple[Candidate, list[Why]]] = {}

    def take(why: Why, candidate: Candidate | None) -> None:
        if candidate is not None:
            chosen.setdefault(candidate.contact_id, (candidate, []))[1].append(why)

    objected = [one for one in candidates if one.objections]
    objected.sort(key=lambda one: -len(one.objections))
    for one in objected[:MOST_WITH_FINDINGS]:
        take(Why.FINDING, one)
    take(Why.LONGEST, _most(candidates, lambda one: one.measure.units))
    take(Why.MOST_PARTS, _most(candidates, lambda one: one.measure.parts, above=1))
    take(Why.EMPTY, _most(candidates, lambda one: one.empty))
    by_length = sorted(candidates, key=lambda one: one.measure.units)
    take(Why.TYPICAL, by_length[len(by_length) // 2] if by_length else None)
    return [Risky(candidate, tuple(why)) for candidate, why in chosen.values()][:most]


def _most(
    candidates: Sequence[Candidate], by: Callable[[Candidate], int], *, above: int = 0
) -> Candidate | None:
    found = max(candidates, key=by, default=None)
    return found if found is not None and by(found) > above else None


def needs(version: TemplateVersion) -> tuple[str, ...]:
    """The variables a version's text is made of; raises InvalidInput where one is gone."""
    return tuple(Renderer(version, version.signature, catalogue=reads.catalogue()).needed)


def samples(
    version: TemplateVersion,
    contact_ids: Sequence[int],
    *,
    moment: Moment,
    screener: Screener,
    trade: str,
    said: Said,
    price_li: int = 0,
) -> list[Risky]:
    """The riskiest texts among the first LOOKED_AT of these contacts."""
    known = reads.catalogue()
    ready = Renderer(version, version.signature, catalogue=known, fixed=moment.values())
    ids = list(contact_ids)[:LOOKED_AT]
    people = [
        (contact_id, row)
        for contact_id, row in zip(
            ids, values_of(ids, ready.needed, catalogue=known, moment=moment), strict=True
        )
        if row is not None
    ]
    rows = [row for _, row in people]
    texts = ready.render_many(rows)
    masked = ready.render_many([masked_values(row, known) for row in rows])
    found = screener.screen_many(texts, trade=trade, purpose=version.template.purpose)
    phones = masked_phones([contact_id for contact_id, _ in people])
    return riskiest(
        [
            Candidate(
                contact_id,
                phones.get(contact_id, ""),
                shown,
                measure(text, price_li=price_li),
                sum(row.get(name) in (None, "") for name in ready.needed),
                tuple(said.objections(text, findings)),
            )
            for (contact_id, row), text, shown, findings in zip(people, texts, masked, found, strict=True)
        ]
    )
