"""Commands about channels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from xinfeng.cli import codes
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.time import utc_now

if TYPE_CHECKING:
    from xinfeng.channels.reads import ChannelRow, ConnectionRow

group = typer.Typer(help="通道 channels", no_args_is_help=True)
group.add_typer(codes.group, name="codes")
ACTOR = "system:command line"
CHANNEL = typer.Argument(help="通道名称或编号 name or id of the channel")
MORE = typer.Option(
    "--set",
    metavar="NAME=VALUE",
    help="其他参数，可重复，如 --set node_id=3010012345 other fields of the account, may be repeated",
)
THEIR_SECRET = typer.Option(
    envvar="CHANNEL_INBOUND_SECRET",
    help="SGIP：联通登录我们的密码；5G 消息：推送签名的 Token what the carrier proves itself with, where it does",
)


@group.command("list")
def list_channels() -> None:
    """通道及其连接状态。 Channels and how they are connected."""
    ready()
    from xinfeng.channels import codes
    from xinfeng.channels.reads import channels

    codes.refresh(at_once=True)
    _show(channels(now=utc_now()))


@group.command("show")
def show_channel(channel: Annotated[str, CHANNEL]) -> None:
    """账号、每条连接、排队和最近一小时；不显示密钥。 One channel: account, connections, queue, last hour; no secret."""
    ready()
    from xinfeng.channels import codes
    from xinfeng.channels.models import ChannelKind
    from xinfeng.channels.reads import channel as one_channel
    from xinfeng.channels.samples import SAMPLE_S, samples
    from xinfeng.cli import named
    from xinfeng.delivery.backlog import waiting_for

    codes.refresh(at_once=True)
    row = one_channel(named.channel(channel), now=utc_now())
    hours = f"{row.hours[0]:%H:%M}–{row.hours[1]:%H:%M}" if row.hours else "不限 any time"
    facts: list[list[object]] = [
        ["协议 kind", f"{ChannelKind(row.kind).label} ({row.kind})"],
        ["用途 purpose", row.purpose],
        ["状态 state", _connected(row)],
        ["条/秒 parts/s", f"{row.submitted_per_s:.0f} / {row.rate_per_s}"],
        ["分/条 fen", f"{row.price_li / 10:g}"],
        ["时间 hours", hours],
        ["排队 waiting", sum(one.messages for one in waiting_for(row.id))],
        *([name, value] for name, value in sorted(row.config.to_json().items()) if value not in ("", None)),
    ]
    table(f"{row.id} {row.name}", ["", ""], facts)
    lines: list[list[object]] = [
        [
            one.gateway,
            one.number or "接收端口 port",
            f"{one.phase.label} {one.phase}",
            one.window_used,
            f"{one.submitted_per_s:.0f}",
            "—" if one.round_trip_ms is None else f"{one.round_trip_ms:.0f}",
        ]
        for one in row.connections
    ]
    columns = ["网关 gateway", "#", "状态 state", "未答 open", "条/秒 /s", "往返 ms"]
    table("连接 Connections", columns, lines, right=(3, 4, 5))
    for trouble in _troubles(row):
        say(trouble, style="yellow")
    found = samples(row.id, now=utc_now())[-12:]
    steps: list[list[object]] = [
        [
            f"{one.at.astimezone():%H:%M:%S}",
            f"{one.submitted / SAMPLE_S:.1f}",
            one.ready,
            one.window_used,
            "—" if one.round_trip_ms is None else f"{one.round_trip_ms:.0f}",
        ]
        for one in found
    ]
    columns = ["时刻 at", "条/秒 parts/s", "连接 ready", "未答 open", "往返 ms"]
    table("最近一分钟 The last minute", columns, steps, right=(1, 2, 3, 4))


def _show(found: Sequence[ChannelRow]) -> None:
    """The table, which fits 80 columns, and below it what is wrong with each connection that is not ready."""
    rows = [
        [one.id, one.name, one.purpose, _connected(one), one.rate_per_s, f"{one.price_li / 10:g}"]
        for one in found
    ]
    columns = ["编号 id", "名称 name", "用途 purpose", "连接 ready", "条/秒 parts/s", "分/条 fen"]
    table("通道 Channels", columns, rows, right=(0, 4, 5))
    for one in found:
        for trouble in _troubles(one):
            say(trouble, style="yellow")


def _connected(channel: ChannelRow) -> str:
    return f"{channel.ready}/{channel.config.places}" if channel.enabled else "停用 off"


def _troubles(channel: ChannelRow) -> list[str]:
    """A line for each connection that is not ready; one if nobody connects at all."""
    from xinfeng.channels.models import ConnectionPhase

    if not channel.enabled:
        return []
    where = f"{channel.name} ({channel.config.host}:{channel.config.port})"
    if not channel.connections:
        return [f"{where}: 没有网关在连接 no gateway connects"]
    return [
        f"{where} #{one.number}: {_said(one, channel.kind)}"
        for one in channel.connections
        if one.phase is not ConnectionPhase.READY or (one.number == 0 and one.detail.count(":") > 3)
    ]


def _said(connection: ConnectionRow, kind: str) -> str:
    """What a connection says about itself in both languages, and when it is tried again."""
    from django.utils import translation

    from xinfeng.console.channels.words import detail_words

    found = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            found.append(detail_words(connection.detail, kind))
    if connection.retry_at is not None:
        seconds = max(0, round((connection.retry_at - utc_now()).total_seconds()))
        found.append(f"{seconds} 秒后再试 tried again in {seconds} s")
    return (
        " ".join(dict.fromkeys(one for one in found if one)) or f"{connection.phase.label} {connection.phase}"
    )


@group.command("add")
def add_channel(
    name: str,
    account: Annotated[
        str,
        typer.Option(
            help="登录名：SP_Id、ClientID、system_id、AccessKey ID … what one logs in with, by its protocol"
        ),
    ],
    secret: Annotated[
        str,
        typer.Option(
            prompt="共享密钥 shared secret",
            hide_input=True,
            envvar="CHANNEL_SECRET",
            help="共享密钥；不写会询问 shared secret; asked for without it",
        ),
    ],
    access_code: Annotated[
        str, typer.Option(help="接入码，如 10690001；云厂商可以不填 not needed for cloud vendors")
    ] = "",
    host: Annotated[
        str,
        typer.Option(
            help="网关地址，默认本机；云厂商默认为其接口 the gateway, this machine by default; vendors have one"
        ),
    ] = "",
    port: Annotated[int, typer.Option(help="0：协议的常用端口 0: the usual port of the protocol")] = 0,
    kind: Annotated[
        str,
        typer.Option(
            help="协议：cmpp2、cmpp3、sgip12、smgp30、smpp34、aliyun、tencent、maap_csp、maap_mobile what is spoken"
        ),
    ] = "cmpp3",
    more: Annotated[list[str] | None, MORE] = None,
    inbound_secret: Annotated[str, THEIR_SECRET] = "",
    purpose: Annotated[str, typer.Option(help="marketing 或 service")] = "marketing",
    connections: Annotated[int, typer.Option()] = 1,
    window: Annotated[
        int,
        typer.Option(
            help="每连接未应答上限；0：协议的常用值 unanswered submits per connection; 0: the usual"
        ),
    ] = 0,
    rate: Annotated[int, typer.Option(help="每秒条数 parts per second")] = 100,
    price_li: Annotated[int, typer.Option(help="每条价格，厘 price per part in tenths of a fen")] = 35,
    opens: Annotated[
        datetime | None, typer.Option(formats=["%H:%M"], help="每天从几点起可发 sends from, each day")
    ] = None,
    closes: Annotated[
        datetime | None, typer.Option(formats=["%H:%M"], help="每天发到几点 sends until, each day")
    ] = None,
    filing: Annotated[
        bool,
        typer.Option(
            help="签名须先报备才发（默认）；--no-filing 只用于测试 send only with filed signatures; not for tests"
        ),
    ] = True,
    vendor: Annotated[
        str,
        typer.Option(
            help="规则预设：none（直连）、aliyun、tencent、huawei、qiniu、volcengine rules of this vendor; none: direct"
        ),
    ] = "none",
) -> None:
    """添加一个通道。 Add a channel of any kind."""
    if (opens is None) != (closes is None):
        raise typer.BadParameter("--opens 和 --closes 要一起填。 Give --opens and --closes together.")
    from xinfeng.channels.capabilities import NOT_DEMANDED, PRESETS

    if vendor not in PRESETS:
        raise typer.BadParameter(f"--vendor: {', '.join(PRESETS)}")
    ready()
    from xinfeng.channels.actions import save_channel

    config: dict[str, object] = _stated(kind, account, more or [])
    from xinfeng.channels.models import WHOLE_KINDS

    host = host or ("" if kind in WHOLE_KINDS else "127.0.0.1")
    stated = {"host": host, "port": port, "access_code": access_code, "window": window}
    config |= {field: given for field, given in stated.items() if given}
    channel_id = save_channel(
        name=name,
        kind=kind,
        purpose=purpose,
        config=config | {"connections": connections},
        secret=_both(secret, inbound_secret),
        rate_per_s=rate,
        price_li=price_li,
        actor=ACTOR,
        hours=(opens.time(), closes.time()) if opens and closes else None,
        capabilities=PRESETS[vendor].capabilities.to_json() | ({} if filing else NOT_DEMANDED),
    )
    say(f"已添加通道 {channel_id}。 Added channel {channel_id}.")


def _stated(kind: str, account: str, more: Sequence[str]) -> dict[str, object]:
    """The account as options state it; flags are read as yes or no, all else is the config's to read."""
    from xinfeng.channels.models import ChannelKind

    return {"system_id" if kind == ChannelKind.SMPP else "account": account} | _pairs(more)


