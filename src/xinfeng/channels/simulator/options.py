"""How the simulated carrier is started."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xinfeng.channels.simulator.behaviour import Behaviour
from xinfeng.channels.simulator.dialects import DIALECTS
from xinfeng.kernel.errors import InvalidInput

VENDORS = ("aliyun", "tencent", "maap_csp", "maap_mobile")
"""Spoken over HTTP, with options of their own: `vendors.options`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`port` and `control_port` 0 take any free port; `control_port` None: no control."""

    protocol: str = "cmpp"
    """One of `dialects.DIALECTS`."""
    host: str = "127.0.0.1"
    port: int = 7890
    control_port: int | None = None
    accounts: dict[str, str] = field(default_factory=lambda: {"900001": "888888"})
    """Account to secret."""
    provider: tuple[str, int] = ("127.0.0.1", 8801)
    """Where reports and replies are taken, for a protocol whose carrier calls its provider (SGIP)."""
    log: Path | None = None
    """Where everything accepted is written down, one JSON object a line; appended to."""
    behaviour: Behaviour = field(default_factory=Behaviour)
    deliver_window: int = 2000
    """Unacknowledged reports and replies on a connection."""
    resend_s: float = 60.0
    """T: an unacknowledged delivery is sent again after so many seconds …"""
    attempts: int = 3
    """N: … and so often in all, before the connection is given up."""
    idle_s: float = 180.0
    seed: int | None = None
    """Same seed and same traffic: same draws."""


def parse_shares(text: str) -> dict[str, float]:
    """`DELIVRD=0.97,UNDELIV=0.02` → shares. A key may contain `=`, not `,`."""
    shares: dict[str, float] = {}
    for piece in filter(None, (piece.strip() for piece in text.split(","))):
        key, separator, share = piece.rpartition("=")
        try:
            shares[key] = float(share)
        except ValueError:
            raise InvalidInput("simulator.bad_share", field=text[:60]) from None
        if not (separator and key):
            raise InvalidInput("simulator.bad_share", field=text[:60])
    return shares


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isdecimal() and int(port) < 65536):
        raise InvalidInput("simulator.bad_value", field="provider")
    return host, int(port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="xinfeng simulate carrier",
        description="模拟运营商，可以按需出错。 A simulated carrier with faults on demand.",
        epilog=f"{', '.join(VENDORS)} 有自己的选项 have options of their own: "
        f"xinfeng simulate carrier --protocol {VENDORS[0]} --help",
    )
    add = parser.add_argument
    add("--protocol", choices=[*sorted(DIALECTS), *VENDORS], default="cmpp", help="协议 what is spoken")
    add("--host", default="127.0.0.1", help="监听的地址 address to listen on")
    add("--port", type=int, help="端口；0 为任意空闲端口；默认为协议的常用端口 port; 0: any free one")
    add(
        "--control-port",
        type=int,
        help="控制端口，JSON 行；0 为任意空闲端口 JSON lines on loopback; 0: any free port",
    )
    add(
        "--account",
        action="append",
        metavar="NAME:SECRET",
        help="可重复；cmpp 默认 900001:888888 may be repeated",
    )
    add(
        "--provider",
        type=_address,
        default=("127.0.0.1", 8801),
        metavar="HOST:PORT",
        help="SGIP：把回执和上行送到哪里 where reports and replies are delivered to",
    )
    add("--log", type=Path, help="把收到的记到这个文件 append what was accepted to this file")
    add(
        "--deliver-window",
        type=int,
        default=2000,
        help="每连接未应答的回执和上行上限 unanswered deliveries per connection",
    )
    add(
        "--resend-s",
        type=float,
        default=60.0,
        help="没有应答，多少秒后再送 seconds until an unanswered delivery is sent again",
    )
    add("--attempts", type=int, default=3, help="一共送几次 how often in all")
    add(
        "--idle-s",
        type=float,
        default=180.0,
        help="空闲多少秒后断开 seconds of silence before a connection is closed",
    )
    add("--seed", type=int, help="随机种子：相同则结果相同 same seed and traffic, same draws")
    add("--rate-per-s", type=int, help="每秒条数上限，超过则拒绝 refuse more than so many a second")
    add("--latency-ms", type=int, help="应答前等待 wait before each response")
    add("--receipt-delay-ms", type=int, help="多久后回执 wait before receipts")
    add(
        "--receipts",
        type=parse_shares,
        metavar="DELIVRD=0.97,UNDELIV=0.03",
        help="回执代码和份额 shares of receipt codes",
    )
    add("--replies", type=parse_shares, metavar="T=0.01,退订=0.005", help="上行内容和份额 shares of replies")
    add(
        "--reply-script",
        type=Path,
        metavar="FILE",
        help='按号码回复，JSON answers by number: {"13800138000": ["退订"]}',
    )
    add("--reply-delay-ms", type=int, help="多久后回复 wait before replies")
    add(
        "--refuse",
        type=parse_shares,
        metavar="8=0.1,13=0.01",
        help="拒绝的应答码和份额 shares of refusing results",
    )
    add(
        "--refuse-login",
        type=int,
        metavar="STATUS",
        help="拒绝登录，用这个状态 refuse logins with this status",
    )
    add("--lose-receipts", type=float, metavar="SHARE", help="丢失的回执份额 share of receipts lost")
    add("--double-receipts", type=float, metavar="SHARE", help="重复的回执份额 share sent twice")
    add("--late-receipts", type=float, metavar="SHARE", help="迟到的回执份额 share that comes late")
    add("--late-by-ms", type=int, help="迟到多久 how late")
    add(
        "--early-receipts",
        type=float,
        metavar="SHARE",
        help="先于提交应答的回执份额 share that comes before the response",
    )
    add("--silent", action="store_const", const=True, help="不应答提交 never answer a submit")
    add("--cut-after", type=int, metavar="SUBMITS", help="多少条提交后断开 cut the connection after so many")
    add("--garbage-after", type=int, metavar="SUBMITS", help="多少条提交后发乱码 send garbage after so many")
    return parser


_STATIC = (
    "protocol",
    "host",
    "port",
    "control_port",
    "provider",
    "log",
    "deliver_window",
    "resend_s",
    "attempts",
    "idle_s",
    "seed",
)


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read a command line. Raises InvalidInput for values that don't fit."""
    given: dict[str, Any] = vars(_parser().parse_args(arguments))
    if given["protocol"] in VENDORS:  # a vendor's options are read by `vendors.options`
        raise InvalidInput("simulator.bad_value", field="protocol")
    dialect = DIALECTS[given["protocol"]]
    usual = f"{dialect.account}:{dialect.secret}"
    accounts = dict(entry.partition(":")[::2] for entry in given.pop("account") or (usual,))
    if given["port"] is None:
        given["port"] = dialect.port
    if script := given.pop("reply_script"):
        given["reply_script"] = read_script(script)
    static = {name: given.pop(name) for name in _STATIC}
    behaviour = Behaviour().changed({name: value for name, value in given.items() if value is not None})
    return Options(accounts=accounts, behaviour=behaviour, **static)


def read_script(path: Path) -> dict[str, list[str]]:
    """Answers by number from a JSON file."""
    try:
        script = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise InvalidInput("simulator.unreadable_script", path=str(path)) from None
    if not isinstance(script, dict):
        raise InvalidInput("simulator.unreadable_script", path=str(path))
    return script
