"""One rehearsal from the campaign to its outcome, in the thread that asks: cast, carriers, sending, testimony."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from xinfeng.campaigns.models import Campaign
from xinfeng.campaigns.rehearsal.carriers import SimulatedCarrier, simulated_carrier
from xinfeng.campaigns.rehearsal.casting import Cast, Role, cast
from xinfeng.campaigns.rehearsal.faults import (
    BY_TEMPLATE,
    PLATFORMS,
    SLOW_RECEIPT_MS,
    USUAL_RECEIPT_MS,
    VENDORS,
    Fault,
    behaviour,
    third_of,
)
from xinfeng.campaigns.rehearsal.outcome import MOST_NAMED, ChannelOutcome, Outcome, Unwritten, likely_rate
from xinfeng.campaigns.rehearsal.sending import Player, Scene, Tell, play
from xinfeng.campaigns.rehearsal.stage import LoopbackLoop, credentials, protocol_of, staged
from xinfeng.campaigns.rehearsal.witnessing import as_a_card, as_it_is, testimony
from xinfeng.channels import codes
from xinfeng.channels.maap import MaapConfig
from xinfeng.channels.models import RICH_KINDS, Channel
from xinfeng.channels.sessions import ChannelAccount
from xinfeng.delivery import filed, parcels
from xinfeng.delivery.forecast import forecast, side_by_side, within_hours
from xinfeng.delivery.loading import Writer
from xinfeng.filings.days import business_day_of
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import bulk_transaction
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.text import billed_parts
from xinfeng.kernel.time import utc_now

SENDING_S = 60.0
"""For as long at a channel's rate texts are taken; of a slow channel fewer than were asked for."""
LIMIT_S = 170.0
"""Of the whole run, so that it is over within three minutes whatever happens."""
_FLUSHED_S = 0.15
"""A carrier keeps what it has not answered yet in memory for 50 ms."""


class Stopped(XinfengError):
    """Somebody cancelled it, or the process is told to end."""


@dataclass(frozen=True, slots=True)
class _Stage:
    channel: Channel
    account: ChannelAccount
    carrier: SimulatedCarrier
    write: Writer


def perform(
    campaign: Campaign,
    *,
    most: int,
    fault: Fault,
    now: datetime,
    tell: Callable[[int, int], bool],
) -> Outcome:
    """Play it. `tell` hears how many parts are settled, of how many, a few times a second, and answers whether to go on;
    it runs on the event loop and may not wait long.

    Raises what `casting.cast` raises; `Stopped`; Conflict `rehearsal.no_carrier`.
    """
    began = time.monotonic()
    found = cast(campaign, most=most, now=now)
    codes.refresh()
    roles, spared = within_time(found)
    if not tell(0, len(roles)):
        raise Stopped("rehearsal.stopped")
    with ExitStack() as stack:
        stages = {one: _set(stack, channel, found, roles, fault) for one, channel in found.channels.items()}
        busiest = Counter(role.channel_id for role in roles).most_common(1)
        doomed = busiest[0][0] if fault is Fault.OUTAGE and busiest else None
        with asyncio.Runner(loop_factory=LoopbackLoop) as runner:
            players, going = runner.run(
                _play(stages, roles, found, fault=fault, doomed=doomed, until=began + LIMIT_S, tell=tell)
            )
        if not going:
            raise Stopped("rehearsal.stopped")
        time.sleep(_FLUSHED_S)
        outcomes = _outcomes(stages, players, found)
    return _outcome(
        found, roles, outcomes, players, fault=fault, spared=spared, seconds=time.monotonic() - began
    )


def within_time(found: Cast) -> tuple[list[Role], int]:
    """The roles that SENDING_S is enough for at their channels' rates, and how many it is not."""
    rates = rates_of(found)
    room = {one: max(1, int(rate * SENDING_S)) for one, rate in rates.items()}
    taken: list[Role] = []
    for role in found.roles:
        room[role.channel_id] -= parts_of(role, found.channels[role.channel_id])
        if room[role.channel_id] >= 0 or not taken:
            taken.append(role)
    return taken, len(found.roles) - len(taken)


