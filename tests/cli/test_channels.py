"""The list of channels in a narrow terminal."""

from __future__ import annotations

from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
import typer
from rich.cells import cell_len

from xinfeng.channels.cmpp import CmppConfig
from xinfeng.channels.models import Channel, ConnectionPhase
from xinfeng.channels.reads import ChannelRow, ConnectionRow
from xinfeng.cli import output
from xinfeng.cli.channels import _show, add_channel
from xinfeng.kernel.errors import InvalidInput

NOW = datetime(2026, 11, 22, tzinfo=UTC)
READY = ConnectionRow("g1", 1, ConnectionPhase.READY, "", NOW, NOW, 0, 0.0, None)
REFUSED = replace(READY, number=2, phase=ConnectionPhase.REFUSED, detail="cmpp.login.authentication_failed:3")
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
    assert "#2: 登录被拒：鉴权失败" in said and "Login refused: authentication failed" in said
    assert "#1:" not in said


def test_nobody_connecting_is_told_from_being_switched_off() -> None:
    assert "没有网关在连接" in " ".join(shown())
    off = " ".join(shown(enabled=False))
    assert "停用 off" in off and "没有网关" not in off


# --- kinds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "given", "field", "value"),
    [
        ("cmpp3", [], "account", "900001"),
        ("sgip12", ["node_id=3010012345", "corp_id=12345"], "node_id", 3010012345),
        ("smgp30", ["pad_account_in_md5=true"], "pad_account_in_md5", True),
        ("smpp34", ["mode=transmitter"], "system_id", "900001"),
        ("aliyun", [], "account", "900001"),
        ("tencent", ["app_id=1400000000"], "app_id", "1400000000"),
    ],
)
def test_a_channel_of_any_kind_is_added(
    db: None, kind: str, given: list[str], field: str, value: object
) -> None:
    channel_id = added(kind, given)
    config = Channel.objects.get(pk=channel_id).config
    assert config[field] == value
    assert config["port"] > 0 and config["window"] > 1


def added(kind: str, more: list[str]) -> int:
    add_channel(
        f"通道 {kind}",
        account="900001",
        secret="888888",
        access_code="" if kind in ("aliyun", "tencent") else "10690001",
        host="" if kind in ("aliyun", "tencent") else "127.0.0.1",
        kind=kind,
        more=more,
    )
    return int(Channel.objects.get(name=f"通道 {kind}").pk)


def test_what_is_no_pair_is_refused(db: None) -> None:
    with pytest.raises(typer.BadParameter):
        added("smpp34", ["mode"])


def test_an_unknown_field_is_named(db: None) -> None:
    with pytest.raises(InvalidInput) as caught:
        added("smpp34", ["colour=red"])
    assert caught.value.params["faults"] == {"colour": "unknown"}
