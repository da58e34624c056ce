"""What texts cost: parts and price, of one text, of many, and at the most. Pure.

Parts are what carriers in China bill for (`kernel.text.billed_parts`): signature, opt-out wording and values
count. Prices are in li, tenths of a fen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from xinfeng.kernel.money import LI_PER_FEN, Fen
from xinfeng.kernel.text import PART_UNITS, SINGLE_UNITS, billed_parts, utf16_units


@dataclass(frozen=True, slots=True)
class Measure:
    """A text's length in UTF-16 units (as carriers count), its parts, and their price."""

    units: int
    parts: int
    cost_li: int


@dataclass(frozen=True, slots=True)
class Spread:
    """What many texts come to. `typical` is the median by length; `by_parts` counts texts per number of parts."""

    texts: int
    shortest: Measure
    typical: Measure
    longest: Measure
    longest_text: str
    parts: int
    cost_li: int
    by_parts: dict[int, int]


def measure(text: str, *, price_li: int) -> Measure:
    """Exact for this text; `price_li` per part."""
    parts = billed_parts(text)
    return Measure(utf16_units(text), parts, price(parts, price_li=price_li))


def price(parts: int, *, price_li: int) -> int:
    """Li for a number of parts."""
    return parts * price_li


def fen(cost_li: int) -> Fen:
    """Li rounded up to whole fen, for showing."""
    return Fen(-(-cost_li // LI_PER_FEN))


def spread(texts: Iterable[str], *, price_li: int) -> Spread | None:
    """Shortest, typical, longest and the sum of these texts; None when there are none."""
    lengths: Counter[int] = Counter()
    by_parts: Counter[int] = Counter()
    samples: dict[int, str] = {}
    for text in texts:
        units = utf16_units(text)
        parts = 1 if units <= SINGLE_UNITS else billed_parts(text)
        lengths[units] += 1
        by_parts[parts] += 1
        known = samples.get(units)
        if known is None or (units > SINGLE_UNITS and billed_parts(known) < parts):
            samples[units] = text
    if not lengths:
        return None
    ordered = sorted(lengths)
    longest = samples[ordered[-1]]
    parts = sum(each * count for each, count in by_parts.items())
    return Spread(
        texts=lengths.total(),
        shortest=measure(samples[ordered[0]], price_li=price_li),
        typical=measure(samples[_median(lengths, ordered)], price_li=price_li),
        longest=measure(longest, price_li=price_li),
        longest_text=longest,
        parts=parts,
        cost_li=price(parts, price_li=price_li),
        by_parts=dict(sorted(by_parts.items())),
    )


def _median(lengths: Counter[int], ordered: list[int]) -> int:
    half = (lengths.total() + 1) // 2
    seen = 0
    for units in ordered:
        seen += lengths[units]
        if seen >= half:
            return units
    return ordered[-1]


def at_most(units: int, *, price_li: int) -> Measure:
    """Upper bound for any text of up to `units`: emoji on the seams can cost each part one unit."""
    parts = 1 if units <= SINGLE_UNITS else -(-units // (PART_UNITS - 1))
    return Measure(units, parts, price(parts, price_li=price_li))
