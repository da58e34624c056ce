"""Commands about channels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from xinfeng.cli import codes
from xinfeng.cli.output import say, table
from xinfeng.cli.ready import ready
from xinfeng.kernel.time import utc_now

if TYPE_CHECKING:
    from xinfeng.channels.reads import ChannelRow

group = typer.Typer(help="通道 channels", no_args_is_help=True)
group.add_typer(codes.group, name="codes")
ACTOR = "system:command line"


@group.command("list")
def list_channels() -> None:
    """通道及其连接状态。 Channels and how they are connected."""
    ready()
    from xinfeng.channels.reads import channels

    _show(channels(now=utc_now()))


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
    return f"{channel.ready}/{channel.config.connections}" if channel.enabled else "停用 off"


def _troubles(channel: ChannelRow) -> list[str]:
    """A line for each connection that is not ready; one if nobody connects at all."""
    from xinfeng.channels.models import ConnectionPhase

    if not channel.enabled:
        return []
    where = f"{channel.name} ({channel.config.host}:{channel.config.port})"
    if not channel.connections:
        return [f"{where}: 没有网关在连接 no gateway connects"]
    return [
        f"{where} #{one.number}: {one.phase.label} {one.phase} {one.detail}".rstrip()
        for one in channel.connections
        if one.phase is not ConnectionPhase.READY
    ]


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
    more: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="其他参数，可重复，如 --set node_id=3010012345 other fields of the account, may be repeated",
        ),
    ] = None,
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
        secret=secret,
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

    config: dict[str, object] = {"system_id" if kind == ChannelKind.SMPP else "account": account}
    for one in more:
        field, equals, value = one.partition("=")
        if not equals or not field:
            raise typer.BadParameter(f"--set {one}: NAME=VALUE")
        config[field] = {"true": True, "false": False}.get(value.lower(), value)
    return config


@group.command("probe")
def probe(channel_id: int) -> None:
    """登录一次再退出，不发短信。 Log in and out again; no message is sent."""
    ready()
    from xinfeng.channels.probe import try_channel
    from xinfeng.console.channels.words import probe_words

    result = try_channel(channel_id)
    say(f"{probe_words(result)} ({result.code})", style="green" if result.ok else "red")
    if not result.ok:
        raise typer.Exit(1)


@group.command("trial")
def trial(
    channel_id: int,
    to: Annotated[
        str, typer.Option(help="自己的号码；要是已同意的客户 your own number; a contact who agreed")
    ],
    signature: Annotated[str, typer.Option(help="签名，不带括号 without brackets")],
) -> None:
    """给自己发一条测试短信，关卡照常检查。 One message to your own number; every gate is asked."""
    ready()
    from xinfeng.content.reads import signatures
    from xinfeng.delivery.trial import send_trial

    found = next((one for one in signatures(only_enabled=True) if one.text == signature), None)
    if found is None:
        raise typer.BadParameter(f"--signature {signature}: 没有这个签名 no such signature")
    sent = send_trial(channel_id, signature_id=found.pk, phone=to, actor=ACTOR, now=utc_now())
    say(f"已交给网关：{sent.text} Handed to the gateway.")


@group.command("enable")
def enable(channel_id: int) -> None:
    """启用。 Let gateways connect and send."""
    ready()
    from xinfeng.channels.actions import enable_channel

    enable_channel(channel_id, actor=ACTOR)
    say("已启用。 Enabled.")


@group.command("disable")
def disable(channel_id: int) -> None:
    """停用：断开连接，计划等待。 Disconnect; plans wait."""
    ready()
    from xinfeng.channels.actions import disable_channel

    disable_channel(channel_id, actor=ACTOR)
    say("已停用。 Disabled.")
