"""Which channel of a route carries how many of an audience, at what cost; whom none can carry, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xinfeng.campaigns.ways import Way
from xinfeng.channels.routing import CARRIERS, Obstacle
from xinfeng.content.parts import fen
from xinfeng.filings.faults import Fault
from xinfeng.kernel.money import Fen
from xinfeng.policy.reasons import NO_ROUTE, SIGNATURE_NOT_FILED

if TYPE_CHECKING:
    from xinfeng.campaigns.audience import Ground


@dataclass(frozen=True)
class RouteCell:
    """A channel and a carrier: `contacts` of whom it is the first choice, with their `parts`. `obstacle`: why it carries
    nobody of theirs; `place`: its place in their lane from 1, 0 where it is not in it."""

    carrier: int
    contacts: int
    parts: int
    place: int
    obstacle: Obstacle | None


@dataclass(frozen=True)
class ChannelShare:
    """A channel of the route and what falls to it as the first choice. `alive`: its line is up. `faults`: what it would
    not take of the text, or lacks. Prices in li, a part."""

    channel_id: int
    name: str
    price_li: int
    alive: bool
    enabled: bool
    cells: tuple[RouteCell, ...]
    faults: tuple[Fault, ...]

    @property
    def contacts(self) -> int:
        return sum(cell.contacts for cell in self.cells)

    @property
    def parts(self) -> int:
        return sum(cell.parts for cell in self.cells)

    @property
    def cost_li(self) -> int:
        return self.parts * self.price_li

    @property
    def cost_fen(self) -> Fen:
        """Rounded up to whole fen."""
        return fen(self.cost_li)


@dataclass(frozen=True)
class LeftByRoute:
    """Contacts whom no channel of the route can carry, by whose network they are on and the gate that says so."""

    carrier: int
    reason: str
    contacts: int


@dataclass(frozen=True)
class RouteTable:
    """`channels` in the order of the route's entries; `left`: the others."""

    route_id: int
    name: str
    channels: tuple[ChannelShare, ...]
    left: tuple[LeftByRoute, ...]


def route_table(ground: Ground, way: Way, by_carrier: Mapping[int, tuple[int, int]]) -> RouteTable:
    """`by_carrier`: contacts and parts of those who would get it, by the carrier whose network they are on."""
    lanes = way.routing.lanes

    def cell(channel_id: int, carrier: int) -> RouteCell:
        lane = lanes[carrier]
        contacts, parts = by_carrier.get(carrier, (0, 0)) if lane and lane[0] == channel_id else (0, 0)
        place = lane.index(channel_id) + 1 if channel_id in lane else 0
        return RouteCell(carrier, contacts, parts, place, way.routing.obstacles.get((channel_id, carrier)))

    channels = tuple(
        ChannelShare(
            channel_id=one.channel_id,
            name=way.channels[one.channel_id].name,
            price_li=one.price_li,
            alive=one.alive,
            enabled=one.enabled,
            cells=tuple(cell(one.channel_id, carrier) for carrier in CARRIERS),
            faults=way.faults_of(one.channel_id),
        )
        for one in way.candidates
    )
    return RouteTable(way.route.pk, way.route.name, channels, _left(ground))


def _left(ground: Ground) -> tuple[LeftByRoute, ...]:
    decided = ground.decisions
    refused = decided.filter(decided["reason"].isin([NO_ROUTE, SIGNATURE_NOT_FILED]))
    rows = ground.lens.rows(refused.group_by("carrier", "reason").aggregate(contacts=refused.count()))
    found = [LeftByRoute(row["carrier"], row["reason"], row["contacts"]) for row in rows.to_pylist()]
    return tuple(sorted(found, key=lambda one: (one.carrier, one.reason)))
