"""What a person states about an account, by kind of channel: the fields of the form, and of the channel's page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from xinfeng.channels.kinds import CONFIGS
from xinfeng.channels.models import ChannelKind
from xinfeng.channels.vendors.config import REGIONS
from xinfeng.channels.writing import LongTexts
from xinfeng.console.components.parts import Text
from xinfeng.protocols.smpp import DefaultAlphabet, IdFormat

SECRET = "secret"
"""Stands among the fields of a login where the secret is asked for; it is never part of a config."""
INBOUND_SECRET = "inbound_secret"
"""The password by which the carrier proves itself to us; kept behind ours, on a line of its own."""
SECRETS = frozenset({SECRET, INBOUND_SECRET})


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
        plain = f"{value:g}" if isinstance(value, float) else value
        return format_lazy("{} {}", plain, self.suffix) if self.suffix and plain not in ("", None) else plain


HOST = Field("host", _("网关地址"), required=True, placeholder="gateway.example.com")
PORT = Field("port", _("端口"), required=True)
ACCESS_CODE = Field("access_code", _("接入码"), _("客户看到的号码的开头，例如 1069 开头。"), required=True)
EXTENSION = Field("extension", _("扩展码"))
CONNECTIONS = Field(
    "connections",
    _("连接数"),
    _("每个网关进程开几条连接。"),
    place=Place.RATE,
    suffix=_("条连接"),
    required=True,
)
WINDOW = Field(
    "window",
    _("滑动窗口"),
    _("一条连接上可以有多少条没有应答，照合同填。"),
    place=Place.RATE,
    suffix=_("条未应答"),
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

SGIP = (
    HOST,
    PORT,
    Field("account", _("登录名"), _("联通给的用户名，最多 16 个字符。"), required=True),
    Field(SECRET, _("登录密码")),
    Field("node_id", _("节点编号"), _("3AAAAQQQQQ：区号加企业代码，例如 3010012345。"), required=True),
    Field("corp_id", _("企业代码（CorpId）"), required=True),
    ACCESS_CODE,
    EXTENSION,
    Field("service_type", _("业务代码（ServiceType）")),
    Field(
        "listen_port",
        _("接收端口"),
        _("联通会连到这里送回执和上行；填 0 就收不到回执和回复。"),
        required=True,
    ),
    Field("listen_host", _("接收地址"), _("本机监听的地址，0.0.0.0 为全部。"), required=True),
    Field("inbound_account", _("联通登录我们用的名字"), _("留空就是登录名。")),
    Field(INBOUND_SECRET, _("联通登录我们用的密码")),
    CONNECTIONS,
    WINDOW,
    Field(
        "keepalive_s",
        _("空闲多久后退出"),
        _("SGIP 没有心跳，闲置的连接会被对方切断。"),
        place=Place.RARE,
        suffix=_("秒"),
    ),
    TIMEOUT,
    Field("charge_number", _("被计费号码"), _("21 个 0 表示由企业付费。"), place=Place.RARE),
    Field("fee_type", _("资费类别"), place=Place.RARE),
    Field("fee_value", _("资费（分）"), place=Place.RARE),
    Field("given_value", _("赠送（分）"), place=Place.RARE),
    Field("agent_flag", _("代收费标志"), place=Place.RARE),
    Field("caused_by", _("引起下行的原因（MorelatetoMTFlag）"), place=Place.RARE),
    Field("priority", _("优先级"), place=Place.RARE),
)

SMGP = (
    HOST,
    PORT,
    Field("account", _("客户编号（ClientID）"), _("最多 8 个字符。"), required=True),
    Field(SECRET, _("共享密钥")),
    ACCESS_CODE,
    EXTENSION,
    Field("service_id", _("业务代码（ServiceID）")),
    Field("msg_src", _("企业代码（MsgSrc）"), _("有的网关要求填写。")),
    CONNECTIONS,
    WINDOW,
    KEEPALIVE,
    TIMEOUT,
    Field("priority", _("优先级"), place=Place.RARE),
    Field("fee_type", _("收费类型"), place=Place.RARE),
    Field("fee_code", _("资费代码"), place=Place.RARE),
    Field("fixed_fee", _("包月费"), place=Place.RARE),
    Field(
        "charge_user_type",
        _("由谁付费"),
        place=Place.RARE,
        choices=(
            ("", _("不填，按合同")),
            ("0", _("收信人")),
            ("1", _("发信人")),
            ("2", _("企业")),
            ("3", _("被计费号码")),
        ),
    ),
    Field("charge_number", _("被计费号码"), place=Place.RARE),
    Field(
        "pad_account_in_md5",
        _("鉴权时把客户编号补足 8 位"),
        _("极少数网关需要；登录被拒时再试。"),
        place=Place.RARE,
        flag=True,
    ),
)

SMPP = (
    HOST,
    PORT,
    Field("system_id", "system_id", required=True),
    Field(SECRET, _("密码")),
    Field(
        "access_code",
        _("发信号码或名字"),
        _("客户看到的号码；网关允许时可以是最多 11 个字母。"),
        required=True,
    ),
    EXTENSION,
    Field(
        "mode",
        _("连接方式"),
        choices=(
            ("transceiver", _("收发（transceiver）")),
            ("pair", _("一条发、一条收（transmitter + receiver）")),
            ("transmitter", _("只发（transmitter）")),
            ("receiver", _("只收（receiver）")),
        ),
    ),
    Field("system_type", "system_type"),
    CONNECTIONS,
    WINDOW,
    KEEPALIVE,
    TIMEOUT,
    Field("number_prefix", _("号码前缀"), _("网关要国际号码时填 86，并把号码类型设为 1。"), place=Place.RARE),
    Field("number_ton", _("号码类型（dest TON）"), place=Place.RARE),
    Field("number_npi", _("号码计划（dest NPI）"), place=Place.RARE),
    Field("source_ton", _("发信号码类型（source TON）"), _("5 表示名字。"), place=Place.RARE),
    Field("source_npi", _("发信号码计划（source NPI）"), place=Place.RARE),
    Field("address_ton", _("接收范围类型（addr TON）"), place=Place.RARE),
    Field("address_npi", _("接收范围计划（addr NPI）"), place=Place.RARE),
    Field("address_range", _("接收范围（address_range）"), place=Place.RARE),
    Field("service_type", "service_type", place=Place.RARE),
    Field("protocol_id", "protocol_id", place=Place.RARE),
    Field("priority", _("优先级"), place=Place.RARE),
    Field("validity_period", _("有效期"), _("YYMMDDhhmmsstnnp，留空由网关定。"), place=Place.RARE),
    Field("registered_delivery", _("索要回执（registered_delivery）"), _("1 要最终回执。"), place=Place.RARE),
    Field(
        "alphabet",
        _("纯英文短信的编码"),
        place=Place.RARE,
        choices=(("ucs2", "UCS-2"), ("ascii", "ASCII"), ("gsm7", "GSM 7-bit"), ("latin1", "Latin-1")),
    ),
    Field(
        "default_alphabet",
        _("data_coding 0 的含义"),
        place=Place.RARE,
        choices=tuple((one.value, one.value) for one in DefaultAlphabet),
    ),
    Field(
        "long_texts",
        _("长短信的拼接"),
        place=Place.RARE,
        choices=tuple((one.value, one.value.upper()) for one in LongTexts),
    ),
    Field(
        "id_format",
        _("回执编号的写法"),
        _("应答和回执里的编号写法不一样时再改。"),
        place=Place.RARE,
        choices=tuple((one.value, one.value.replace("_", " ")) for one in IdFormat),
    ),
)

_VENDOR_TAIL = (
    CONNECTIONS,
    Field("extension", _("扩展码"), _("用来分辨回复，云厂商允许时填。"), place=Place.RARE),
    Field("access_code", _("客户看到的号码"), _("只用来显示。"), place=Place.RARE),
    Field("host", _("接口地址"), place=Place.RARE),
    Field("port", _("端口"), place=Place.RARE),
    Field("plain_http", _("不加密（只用于本机的模拟器）"), place=Place.RARE, flag=True),
    Field("window", _("一次请求最多多少个号码"), place=Place.RARE, suffix=_("个")),
    Field("keepalive_s", _("连接闲置多久后重连"), place=Place.RARE, suffix=_("秒")),
    TIMEOUT,
    Field(
        "callback_series",
        _("回调地址的序号"),
        _("加 1 就换成新的回调地址，旧的立即失效。"),
        place=Place.RARE,
    ),
)

ALIYUN = (
    Field("account", "AccessKey ID", required=True),
    Field(SECRET, "AccessKey Secret"),
    # Alibaba Cloud has no queue of receipts: what is asked for are only requests that were never answered.
    Field(
        "pull_every_s",
        _("多久查一次没有应答的请求"),
        _("阿里云的回执和回复只靠推送：保存后，把通道页上的回调地址填进它的控制台。0 表示不查。"),
        place=Place.RATE,
        suffix=_("秒"),
        required=True,
    ),
    *_VENDOR_TAIL,
)

TENCENT = (
    Field("account", "SecretId", required=True),
    Field(SECRET, "SecretKey"),
    Field("app_id", "SmsSdkAppId", required=True),
    Field("region", _("地域"), choices=tuple((one, one) for one in REGIONS)),
    Field(
        "pull_every_s",
        _("多久取一次回执"),
        _("0 表示由云厂商推送；保存后，通道页上有回调地址。"),
        place=Place.RATE,
        suffix=_("秒"),
        required=True,
    ),
    *_VENDOR_TAIL,
)

_MAAP_HEAD = (
    Field(
        "host",
        _("平台地址"),
        _("运营商给的服务器域名，不带 https://。"),
        required=True,
        placeholder="maap.example.com",
    ),
    Field(
        "chatbot",
        _("Chatbot 地址"),
        _("例如 sip:106500@botplatform.rcs.chinamobile.com。"),
        required=True,
    ),
    Field("account", "AppId", required=True),
)

_MAAP_TAIL = (
    Field(
        "media_address",
        _("图片的公网地址"),
        _("客户的手机能访问到这套系统的地址，例如 https://m.example.com；留空就不能发带图片的卡片。"),
    ),
    Field("sms_fallback", _("收不了 5G 消息的手机改发短信"), _("由平台回落，内容是短信文案。"), flag=True),
    CONNECTIONS,
    Field("window", _("一次请求最多多少个号码"), place=Place.RARE, suffix=_("个")),
    Field(
        "traffic",
        _("消息类型"),
        place=Place.RARE,
        choices=(
            ("advertisement", _("营销（advertisement）")),
            ("premium", _("增值（premium）")),
            ("payment", _("交易（payment）")),
            ("subscription", _("订阅（subscription）")),
        ),
    ),
    Field("access_code", _("客户看到的号码"), _("只用来显示。"), place=Place.RARE),
    Field("port", _("端口"), place=Place.RARE),
    Field("plain_http", _("不加密（只用于本机的模拟器）"), place=Place.RARE, flag=True),
    Field("keepalive_s", _("连接闲置多久后重连"), place=Place.RARE, suffix=_("秒")),
    TIMEOUT,
    Field(
        "callback_series",
        _("回调地址的序号"),
        _("加 1 就换成新的回调地址，旧的立即失效。"),
        place=Place.RARE,
    ),
)

MAAP_CSP = (
    *_MAAP_HEAD,
    Field(SECRET, "AppKey"),
    Field(INBOUND_SECRET, _("推送签名的 Token")),
    *_MAAP_TAIL,
    Field("api_version", _("接口版本（apiVersion）"), place=Place.RARE),
    Field(
        "bare_token",
        _("鉴权头只写令牌本身"),
        _("极少数平台需要；提示令牌无效时再试。"),
        place=Place.RARE,
        flag=True,
    ),
)

MAAP_MOBILE = (
    *_MAAP_HEAD,
    Field(SECRET, _("密码")),
    *_MAAP_TAIL,
    Field(
        "path",
        _("下发路径"),
        _("各版本文档不同，例如 /messaging/group/v1/outbound。"),
        place=Place.RARE,
    ),
    Field(
        "hashed_twice",
        _("密码先做一次摘要再鉴权"),
        _("多数手册如此；登录被拒时再试另一种。"),
        place=Place.RARE,
        flag=True,
    ),
    Field(
        "sms_element",
        _("短信内容的元素名"),
        place=Place.RARE,
        choices=(("smsBodyText", "smsBodyText"), ("smBodyText", "smBodyText")),
    ),
)

FIELDS: dict[str, tuple[Field, ...]] = {
    ChannelKind.CMPP2: CMPP,
    ChannelKind.CMPP3: CMPP,
    ChannelKind.SGIP: SGIP,
    ChannelKind.SMGP: SMGP,
    ChannelKind.SMPP: SMPP,
    ChannelKind.ALIYUN: ALIYUN,
    ChannelKind.TENCENT: TENCENT,
    ChannelKind.MAAP_CSP: MAAP_CSP,
    ChannelKind.MAAP_MOBILE: MAAP_MOBILE,
}


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
        elif one.name not in SECRETS and (given := str(data.get(one.name, "")).strip()):
            config[one.name] = given
    return config
