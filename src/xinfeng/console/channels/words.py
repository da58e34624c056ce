"""What connections and logins say about themselves, in the reader's language.

What a refused login's status means is said in one place, the code tables (`channels.codes`), where operators can correct
it; here is only what to do about it, and what connections end with that no carrier has a code for.
"""

from __future__ import annotations

import re

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from xinfeng.channels.backoff import PASSING
from xinfeng.channels.codes import explain_login
from xinfeng.channels.models import ChannelKind
from xinfeng.channels.probe import ProbeResult
from xinfeng.console.components.parts import Text
from xinfeng.protocols.vendor import NOT_TAKEN

_ENDINGS: dict[str, Text] = {
    "connect.refused": _("连接不上：对方没有在这个地址和端口上监听，或防火墙拒绝了连接。"),
    "connect.timeout": _("连接不上：一直没有应答。检查地址、端口和防火墙。"),
    "connect.dns": _("找不到这个网关地址，请检查拼写和 DNS。"),
    "connect.no_route": _("连接不上：到这个地址没有网络可走。检查专线、VPN 和路由。"),
    "connect.reset": _("刚连上就被对方断开，常见于来源 IP 没有加入白名单。"),
    "connect.not_permitted": _("这台机器不允许连到那里。检查本机的防火墙和权限。"),
    "connect.failed": _("连接不上，网络不通。"),
    "other.http": _("那里说的是 HTTP，不是短信网关。检查端口，或中间的代理。"),
    "other.tls": _(
        "那里说的是加密（TLS）连接，不是短信网关的明文协议。向运营商要明文端口，或经专线、VPN 接入。"
    ),
    "other.ssh": _("那里是 SSH 服务，不是短信网关。检查端口。"),
    "other.mail": _("那里是邮件或 FTP 服务，不是短信网关。检查端口。"),
    "unreachable": _("连接不上。检查地址、端口、防火墙，以及来源 IP 是否在白名单里。"),
    "lost": _("连接断了。"),
    "remote": _("运营商主动断开。"),
    "local": _("已正常退出。"),
    "closed": _("对方没有回答登录就断开了，常见于来源 IP 没有加入白名单，或这个端口要加密。"),
    "login_silent": _("连上了，但对方一直没有回答登录。检查端口和协议版本是否和合同一致。"),
    "silent": _("运营商没有应答，连接已放弃。"),
    "clogged": _("运营商不收数据，连接已放弃。"),
    "swamped": _("运营商送来的回执和上行太多，或不收我们的应答，连接已放弃。"),
    "failed": _("网关处理这条连接时出错，已记入日志。"),
    "stopped": _("网关停止了这条连接。"),
    "timeout": _("对方收了请求却没有应答。"),
    "tls": _("对方的证书不对，没有连接，什么也没有发出。"),
    "tls.broken": _("加密连接中断，没有建立起来。"),
    "tls.silent": _("对方没有应答加密握手。"),
    "token.silent": _("平台没有应答取令牌的请求。"),
    "token.unreadable": _("平台给令牌的应答看不懂。"),
    "http.garbage": _("对方发来的不是 HTTP，连接已断开。"),
    "http.too_long": _("对方的应答太长，连接已断开。"),
    "http.again": _("对方应答了两次，或给了用过的编号，连接已断开。"),
}

_ADVICE: dict[str, Text] = {
    "bad_structure": _("核对协议和版本。"),
    "bad_source_address": _("核对账号，并请运营商把这台机器的出口 IP 加入白名单。"),
    "bad_address": _("请运营商把这台机器的出口 IP 加入白名单。"),
    "authentication_failed": _("重新填写密钥，核对账号和本机时间。"),
    "bad_password": _("重新填写密码。"),
    "version_too_high": _("请改用合同上写的版本。"),
    "too_many_connections": _("减少连接数；别的系统也在用这个账号时，请先停掉。"),
    "already_bound": _("别的系统也在用这个账号时，请先停掉。"),
    "account_expired": _("请联系运营商续期。"),
    "failed": _("核对账号、密码，以及来源 IP 是否在白名单里。"),
}


