"""What the simulated carrier testifies, against what was rendered. Pure but for reading the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xinfeng.channels.simulator import witness
from xinfeng.channels.simulator.vendors import maap
from xinfeng.protocols.maap.parcel import Parcel
from xinfeng.protocols.traffic import SubmitItem

_DIGITS = 11


@dataclass(frozen=True, slots=True)
class Testimony:
    """`arrived`: whole texts; `equal` of these are what was rendered for that number; `twice`: texts too many.
    `uncertain_arrived`: of the numbers whose fate we don't know, those the carrier has a text of. `numbers`: all of those."""

    arrived: int
    equal: int
    twice: int
    uncertain_arrived: int
    numbers: frozenset[str]


def as_it_is(text: str, parts: Sequence[SubmitItem]) -> str:
    """What a carrier must have of a text: the text."""
    return text


def as_a_card(text: str, parts: Sequence[SubmitItem]) -> str:
    """What a 5G platform must have: the card with pictures, buttons and chips, and the SMS behind it."""
    [(_, content, *_)] = parts
    parcel = Parcel.unpack(content)
    return maap.testimony(parcel.message, parcel.chips, parcel.sms)


def testimony(log: Path, rendered: Mapping[str, str], *, uncertain: frozenset[str]) -> Testimony:
    """`rendered`: the text by number; one that is not among them counts as different. Numbers may carry a prefix."""
    found: Counter[tuple[str, str]] = Counter()
    for number, texts in witness.deliveries_by_number(log).items():
        for text, times in texts.items():
            found[number[-_DIGITS:], text] += times
    numbers = {number for number, _ in found}
    return Testimony(
        arrived=len(found),
        equal=sum(rendered.get(number) == text for number, text in found),
        twice=sum(times - 1 for times in found.values()),
        uncertain_arrived=len(numbers & uncertain),
        numbers=frozenset(numbers),
    )
