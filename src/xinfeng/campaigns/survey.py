"""The texts of a campaign's audience before it starts: how long they get, and whose own text may not be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xinfeng.campaigns.rendered import TextGate
from xinfeng.content.models import TemplateVersion
from xinfeng.content.parts import Spread, spread
from xinfeng.content.reads import BATCH, texts
from xinfeng.content.values import Moment


@dataclass(frozen=True)
class Survey:
    """What rendering these contacts' texts showed. `spread` is of those that may be sent, None if there are none;
    `refused`: the others, each with the rule."""

    rendered: int
    spread: Spread | None
    refused: dict[int, str]


def survey(
    version: TemplateVersion,
    contact_ids: Sequence[int],
    *,
    gate: TextGate,
    price_li: int,
    moment: Moment,
) -> Survey:
    """Render and screen the texts of exactly these contacts."""
    refused: dict[int, str] = {}
    count = 0

    def passing() -> Iterator[str]:
        nonlocal count
        for batch in _batches(version, contact_ids, moment):
            bad = gate.refused([text for _, text in batch])
            count += len(batch)
            refused.update({batch[at][0]: rule for at, rule in bad.items()})
            yield from (text for at, (_, text) in enumerate(batch) if at not in bad)

    found = spread(passing(), price_li=price_li)
    return Survey(count, found, refused)


def refused_among(
    version: TemplateVersion, contact_ids: Sequence[int], *, gate: TextGate, moment: Moment
) -> dict[int, str]:
    """Whose own text may not be sent, each with the rule."""
    bad: dict[int, str] = {}
    for batch in _batches(version, contact_ids, moment):
        bad |= {batch[at][0]: rule for at, rule in gate.refused([text for _, text in batch]).items()}
    return bad


def _batches(
    version: TemplateVersion, contact_ids: Sequence[int], moment: Moment
) -> Iterator[list[tuple[int, str]]]:
    for start in range(0, len(contact_ids), BATCH):
        yield list(texts(version, contact_ids[start : start + BATCH], moment))
