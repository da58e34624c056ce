"""Accounts with cloud vendors. The channel's secret is the AccessKeySecret or SecretKey."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from typing import Any, ClassVar

from xinfeng.channels.config import LineConfig
from xinfeng.channels.fields import Reader, number, one_of, text, yes_or_no
from xinfeng.channels.vendors.exchange import AliyunExchange, Exchange, TencentExchange
from xinfeng.kernel.errors import LocalProtocolError
from xinfeng.protocols import aliyun, tencent
from xinfeng.protocols.core import ClientSession
from xinfeng.protocols.vendor import HttpRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorConfig(LineConfig):
    """`host`, `port`: the vendor's endpoint, over TLS; `plain_http` only for a simulator on this machine. `account`:
    AccessKeyId or SecretId. `window`: numbers in one request. `extension`: digits behind the vendor's number, by which
    replies are told apart. An idle connection is made anew after `keepalive_s`, before the vendor hangs up.
    `pull_every_s`: how often receipts and replies are fetched from the vendor; 0: it tells them, to our callbacks.
    `callback_series`: counting it up gives the callbacks new addresses and ends the old ones.
    """

    READERS: ClassVar[Mapping[str, Reader]] = {
        **LineConfig.READERS,
        "access_code": text(21, digits=True),
        "account": text(128, shortest=1),
        "plain_http": yes_or_no,
        "pull_every_s": number(0, 3600),
        "callback_series": number(0, 9999),
    }

    host: str = ""
    port: int = 443
    access_code: str = ""
    account: str
    connections: int = 2
    keepalive_s: float = 20.0
    response_timeout_s: float = 15.0
    plain_http: bool = False
    pull_every_s: int = 0
    callback_series: int = 0

    @classmethod
    def _derive(cls, values: dict[str, Any], kind: str, faults: dict[str, str]) -> dict[str, Any]:
        if values.get("plain_http") and not is_loopback(values.get("host", "")):
            faults["plain_http"] = "not_loopback"
        return {}

    @property
    def authority(self) -> str:
        """What the header `Host` says."""
        usual = 80 if self.plain_http else 443
        return self.host if self.port == usual else f"{self.host}:{self.port}"

    @abstractmethod
    def exchange(self, secret: str) -> Exchange:
        """How this account asks."""

    def question(self, secret: str, *, now: datetime) -> Question | None:
        """Something harmless to ask, which shows whether the account is taken; None: the interface has nothing of the
        kind."""
        return None

    def session(self, secret: str) -> ClientSession:
        """There is none: every request stands for itself."""
        raise LocalProtocolError("channel.no_session")


@dataclass(frozen=True, slots=True)
class Question:
    """`read` raises RemoteProtocolError for an answer that refuses, with `vendor_code`, or that can't be read; any refusal
    is about the account."""

    request: HttpRequest = field(repr=False)
    read: Callable[[int, bytes], object]


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, whoever resolves its name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class AliyunConfig(VendorConfig):
    """Alibaba Cloud SMS. Signed for the endpoint's own host; the region is part of it."""

    READERS: ClassVar[Mapping[str, Reader]] = {
        **VendorConfig.READERS,
        "window": number(1, aliyun.LARGEST_BATCH),
    }

    host: str = "dysmsapi.aliyuncs.com"
    window: int = aliyun.LARGEST_BATCH

    def credentials(self, secret: str) -> aliyun.Credentials:
        return aliyun.Credentials(self.account, self.authority, secret)

    def exchange(self, secret: str) -> Exchange:
        return AliyunExchange(self.credentials(secret), extension=self.extension)


REGIONS = ("ap-guangzhou", "ap-beijing", "ap-nanjing")
"""Where Tencent Cloud offers SMS on the mainland; which one is asked makes no difference to the messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TencentConfig(VendorConfig):
    """Tencent Cloud SMS. `app_id`: the SmsSdkAppId of the application that the templates belong to."""

    READERS: ClassVar[Mapping[str, Reader]] = {
        **VendorConfig.READERS,
        "window": number(1, tencent.LARGEST_BATCH),
        "app_id": text(20, shortest=1, digits=True),
        "region": one_of(REGIONS),
    }

    host: str = "sms.tencentcloudapi.com"
    window: int = tencent.LARGEST_BATCH
    app_id: str
    region: str = REGIONS[0]

    def credentials(self, secret: str) -> tencent.Credentials:
        return tencent.Credentials(self.account, self.app_id, self.region, self.authority, secret)

    def exchange(self, secret: str) -> Exchange:
        return TencentExchange(self.credentials(secret), extension=self.extension)
