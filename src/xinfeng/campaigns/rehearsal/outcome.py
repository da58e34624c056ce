"""What came of a rehearsal, as it is kept and shown: numbers and codes, no texts, no numbers of people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

MOST_NAMED = 50
"""Contacts named whose text could not be written."""

FASTER_THAN_S = 1.5
"""Sending that took less says nothing about the pace: a rate is only felt after its first second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOutcome:
    """One channel's part. `parts` were to be sent over it at first, of so many `texts`; `accepted`, `uncertain` and the
    sums of `refused` are parts too, `throttled` refusals after which a part went again. `waiting`: parts that never left;
    `moved_in`, `moved_out`: texts that changed the channel because one died.

    `arrived`: whole texts that the carrier has; `equal` of these to the letter what was rendered, `twice` came more than
    once, `uncertain_arrived` although nobody was told. `seconds`: from the first part to the last answer. `whole_parts`:
    of the whole campaign, by the preflight. `content_bytes`: of the texts as encoded, without protocol.
    """

    channel_id: int
    name: str
    kind: str
    rate_per_s: int
    connections: int
    window: int
    texts: int = 0
    parts: int = 0
    content_bytes: int = 0
    accepted: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    throttled: int = 0
    uncertain: int = 0
    waiting: int = 0
    moved_in: int = 0
    moved_out: int = 0
    arrived: int = 0
    equal: int = 0
    twice: int = 0
    uncertain_arrived: int = 0
    receipts: dict[str, int] = field(default_factory=dict)
    longest: int = 0
    most_parts: int = 0
    seconds: float = 0.0
    round_trip_ms: float | None = None
    logins: int = 0
    fault: str = ""
    whole_parts: int = 0

    @property
    def different(self) -> int:
        """Whole texts that arrived and are not what was rendered. There must be none."""
        return self.arrived - self.equal

    @property
    def refused_parts(self) -> int:
        return sum(self.refused.values())

    @property
    def pace_per_s(self) -> float | None:
        """Parts a second that were taken; None where it took too short to say, or texts changed the channel meanwhile."""
        return None if self.moved_in or self.moved_out else pace(self.accepted, self.seconds)

    @property
    def settled(self) -> bool:
        """Whether all was taken, once and to the letter."""
        return not (self.refused or self.uncertain or self.waiting or self.different or self.twice)


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A contact whose text could not be written for a channel, or may not be sent. `reason`: a code."""

    contact_id: int
    channel_id: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`recipients` were taken of `audience` who would get the campaign; `carriers`: how many of each. `unwritten` names
    the first, `unwritten_count` counts all, `reasons` by reason. `finishes_at`: as the preflight says; `likely_at`: at the
    pace of the rehearsal. None: not within the windows (`left_over` parts then), or there is none ahead.
    """

    fault: str
    audience: int
    recipients: int
    carriers: dict[str, int]
    channels: tuple[ChannelOutcome, ...]
    unwritten: tuple[Unwritten, ...]
    unwritten_count: int
    reasons: dict[str, int]
    seconds: float
    whole_parts: int
    exact: bool
    starts_at: datetime | None
    finishes_at: datetime | None
    likely_at: datetime | None
    left_over: int
    spared: int = 0
    """Recipients that the time allowed would not have been enough for, at their channel's rate; not taken."""

    @property
    def settled(self) -> bool:
        """Whether nothing at all went wrong."""
        return not self.unwritten_count and all(one.settled for one in self.channels)

    @property
    def sound(self) -> bool:
        """Whether what arrived is what was rendered, each once: what must hold with any fault."""
        return not any(one.different or one.twice for one in self.channels)

    def to_json(self) -> dict[str, Any]:
        said = asdict(self)
        for name in _TIMES:
            said[name] = said[name].isoformat() if said[name] else None
        return said

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Outcome:
        given = dict(said)
        for name in _TIMES:
            given[name] = datetime.fromisoformat(given[name]) if given[name] else None
        given["channels"] = tuple(ChannelOutcome(**one) for one in given["channels"])
        given.pop("absent", None)  # of rehearsals before 5G channels were played
        given["unwritten"] = tuple(Unwritten(**one) for one in given["unwritten"])
        return cls(**given)


_TIMES = ("starts_at", "finishes_at", "likely_at")


def pace(parts: int, seconds: float) -> float | None:
    """Parts a second; None where it took too short to say. A second's worth leaves at the very start, so what took n
    seconds from the first part to the last is the work of n + 1."""
    return round(parts / (seconds + 1), 1) if seconds >= FASTER_THAN_S and parts else None


def likely_rate(rate_per_s: int, seen: float | None) -> int:
    """The rate to reckon with: the channel's own, unless it was felt to be slower. A rate over any second lets the last
    one be a little short, so what is within a twentieth is the rate itself."""
    return rate_per_s if seen is None or seen >= 0.95 * rate_per_s else max(1, int(seen))
