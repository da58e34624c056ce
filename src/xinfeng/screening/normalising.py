"""A text as screening reads it, and the way back to what was typed.

Two readings. The first (`normalise`) undoes disguises that cost a reader nothing: width, style, invisible
characters, look-alikes, traditional characters. The second (`strip`) also leaves out what stands between the
characters; it joins words that have nothing to do with each other, so what only it finds weighs less.
Pure, and linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from xinfeng.screening.characters import SEVERAL, TABLE, normal


@dataclass(frozen=True, slots=True)
class Normalised:
    """`text` is normalised; its character i was typed at `places[i]` (None: everywhere at i)."""

    text: str
    places: Sequence[int] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the normalised characters from `start` up to `end` (at least one) were typed."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def normalise(text: str) -> Normalised:
    """The first reading: character by character, with the place each was typed at."""
    found = text.translate(TABLE)
    if SEVERAL not in found:
        return Normalised(found, None)
    pieces: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        piece = found[place]
        if piece == SEVERAL:
            piece = normal(character)
        pieces.append(piece)
        if len(piece) == 1:
            places.append(place)
        else:
            places.extend([place] * len(piece))
    return Normalised("".join(pieces), places)


_CHINESE = "㐀-鿿"
_SENTENCE = "，。！？；：、,!?;:\n"
"""Signs that end or divide sentences: words that meet across a single one of them do not belong together."""

_WRAPS = r"()\[\]{}<>《》【】「」『』“”‘’\"'…"

_SPLIT = re.compile(
    rf"[{_CHINESE}][^\w\s{_SENTENCE}{_WRAPS}]+\w"  # 最·佳
    rf"|\w[^\w\s{_SENTENCE}{_WRAPS}]+[{_CHINESE}]"
    rf"|_[{_CHINESE}]|[{_CHINESE}]_"
    rf"|[{_CHINESE}] +[{_CHINESE}]"
    rf"|[\W_]\w[\W_]+\w(?!\w)"  # v.x, 加，微，信
)
_BETWEEN = re.compile(r"[\W_]+")


def may_be_split(text: str) -> bool:
    """Whether the second reading of a normalised text could find more than the first."""
    return _SPLIT.search(text) is not None


def strip(text: str) -> str:
    """The second reading: letters, digits and Chinese characters of a normalised text, nothing between them."""
    return _BETWEEN.sub("", text)


def stripped_places(text: str) -> list[int]:
    """For each character of `strip(text)` its place in `text`."""
    places: list[int] = []
    for run in re.finditer(r"[^\W_]+", text):
        places.extend(range(run.start(), run.end()))
    return places


@dataclass(frozen=True, slots=True)
class Split:
    """How a word that the second reading found stands in the text."""

    deliberate: bool
    """No honest text looks like this: a sign between every two characters, or a sign that divides no words."""


_DIVIDES = frozenset("|/-~&+—–…()《》【】“”‘’\"'<>[]「」『』=→")
"""Signs that honest texts put between words."""


def how_split(text: str, places: Sequence[int]) -> Split | None:
    """How the characters at `places` of a normalised text are kept apart; None: they are not, or innocently so."""
    gaps = [text[before + 1 : after] for before, after in zip(places, places[1:], strict=False)]
    apart = [gap for gap in gaps if gap]
    if not apart:
        return None
    everywhere = len(apart) == len(gaps)
    alone = _stands_alone(text, places)
    if any(sign in _SENTENCE for gap in apart for sign in gap):
        return Split(True) if everywhere and len(gaps) > 1 else None
    if any(len(gap) > 6 for gap in apart):
        return None
    if len(places) > 3 or alone or (everywhere and len(gaps) > 1):
        return Split(True)
    return Split(all(sign not in _DIVIDES and not sign.isspace() for gap in apart for sign in gap))


def _stands_alone(text: str, places: Sequence[int]) -> bool:
    """Whether a character of the word stands between two signs of the same kind: 【包】过, 最 好 的."""
    for place in places:
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if before and after and not (before.isalnum() or after.isalnum()):
            if before == after and before not in _SENTENCE:
                return True
            if before in _OPENING and after == _CLOSING[_OPENING.index(before)]:
                return True
    return False


_OPENING, _CLOSING = "([{<《【「『“‘", ")]}>》】」』”’"