def _pairs(more: Sequence[str]) -> dict[str, object]:
    config: dict[str, object] = {}
    for one in more:
        field, equals, value = one.partition("=")
        if not equals or not field:
            raise typer.BadParameter(f"--set {one}: NAME=VALUE")
        config[field] = {"true": True, "false": False}.get(value.lower(), value)
    return config


def _both(ours: str, theirs: str) -> str:
    """Two secrets as a channel keeps them: the carrier's on a line of its own, behind ours."""
    return f"{ours}\n{theirs}" if theirs else ours


@group.command("edit")
def edit_channel(
    channel: Annotated[str, CHANNEL],
    more: Annotated[list[str] | None, MORE] = None,
    name: Annotated[str | None, typer.Option(help="新名称 a new name")] = None,
    kind: Annotated[str | None, typer.Option(help="同一家的另一个版本，如 cmpp2 another version")] = None,
    host: Annotated[str | None, typer.Option(help="网关地址 the gateway")] = None,
    port: Annotated[int | None, typer.Option(help="端口")] = None,
    account: Annotated[str | None, typer.Option(help="登录名 what one logs in with")] = None,
    connections: Annotated[int | None, typer.Option(help="连接数")] = None,
    window: Annotated[int | None, typer.Option(help="每连接未应答上限 unanswered submits")] = None,
    rate: Annotated[int | None, typer.Option(help="每秒条数 parts per second")] = None,
    price_li: Annotated[
        int | None, typer.Option(help="每条价格，厘 price per part in tenths of a fen")
    ] = None,
    new_secret: Annotated[
        bool, typer.Option("--new-secret", help="询问新的密钥，或取自 CHANNEL_SECRET ask for a new secret")
    ] = False,
    inbound_secret: Annotated[str, THEIR_SECRET] = "",
) -> None:
    """改掉写出来的几项，其余和密钥不变。 Change what is named; all else, and the secret, stay."""
    ready()
    from xinfeng.channels.actions import save_channel
    from xinfeng.channels.reads import channel as one_channel
    from xinfeng.cli import named

    row = one_channel(named.channel(channel), now=utc_now())
    given = {"host": host, "port": port, "connections": connections, "window": window}
    config = row.config.to_json() | {field: value for field, value in given.items() if value is not None}
    if account is not None:
        config |= _stated(row.kind, account, ())
    secret = None
    if new_secret:
        ours = os.environ.get("CHANNEL_SECRET") or typer.prompt("共享密钥 shared secret", hide_input=True)
        secret = _both(ours, inbound_secret)
    elif inbound_secret:
        raise typer.BadParameter(
            "两个密码一起改：加上 --new-secret。 Change both together: add --new-secret."
        )
    save_channel(
        channel_id=row.id,
        name=name or row.name,
        kind=kind or row.kind,
        purpose=row.purpose,
        config=config | _pairs(more or []),
        secret=secret,
        rate_per_s=row.rate_per_s if rate is None else rate,
        price_li=row.price_li if price_li is None else price_li,
        actor=ACTOR,
        hours=row.hours,
    )
    say("已保存，网关几秒内就会照办。 Saved; gateways follow within seconds.")