def parts_of(role: Role, channel: Channel) -> int:
    """What a channel bills for this text; a 5G message is one whatever its length."""
    return 1 if channel.kind in RICH_KINDS else billed_parts(role.text)


def rates_of(found: Cast) -> dict[int, int]:
    """Parts a second of each channel; where the campaign is slower than they together, its share of that."""
    own = {one: channel.rate_per_s for one, channel in found.channels.items()}
    used = {one: rate for one, rate in own.items() if found.whole_parts.get(one)} or own
    total = sum(used.values())
    per_s = min(found.rate_per_s or total, total)
    return {one: max(1, rate * per_s // total) if one in used else rate for one, rate in own.items()}


def _set(stack: ExitStack, channel: Channel, found: Cast, roles: Sequence[Role], fault: Fault) -> _Stage:
    """Start the carrier of a channel, and make the account with which it is reached."""
    protocol, who = protocol_of(channel), credentials(channel)
    own = [role for role in roles if role.channel_id == channel.pk]
    how = behaviour(
        fault,
        protocol=protocol,
        rate_per_s=rates_of(found)[channel.pk],
        parts=sum(parts_of(role, channel) for role in own) or 1,
        each_alone=protocol in PLATFORMS and found.personal_cards,
    )
    filings = _filings(channel) if protocol in BY_TEMPLATE else []
    templates = {one.code: _as_the_vendor_has_it(one) for one in filings}
    carrier = stack.enter_context(simulated_carrier(protocol, who, behaviour=how, templates=templates))
    account = staged(channel, who, carrier.port)
    return _Stage(channel, account, carrier, _writer(channel, account, filings, roles))


def _writer(
    channel: Channel, account: ChannelAccount, filings: Sequence[filed.FiledTemplate], roles: Sequence[Role]
) -> Writer:
    """How this channel writes a text, as in earnest; `reference` is the role's place. Any role may come to any channel of
    its lane."""
    config = account.config
    if isinstance(config, MaapConfig):
        cards = {role.place: role.card for role in roles if role.card is not None}
        return parcels.of_rendered(config, cards).write
    if protocol_of(channel) in BY_TEMPLATE:
        return filed.FiledTexts(filings, longest_value=channel.takes.longest_value).write
    return config.write


def _filings(channel: Channel) -> list[filed.FiledTemplate]:
    """The templates by which a vendor is written to today; as `delivery.filed` takes them."""
    with bulk_transaction() as connection:
        return filed.in_force(connection, channel.pk, day=business_day_of(utc_now()))


def _as_the_vendor_has_it(template: filed.FiledTemplate) -> str:
    """Its text without the signature, variables as `${name}`."""
    pieces = list(template.filed.pieces)
    pieces[0] = pieces[0].removeprefix(f"【{template.signature}】")
    text = pieces[0]
    for name, piece in zip(template.filed.names, pieces[1:], strict=True):
        text += f"${{{name}}}{piece}"
    return text


async def _play(
    stages: Mapping[int, _Stage],
    roles: Sequence[Role],
    found: Cast,
    *,
    fault: Fault,
    doomed: int | None,
    until: float,
    tell: Callable[[int, int], bool],
) -> tuple[dict[int, Player], bool]:
    delay_ms = SLOW_RECEIPT_MS if fault is Fault.SLOW else USUAL_RECEIPT_MS
    scenes = {
        one: Scene(
            account=stage.account,
            carrier=stage.carrier,
            write=stage.write,
            arrives=as_a_card if protocol_of(stage.channel) in PLATFORMS else as_it_is,
            dies_after=_third(roles, stage.channel) if one == doomed else None,
            receipt_delay_s=delay_ms / 1000,
            hears_receipts=protocol_of(stage.channel) not in VENDORS,
        )
        for one, stage in stages.items()
    }
    return await play(scenes, roles, rate_per_s=found.rate_per_s, until=until, tell=_later(tell))


def _third(roles: Sequence[Role], channel: Channel) -> int:
    return third_of(sum(parts_of(role, channel) for role in roles if role.channel_id == channel.pk))


def _later(tell: Callable[[int, int], bool]) -> Tell:
    async def told(done: int, total: int) -> bool:
        return await asyncio.to_thread(tell, done, total)

    return told


def _outcomes(
    stages: Mapping[int, _Stage], players: Mapping[int, Player], found: Cast
) -> list[ChannelOutcome]:
    seen: set[str] = set()
    outcomes = []
    for one, player in players.items():
        stage = stages[one]
        doubtful = frozenset(part.role.number for part in player.uncertain)
        said = testimony(stage.carrier.log, player.rendered, uncertain=doubtful)
        again = len(said.numbers & seen)
        seen |= said.numbers
        config = stage.account.config
        outcomes.append(
            ChannelOutcome(
                channel_id=one,
                name=stage.channel.name,
                kind=stage.channel.kind,
                rate_per_s=stage.channel.rate_per_s,
                connections=config.connections,
                window=config.window,
                texts=len(player.rendered),
                parts=player.parts,
                content_bytes=player.content_bytes,
                accepted=player.accepted,
                refused=dict(player.refused),
                throttled=player.throttled,
                uncertain=len(player.uncertain),
                waiting=len(player.waiting),
                moved_in=player.moved_in,
                moved_out=player.moved_out,
                arrived=said.arrived,
                equal=said.equal,
                twice=said.twice + again,
                uncertain_arrived=said.uncertain_arrived,
                receipts=dict(player.receipts),
                longest=player.longest,
                most_parts=player.most_parts,
                seconds=round(max(0.0, player.ended_at - player.began_at), 2) if player.began_at else 0.0,
                round_trip_ms=round(player.round_trip_ms, 1) if player.round_trip_ms is not None else None,
                logins=player.logins,
                fault=player.fault,
                whole_parts=found.whole_parts.get(one, 0),
            )
        )
    return outcomes


def _outcome(
    found: Cast,
    roles: Sequence[Role],
    outcomes: Sequence[ChannelOutcome],
    players: Mapping[int, Player],
    *,
    fault: Fault,
    spared: int,
    seconds: float,
) -> Outcome:
    unwritten: list[Unwritten] = [
        *found.blocked,
        *(one for player in players.values() for one in player.unwritten),
    ]
    planned = found.preflight.forecast
    likely_at, left_over = _likely(found, outcomes, zone=xinfeng_settings.load().zone)
    return Outcome(
        fault=fault.value,
        audience=found.preflight.reachable,
        recipients=len(roles) + len(found.blocked),
        carriers={str(one): count for one, count in sorted(Counter(role.carrier for role in roles).items())},
        channels=tuple(outcomes),
        unwritten=tuple(unwritten[:MOST_NAMED]),
        unwritten_count=len(unwritten),
        reasons=dict(Counter(one.reason for one in unwritten).most_common()),
        seconds=round(seconds, 1),
        whole_parts=found.preflight.cost.parts,
        exact=found.preflight.cost.exact,
        starts_at=planned.starts_at,
        finishes_at=planned.finishes_at,
        likely_at=likely_at,
        left_over=left_over,
        spared=spared,
    )


def _likely(
    found: Cast, outcomes: Sequence[ChannelOutcome], *, zone: ZoneInfo
) -> tuple[datetime | None, int]:
    """When the whole campaign would be done at the pace that was seen, and how many parts would not leave."""
    rates = rates_of(found)
    several = [
        forecast(
            one.whole_parts,
            per_s=likely_rate(rates[one.channel_id], one.pace_per_s),
            windows=within_hours(found.windows, found.channels[one.channel_id].hours, zone),
            now=found.starts_at,
        )
        for one in outcomes
        if one.whole_parts
    ]
    if not several:
        return None, 0
    together = side_by_side(several)
    return together.finishes_at, together.left_over
