"""Which message a complaint is about. Pure: candidates come from `candidates`, the judgement is here.

Messages to the number in the days before the complaint are candidates, the latest first. What speaks for one:

- the source names the message, or the carrier's id of it: that is it;
- the complainant quotes a text that is (nearly) its text: that is it too, if no other is as near;
- without a text: the latest that arrived before the complaint is likely; the only one all the more.

A quoted text that is like none of them, and has a signature that is none of ours, speaks against all of them: the
complaint may be about somebody else's message, and nothing is chosen.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from xinfeng.complaints.models import Certainty

NAMED_MESSAGE = "named_message"
NAMED_CARRIER_ID = "named_carrier_id"
SAME_TEXT = "same_text"
SIMILAR_TEXT = "similar_text"
SIGNATURE = "signature"
LATEST = "latest"
ONLY_ONE = "only_one"
DELIVERED = "delivered"
OTHER_NUMBER = "other_number"
FORMERLY = "formerly"
BY_PERSON = "by_person"
OTHER_TEXT = "other_text"

WHYS = (
    NAMED_MESSAGE,
    NAMED_CARRIER_ID,
    SAME_TEXT,
    SIMILAR_TEXT,
    SIGNATURE,
    LATEST,
    ONLY_ONE,
    DELIVERED,
    OTHER_NUMBER,
    FORMERLY,
    BY_PERSON,
    OTHER_TEXT,
)

SAME = 0.85
SIMILAR = 0.45
_GRAM = 3
_SHORTEST_QUOTE = 6
_signature = re.compile(r"【([^【】]{1,30})】")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message that it may be about. `named`: the source named it, by one of NAMED_*. `other_number`: it went to
    another number of the same person; `formerly`: the number was this contact's then and is not any more."""

    message_id: int
    plan_id: int
    contact_id: int
    consent_seq: int
    channel_id: int
    sent_at: datetime
    delivered: bool = False
    named: str = ""
    other_number: bool = False
    formerly: bool = False
    body: str = ""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate with what speaks for it. `likeness`: of its text to the quoted one, 0 to 1; None without a quote."""

    candidate: Candidate
    why: tuple[str, ...]
    likeness: float | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """`chosen` is None where `certainty` is NONE; `candidates` are all, best first."""

    certainty: Certainty
    chosen: Weighed | None
    candidates: tuple[Weighed, ...] = field(default=())


def judge(candidates: Sequence[Candidate], *, quoted: str = "") -> Judgement:
    """What the complaint is about, as far as can be told."""
    if not candidates:
        return Judgement(Certainty.NONE, None)
    hers = [one for one in candidates if not one.other_number]
    latest = max(hers, key=lambda one: one.sent_at, default=None)
    weighed = [_weigh(one, quoted, latest=latest, alone=len(hers) == 1) for one in candidates]
    ranked = tuple(sorted(weighed, key=_rank, reverse=True))
    best = ranked[0]
    return Judgement(*_certainty(best, ranked), ranked)


def _weigh(one: Candidate, quoted: str, *, latest: Candidate | None, alone: bool) -> Weighed:
    likeness = alike(quoted, one.body) if len(bare(quoted)) >= _SHORTEST_QUOTE and one.body else None
    why = [one.named] if one.named else []
    if likeness is not None:
        if likeness >= SAME:
            why.append(SAME_TEXT)
        elif likeness >= SIMILAR:
            why.append(SIMILAR_TEXT)
        if _signatures(quoted) & _signatures(one.body):
            why.append(SIGNATURE)
    if one is latest:
        why.append(LATEST)
        if alone:
            why.append(ONLY_ONE)
    why += [code for code, holds in _NOTES.items() if holds(one)]
    return Weighed(one, tuple(why), likeness)


_NOTES: dict[str, Callable[[Candidate], bool]] = {
    DELIVERED: lambda one: one.delivered,
    OTHER_NUMBER: lambda one: one.other_number,
    FORMERLY: lambda one: one.formerly,
}


def _rank(one: Weighed) -> tuple[bool, int, bool, bool, datetime, int]:
    likeness = 0 if one.likeness is None or one.likeness < SIMILAR else round(one.likeness * 100)
    candidate = one.candidate
    return (
        bool(candidate.named),
        likeness,
        SIGNATURE in one.why,
        not candidate.other_number,
        candidate.sent_at,
        candidate.message_id,
    )


def _certainty(best: Weighed, ranked: Sequence[Weighed]) -> tuple[Certainty, Weighed | None]:
    if best.candidate.named:
        # A name that leads to somebody else's message is a hint, and may be a slip of the pen.
        return (Certainty.LIKELY if best.candidate.other_number else Certainty.EXACT), best
    if SAME_TEXT in best.why:
        rivals = [one for one in ranked[1:] if SAME_TEXT in one.why]
        return (Certainty.LIKELY if rivals else Certainty.EXACT), best
    if best.likeness is not None and SIMILAR_TEXT not in best.why and SIGNATURE not in best.why:
        return Certainty.NONE, None
    if best.candidate.other_number and SIMILAR_TEXT not in best.why:
        return Certainty.NONE, None
    return Certainty.LIKELY, best


def alike(quoted: str, body: str) -> float:
    """How much of the shorter text is in the other, 0 to 1, by runs of three characters. People quote in pieces, and
    carriers' back offices cut texts off."""
    left, right = _grams(bare(quoted)), _grams(bare(body))
    if not left or not right:
        return 0.0
    return len(left & right) / min(len(left), len(right))


def bare(text: str) -> str:
    """Letters and digits only, full-width and half-width alike."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def _grams(text: str) -> frozenset[str]:
    if len(text) < _GRAM:
        return frozenset({text} if text else ())
    return frozenset(text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1))


def _signatures(text: str) -> frozenset[str]:
    return frozenset(bare(one) for one in _signature.findall(text))
