"""Before anything is sent: who would get it, who falls out by which gate, what it costs, when it is done.

Asks exactly what the planner will ask (`audience.ground`), so that the numbers are those of the plan if nothing
changes in between. Parts, cost and who falls out by her own text are exact up to EXACT_UPTO people; above, they are
estimated from a sample whose choice is stable, and named an estimate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from xinfeng.campaigns import approval, audience, cautions, wording
from xinfeng.campaigns.cards import bills_whole, carries_cards, rich_among
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.route_table import RouteTable, route_table
from xinfeng.campaigns.survey import Survey, refused_among, survey
from xinfeng.campaigns.ways import Way
from xinfeng.campaigns.wording import Wording
from xinfeng.channels.models import RICH_KINDS
from xinfeng.content.parts import Measure, Spread, fen
from xinfeng.content.reads import longest_for_anyone
from xinfeng.delivery.forecast import Forecast, forecast, side_by_side, within_hours
from xinfeng.delivery.planning import Window
from xinfeng.kernel.money import Fen
from xinfeng.policy.moments import reading_moment
from xinfeng.policy.reads import refusals
from xinfeng.policy.reasons import TEXT_BLOCKED

EXACT_UPTO = 50_000
SAMPLE = 2_000


@dataclass(frozen=True)
class GateCount:
    """How many of the audience a gate refuses. `contacts_refused_by` lists them."""

    reason: str
    contacts: int


@dataclass(frozen=True)
class Cost:
    """What the texts come to. `exact`: every text was rendered; else extrapolated from `rendered` texts. `refused` of
    these may not be sent; they cost nothing.

    `spread` is what was rendered (shortest, typical and longest text with parts and cost); `at_most` bounds any
    text of this template, whoever it is for. Prices in li.
    """

    exact: bool
    rendered: int
    parts: int
    cost_li: int
    price_li: int
    spread: Spread | None
    at_most: Measure
    refused: int = 0

    @property
    def cost_fen(self) -> Fen:
        """Rounded up to whole fen."""
        return fen(self.cost_li)


@dataclass(frozen=True)
class Preflight:
    """Everything a person should see before starting. `audience` = `reachable` + all of `left_out`.

    `per_s` is the rate in parts: the smaller of the campaign's and that of its channels together. `windows` are those
    ahead. `table`: of a campaign that goes by a route, which channel carries how many.
    """

    at: datetime
    audience: int
    reachable: int
    left_out: tuple[GateCount, ...]
    cost: Cost
    per_s: int
    windows: tuple[Window, ...]
    forecast: Forecast
    cautions: tuple[cautions.Caution, ...]
    wording: Wording
    table: RouteTable | None = None

    @property
    def can_start(self) -> bool:
        return not any(caution.stops for caution in self.cautions)


def preflight(campaign: Campaign, now: datetime) -> Preflight:
    """What would happen if it started now, or at its time if it is scheduled.

    Raises InvalidInput `campaign.incomplete` with what is missing, and what a rule or a text raises.
    """
    approval.content_of(campaign)
    starts_at = _starting(campaign, now)
    ground = audience.ground(campaign, now=now, starts_at=starts_at)
    found = refusals(ground.lens, ground.people, ground.context)
    before = ground.decisions
    ground, held = ground.within_bulk(campaign.channel_id, found.allowed)
    if ground.decisions is not before:
        found = refusals(ground.lens, ground.people, ground.context)
    read_at = ground.windows[0][0] if ground.windows else starts_at
    text = wording.wording_of(campaign, at=starts_at)
    table = None
    if ground.way is None:
        assert campaign.channel is not None
        whole = campaign.channel.kind in RICH_KINDS
        cost = _cost(ground, found.allowed, text, campaign.channel.price_li, read_at=read_at, cards=whole)
        if whole:
            cost = _whole(cost)
        per_s = min(campaign.rate_per_s or campaign.channel.rate_per_s, campaign.channel.rate_per_s)
        outlook = forecast(cost.parts, per_s=per_s, windows=ground.windows, now=starts_at)
    else:
        cost, table = _shared_cost(ground, ground.way, found.allowed, text, read_at=read_at)
        per_s, outlook = _together(campaign, ground, ground.way, table, starts_at)
    refused = _refused(cost, found.allowed)
    reachable = found.allowed - refused
    seen = cautions.Seen(ground, reachable, cost.rendered, cost.exact, outlook, now, starts_at, text, held)
    by_reason = found.by_reason | ({TEXT_BLOCKED: refused} if refused else {})
    return Preflight(
        at=now,
        audience=found.audience,
        reachable=reachable,
        left_out=tuple(GateCount(reason, count) for reason, count in by_reason.items()),
        cost=cost,
        per_s=per_s,
        windows=ground.windows,
        forecast=outlook,
        cautions=tuple(cautions.found(campaign, seen)),
        wording=text,
        table=table,
    )


def _shared_cost(
    ground: audience.Ground, way: Way, allowed: int, text: Wording, *, read_at: datetime
) -> tuple[Cost, RouteTable]:
    """As `_cost`, each channel at its own price. Where texts were sampled, each channel's parts follow from the mean."""
    people = ground.decisions.filter(ground.decisions["reason"].isnull()).select("contact_id", "carrier")
    rows = ground.lens.rows(people)
    ids, carriers = rows["contact_id"].to_numpy(), rows["carrier"].to_numpy()
    exact = len(ids) <= EXACT_UPTO
    chosen = np.sort(ids if exact else stable_sample(ids, SAMPLE))
    groups = dict(zip(ids.tolist(), carriers.tolist(), strict=True)) if exact else None
    dearest = max((way.channels[one].price_li for one in way.routing.channels), default=0)
    seen = survey(
        text.version,
        chosen.tolist(),
        gate=text.gate,
        price_li=dearest,
        moment=reading_moment(read_at),
        groups=groups,
        cards=carries_cards(None, way.routing.lanes.values()),
    )
    counts = {
        int(one): int(count) for one, count in zip(*np.unique(carriers, return_counts=True), strict=True)
    }
    by_carrier = seen.by_group if exact else _extrapolated(seen, counts)
    rich = rich_among(way.routing.channels)
    by_carrier = {
        one: (texts, texts if bills_whole(way.lane_of(one), rich) else parts)
        for one, (texts, parts) in by_carrier.items()
    }
    table = route_table(ground, way, by_carrier)
    cost = Cost(
        exact=exact,
        rendered=seen.rendered,
        parts=sum(one.parts for one in table.channels),
        cost_li=sum(one.cost_li for one in table.channels),
        price_li=dearest,
        spread=seen.spread,
        at_most=longest_for_anyone(text.version, price_li=dearest),
        refused=len(seen.refused),
    )
    return cost, table


