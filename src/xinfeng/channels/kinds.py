"""Which kind of channel is configured by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xinfeng.channels.backoff import Backoff
from xinfeng.channels.cmpp import CmppConfig
from xinfeng.channels.config import LineConfig
from xinfeng.channels.lines import Listener
from xinfeng.channels.maap import CspConfig, MobileConfig
from xinfeng.channels.models import ChannelKind
from xinfeng.channels.sessions import ChannelAccount, ChannelSessions, usual_backoff
from xinfeng.channels.sgip import SgipConfig
from xinfeng.channels.smgp import SmgpConfig
from xinfeng.channels.smpp import SmppConfig
from xinfeng.channels.vendors import AliyunConfig, TencentConfig, VendorConfig, VendorSessions
from xinfeng.kernel.errors import InvalidInput

CONFIGS: dict[str, type[LineConfig]] = {
    ChannelKind.CMPP2: CmppConfig,
    ChannelKind.CMPP3: CmppConfig,
    ChannelKind.SGIP: SgipConfig,
    ChannelKind.SMGP: SmgpConfig,
    ChannelKind.ALIYUN: AliyunConfig,
    ChannelKind.TENCENT: TencentConfig,
    ChannelKind.SMPP: SmppConfig,
    ChannelKind.MAAP_CSP: CspConfig,
    ChannelKind.MAAP_MOBILE: MobileConfig,
}


def open_sessions(
    account: ChannelAccount, listener: Listener, *, make_backoff: Callable[[], Backoff] | None = None
) -> ChannelSessions:
    """The lines of a channel, as its kind wants them. `make_backoff` None: the usual patience."""
    make = VendorSessions if isinstance(account.config, VendorConfig) else ChannelSessions
    return make(account, listener, make_backoff=make_backoff or usual_backoff)


def read_config(config: Mapping[str, Any], kind: str) -> LineConfig:
    """Build from `channel.config`. Raises InvalidInput `channel.config` with `faults`: code by field name."""
    if kind not in CONFIGS:
        raise InvalidInput("channel.config", faults={"kind": "unknown"})
    return CONFIGS[kind].read(config, kind)
