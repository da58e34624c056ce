"""What connections and logins say about themselves, in the reader's language."""

from __future__ import annotations

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xinfeng.channels.probe import ProbeResult
from xinfeng.console.components.parts import Text

_ENDINGS: dict[str, Text] = {
    "connect.ConnectionRefusedError": _("对方没有在这个地址和端口上监听，或防火墙拒绝了连接。"),
    "connect.TimeoutError": _("连接不上：十秒内没有应答。检查地址、端口和防火墙。"),
    "connect.gaierror": _("找不到这个网关地址，请检查拼写和 DNS。"),
    "connect.OSError": _("连接不上，网络不通。"),
    "connect.ConnectionResetError": _("刚连上就被对方断开，常见于来源 IP 没有加入白名单。"),
    "unreachable": _("连接不上。检查地址、端口、防火墙，以及来源 IP 是否在白名单里。"),
    "lost": _("连接断了。"),
    "remote": _("运营商主动断开。"),
    "local": _("已正常退出。"),
    "closed": _("对方没有回答就断开了，常见于来源 IP 没有加入白名单。"),
    "silent": _("运营商没有应答。"),
    "clogged": _("运营商不收数据，连接已放弃。"),
    "stopped": _("网关停止了这条连接。"),
    "timeout": _("对方收了请求却没有应答。"),
    "tls": _("对方的证书不对，没有连接，什么也没有发出。"),
    "tls.broken": _("加密连接中断，没有建立起来。"),
    "tls.silent": _("对方没有应答加密握手。"),
    "token.silent": _("平台没有应答取令牌的请求。"),
    "token.unreadable": _("平台给令牌的应答看不懂。"),
    "http.garbage": _("对方发来的不是 HTTP，连接已断开。"),
    "http.too_long": _("对方的应答太长，连接已断开。"),
}

_LOGINS: dict[str, Text] = {
    "bad_structure": _("登录被拒：消息结构错误，多半是协议版本不对。"),
    "bad_source_address": _("登录被拒：账号或来源 IP 不对。"),
    "authentication_failed": _("登录被拒：密钥不对，或账号填错了。"),
    "version_too_high": _("登录被拒：版本太高，请改用合同上写的版本。"),
    "too_many_connections": _("登录被拒：连接数超过了合同。"),
    "already_bound": _("登录被拒：这个账号已经登录着。"),
    "bad_address": _("登录被拒：来源 IP 不在白名单里。"),
    "bad_password": _("登录被拒：密码不对。"),
    "bad_system_id": _("登录被拒：没有这个 system_id。"),
    "bad_system_type": _("登录被拒：system_type 不对。"),
    "account_expired": _("登录被拒：账号已过期，请联系运营商。"),
    "wrong_type": _("登录被拒：登录类型不对，请核对接入方式。"),
    "wrong_state": _("登录被拒：对方认为已经登录过。"),
    "failed": _("登录被拒：账号、密码或来源 IP 不对。"),
    "busy": _("登录被拒：对方正忙，稍后会自动再试。"),
    "throttled": _("登录被拒：登录得太频繁，稍后会自动再试。"),
    "system_error": _("登录被拒：对方系统出错，稍后会自动再试。"),
    "repeated": _("登录被拒：对方说这条连接已经登录。"),
}


_is_vendor_code = re.compile(r"(?:is[vp]\.)?[A-Z][A-Za-z_]+(?:\.[A-Za-z0-9]+)*").fullmatch
"""`SignatureDoesNotMatch`, `isv.OUT_OF_SERVICE`, `AuthFailure.SecretIdNotFound`: how vendors write; our own are small."""


def detail_words(detail: str) -> str:
    """What a connection's `detail` means; what is not known stays as it is."""
    if not detail:
        return ""
    if detail in _ENDINGS:
        return str(_ENDINGS[detail])
    _protocol, login, why = detail.partition(".login.")
    if login:
        told = _LOGINS.get(why)
        return str(told) if told else gettext("登录被拒（%(code)s）。") % {"code": detail}
    if detail.startswith("listening:"):
        _, port, calls = detail.split(":")
        return gettext("在端口 %(port)s 等运营商来送回执和上行，现在连着 %(calls)s 条。") % {
            "port": port,
            "calls": calls,
        }
    if detail.startswith("listen."):
        return gettext("不能监听接收端口：可能已被占用，或没有权限（%(code)s）。回执和上行收不到。") % {
            "code": detail.removeprefix("listen.")
        }
    if detail.startswith("tls.certificate."):
        return str(_ENDINGS["tls"])
    if _is_vendor_code(detail):
        return gettext(
            "云厂商不接受这个账号（%(code)s）。检查密钥、权限、余额和 IP 白名单；过几分钟会自动再试。"
        ) % {"code": detail}
    if detail.startswith("connect."):
        return gettext("连接不上（%(code)s）。") % {"code": detail.removeprefix("connect.")}
    return gettext("对方发来的内容不合协议，连接已断开（%(code)s）。") % {"code": detail}


def probe_words(result: ProbeResult) -> str:
    """How a login that was tried ended."""
    if result.ok:
        return gettext("登录成功，用了 %(ms)s 毫秒；没有发短信。") % {"ms": f"{result.took_ms:.0f}"}
    told = detail_words(result.code)
    if result.status is not None:
        return gettext("%(told)s对方给的状态码：%(status)s。") % {"told": told, "status": result.status}
    return told