@group.command("probe")
def probe(channel: Annotated[str, CHANNEL]) -> None:
    """登录一次再退出，不发短信。 Log in and out again; no message is sent."""
    ready()
    from django.utils import translation

    from xinfeng.channels import codes
    from xinfeng.channels.probe import try_channel
    from xinfeng.channels.reads import channel as one_channel
    from xinfeng.cli import named
    from xinfeng.console.channels.words import probe_words

    codes.refresh(at_once=True)
    row = one_channel(named.channel(channel), now=utc_now())
    result = try_channel(row.id)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            say(probe_words(result, row.kind), style="green" if result.ok else "red")
    if not result.ok:
        raise typer.Exit(1)


@group.command("trial")
def trial(
    channel: Annotated[str, CHANNEL],
    to: Annotated[
        str, typer.Option(help="自己的号码；要是已同意的客户 your own number; a contact who agreed")
    ],
    signature: Annotated[
        str,
        typer.Option(help="签名，不带括号；发一句通道测试 without brackets; a text that says it is a test"),
    ] = "",
    template: Annotated[
        str,
        typer.Option(
            help="已通过审核的模板，名称或版本号；云厂商和 5G 消息必填 an approved template; vendors and 5G take nothing else"
        ),
    ] = "",
) -> None:
    """给自己发一条测试短信，关卡照常检查。 One message to your own number; every gate is asked."""
    if bool(signature) == bool(template):
        raise typer.BadParameter("--signature 和 --template 写一个。 Give one of --signature and --template.")
    ready()
    from xinfeng.cli import named
    from xinfeng.content.reads import signatures
    from xinfeng.delivery.trial import send_trial

    wanted = named.channel(channel)
    found = next((one.pk for one in signatures(only_enabled=True) if one.text == signature), None)
    if signature and found is None:
        raise typer.BadParameter(f"--signature {signature}: 没有这个签名 no such signature")
    version_id = named.template_version(template) if template else None
    sent = send_trial(wanted, signature_id=found, version_id=version_id, phone=to, actor=ACTOR, now=utc_now())
    say(f"已交给网关：{sent.text} Handed to the gateway.")


@group.command("enable")
def enable(channel: Annotated[str, CHANNEL]) -> None:
    """启用。 Let gateways connect and send."""
    ready()
    from xinfeng.channels.actions import enable_channel
    from xinfeng.cli import named

    enable_channel(named.channel(channel), actor=ACTOR)
    say("已启用。 Enabled.")


@group.command("disable")
def disable(channel: Annotated[str, CHANNEL]) -> None:
    """停用：断开连接；有路由的改走下一个，没有的等。 Disconnect; what has a route goes on by the next, the rest waits."""
    ready()
    from xinfeng.channels.actions import disable_channel
    from xinfeng.cli import named

    disable_channel(named.channel(channel), actor=ACTOR)
    say("已停用。 Disabled.")
