"""A campaign that goes by a route: which channel carries how many before the start, and what moved while it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xinfeng.campaigns.models import Campaign, CampaignState
from xinfeng.campaigns.route_table import ChannelShare, RouteCell, RouteTable
from xinfeng.channels.models import Channel
from xinfeng.channels.routing import CARRIERS, Obstacle
from xinfeng.console.campaigns.samples import language
from xinfeng.console.components.parts import Text
from xinfeng.console.contacts.labels import CARRIERS as CARRIER_NAMES
from xinfeng.delivery import failover
from xinfeng.insights.live import LiveNumbers
from xinfeng.insights.stages import by_channel
from xinfeng.kernel.time import utc_now
from xinfeng.policy.reasons import reason_name

OBSTACLES: dict[str, Text] = {
    Obstacle.OTHER_CARRIER: gettext_lazy("不走"),
    Obstacle.DISABLED: gettext_lazy("通道停用"),
    Obstacle.TEXT: gettext_lazy("不收这条文字"),
    Obstacle.BULK: gettext_lazy("大促未报备"),
    Obstacle.NOT_FILED: gettext_lazy("签名未报备"),
}

MOVES: dict[str, Text] = {
    failover.DISABLED: gettext_lazy("通道被停用"),
    failover.LOGIN_REFUSED: gettext_lazy("登录被拒"),
    failover.OFFLINE: gettext_lazy("连不上"),
    failover.NO_GATEWAY: gettext_lazy("没有网关在运行"),
    "carrier_refuses": gettext_lazy("运营商一直拒绝"),
    "carrier_silent": gettext_lazy("运营商没有应答"),
    "carrier_cuts": gettext_lazy("运营商一直断开"),
    "carrier_throttles": gettext_lazy("流控一条也不放行"),
    "filing_lapsed": gettext_lazy("报备失效"),
}


@dataclass(frozen=True)
class Cell:
    """What one channel does for one carrier. `place`: 1 the first choice, 2 and more where its messages go next."""

    contacts: int
    place: int
    obstacle: Text
    url: str


@dataclass(frozen=True)
class Line:
    """A channel of the route, as the preflight shows it."""

    share: ChannelShare
    url: str
    cells: list[Cell]
    faults: list[str]

    @property
    def same(self) -> Text:
        """The one thing that stands in its way for every carrier, "" where they differ."""
        found = {one.obstacle for one in self.share.cells}
        only = found.pop() if len(found) == 1 else None
        return OBSTACLES[only] if only is not None else ""


def routed(campaign: Campaign, table: RouteTable) -> dict[str, Any]:
    """The preflight's table of channels and carriers, and those whom none can carry."""
    return {
        "name": table.name,
        "url": reverse("channels.route", args=[table.route_id]),
        "carriers": [CARRIER_NAMES[one] for one in CARRIERS],
        "lines": [
            Line(
                share,
                reverse("channels.detail", args=[share.channel_id]),
                [_cell(campaign, cell) for cell in share.cells],
                [fault.words(language()) for fault in share.faults],
            )
            for share in table.channels
        ],
        "left": [
            (
                CARRIER_NAMES[one.carrier],
                reason_name(one.reason, language()),
                one.contacts,
                _gate_url(campaign, one.carrier, one.reason),
            )
            for one in table.left
        ],
    }


def _cell(campaign: Campaign, cell: RouteCell) -> Cell:
    obstacle = OBSTACLES[cell.obstacle] if cell.obstacle is not None else ""
    return Cell(cell.contacts, cell.place, obstacle, _gate_url(campaign, cell.carrier))


def _gate_url(campaign: Campaign, carrier: int, reason: str = "") -> str:
    asked = {"carrier": carrier} | ({"reason": reason} if reason else {})
    return f"{reverse('campaigns.gate', args=[campaign.pk])}?{urlencode(asked)}"


@dataclass(frozen=True)
class CarriedLine:
    """A channel while a plan is sent over it."""

    name: str
    url: str
    planned: int
    carried: int
    price: str


def carried(campaign: Campaign, numbers: LiveNumbers) -> dict[str, Any] | None:
    """Messages by channel, and what moved from one to another; None for a campaign that goes over one channel."""
    plan = campaign.plan
    if plan is None or plan.route_id is None:
        return None
    names = dict(Channel.objects.values_list("pk", "name"))
    moves = failover.moves_by_plan([plan.pk]).get(plan.pk, [])
    return {
        "lines": [
            CarriedLine(
                names.get(one.channel_id, "—"),
                reverse("channels.detail", args=[one.channel_id]),
                one.planned,
                one.carried,
                f"{one.price_li / 10:g}",
            )
            for one in by_channel(plan.pk, numbers.carried_by)
        ],
        "moves": [
            (names.get(one.from_id, "—"), names.get(one.to_id, "—"), moved_because(one.reason), one.messages)
            for one in moves
        ],
    }


@dataclass(frozen=True)
class WaitingLine:
    """Messages that wait for a channel, and what is the matter with it."""

    name: str
    url: str
    why: str
    messages: int


def waiting(campaign: Campaign) -> list[WaitingLine]:
    """What of a campaign that is being sent has no channel at present over which it could go."""
    if campaign.plan_id is None or campaign.state != CampaignState.RUNNING:
        return []
    found = failover.stuck(campaign.plan_id, now=utc_now())
    names = dict(Channel.objects.filter(pk__in=[one.channel_id for one in found]).values_list("pk", "name"))
    return [
        WaitingLine(
            names.get(one.channel_id, "—"),
            reverse("channels.detail", args=[one.channel_id]),
            moved_because(one.reason),
            one.messages,
        )
        for one in found
    ]


def moved_because(reason: str) -> str:
    """Why what had not left went to another channel."""
    code, _colon, result = reason.partition(":")
    words = str(MOVES.get(code, reason))
    return _("%(why)s（结果 %(code)s）") % {"why": words, "code": result} if result else words
