"""The kinds of channel to choose from, before the form of one is filled in."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from xinfeng.channels.models import ChannelKind
from xinfeng.console.components.parts import Text


@dataclass(frozen=True, slots=True)
class KindCard:
    """A kind of channel to choose from."""

    kind: str
    label: Text
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
        ChannelKind.CMPP2,
        "CMPP 2.0",
        _("中国移动"),
        _("较早的版本，合同写明 2.0 时选它。"),
        "antenna-bars-5",
    ),
    KindCard(
        ChannelKind.SGIP,
        "SGIP 1.2",
        _("中国联通"),
        _("联通直连。联通会反过来连接我们送回执，需要开放一个端口。"),
        "antenna-bars-5",
    ),
    KindCard(ChannelKind.SMGP, "SMGP 3.0", _("中国电信"), _("电信直连。"), "antenna-bars-5"),
    KindCard(
        ChannelKind.SMPP,
        "SMPP 3.4",
        _("聚合商、境外运营商"),
        _("国际通行的协议，部分聚合商用它接入。"),
        "world",
    ),
    KindCard(
        ChannelKind.ALIYUN,
        "阿里云短信",
        _("云厂商"),
        _("按模板发送：短信要和已审核的模板一致。回执由它推送到回调地址。"),
        "cloud-upload",
    ),
    KindCard(
        ChannelKind.TENCENT,
        "腾讯云短信",
        _("云厂商"),
        _("按模板发送：短信要和已审核的模板一致。回执用回调或拉取。"),
        "cloud-upload",
    ),
    KindCard(
        ChannelKind.MAAP_CSP,
        _("5G 消息（电信、联通）"),
        _("中国电信、中国联通"),
        _("带图片和按钮的卡片，能看到已读；收不了的手机改发短信。"),
        "messages",
    ),
    KindCard(
        ChannelKind.MAAP_MOBILE,
        _("5G 消息（移动）"),
        _("中国移动"),
        _("带图片和按钮的卡片，能看到已读；收不了的手机改发短信。"),
        "messages",
    ),
)
