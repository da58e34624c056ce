"""Whose texts a rehearsal sends over which channel: a sample of the real audience, rendered and screened as planned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from xinfeng.campaigns import audience, wording
from xinfeng.campaigns.cards import cards_of
from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.preflight import Preflight, preflight, stable_sample
from xinfeng.campaigns.rehearsal.numbers import number_of
from xinfeng.campaigns.rehearsal.outcome import Unwritten
from xinfeng.campaigns.rehearsal.shares import first_choices, quotas
from xinfeng.channels.models import Channel
from xinfeng.content.reads import catalogue
from xinfeng.content.rendering import Renderer
from xinfeng.content.sources import values_of
from xinfeng.delivery.planning import Window
from xinfeng.kernel.errors import Conflict
from xinfeng.policy.gates import first_reason
from xinfeng.policy.moments import reading_moment
from xinfeng.policy.reasons import TEXT_BLOCKED
from xinfeng.protocols.maap.messages import RichMessage


@dataclass(frozen=True, slots=True)
class Role:
    """One recipient's text, to a number that nobody has. `lane`: the channels that can carry it; `channel_id` the one that
    it goes over at first; `card`: what channels for 5G messages carry instead, the text behind it."""

    place: int
    contact_id: int
    carrier: int
    lane: tuple[int, ...]
    channel_id: int
    text: str = field(repr=False)
    card: RichMessage | None = field(default=None, repr=False)

    @property
    def number(self) -> str:
        return number_of(self.place)


@dataclass(frozen=True)
class Cast:
    """All that is played. `channels`: every channel of some lane. `personal_cards`: no two readers' cards are known to be
    alike. `whole_parts`: by channel, of the whole campaign. `rate_per_s`: of the campaign over all channels; None:
    theirs."""

    roles: tuple[Role, ...]
    blocked: tuple[Unwritten, ...]
    channels: Mapping[int, Channel]
    personal_cards: bool
    preflight: Preflight
    starts_at: datetime
    windows: tuple[Window, ...]
    whole_parts: Mapping[int, int]
    rate_per_s: int | None

    @property
    def carriers(self) -> dict[str, int]:
        return {
            str(one): count for one, count in sorted(Counter(role.carrier for role in self.roles).items())
        }


def cast(campaign: Campaign, *, most: int, now: datetime) -> Cast:
    """The recipients and their texts. Takes as long as a preflight.

    Raises what a preflight raises; Conflict `rehearsal.nobody` where nobody would get the campaign.
    """
    found = preflight(campaign, now)
    at = campaign.scheduled_at
    starts_at = at if campaign.state == CampaignState.SCHEDULED and at is not None and at > now else now
    ground = audience.ground(campaign, now=now, starts_at=starts_at)
    # with carriers also where one channel carries them all: no gate looks at it
    context = ground.context if ground.context.routed else replace(ground.context, routed=True)
    decisions = first_reason(ground.lens, ground.people, context)
    rows = ground.lens.rows(decisions.filter(decisions["reason"].isnull()).select("contact_id", "carrier"))
    ids, carriers = rows["contact_id"].to_numpy(), rows["carrier"].to_numpy()
    if not len(ids):
        raise Conflict("rehearsal.nobody", campaign=campaign.pk)
    lanes = _lanes(campaign, ground)
    chosen: list[int] = []
    carrier_of: dict[int, int] = {}
    sizes = {int(one): int((carriers == one).sum()) for one in np.unique(carriers) if lanes.get(int(one))}
    for carrier, count in quotas(sizes, most).items():
        own = np.sort(stable_sample(ids[carriers == carrier], count)).tolist()
        chosen += own
        carrier_of |= dict.fromkeys(own, carrier)
    said = _words(campaign, {one: lanes[carrier_of[one]] for one in chosen}, ground, at=starts_at)
    written = [one for one in chosen if one in said.texts]
    over = first_choices([lanes[carrier_of[one]] for one in written])
    roles = tuple(
        Role(
            place,
            one,
            carrier_of[one],
            lanes[carrier_of[one]],
            channel,
            said.texts[one],
            said.cards.get(one),
        )
        for place, (one, channel) in enumerate(zip(written, over, strict=True))
    )
    return Cast(
        roles,
        said.blocked,
        _channels(campaign, ground),
        said.personal_cards,
        found,
        starts_at,
        ground.windows,
        _whole(campaign, found),
        campaign.rate_per_s,
    )


def _lanes(campaign: Campaign, ground: audience.Ground) -> dict[int, tuple[int, ...]]:
    if ground.way is not None:
        return {carrier: lane for carrier, lane in ground.way.routing.lanes.items() if lane}
    assert campaign.channel_id is not None
    return dict.fromkeys(range(5), (campaign.channel_id,))


def _channels(campaign: Campaign, ground: audience.Ground) -> dict[int, Channel]:
    if ground.way is not None:
        return {one: ground.way.channels[one] for one in ground.way.routing.channels}
    assert campaign.channel is not None
    return {campaign.channel.pk: campaign.channel}


def _whole(campaign: Campaign, found: Preflight) -> dict[int, int]:
    if found.table is not None:
        return {one.channel_id: one.parts for one in found.table.channels}
    assert campaign.channel_id is not None
    return {campaign.channel_id: found.cost.parts}


@dataclass(frozen=True, slots=True)
class _Words:
    """By contact, what she would read; and who falls out by her own text or card."""

    texts: Mapping[int, str] = field(repr=False)
    cards: Mapping[int, RichMessage] = field(repr=False)
    personal_cards: bool
    blocked: tuple[Unwritten, ...]


def _words(
    campaign: Campaign, chosen: Mapping[int, tuple[int, ...]], ground: audience.Ground, *, at: datetime
) -> _Words:
    """As planning renders and screens them. `chosen`: the lane of each."""
    version = campaign.template_version
    assert version is not None
    known, moment = catalogue(), reading_moment(ground.windows[0][0] if ground.windows else at)
    gate = wording.wording_of(campaign, at=at).gate
    renderer = Renderer(version, version.signature, catalogue=known, fixed=moment.values())
    cards = cards_of(
        version,
        {one for lane in chosen.values() for one in lane},
        catalogue=known,
        moment=moment,
        gate=gate,
    )
    needed = tuple(dict.fromkeys((*renderer.needed, *(cards.needed if cards else ()))))
    values = values_of(list(chosen), needed, catalogue=known, moment=moment)
    rows = [row if row is not None else {} for row in values]
    bad = set(gate.reading(renderer).refused(rows))
    made: dict[int, RichMessage] = {}
    if cards is not None:
        places = [place for place, lane in enumerate(chosen.values()) if cards.go_by(lane)]
        own = [rows[place] for place in places]
        bad |= {places[one] for one in cards.refused(own)}
        made = dict(zip(places, cards.made(own), strict=True))
    texts = renderer.render_many(rows)
    return _Words(
        texts={
            one: text for place, (one, text) in enumerate(zip(chosen, texts, strict=True)) if place not in bad
        },
        cards={one: made[place] for place, one in enumerate(chosen) if place in made},
        personal_cards=cards is not None and cards.personal,
        blocked=tuple(Unwritten(one, 0, TEXT_BLOCKED) for place, one in enumerate(chosen) if place in bad),
    )
