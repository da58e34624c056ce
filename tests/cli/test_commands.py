from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from tests.patience import PATIENCE_S

from xinfeng.cli.commands import commands
from xinfeng.cli.segments import _read_rule
from xinfeng.cli.words import sentence
from xinfeng.kernel.errors import InvalidInput


def run(*arguments: str, data: Path, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XINFENG_")}
    return subprocess.run(
        [sys.executable, "-m", "xinfeng", *arguments],
        env=kept | {"XINFENG_DATA": str(data), "COLUMNS": "160"} | more,
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE_S,
    )


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which a command has run before."""
    data = tmp_path_factory.mktemp("begun") / "d"
    assert run("users", "list", data=data).returncode == 0
    return data


def test_every_command_says_what_it_does_in_both_languages() -> None:
    def walk(command: typer.core.TyperCommand | typer.core.TyperGroup, path: str) -> list[str]:
        inner = getattr(command, "commands", {})
        if not inner:
            text = command.help or ""
            spoken = any("一" <= sign <= "鿿" for sign in text) and any(
                sign.isascii() and sign.isalpha() for sign in text
            )
            return [] if spoken else [path]
        return [fault for name, one in inner.items() for fault in walk(one, f"{path} {name}")]

    assert walk(typer.main.get_command(commands), "xinfeng") == []


def test_wrong_settings_are_all_named_and_nothing_starts(tmp_path: Path) -> None:
    done = run("users", "list", data=tmp_path / "d", XINFENG_HTTP="nowhere", XINFENG_CIPHER="none")
    assert done.returncode == 2
    assert "XINFENG_HTTP" in done.stderr
    assert "XINFENG_CIPHER" in done.stderr
    assert not (tmp_path / "d").exists()


def test_a_command_brings_its_own_postgresql_and_takes_it_away(tmp_path: Path) -> None:
    data = tmp_path / "数据 夹"
    added = run("users", "add", "wang", "--role", "analyst", data=data)
    assert added.returncode == 0, added.stderr
    assert "密码 password" in added.stdout
    assert "wang" in run("users", "list", data=data).stdout
    assert not (data / "postgres" / "postmaster.pid").exists()
    twice = run("users", "add", "wang", "--role", "analyst", data=data)
    assert twice.returncode == 1
    assert "Traceback" not in twice.stderr


@pytest.mark.parametrize("name", ["demo", "simulate", "campaigns", "contacts"])
def test_help_needs_no_database(tmp_path: Path, name: str) -> None:
    done = run(name, "--help", data=tmp_path / "d")
    assert done.returncode == 0
    assert not (tmp_path / "d" / "postgres").exists()


def test_nobody_acts_as_a_user_who_is_not_there(begun: Path) -> None:
    draft = ("--segment", "1", "--template", "1", "--channel", "1")
    done = run("campaigns", "add", "会员日", *draft, "--as", "ghost", data=begun)
    assert done.returncode == 1
    assert "没有叫“ghost”的在用账号" in done.stdout


def test_a_lost_key_file_is_not_made_anew(begun: Path, tmp_path: Path) -> None:
    data = tmp_path / "d"
    subprocess.run(["cp", "-a", str(begun), str(data)], check=True)  # with owners, as the server needs them
    (data / "keys" / "vault.json").unlink()
    done = run("users", "list", data=data)
    assert done.returncode == 1
    assert "找不到密钥文件" in done.stdout
    assert not (data / "keys" / "vault.json").exists()


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        done = run("up", data=tmp_path / "d", XINFENG_HTTP=address)
    assert done.returncode == 1
    assert f"地址 {address} 已被别的程序占用" in done.stdout
    assert not (tmp_path / "d" / "postgres").exists()


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("@no-such-file.json", "读不到文件"),
        ("@.", "读不到文件"),
        ("[" * 50_000, "层"),
        ("{", "不是有效的 JSON"),
    ],
)
def test_a_rule_that_cannot_be_read_is_no_traceback(rule: str, said: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        _read_rule(rule)
    assert said in sentence(caught.value)
