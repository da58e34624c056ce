"""Which channel of a route carries whose messages. Pure.

A route's channels are asked for each carrier what stands in the way: the entry is for other carriers, the channel is
switched off, the text is one it would not take, the signature is not filed with that carrier. What is left, in the
order of the route's preference, is the carrier's *lane*: the first channel is the choice, the others are where its
messages go when that one dies. A channel whose line is down goes behind those whose line is up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from xinfeng.kernel.phones import Carrier

CARRIERS = tuple(int(one) for one in Carrier)
"""The four, and 0: nobody knows whose network the number is on."""
KNOWN = frozenset(CARRIERS) - {0}


class Obstacle(StrEnum):
    """Why a channel does not carry a carrier's readers."""

    OTHER_CARRIER = "other_carrier"
    DISABLED = "disabled"
    TEXT = "text"
    BULK = "bulk"
    NOT_FILED = "not_filed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A channel of a route as it stands for one message text. `price_li` per part, in tenths of a fen.

    `carriers`: whose readers the entry is for; empty: everybody's. `filed`: the carriers with which the signature is
    filed over it; None: not demanded. `faults`: codes of what it would not take of the text, or lacks for it; `held`: it
    may not send so many messages on that day. `alive`: its line is up, and it does not refuse everything. `tells_read`: its receipts
    say what a handset showed.
    """

    channel_id: int
    position: int
    price_li: int
    carriers: frozenset[int] = frozenset()
    filed: frozenset[int] | None = None
    faults: tuple[str, ...] = ()
    held: bool = False
    enabled: bool = True
    alive: bool = True
    tells_read: bool = False

    def serves(self, carrier: int) -> bool:
        """Whether its entry is for readers of that carrier; those of whom it is not known may be anybody's."""
        return not self.carriers or carrier in self.carriers or (carrier == 0 and self.carriers >= KNOWN)

    def obstacle(self, carrier: int) -> Obstacle | None:
        """The first thing in the way; None: it can carry them."""
        if not self.serves(carrier):
            return Obstacle.OTHER_CARRIER
        if not self.enabled:
            return Obstacle.DISABLED
        if self.faults:
            return Obstacle.TEXT
        if self.held:
            return Obstacle.BULK
        filed = self.filed
        if filed is not None and not (carrier in filed or (carrier == 0 and filed >= KNOWN)):
            return Obstacle.NOT_FILED
        return None


@dataclass(frozen=True, slots=True)
class Routing:
    """`lanes`: by carrier the channels that can carry its readers, the first choice first; empty: none can.
    `obstacles`: by channel and carrier, what stands in the way."""

    lanes: Mapping[int, tuple[int, ...]]
    obstacles: Mapping[tuple[int, int], Obstacle]

    @property
    def channels(self) -> tuple[int, ...]:
        """Every channel of some lane, those that are a first choice before the others."""
        firsts = [lane[0] for lane in self.lanes.values() if lane]
        rest = [one for lane in self.lanes.values() for one in lane[1:]]
        return tuple(dict.fromkeys((*firsts, *rest)))

    @property
    def carries_nobody(self) -> bool:
        return not any(self.lanes.values())

    @property
    def unrouted(self) -> frozenset[int]:
        """Carriers whose readers no channel can carry, filings aside."""
        return frozenset(one for one, lane in self.lanes.items() if not lane) - self.unfiled

    @property
    def unfiled(self) -> frozenset[int]:
        """Carriers whose readers some channel would carry if the signature were filed with it."""
        return frozenset(
            carrier
            for (_, carrier), what in self.obstacles.items()
            if what is Obstacle.NOT_FILED and not self.lanes[carrier]
        )

    def to_json(self) -> dict[str, object]:
        """What is kept with a plan, so that explain can say a year later why."""
        return {
            "lanes": {str(carrier): list(lane) for carrier, lane in self.lanes.items()},
            "obstacles": [
                [channel, carrier, what.value] for (channel, carrier), what in self.obstacles.items()
            ],
        }


def route(candidates: Sequence[Candidate], *, by_price: bool, by_read: bool = False) -> Routing:
    """Lanes for every carrier. `by_read`: those that tell who read it go first; `by_price`: then the cheaper; and of equals
    the one that stands before. A line that is down goes behind all that are up, whatever it could tell."""
    ordered = sorted(
        candidates,
        key=lambda one: (
            not one.alive,
            by_read and not one.tells_read,
            one.price_li if by_price else 0,
            one.position,
            one.channel_id,
        ),
    )
    lanes: dict[int, tuple[int, ...]] = {}
    obstacles: dict[tuple[int, int], Obstacle] = {}
    for carrier in CARRIERS:
        lane = []
        for one in ordered:
            if (what := one.obstacle(carrier)) is None:
                lane.append(one.channel_id)
            else:
                obstacles[one.channel_id, carrier] = what
        lanes[carrier] = tuple(lane)
    return Routing(lanes, obstacles)


def uncovered(entries: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """Of the four carriers, those no entry of a route is for. `entries`: the carriers of each; empty: all."""
    served: set[int] = set()
    for carriers in entries:
        served |= set(carriers) or KNOWN
    return tuple(one for one in CARRIERS if one and one not in served)
