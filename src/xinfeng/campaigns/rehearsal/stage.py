"""The account that a rehearsal uses in the place of a channel's: its configuration, at a simulated carrier's address.

Only `staged` makes one. Window, connections, texts, fees, number formats are the channel's; address, name and password
are not, and the channel's secret is never opened.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

from xinfeng.campaigns.rehearsal.faults import PROTOCOLS
from xinfeng.channels.cmpp import CmppConfig
from xinfeng.channels.config import LineConfig
from xinfeng.channels.kinds import read_config
from xinfeng.channels.maap import MaapConfig
from xinfeng.channels.models import Channel
from xinfeng.channels.sessions import ChannelAccount
from xinfeng.channels.sgip import SgipConfig
from xinfeng.channels.smgp import SmgpConfig
from xinfeng.channels.smpp import SmppConfig
from xinfeng.channels.vendors import AliyunConfig, TencentConfig
from xinfeng.kernel.errors import InvalidInput, LocalProtocolError

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Made up for one run of one channel. `listens_at`: the port on which a carrier that calls us finds us, 0: none."""

    name: str
    secret: str = field(repr=False)
    listens_at: int = 0


def protocol_of(channel: Channel) -> str:
    """What its simulated carrier speaks. Raises InvalidInput `rehearsal.kind` where there is none."""
    if channel.kind not in PROTOCOLS:
        raise InvalidInput("rehearsal.kind", channel=channel.name)
    return PROTOCOLS[channel.kind]


def credentials(channel: Channel) -> Credentials:
    """Fresh ones that fit the fields of the channel's protocol."""
    digits = {"cmpp": 6, "smgp": 8}.get(protocol_of(channel), 10)
    config = read_config(channel.config, channel.kind)
    name = f"{secrets.randbelow(9 * 10 ** (digits - 1)) + 10 ** (digits - 1)}"
    listens = isinstance(config, SgipConfig) and config.listen_port
    return Credentials(name, secrets.token_hex(4), free_port() if listens else 0)


def staged(channel: Channel, who: Credentials, port: int) -> ChannelAccount:
    """The channel, at a simulated carrier on this machine. Raises LocalProtocolError `rehearsal.not_loopback` rather
    than return anything else, InvalidInput `rehearsal.kind`."""
    protocol_of(channel)
    config = moved(read_config(channel.config, channel.kind), who, port)
    account = ChannelAccount(
        id=channel.pk,
        purpose=channel.purpose,
        config=config,
        rate_per_s=channel.rate_per_s,
        secret=who.secret,
        kind=channel.kind,
    )
    check(account)
    return account


def moved(config: LineConfig, who: Credentials, port: int) -> LineConfig:
    """The configuration with address and name replaced."""
    here: dict[str, Any] = {"host": LOOPBACK, "port": port}
    match config:
        case CmppConfig() | SmgpConfig():
            return replace(config, **here, account=who.name)
        case SgipConfig():
            return replace(
                config,
                **here,
                account=who.name,
                inbound_account=who.name,
                listen_host=LOOPBACK,
                listen_port=who.listens_at,
            )
        case SmppConfig():
            return replace(config, **here, system_id=who.name)
        case AliyunConfig() | TencentConfig():
            return replace(config, **here, account=who.name, plain_http=True, pull_every_s=0)
        case MaapConfig():
            return replace(config, **here, account=who.name, plain_http=True)
        case _:
            raise InvalidInput("rehearsal.kind", channel=type(config).__name__)


def check(account: ChannelAccount) -> None:
    """Raises LocalProtocolError `rehearsal.not_loopback` for an account that leads, or listens, anywhere else."""
    config = account.config
    inbound = config.inbound(account.secret)
    hosts = [config.host, *([inbound.host] if inbound is not None else [])]
    if not all(map(is_loopback, hosts)) or account.hours is not None:
        raise LocalProtocolError("rehearsal.not_loopback")


def is_loopback(host: object) -> bool:
    """Whether it is an address of this machine; a name is none, whatever it resolves to."""
    try:
        return ip_address(str(host)).is_loopback
    except ValueError:
        return False


class LoopbackLoop(asyncio.SelectorEventLoop):
    """An event loop from which no connection leads off this machine."""

    async def create_connection(
        self, protocol_factory: Callable[[], Any], host: Any = None, port: Any = None, **options: Any
    ) -> Any:
        if options.get("sock") is not None or not is_loopback(host):
            raise LocalProtocolError("rehearsal.not_loopback")
        return await super().create_connection(protocol_factory, host, port, **options)


def free_port() -> int:
    """A port of loopback that nobody listens on at this moment."""
    with socket.socket() as found:
        found.bind((LOOPBACK, 0))
        return int(found.getsockname()[1])
