"""Commands about routes: among which channels a campaign's messages are shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from xinfeng.channels.routing import Obstacle
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.money import yuan
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.time import utc_now

if TYPE_CHECKING:
    from xinfeng.campaigns.route_table import RouteCell, RouteTable
    from xinfeng.channels.routes import Entry, RouteRow

group = typer.Typer(help="路由 routes", no_args_is_help=True)
ACTOR = "system:command line"

_NAMES = {
    Carrier.UNKNOWN: "未知",
    Carrier.MOBILE: "移动",
    Carrier.UNICOM: "联通",
    Carrier.TELECOM: "电信",
    Carrier.BROADNET: "广电",
}
_OBSTACLES = {
    Obstacle.OTHER_CARRIER: "—",
    Obstacle.DISABLED: "停用 off",
    Obstacle.TEXT: "不收 text",
    Obstacle.BULK: "大促未报备 bulk",
    Obstacle.NOT_FILED: "未报备 unfiled",
}
_FAULTS = {
    "twice": ("一个通道只能写一次", "a channel is named twice"),
    "purpose": ("通道的用途和路由不一致", "a channel has another purpose than the route"),
    "carrier": ("运营商只有 mobile unicom telecom broadnet", "carriers are mobile unicom telecom broadnet"),
    "missing": ("至少要一个通道", "it needs a channel"),
    "too_many": ("通道太多", "too many channels"),
}
_BY_NAME = {one.name.lower(): one for one in Carrier if one} | {
    name: one for one, name in _NAMES.items() if one
}


@group.command("list")
def list_routes() -> None:
    """列出路由。 List routes and their channels."""
    ready()
    from xinfeng.channels.routes import routes

    rows = [[one.id, one.name, one.purpose, one.prefer.label, _entries(one)] for one in routes(now=utc_now())]
    table(
        "路由 Routes",
        ["编号 id", "名称 name", "用途 purpose", "优先 prefer", "通道 channels"],
        rows,
        right=(0,),
    )


def _entries(route: RouteRow) -> str:
    words = [
        f"{one.channel.name}（{_carriers(one.carriers)}{'' if one.alive else '，未连上 down'}）"
        for one in route.entries
    ]
    lacking = f" · 未覆盖 not covered: {_carriers(route.uncovered)}" if route.uncovered else ""
    return " → ".join(words) + lacking


def _carriers(carriers: tuple[int, ...]) -> str:
    return "、".join(_NAMES[Carrier(one)] for one in carriers) or "全部 all"


@group.command("save")
def save(
    name: str,
    channel: Annotated[
        list[str],
        typer.Option(
            help="按顺序重复：通道[=运营商,运营商] in order, repeated: CHANNEL[=carrier,carrier] (mobile unicom telecom broadnet)"
        ),
    ],
    purpose: Annotated[str, typer.Option()] = "marketing",
    prefer: Annotated[
        str,
        typer.Option(
            help="price 价格优先 cheaper | order 按顺序 in order | read 能回已读的优先 those that tell who read it"
        ),
    ] = "price",
) -> None:
    """新建路由，或整条改掉同名的。 Make a route, or replace the one of this name."""
    ready()
    from xinfeng.channels.models import Route
    from xinfeng.channels.routes import save_route

    known = Route.objects.filter(name=name.strip()).values_list("pk", flat=True).first()
    try:
        made = save_route(
            name=name,
            purpose=purpose,
            prefer=prefer,
            entries=[_entry(one) for one in channel],
            actor=ACTOR,
            route_id=known,
        )
    except InvalidInput as fault:
        _tell(fault)
        raise
    say(f"路由 route {made}: {name}")


def _tell(fault: InvalidInput) -> None:
    """Which of the things that may be wrong it is; what was done follows."""
    code = str(fault.params.get("faults", {}).get("entries", ""))
    if code in _FAULTS:
        which = "、".join(map(str, fault.params.get("channels") or fault.params.get("carriers") or ()))
        chinese, english = _FAULTS[code]
        say(f"{chinese} {english}" + (f": {which}" if which else ""))


def _entry(given: str) -> Entry:
    from xinfeng.channels.routes import Entry
    from xinfeng.cli import named

    channel, _, carriers = given.partition("=")
    wanted = [one.strip().lower() for one in carriers.split(",") if one.strip()]
    if strange := [one for one in wanted if one not in _BY_NAME]:
        raise InvalidInput("route.invalid", faults={"entries": "carrier"}, carriers=strange)
    return Entry(named.channel(channel), tuple(sorted({int(_BY_NAME[one]) for one in wanted})))


@group.command("remove")
def remove(route: str) -> None:
    """删除没有活动在用的路由。 Delete a route no campaign names."""
    ready()
    from xinfeng.channels.routes import remove_route
    from xinfeng.cli import named

    remove_route(named.route(route), actor=ACTOR)
    say("已删除。 Removed.")


@group.command("patience")
def patience(
    seconds: Annotated[int | None, typer.Argument(help="秒；不写就只看 seconds; none: show it")] = None,
) -> None:
    """通道断线多久后，没发出的改走别的通道。 How long a lost connection is waited for before messages move on."""
    ready()
    from xinfeng.delivery import failover

    if seconds is not None:
        failover.save_patience(seconds, actor=ACTOR)
    say(f"断线等待 patience: {failover.patience_s()} 秒 s")


def print_table(found: RouteTable) -> None:
    """A campaign's channels and carriers, as the preflight found them."""
    from xinfeng.channels.routing import CARRIERS
    from xinfeng.policy.reasons import reason_name

    columns = ["通道 channel", *(_NAMES[Carrier(one)] for one in CARRIERS), "计费条 parts", "费用 cost"]
    rows: list[list[Any]] = [
        [one.name, *map(_cell, one.cells), f"{one.parts:,}", f"¥{yuan(one.cost_fen)}"]
        for one in found.channels
    ]
    table(f"路由 Route {found.name}", columns, rows, right=tuple(range(1, len(columns))))
    for one in found.channels:
        for fault in one.faults:
            say(f"  {one.name} · {fault.words('zh')}\n    {fault.words('en')}")
    for left in found.left:
        say(
            f"− {_NAMES[Carrier(left.carrier)]}: {left.contacts:,} {reason_name(left.reason, 'zh')} ({left.reason})"
        )


def _cell(cell: RouteCell) -> str:
    if cell.contacts:
        return f"{cell.contacts:,}"
    if cell.obstacle is not None:
        return _OBSTACLES[cell.obstacle]
    return f"备用 {cell.place}" if cell.place > 1 else "0"
