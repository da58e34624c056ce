"""The texts of a campaign's audience before it starts: how long they get, and whose own text may not be sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from xinfeng.campaigns.cards import face_of
from xinfeng.campaigns.rendered import TextGate
from xinfeng.content.models import TemplateVersion
from xinfeng.content.parts import Spread, spread
from xinfeng.content.reads import BATCH, catalogue
from xinfeng.content.rendering import Renderer
from xinfeng.content.rich_rendering import FaceWords
from xinfeng.content.sources import values_of
from xinfeng.content.values import Moment
from xinfeng.kernel.text import billed_parts


@dataclass(frozen=True)
class Survey:
    """What rendering these contacts' texts showed. `spread` is of those that may be sent, None if there are none;
    `refused`: the others, each with the rule. `by_group`: texts and parts of those that may be sent, where they were told
    apart."""

    rendered: int
    spread: Spread | None
    refused: dict[int, str]
    by_group: dict[int, tuple[int, int]] = field(default_factory=dict)


def survey(
    version: TemplateVersion,
    contact_ids: Sequence[int],
    *,
    gate: TextGate,
    price_li: int,
    moment: Moment,
    groups: Mapping[int, int] | None = None,
    cards: bool = False,
) -> Survey:
    """Render and screen the texts of exactly these contacts. `groups`: by contact, what to tell apart; `cards`: screen
    their cards too."""
    refused: dict[int, str] = {}
    texts_of: Counter[int] = Counter()
    parts_of: Counter[int] = Counter()
    count = 0

    def passing() -> Iterator[str]:
        nonlocal count
        for ids, texts, bad in _batches(version, contact_ids, gate, moment, cards=cards):
            count += len(ids)
            refused.update({ids[at]: rule for at, rule in bad.items()})
            good = [
                (one, text) for at, (one, text) in enumerate(zip(ids, texts, strict=True)) if at not in bad
            ]
            if groups is not None:
                for one, text in good:
                    texts_of[groups[one]] += 1
                    parts_of[groups[one]] += billed_parts(text)
            yield from (text for _, text in good)

    found = spread(passing(), price_li=price_li)
    return Survey(count, found, refused, {one: (texts_of[one], parts_of[one]) for one in texts_of})


def refused_among(
    version: TemplateVersion,
    contact_ids: Sequence[int],
    *,
    gate: TextGate,
    moment: Moment,
    cards: bool = False,
) -> dict[int, str]:
    """Whose own text (or card, with `cards`) may not be sent, each with the rule."""
    bad: dict[int, str] = {}
    for ids, _texts, found in _batches(version, contact_ids, gate, moment, cards=cards):
        bad |= {ids[at]: rule for at, rule in found.items()}
    return bad


def _batches(
    version: TemplateVersion, contact_ids: Sequence[int], gate: TextGate, moment: Moment, *, cards: bool
) -> Iterator[tuple[list[int], list[str], dict[int, str]]]:
    """Contacts that still exist, their texts, and which of these (by place) may not be sent, with the rule."""
    known = catalogue()
    renderer = Renderer(version, version.signature, catalogue=known, fixed=moment.values())
    reader = gate.reading(renderer)
    face = face_of(version, catalogue=known, moment=moment) if cards else None
    face_reader = gate.reading(FaceWords(face)) if face is not None and face.personal else None
    needed = tuple(dict.fromkeys((*renderer.needed, *(face.needed if face is not None else ()))))
    for start in range(0, len(contact_ids), BATCH):
        ids = contact_ids[start : start + BATCH]
        values = values_of(ids, needed, catalogue=known, moment=moment)
        people = [(one, row) for one, row in zip(ids, values, strict=True) if row is not None]
        rows = [row for _, row in people]
        bad = reader.refused(rows)
        if face_reader is not None:
            bad = bad | face_reader.refused(rows)
        yield [one for one, _ in people], renderer.render_many(rows), bad
