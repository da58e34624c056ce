"""How the simulated carrier is started."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xinfeng.channels.simulator.behaviour import Behaviour
from xinfeng.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`port` and `control_port` 0 take any free port; `control_port` None: no control."""

    host: str = "127.0.0.1"
    port: int = 7890
    control_port: int | None = None
    accounts: dict[str, str] = field(default_factory=lambda: {"900001": "888888"})
    """Account to secret."""
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="xinfeng simulate carrier", description="A simulated CMPP carrier.")
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=7890, help="0: any free port")
    add("--control-port", type=int, help="JSON lines on loopback; 0: any free port")
    add("--account", action="append", metavar="NAME:SECRET", help="may be repeated; default 900001:888888")
    add("--log", type=Path, help="append what was accepted to this file")
    add("--deliver-window", type=int, default=2000)
    add("--resend-s", type=float, default=60.0)
    add("--attempts", type=int, default=3)
    add("--idle-s", type=float, default=180.0)
    add("--seed", type=int)
    add("--rate-per-s", type=int)
    add("--latency-ms", type=int)
    add("--receipt-delay-ms", type=int)
    add("--receipts", type=parse_shares, metavar="DELIVRD=0.97,UNDELIV=0.03")
    add("--replies", type=parse_shares, metavar="T=0.01,退订=0.005")
    add("--reply-script", type=Path, metavar="FILE", help='JSON: {"13800138000": ["退订"]}')
    add("--reply-delay-ms", type=int)
    add("--refuse", type=parse_shares, metavar="8=0.1,13=0.01")
    add("--refuse-login", type=int, metavar="STATUS")
    add("--lose-receipts", type=float, metavar="SHARE")
    add("--double-receipts", type=float, metavar="SHARE")
    add("--late-receipts", type=float, metavar="SHARE")
    add("--late-by-ms", type=int)
    add("--early-receipts", type=float, metavar="SHARE")
    add("--silent", action="store_const", const=True)
    add("--cut-after", type=int, metavar="SUBMITS")
    add("--garbage-after", type=int, metavar="SUBMITS")
    return parser


_STATIC = ("host", "port", "control_port", "log", "deliver_window", "resend_s", "attempts", "idle_s", "seed")


def parse_options(arguments: Sequence[str] | None = None) -> Options:
    """Read a command line. Raises InvalidInput for values that don't fit."""
    given: dict[str, Any] = vars(_parser().parse_args(arguments))
    accounts = dict(entry.partition(":")[::2] for entry in given.pop("account") or ("900001:888888",))
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
