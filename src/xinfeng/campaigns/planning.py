"""From an approved campaign to a plan that is being sent: audience, gates, texts, messages.

Plans are made one at a time (`foundation.locks.PLANNING`), so two campaigns cannot use up the same cap, and each
in one transaction together with the campaign's move to RUNNING. A crash on the way leaves nothing behind; the
campaign is still PLANNING and is planned again from scratch (`actions.recover_planning`).

Three things happen at once: a thread reads and opens the next batch of contacts on a connection of its own, this
thread renders, screens and seals a batch, and PostgreSQL stores the one before. Who is left out because of her own text
is written down with the rule.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.db import connections

from xinfeng.campaigns import actions, allocation, approval, audience, complaint_watch, filing, wording
from xinfeng.campaigns.cards import bills_whole, cards_of, rich_among
from xinfeng.campaigns.models import Campaign, CampaignState, TextRefusal
from xinfeng.campaigns.rendered import TextGate
from xinfeng.campaigns.variants import variant_of
from xinfeng.campaigns.ways import Way, way_of
from xinfeng.content.models import TemplateVersion
from xinfeng.content.reads import catalogue
from xinfeng.content.rendering import Renderer, Row
from xinfeng.content.sources import values_of
from xinfeng.content.values import Moment
from xinfeng.delivery import parcels
from xinfeng.delivery import planning as delivery
from xinfeng.delivery.models import Plan
from xinfeng.delivery.planning import Lane, LeftOutContact, NewMessage, OpenPlan, PlanCounts, PlanTerms
from xinfeng.filings.faults import Fault
from xinfeng.filings.terms import lapses
from xinfeng.foundation import locks
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, RefusedByPolicy, XinfengError
from xinfeng.kernel.ids import ChannelId
from xinfeng.kernel.text import PART_UNITS, SINGLE_UNITS, billed_parts, utf16_units
from xinfeng.kernel.time import utc_now
from xinfeng.policy.moments import reading_moment
from xinfeng.policy.reasons import TEXT_BLOCKED

log = logging.getLogger(__name__)

BATCH = 5_000
"""Contacts rendered at a time: large enough for set-based reads, small enough to overlap and to stay in memory."""

MOST_ATTEMPTS = 5
"""How often a plan is tried when the process dies over it, before the campaign fails."""


class _Withdrawn(Exception):
    """The campaign was stopped while its plan was being made."""


@dataclass(frozen=True)
class _Chosen:
    """The audience, decided: allowed contacts with the entries they rest on, those of one lane after another, ascending
    within each; and the others."""

    contact_ids: list[int]
    consent_seqs: list[int]
    left_out: list[LeftOutContact]
    left_to: dict[int, int]
    """How many are left to each rival, by its position."""
    lanes: tuple[tuple[Lane, int], ...] = ()
    """The lanes of a route in that order, each with the number of its contacts; empty: there is one channel."""

    @property
    def stretches(self) -> list[tuple[Lane | None, int, int]]:
        """`[start, end)` of each lane."""
        if not self.lanes:
            return [(None, 0, len(self.contact_ids))]
        ends = list(accumulate(count for _, count in self.lanes))
        return [(lane, end - count, end) for (lane, count), end in zip(self.lanes, ends, strict=True)]


def build_plan(campaign_id: int, now: datetime) -> PlanCounts | None:
    """Plan a campaign that was started, and let it run. None: there was nothing to do (any more).

    What can't be planned fails the campaign, with the reason on it: its content changed since the approval, no
    send window ahead, a rule or a text that can't be read.
    """
    if not _begin(campaign_id):
        return None
    started = time.perf_counter()
    try:
        counts = _plan(campaign_id, now)
    except _Withdrawn:
        return None
    except XinfengError as fault:
        log.warning("campaign %s cannot be planned: %s", campaign_id, fault.code)
        _fail(campaign_id, fault)
        return None
    if counts is not None:
        log.info(
            "campaign %s planned",
            campaign_id,
            extra={
                "messages": counts.messages,
                "left_out": counts.left_out,
                "seconds": time.perf_counter() - started,
            },
        )
    return counts


def _begin(campaign_id: int) -> bool:
    """Note the attempt before it is made, so that a plan that kills its process does not do so for ever."""
    campaign = Campaign.objects.filter(pk=campaign_id, state=CampaignState.PLANNING).first()
    if campaign is None:
        return False
    if actions.note_planning(campaign) <= MOST_ATTEMPTS:
        return True
    actions.fail(
        campaign_id, "campaign.planning_fails", actor=actions.PLANNER, params={"attempts": MOST_ATTEMPTS}
    )
    return False


def _fail(campaign_id: int, fault: XinfengError) -> None:
    try:
        actions.fail(campaign_id, fault.code, actor=actions.PLANNER, params=fault.params)
    except Conflict:  # stopped meanwhile; that stands
        log.info("campaign %s was moved on while its planning failed", campaign_id)


def _plan(campaign_id: int, now: datetime) -> PlanCounts | None:
    with bulk_transaction() as connection:
        locks.hold_for_transaction(connection, locks.PLANNING)
        campaign = _campaign(campaign_id)
        if campaign.state != CampaignState.PLANNING:
            return None
        if not approval.holds(campaign):
            raise Conflict("campaign.changed_since_approval", campaign=campaign_id)
        assert campaign.template_version is not None
        if not campaign.template_version.signature.enabled:
            raise Conflict("campaign.signature_disabled", signature=campaign.template_version.signature.text)
        complaint_watch.refuse_start(campaign, now=now)
        text = wording.sendable(campaign, at=now)
        ground = audience.ground(campaign, now=now)
        if not ground.windows:
            raise RefusedByPolicy("campaign.no_window", days=audience.HORIZON.days)
        _refuse(ground.faults)
        chosen, asked = _choose(ground), ground.decisions
        first_day = ground.context.send_day
        ground, held = ground.within_bulk(campaign.channel_id, len(chosen.contact_ids))
        _refuse([held[first_day]] if first_day in held else ())
        if ground.decisions is not asked:
            chosen = _choose(ground)
        plan = delivery.open_plan(
            connection,
            _terms(campaign, ground, text),
            at_most=len(chosen.contact_ids),
            now=now,
        )
        refused = _write(
            connection, plan, campaign, chosen, gate=text.gate, read_at=max(now, ground.windows[0][0])
        )
        delivery.write_left_out(connection, plan, [*chosen.left_out, *_left_out(refused)])
        _note_refused(plan, refused)
        allocation.record(campaign, plan.id, ground.context.rivals, chosen.left_to, now=now)
        counts = delivery.close_plan(connection, plan)
        locked = Campaign.objects.select_for_update().get(pk=campaign_id)
        if locked.state != CampaignState.PLANNING:
            raise _Withdrawn
        _check_still_filed(campaign, ground)
        actions.settle_planned(
            locked,
            Plan.objects.get(pk=plan.id),
            now=now,
            counts={"audience": counts.audience, "messages": counts.messages, "left_out": counts.left_out},
        )
        return counts


def _refuse(faults: Sequence[Fault]) -> None:
    """What the channel would not accept is not planned; the first fault stays on the campaign."""
    if faults:
        raise RefusedByPolicy(faults[0].code, **faults[0].params)


def _check_still_filed(campaign: Campaign, ground: audience.Ground) -> None:
    """What was filed when the plan was begun may have been withdrawn while it was being made."""
    days = filing.days_of(ground.windows)
    if ground.way is not None:
        kept = ground.policy["route"]["filing"]
        way = way_of(campaign, day=ground.context.send_day, windows=ground.windows, now=utc_now())
        used = {one: way.terms.get(one) for one in ground.way.routing.channels} if way is not None else {}
        lost = [
            what
            for one, terms in used.items()
            for what in (["signature"] if terms is None else lapses(kept[str(one)], terms, planned_for=days))
        ]
        if lost or not used:
            raise RefusedByPolicy("filing.lapsed", what=list(dict.fromkeys(lost)))
        return
    terms = filing.terms_of(campaign, day=ground.context.send_day, windows=ground.windows)
    if terms is None:
        return
    if lost := lapses(ground.policy["filing"], terms, planned_for=days):
        raise RefusedByPolicy("filing.lapsed", what=lost)


def _campaign(campaign_id: int) -> Campaign:
    return Campaign.objects.select_related(
        "segment", "channel", "route", "template_version__signature", "template_version__template"
    ).get(pk=campaign_id)


def _terms(campaign: Campaign, ground: audience.Ground, text: wording.Wording) -> PlanTerms:
    way, channel = ground.way, campaign.channel
    if way is not None:
        channel = way.channels[way.routing.channels[0]]
    assert channel is not None
    return PlanTerms(
        purpose=campaign.purpose,
        channel_id=ChannelId(channel.pk),
        policy=ground.policy | {"text": text.kept()},
        windows=ground.windows,
        deadline=ground.deadline,
        price_li=channel.price_li,
        rate_per_s=campaign.rate_per_s,
        route_id=campaign.route_id,
    )


def _choose(ground: audience.Ground) -> _Chosen:
    decided = ground.lens.rows(ground.decisions)
    allowed = decided.filter(pc.is_null(decided["reason"]))
    refused = decided.filter(pc.is_valid(decided["reason"]))
    lanes: tuple[tuple[Lane, int], ...] = ()
    if ground.way is None:
        allowed = allowed.sort_by("contact_id")
    else:
        allowed, lanes = _by_lane(allowed, ground.way)
    refused = refused.sort_by("contact_id")
    return _Chosen(
        _plain(allowed, "contact_id"),
        _plain(allowed, "entry_seq"),
        list(map(LeftOutContact, _plain(refused, "contact_id"), _plain(refused, "reason"))),
        allocation.counts_of(refused),
        lanes,
    )


def _by_lane(allowed: pa.Table, way: Way) -> tuple[pa.Table, tuple[tuple[Lane, int], ...]]:
    """Those of one lane after another: their chunks then hold nothing else. Carriers often share a lane."""
    lanes = list(dict.fromkeys(lane for lane in way.routing.lanes.values() if lane))
    place_of = np.array([lanes.index(lane) if lane else -1 for _, lane in sorted(way.routing.lanes.items())])
    places = place_of[allowed["carrier"].to_numpy()]
    counts = np.bincount(places, minlength=len(lanes)) if len(places) else np.zeros(len(lanes), dtype=int)
    order = np.lexsort((allowed["contact_id"].to_numpy(), places))
    carrier_of = {lane: carrier for carrier, lane in way.routing.lanes.items()}
    found = tuple(
        (way.lane_of(carrier_of[lane]), int(count))
        for lane, count in zip(lanes, counts, strict=True)
        if count
    )
    return allowed.take(order), found


def _plain(table: pa.Table, column: str) -> list[Any]:
    values: list[Any] = table[column].to_pylist()
    return values


def _write(
    connection: Connection,
    plan: OpenPlan,
    campaign: Campaign,
    chosen: _Chosen,
    *,
    gate: TextGate,
    read_at: datetime,
) -> dict[int, str]:
    """Render, screen, seal and store every allowed contact's message, in batches; returns whose text was refused, with
    the rule."""
    version = campaign.template_version
    assert version is not None
    stretches = chosen.stretches
    moment = reading_moment(read_at)
    source = _Source(version, moment, chosen.contact_ids, [(start, end) for _, start, end in stretches])
    lanes = [lane for lane, _, _ in stretches if lane is not None] or [one.lane for one in plan.stretches]
    channels = {one for lane in lanes for one in lane.channels}
    rich = rich_among(channels)
    cards = cards_of(version, channels, catalogue=catalogue(), moment=moment, gate=gate)
    source.also(cards.needed if cards else ())
    reader = gate.reading(source.renderer)
    refused: dict[int, str] = {}
    enters = {start: lane for lane, start, end in stretches if lane is not None and end > start}
    at = 0
    personal = cards is not None and cards.personal
    with parcels.message_copy(connection, plan, personal=personal) as copy, source.reading() as batches:
        for rows in batches:
            if at in enters:
                plan.enter(enters[at])
            lane = plan.stretches[-1].lane
            bad = reader.refused(rows)
            own: list[bytes] = []
            if cards is not None and cards.personal and cards.go_by(lane.channels):
                bad |= cards.refused(rows)
                own = cards.sealed(rows)
            texts = source.renderer.render_many(rows)
            messages = _messages(campaign, chosen, at, texts, whole=bills_whole(lane, rich))
            if bad:
                refused |= {messages[one].contact_id: rule for one, rule in bad.items()}
                messages = [message for one, message in enumerate(messages) if one not in bad]
                own = [card for one, card in enumerate(own) if one not in bad]
            copy.write(messages, own)
            at += len(rows)
    if cards is not None and not cards.personal:
        parcels.store_shared(connection, plan, cards.sealed([{}])[0])
    return refused


def _messages(
    campaign: Campaign, chosen: _Chosen, at: int, texts: list[str], *, whole: bool
) -> list[NewMessage]:
    """`whole`: each is one part, whatever its length."""
    end = at + len(texts)
    contact_ids = chosen.contact_ids[at:end]
    return list(
        map(
            NewMessage,
            contact_ids,
            [variant_of(campaign.pk, contact_id, variants=1) for contact_id in contact_ids],
            chosen.consent_seqs[at:end],
            [1] * len(texts) if whole else billed_parts_of(texts),
            vault().seal_many(Kind.BODY, texts),
        )
    )


def _left_out(refused: dict[int, str]) -> list[LeftOutContact]:
    return [LeftOutContact(contact_id, TEXT_BLOCKED) for contact_id in refused]


def _note_refused(plan: OpenPlan, refused: dict[int, str]) -> None:
    TextRefusal.objects.bulk_create(
        (
            TextRefusal(plan_id=plan.id, contact_id=contact_id, rule=rule)
            for contact_id, rule in refused.items()
        ),
        batch_size=BATCH,
    )


def billed_parts_of(texts: Sequence[str]) -> list[int]:
    """`kernel.text.billed_parts` of each; one look at the whole batch tells whether any text needs a closer one."""
    joined = "".join(texts)
    if utf16_units(joined) != len(joined):  # some emoji
        return [billed_parts(text) for text in texts]
    return [1 if len(text) <= SINGLE_UNITS else -(-len(text) // PART_UNITS) for text in texts]


class _Source:
    """The values that a template needs of these contacts, a batch ahead of who renders them. No batch reaches across two
    of the `stretches` (`[start, end)`)."""

    def __init__(
        self,
        version: TemplateVersion,
        moment: Moment,
        contact_ids: Sequence[int],
        stretches: Sequence[tuple[int, int]],
    ) -> None:
        self._catalogue = catalogue()
        self._moment = moment
        self._ids = contact_ids
        self._also: tuple[str, ...] = ()
        self._batches_at = [
            (at, min(at + BATCH, end)) for start, end in stretches for at in range(start, end, BATCH)
        ]
        self.renderer = Renderer(version, version.signature, catalogue=self._catalogue, fixed=moment.values())

    def also(self, names: Sequence[str]) -> None:
        """Read the values of these variables too."""
        self._also = tuple(name for name in names if name not in self.renderer.needed)

    @contextmanager
    def reading(self) -> Iterator[Iterator[list[Row]]]:
        """Batches in order. The reader has a thread and a Django connection of its own."""
        with ThreadPoolExecutor(1, thread_name_prefix="plan-reader") as reader:
            try:
                yield self._batches(reader)
            finally:
                reader.submit(connections.close_all).result()

    def _batches(self, reader: ThreadPoolExecutor) -> Iterator[list[Row]]:
        ahead: Future[list[Row]] | None = None
        for start, end in self._batches_at:
            reading = reader.submit(self._read, self._ids[start:end])
            if ahead is not None:
                yield ahead.result()
            ahead = reading
        if ahead is not None:
            yield ahead.result()

    def _read(self, contact_ids: Sequence[int]) -> list[Row]:
        """A contact that was erased meanwhile gets the defaults; without a number dispatch withholds it."""
        needed = (*self.renderer.needed, *self._also)
        rows = values_of(contact_ids, needed, catalogue=self._catalogue, moment=self._moment)
        return [row if row is not None else {} for row in rows]