def _whole(cost: Cost) -> Cost:
    """The same where each message is one unit, whatever the length of the SMS behind it."""

    def one(measure: Measure) -> Measure:
        return replace(measure, parts=1, cost_li=cost.price_li)

    spread = cost.spread
    if spread is None:
        return replace(cost, at_most=one(cost.at_most))
    sent = spread.texts
    parts = sent if cost.exact else -(-cost.parts * sent // spread.parts)
    return replace(
        cost,
        parts=parts,
        cost_li=parts * cost.price_li,
        spread=replace(
            spread,
            shortest=one(spread.shortest),
            typical=one(spread.typical),
            longest=one(spread.longest),
            parts=sent,
            cost_li=sent * cost.price_li,
            by_parts={1: sent},
        ),
        at_most=one(cost.at_most),
    )


def _extrapolated(seen: Survey, counts: dict[int, int]) -> dict[int, tuple[int, int]]:
    if seen.spread is None or not seen.rendered:
        return {}
    passing = seen.rendered - len(seen.refused)
    return {
        carrier: (count * passing // seen.rendered, -(-seen.spread.parts * count // seen.rendered))
        for carrier, count in counts.items()
    }


def _together(
    campaign: Campaign, ground: audience.Ground, way: Way, table: RouteTable, starts_at: datetime
) -> tuple[int, Forecast]:
    """Rate and outlook of all channels side by side: each sends its own share within its own hours; done is when the
    last one is."""
    used = [one for one in table.channels if one.parts]
    own = {one.channel_id: way.channels[one.channel_id].rate_per_s for one in used}
    total = sum(own.values()) or 1
    per_s = min(campaign.rate_per_s or total, total)
    found = [
        forecast(
            one.parts,
            per_s=max(1, own[one.channel_id] * per_s // total),
            windows=within_hours(ground.windows, way.channels[one.channel_id].hours, ground.context.zone),
            now=starts_at,
        )
        for one in used
    ]
    if not found:
        return per_s, forecast(0, per_s=per_s, windows=ground.windows, now=starts_at)
    return per_s, side_by_side(found)


def _refused(cost: Cost, allowed: int) -> int:
    """How many of those whom the gates allow fall out by their own text; rounded up where it is an estimate."""
    if cost.exact or not cost.rendered:
        return cost.refused
    return -(-cost.refused * allowed // cost.rendered)


def contacts_refused_by(
    campaign: Campaign,
    reason: str,
    *,
    now: datetime,
    after: int = 0,
    limit: int = 50,
    carrier: int | None = None,
) -> list[int]:
    """Contact ids behind a gate's number, ascending; `after` pages on. An empty reason: those who would get it.
    `carrier`: only those on its network, for a campaign that goes by a route.

    Whose own text is refused is found by rendering, for EXACT_UPTO people at most a page.
    """
    starts_at = _starting(campaign, now)
    ground = audience.ground(campaign, now=now, starts_at=starts_at)
    if carrier is not None and ground.way is not None:
        ground = replace(ground, decisions=ground.decisions.filter(ground.decisions["carrier"] == carrier))
    if reason and reason != TEXT_BLOCKED:
        return _decided(ground, reason, after=after, limit=limit)
    text = wording.wording_of(campaign, at=starts_at)
    read_at = ground.windows[0][0] if ground.windows else starts_at
    moment = reading_moment(read_at)
    lanes = ground.way.routing.lanes.values() if ground.way is not None else ()
    cards = carries_cards(campaign.channel, lanes)
    found: list[int] = []
    looked_at, step = 0, limit if not reason else SAMPLE
    while len(found) < limit and looked_at < EXACT_UPTO:
        ids = _decided(ground, "", after=after, limit=step)
        refused = refused_among(text.version, ids, gate=text.gate, moment=moment, cards=cards)
        found += [one for one in ids if (one in refused) == bool(reason)]
        if len(ids) < step:
            break
        after, looked_at = ids[-1], looked_at + len(ids)
    return found[:limit]


def _decided(ground: audience.Ground, reason: str, *, after: int, limit: int) -> list[int]:
    decided = ground.decisions
    wanted = decided["reason"] == reason if reason else decided["reason"].isnull()
    page = decided.filter(wanted, decided["contact_id"] > after).order_by("contact_id").limit(limit)
    ids: list[int] = ground.lens.rows(page)["contact_id"].to_pylist()
    return ids


def _cost(
    ground: audience.Ground, allowed: int, text: Wording, price_li: int, *, read_at: datetime, cards: bool
) -> Cost:
    moment = reading_moment(read_at)
    people = ground.decisions.filter(ground.decisions["reason"].isnull()).select("contact_id")
    ids = ground.lens.rows(people)["contact_id"].to_numpy()
    chosen = ids if len(ids) <= EXACT_UPTO else stable_sample(ids, SAMPLE)
    seen: Survey = survey(
        text.version,
        np.sort(chosen).tolist(),
        gate=text.gate,
        price_li=price_li,
        moment=moment,
        cards=cards,
    )
    exact = len(chosen) == len(ids)
    parts = seen.spread.parts if seen.spread else 0
    if not exact and seen.rendered:
        parts = -(-parts * allowed // seen.rendered)
    return Cost(
        exact=exact,
        rendered=seen.rendered,
        parts=parts,
        cost_li=parts * price_li,
        price_li=price_li,
        spread=seen.spread,
        at_most=longest_for_anyone(text.version, price_li=price_li),
        refused=len(seen.refused),
    )


def stable_sample(ids: np.ndarray[Any, np.dtype[np.int64]], size: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """`size` of these ids, always the same ones for the same ids: those with the smallest hash (SplitMix64)."""
    mixed = ids.astype(np.uint64) * np.uint64(0x9E37_79B9_7F4A_7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    mixed ^= mixed >> np.uint64(31)
    chosen: np.ndarray[Any, np.dtype[np.int64]] = ids[np.argsort(mixed, kind="stable")[:size]]
    return chosen


def _starting(campaign: Campaign, now: datetime) -> datetime:
    at = campaign.scheduled_at
    return at if campaign.state == CampaignState.SCHEDULED and at is not None and at > now else now
