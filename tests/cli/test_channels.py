"""The list of channels in a narrow terminal."""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

from rich.cells import cell_len

from xinfeng.channels.cmpp import CmppConfig
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.reads import ChannelRow, ConnectionRow
from xinfeng.cli import output
from xinfeng.cli.channels import _show

NOW = datetime(2026, 11, 22, tzinfo=UTC)
READY = ConnectionRow("g1", 1, ConnectionPhase.READY, "", NOW, NOW, 0, 0.0, None)
REFUSED = replace(READY, number=2, phase=ConnectionPhase.REFUSED, detail="result 3")
CONFIG = {"host": "127.0.0.1", "port": 7890, "account": "901234", "access_code": "10690001", "connections": 2}


def shown(*connections: ConnectionRow, enabled: bool = True) -> list[str]:
    row = ChannelRow(
        id=12,
        name="会员营销通道",
        kind="cmpp3",
        purpose="marketing",
        config=CmppConfig.read(CONFIG, "cmpp3"),
        rate_per_s=1500,
        price_li=35,
        enabled=enabled,
        created_at=NOW,
        updated_at=NOW,
        connections=connections,
    )
    stream = StringIO()

    def show() -> None:
        output.redirect(stream, 80)
        _show([row])

    copy_context().run(show)
    return stream.getvalue().splitlines()


def test_a_row_is_one_line_of_80_columns() -> None:
    lines = shown(READY, replace(READY, number=2))
    assert all(cell_len(line) <= 80 for line in lines)
    assert sum("会员营销通道" in line and "2/2" in line and "1500" in line for line in lines) == 1
    assert "parts/s" in lines[1] and "分/条 fen" in lines[1]
    assert len(lines) == 4  # title, columns, rule, row


def test_what_keeps_a_connection_from_being_ready_is_said() -> None:
    said = " ".join(shown(READY, REFUSED))
    assert "1/2" in said
    assert "#2: 登录被拒 refused result 3" in said
    assert "#1:" not in said


def test_nobody_connecting_is_told_from_being_switched_off() -> None:
    assert "没有网关在连接" in " ".join(shown())
    off = " ".join(shown(enabled=False))
    assert "停用 off" in off and "没有网关" not in off