_CLOCK = ("InvalidTimeStamp", "AuthFailure.SignatureExpire", "InternalError.RequestTimeException")
_is_vendor_code = re.compile(r"(?:is[vp]\.)?[A-Z][A-Za-z_]+(?:\.[A-Za-z0-9]+)*").fullmatch
"""`SignatureDoesNotMatch`, `isv.OUT_OF_SERVICE`, `AuthFailure.SecretIdNotFound`: how vendors write; our own are small."""


def detail_words(detail: str, kind: str) -> str:
    """What the `detail` of a connection of this kind of channel means; what is not known stays as it is."""
    if not detail:
        return ""
    if detail in _ENDINGS:
        return str(_ENDINGS[detail])
    _protocol, login, why = detail.partition(".login.")
    if login:
        return _login_words(kind, *why.partition(":")[::2])
    if detail.startswith("listening:"):
        return _listening_words(detail)
    if detail.startswith("listen."):
        return gettext("不能监听接收端口：可能已被占用，或没有权限（%(code)s）。回执和上行收不到。") % {
            "code": detail.removeprefix("listen.")
        }
    if detail.startswith("tls.certificate."):
        return str(_ENDINGS["tls"])
    if detail.startswith(NOT_TAKEN) and detail.removeprefix(NOT_TAKEN).isdecimal():
        return gettext(
            "接口地址上应答的不是云厂商（HTTP %(status)s），什么也没有发出。检查地址，以及中间的代理和防火墙；"
            "过几分钟会自动再试。"
        ) % {"status": detail.removeprefix(NOT_TAKEN)}
    if detail.startswith(_CLOCK):
        return gettext("云厂商说时间不对（%(code)s）。请校准这台机器的时钟；过几分钟会自动再试。") % {
            "code": detail
        }
    if _is_vendor_code(detail):
        return gettext(
            "云厂商不接受这个账号（%(code)s）。检查密钥、权限、余额和 IP 白名单；过几分钟会自动再试。"
        ) % {"code": detail}
    if detail.startswith("connect."):
        return gettext("连接不上（%(code)s）。") % {"code": detail.removeprefix("connect.")}
    return gettext("对方发来的内容不合协议，连接已断开（%(code)s）。") % {"code": detail}


def _login_words(kind: str, word: str, status: str) -> str:
    """`word`: what the status comes down to in any protocol; `status`: the number itself."""
    told = explain_login(kind, status)
    english = (get_language() or "").startswith("en")
    said = gettext("登录被拒：%(meaning)s（状态码 %(status)s）。") % {
        "meaning": told.meaning("en" if english else "zh") if told.pattern else word,
        "status": f"0x{int(status):02X}" if kind == ChannelKind.SMPP and status else status or "—",
    }
    advice = _ADVICE.get(word) or (_("稍后会自动再试。") if word in PASSING else "")
    return f"{said}{' ' if english and advice else ''}{advice}"


def _listening_words(detail: str) -> str:
    """`listening:port:calls`, and behind it why the last call was turned away, where one was."""
    port, calls, *refused = detail.removeprefix("listening:").split(":", 3)  # an IPv6 address has more
    said = gettext("在端口 %(port)s 等运营商来送回执和上行，现在连着 %(calls)s 条。") % {
        "port": port,
        "calls": calls,
    }
    if len(refused) < 2:
        return said
    why, address = refused
    return said + gettext("最近一次被我们拒绝：%(why)s，来自 %(address)s。") % {
        "why": str(_TURNED_AWAY.get(why, why)),
        "address": address,
    }


_TURNED_AWAY: dict[str, Text] = {
    "name": _("登录名不对"),
    "secret": _("密码不对"),
    "garbage": _("发来的不是 SGIP"),
    "calls": _("连接太多"),
}


def probe_words(result: ProbeResult, kind: str) -> str:
    """How a login that was tried with this kind of channel ended."""
    if result.ok:
        return gettext("登录成功，用了 %(ms)s 毫秒；没有发短信。") % {"ms": f"{result.took_ms:.0f}"}
    code = result.code if result.status is None else f"{result.code}:{result.status}"
    return detail_words(code, kind)
