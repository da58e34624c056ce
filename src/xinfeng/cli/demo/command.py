"""`xinfeng demo`: a fresh data folder, the sample shop, and one campaign from file to report."""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xinfeng.cli.demo.clock import zone_where_shops_send
from xinfeng.cli.demo.database import LOOKUP_KEY, LOOKUP_SECRET, SLUG
from xinfeng.cli.output import say
from xinfeng.cli.ready import ready
from xinfeng.foundation import logs
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.postgres import EmbeddedPostgres
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import utc_now

if TYPE_CHECKING:
    from xinfeng.cli.demo.scenario import Login

_MARK = "THIS-IS-THE-DEMONSTRATION"
_CARRIER_ACCOUNT = "900001"
_CARRIER_SECRET = "demo-secret"


def demo(
    exit_after: Annotated[bool, typer.Option("--exit", help="看完报告就结束 end after the report")] = False,
    folder: Annotated[Path, typer.Option(help="演示数据放在哪里 where the sample data lives")] = Path(
        "data/demo"
    ),
    port: Annotated[int, typer.Option(help="控制台端口 console port; the next free one if taken")] = 8000,
    members: Annotated[int, typer.Option(help="会员数 how many members")] = 20_000,
) -> None:
    """示例商店：从客户文件到活动报告，走完主线。 The main job on a sample shop, from file to report."""
    from xinfeng.cli.processes.supervision import Child, Supervisor, only_one, xinfeng_child

    data = folder.absolute()
    with only_one(data):
        _start_afresh(data)
        free = _free_port(port)
        os.environ |= {
            "XINFENG_DATA": str(data),
            "XINFENG_HTTP": f"127.0.0.1:{free}",
            "XINFENG_TIME_ZONE": zone_where_shops_send(utc_now()),
            "XINFENG_LOG": "WARNING",
        }
        os.environ.pop("XINFENG_DATABASE_URL", None)
        xinfeng_settings.load.cache_clear()
        settings = xinfeng_settings.load()
        logs.set_up("demo", "WARNING")
        say("准备数据库… Preparing the database…")
        ready(process="demo", log_level="WARNING")

        from xinfeng.cli.demo.scenario import Scenario

        carrier_port, lookup_port = _two_free_ports()
        scenario = Scenario(
            settings=settings,
            members=members,
            carrier_port=carrier_port,
            lookup_port=lookup_port,
            account=_CARRIER_ACCOUNT,
            secret=_CARRIER_SECRET,
        )
        scenario.set_up()
        children: list[Child] = [
            xinfeng_child(
                "carrier", "simulate", "carrier", *_carrier_options(carrier_port, data), quiet=True
            ),
            xinfeng_child("lookup", "simulate", "lookup", *_lookup_options(lookup_port), quiet=True),
            xinfeng_child("app", "app"),
            xinfeng_child("gateway", "gateway"),
        ]
        supervisor = Supervisor(settings, children)
        outcome: list[BaseException] = []

        def story() -> None:
            try:
                scenario.run(stopping=lambda: supervisor.stopping)
                if not exit_after:
                    _invite(settings, scenario.logins)
            except BaseException as fault:  # handed to the main thread below
                outcome.append(fault)
                supervisor.request_stop()
            if exit_after:
                supervisor.request_stop()

        supervisor.run(ready=threading.Thread(target=story, name="demo", daemon=True).start)
        if outcome and not supervisor_was_asked(outcome[0]):
            raise outcome[0]


def supervisor_was_asked(fault: BaseException) -> bool:
    """Whether the story ended because somebody pressed Ctrl+C."""
    return isinstance(fault, Conflict) and fault.code == "demo.interrupted"


def _carrier_options(port: int, data: Path) -> list[str]:
    return [
        f"--port={port}",
        f"--account={_CARRIER_ACCOUNT}:{_CARRIER_SECRET}",
        f"--log={data / 'logs' / 'carrier.jsonl'}",
        "--receipt-delay-ms=900",
        "--reply-delay-ms=1500",
        "--receipts=DELIVRD=0.986,UNDELIV=0.006,MK:0001=0.004,EXPIRED=0.003,REJECTD=0.001",
        "--replies=T=0.003,退订=0.002,R=0.001,谢谢，今天营业到几点？=0.004,好的=0.003",
        "--seed=20261122",
    ]


def _lookup_options(port: int) -> list[str]:
    return [f"--port={port}", f"--key={LOOKUP_KEY}", f"--secret={LOOKUP_SECRET}"]


def _start_afresh(data: Path) -> None:
    """Every run begins with the same shop; only a folder that a former run has marked is emptied."""
    marked = (data / _MARK).exists()
    others = [path for path in data.iterdir() if path.name != "up.lock"] if data.exists() else []
    if others and not marked:
        raise Conflict("demo.folder_in_use", folder=str(data))
    if marked:
        settings = xinfeng_settings.read({"XINFENG_DATA": str(data)})
        EmbeddedPostgres(settings).stop()
        for path in others:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (data / _MARK).write_text("Emptied at each start of `make demo`. Keep nothing here.\n")


def _free_port(wanted: int) -> int:
    for port in [*range(wanted, wanted + 20), 0] if wanted else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Conflict("demo.no_port", wanted=wanted)


def _two_free_ports() -> tuple[int, int]:
    """Held at the same time, so that they differ."""
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(other.getsockname()[1])


def _invite(settings: xinfeng_settings.Settings, logins: list[Login]) -> None:
    say()
    say(f"控制台 console: http://{settings.host}:{settings.port}", style="bold")
    say(f"客户看到的表单 a form as customers see it: http://{settings.host}:{settings.port}/f/{SLUG}")
    for login in logins:
        say(f"  {login.username:<10} {login.password}   {login.role}")
    say(
        "演示没有要求两步验证；可在“设置 → 登录安全”里打开。 "
        "No second factor is asked for in the demonstration; see Settings → Sign-in."
    )
    say("在另一个终端里，这样用命令行看演示的数据： In another terminal, commands see its data this way:")
    say(f"  {on_the_command_line(settings)}")
    say("Ctrl+C 结束。 Ctrl+C ends it.")


def on_the_command_line(settings: xinfeng_settings.Settings) -> str:
    """A command that works on the demonstration's folder. Its zone goes with it: the shop is where it is morning, and
    dates typed anywhere else would be off by hours."""
    return f"XINFENG_DATA={shlex.quote(str(settings.data))} XINFENG_TIME_ZONE={settings.time_zone} xinfeng campaigns list"
