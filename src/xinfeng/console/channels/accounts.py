"""What a person states about an account, by kind of channel: the fields of the form, and of the channel's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xinfeng.channels.kinds import CONFIGS
from xinfeng.channels.models import ChannelKind
from xinfeng.console.components.parts import Text

SECRET = "secret"
"""Stands among the fields of a login where the secret is asked for; it is never part of a config."""


class Place(StrEnum):
    """Where on the form."""

    LOGIN = "login"
    RATE = "rate"
    RARE = "rare"
    """Folded away unless it is wrong."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of `channel.config`, or the secret. `choices`: value and words; `flag`: yes or no."""

    name: str
    label: Any
    help: Any = ""
    place: Place = Place.LOGIN
    required: bool = False
    flag: bool = False
    choices: tuple[tuple[str, Text], ...] = ()
    suffix: Text = ""
    placeholder: str = ""

    def made(self, initial: Any) -> forms.Field:
        """As a form's field."""
        if self.flag:
            return forms.BooleanField(label=self.label, help_text=self.help, required=False, initial=initial)
        if self.choices:
            return forms.ChoiceField(
                label=self.label, help_text=self.help, required=False, choices=self.choices, initial=initial
            )
        return forms.CharField(
            label=self.label, help_text=self.help, required=self.required, initial=initial, max_length=500
        )

    def shown(self, value: Any) -> Any:
        """The value as people read it."""
        if self.flag:
            return _("是") if value else _("否")
        if self.choices:
            return dict(self.choices).get(str(value), value)
        return f"{value:g}" if isinstance(value, float) else value


HOST = Field("host", _("网关地址"), required=True, placeholder="gateway.example.com")
PORT = Field("port", _("端口"), required=True)
ACCESS_CODE = Field("access_code", _("接入码"), _("客户看到的号码的开头，例如 1069 开头。"), required=True)
EXTENSION = Field("extension", _("扩展码"))
CONNECTIONS = Field(
    "connections", _("连接数"), _("每个网关进程开几条连接。"), place=Place.RATE, required=True
)
WINDOW = Field(
    "window",
    _("滑动窗口"),
    _("一条连接上可以有多少条没有应答，协议建议 16。"),
    place=Place.RATE,
    required=True,
)
KEEPALIVE = Field("keepalive_s", _("心跳间隔"), place=Place.RARE, suffix=_("秒"))
TIMEOUT = Field("response_timeout_s", _("应答超时"), place=Place.RARE, suffix=_("秒"))

CMPP = (
    HOST,
    PORT,
    Field("account", _("企业代码（SP_Id）"), _("最多 6 个字符。"), required=True),
    Field(SECRET, _("共享密钥")),
    ACCESS_CODE,
    EXTENSION,
    Field("service_id", _("业务代码（Service_Id）")),
    Field("msg_src", _("信息来源（Msg_src）"), _("留空就是企业代码。")),
    CONNECTIONS,
    WINDOW,
    KEEPALIVE,
    TIMEOUT,
    Field("fee_user_type", _("计费用户类型"), place=Place.RARE),
    Field("fee_type", _("资费类别"), place=Place.RARE),
    Field("fee_code", _("资费代码"), place=Place.RARE),
    Field("fee_number", _("被计费号码"), place=Place.RARE),
    Field(
        "pad_account_in_md5",
        _("鉴权时把企业代码补足 6 位"),
        _("极少数网关需要；登录被拒时再试。"),
        place=Place.RARE,
        flag=True,
    ),
)

FIELDS: dict[str, tuple[Field, ...]] = {
    ChannelKind.CMPP2: CMPP,
    ChannelKind.CMPP3: CMPP,
}


@dataclass(frozen=True, slots=True)
class KindCard:
    """A kind of channel to choose from."""

    kind: str
    label: str
    whose: Text
    says: Text
    icon: str


CARDS = (
    KindCard(
        ChannelKind.CMPP3,
        "CMPP 3.0",
        _("中国移动"),
        _("移动直连；很多服务商也用它接入三网。"),
        "antenna-bars-5",
    ),
    KindCard(
        ChannelKind.CMPP2, "CMPP 2.0", _("中国移动"), _("较早的版本，合同写明 2.0 时选它。"), "antenna-bars-5"
    ),
)


def siblings(kind: str) -> list[tuple[str, str]]:
    """Kinds that are configured alike: an account may be changed from one to the other."""
    same = [one for one in CONFIGS if CONFIGS[one] is CONFIGS[kind]]
    return [(one, ChannelKind(one).label) for one in same]


def defaults(kind: str) -> dict[str, Any]:
    """What the form begins with."""
    found: dict[str, Any] = {}
    for one in fields(CONFIGS[kind]):
        if one.default is not MISSING:
            found[one.name] = f"{one.default:g}" if isinstance(one.default, float) else one.default
    return found


def stated(kind: str, data: Mapping[str, str]) -> dict[str, Any]:
    """`channel.config` as the form gave it; what was left empty is not stated."""
    config: dict[str, Any] = {}
    for one in FIELDS[kind]:
        if one.flag:
            config[one.name] = one.name in data
        elif one.name != SECRET and (given := str(data.get(one.name, "")).strip()):
            config[one.name] = given
    return config
