"""How a campaign with a route leaves: its channels as they stand for its text, and the lanes that follow.

`channels.routing` decides; here it is told what it has to know: prices and whether a line is up, the filings of the
signature and the text over each channel, and what each would not take of the wording.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from xinfeng.campaigns import filing
from xinfeng.campaigns.models import Campaign
from xinfeng.channels.models import Channel, Preference, Route
from xinfeng.channels.routes import alive_channels
from xinfeng.channels.routing import Candidate, Routing, route
from xinfeng.delivery.planning import Lane, Window
from xinfeng.filings.faults import Fault
from xinfeng.filings.terms import Terms, terms_for
from xinfeng.policy.gates import GateContext

NO_SIGNATURE = "filing.signature_none"
"""Stands against each carrier by itself, not against the channel."""


@dataclass(frozen=True)
class Way:
    """A route for one text on one day. `terms` by channel; empty while there is no text yet."""

    route: Route
    channels: Mapping[int, Channel]
    terms: Mapping[int, Terms]
    candidates: tuple[Candidate, ...]
    routing: Routing

    def lane_of(self, carrier: int) -> Lane:
        """The channels that can carry a carrier's readers, with their prices. There is one."""
        channels = self.routing.lanes[carrier]
        return Lane(channels, tuple(self.channels[one].price_li for one in channels))

    def without(self, held: Collection[int]) -> Way:
        """The same without channels that may not send so much on that day."""
        candidates = tuple(replace(one, held=one.channel_id in held) for one in self.candidates)
        return replace(self, candidates=candidates, routing=_routed(self.route, candidates))

    def judged_by(self, context: GateContext) -> GateContext:
        """What the gates look at: carriers whose readers nobody can carry, told apart by what stands in the way."""
        unfiled = self.routing.unfiled
        if unfiled == {0}:  # it is filed with all four, but not over one channel
            return replace(
                context, routed=True, filed_carriers=None, unrouted=self.routing.unrouted | unfiled
            )
        filed = frozenset(self.routing.lanes) - unfiled if unfiled else None
        return replace(context, routed=True, filed_carriers=filed, unrouted=self.routing.unrouted)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What stops the campaign as a whole: of each channel, when none can carry anybody."""
        if not self.routing.carries_nobody:
            return ()
        found = [fault for one in self.terms.values() for fault in one.faults]
        return (*found, Fault("route.carries_nobody", {"route": self.route.name}))[:3]

    def faults_of(self, channel_id: int) -> tuple[Fault, ...]:
        """What one channel would not take, or lacks."""
        terms = self.terms.get(channel_id)
        return terms.faults if terms is not None else ()

    def to_json(self, *, bulk_days: Mapping[int, Collection[date]] | None = None) -> dict[str, Any]:
        """What is kept with the plan."""
        days = bulk_days or {}
        return {
            "id": self.route.pk,
            "name": self.route.name,
            "prefer": self.route.prefer,
            "names": {str(one): channel.name for one, channel in self.channels.items()},
            **self.routing.to_json(),
            "faults": {
                str(one): [fault.to_json() for fault in terms.faults]
                for one, terms in self.terms.items()
                if terms.faults
            },
            "filing": {
                str(one): terms.to_json(bulk_days=days.get(one, ())) for one, terms in self.terms.items()
            },
        }


def way_of(campaign: Campaign, *, day: date, windows: Sequence[Window], now: datetime) -> Way | None:
    """None for a campaign without a route. `day`: the business day on which it begins to leave."""
    chosen, version = campaign.route, campaign.template_version
    if chosen is None:
        return None
    entries = list(chosen.entries.select_related("channel").order_by("position"))
    terms: dict[int, Terms] = {}
    if version is not None:
        days = filing.days_of(windows)
        terms = {
            one.channel_id: terms_for(version.signature, one.channel, version, day=day, days=days)
            for one in entries
        }
    alive = alive_channels(now=now)
    candidates = tuple(
        Candidate(
            channel_id=one.channel_id,
            position=one.position,
            price_li=one.channel.price_li,
            carriers=frozenset(one.carriers),
            filed=terms[one.channel_id].filed_carriers if terms else None,
            faults=_stopping(terms.get(one.channel_id)),
            enabled=one.channel.enabled and one.channel.purpose == campaign.purpose,
            alive=one.channel_id in alive,
            tells_read=one.channel.takes.displayed_receipts,
        )
        for one in entries
    )
    channels = {one.channel_id: one.channel for one in entries}
    return Way(chosen, channels, terms, candidates, _routed(chosen, candidates))


def _routed(chosen: Route, candidates: Sequence[Candidate]) -> Routing:
    return route(
        candidates, by_price=chosen.prefer != Preference.ORDER, by_read=chosen.prefer == Preference.READ
    )


def _stopping(terms: Terms | None) -> tuple[str, ...]:
    return () if terms is None else tuple(one.code for one in terms.faults if one.code != NO_SIGNATURE)
