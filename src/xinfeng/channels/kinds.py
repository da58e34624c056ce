"""Which kind of channel is configured by what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xinfeng.channels.cmpp import CmppConfig
from xinfeng.channels.config import LineConfig
from xinfeng.channels.models import ChannelKind
from xinfeng.channels.sgip import SgipConfig
from xinfeng.channels.smgp import SmgpConfig
from xinfeng.channels.vendors.config import AliyunConfig, TencentConfig
from xinfeng.kernel.errors import InvalidInput

CONFIGS: dict[str, type[LineConfig]] = {
    ChannelKind.CMPP2: CmppConfig,
    ChannelKind.CMPP3: CmppConfig,
    ChannelKind.SGIP: SgipConfig,
    ChannelKind.SMGP: SmgpConfig,
    ChannelKind.ALIYUN: AliyunConfig,
    ChannelKind.TENCENT: TencentConfig,
}


def read_config(config: Mapping[str, Any], kind: str) -> LineConfig:
    """Build from `channel.config`. Raises InvalidInput `channel.config` with `faults`: code by field name."""
    if kind not in CONFIGS:
        raise InvalidInput("channel.config", faults={"kind": "unknown"})
    return CONFIGS[kind].read(config, kind)
