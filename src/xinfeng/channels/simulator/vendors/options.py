"""How a simulated vendor is started."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xinfeng.channels.simulator.dialects import DIALECTS
from xinfeng.channels.simulator.options import VENDORS, parse_shares, read_script
from xinfeng.channels.simulator.vendors.behaviour import VendorBehaviour
from xinfeng.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorOptions:
    """`port` and `control_port` 0 take any free port; `control_port` None: no control. `templates`: text by code, without
    signature; none at all: any code is taken, and its values are what is written down. `report_url`, `reply_url`: the
    callbacks; empty: receipts and replies wait to be pulled. `push_token`: what pushes of `maap_csp` are signed with.
    `retry_s`: when a callback that was not taken comes again. `testify_all`: of a 5G message everything is written down
    (`maap.testimony`), not only the words on its cards."""

    protocol: str = "aliyun"
    host: str = "127.0.0.1"
    port: int = 7980
    control_port: int | None = None
    accounts: dict[str, str] = field(default_factory=lambda: {"LTAI-simulated": "simulated-secret"})
    """AccessKeyId to secret."""
    templates: dict[str, str] = field(default_factory=dict)
    report_url: str = ""
    reply_url: str = ""
    push_token: str = ""
    retry_s: tuple[float, ...] = (60.0, 300.0, 600.0)
    log: Path | None = None
    behaviour: VendorBehaviour = field(default_factory=VendorBehaviour)
    seed: int | None = None
    testify_all: bool = False


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xinfeng simulate carrier --protocol aliyun|tencent|maap_csp|maap_mobile",
        description="模拟云通信厂商和 5G 消息平台，可以按需出错。 A simulated cloud vendor or 5G platform with faults on demand.",
    )
    add = parser.add_argument
    add(
        "--protocol",
        choices=VENDORS,
        default="aliyun",
        help=f"模拟哪一家；{', '.join(sorted(DIALECTS))} 有自己的选项 which vendor; those have options of their own",
    )
    add("--host", default="127.0.0.1", help="监听的地址 address to listen on")
    add("--port", type=int, default=7980, help="端口；0 为任意空闲端口 port; 0: any free one")
    add("--control-port", type=int, help="控制端口，JSON 行 JSON lines on loopback; 0: any free port")
    add("--account", action="append", metavar="ID:SECRET", help="AccessKey，可重复 may be repeated")
    add("--template", action="append", metavar="CODE=TEXT", help="模板编号和内容，可重复 may be repeated")
    add("--report-url", default="", help="状态报告推送到 where receipts are pushed to")
    add("--reply-url", default="", help="上行推送到 where replies are pushed to")
    add(
        "--push-token", default="", help="5G 平台给推送签名用的 token what pushes of maap_csp are signed with"
    )
    add("--retry-s", metavar="60,300,600", help="推送失败后隔多少秒再推 seconds until a push is repeated")
    add("--log", type=Path, help="把收到的记到这个文件 append what was accepted to this file")
    add("--seed", type=int, help="随机种子：相同则结果相同 same seed and traffic, same draws")
    add("--rate-per-s", type=int, help="每秒请求上限 refuse more requests than so many a second")
    add("--latency-ms", type=int, help="应答前等待 wait before each answer")
    add("--receipt-delay-ms", type=int, help="多久后回执 wait before receipts")
    add("--receipts", type=parse_shares, metavar="DELIVRD=0.97,MK:0001=0.03", help="回执代码和份额 shares")
    add("--replies", type=parse_shares, metavar="T=0.01", help="上行内容和份额 shares of replies")
    add("--reply-script", type=Path, metavar="FILE", help="按号码回复，JSON answers by number")
    add("--reply-delay-ms", type=int, help="多久后回复 wait before replies")
    add("--refuse", type=parse_shares, metavar="isv.BUSINESS_LIMIT_CONTROL=0.1", help="拒绝码和份额 shares")
    add("--lose-receipts", type=float, metavar="SHARE", help="丢失的回执份额 share of receipts lost")
    add("--double-receipts", type=float, metavar="SHARE", help="重复的回执份额 share sent twice")
    add("--late-receipts", type=float, metavar="SHARE", help="迟到的回执份额 share that comes late")
    add("--late-by-ms", type=int, help="迟到多久 how late")
    add(
        "--broken",
        type=float,
        metavar="SHARE",
        help="收下后应答 502 的份额 share accepted and answered with 502",
    )
    add("--silent", action="store_const", const=True, help="收下但不应答 accept and never answer")
    add(
        "--single-token",
        action="store_const",
        const=True,
        help="新令牌使旧的失效（5G 平台） a new token ends the older ones",
    )
    add("--cut-after", type=int, metavar="MESSAGES", help="多少条后断开 cut the connections after so many")
    return parser


_STATIC = ("protocol", "host", "port", "control_port", "report_url", "reply_url", "push_token", "log", "seed")


def parse_options(arguments: Sequence[str] | None = None) -> VendorOptions:
    """Read a command line. Raises InvalidInput for values that don't fit."""
    given: dict[str, Any] = vars(_parser().parse_args(arguments))
    usual = VendorOptions()
    accounts = _pairs(given.pop("account"), ":") or usual.accounts
    templates = _pairs(given.pop("template"), "=")
    retry_s = _seconds(given.pop("retry_s")) or usual.retry_s
    if script := given.pop("reply_script"):
        given["reply_script"] = read_script(script)
    static = {name: given.pop(name) for name in _STATIC}
    behaviour = VendorBehaviour().changed({name: value for name, value in given.items() if value is not None})
    return VendorOptions(
        accounts=accounts, templates=templates, retry_s=retry_s, behaviour=behaviour, **static
    )


def _pairs(entries: Sequence[str] | None, separator: str) -> dict[str, str]:
    found = {}
    for entry in entries or ():
        name, found_separator, value = entry.partition(separator)
        if not (name and found_separator and value):
            raise InvalidInput("simulator.bad_value", field=name[:60])
        found[name] = value
    return found


def _seconds(text: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(piece) for piece in (text or "").split(",") if piece.strip())
    except ValueError:
        raise InvalidInput("simulator.bad_value", field="retry_s") from None
