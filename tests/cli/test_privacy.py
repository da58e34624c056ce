"""A person's requests on the command line, and a backup that is put back after she was erased."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.patience import PATIENCE_S

NUMBER = "13912345678"
OTHER = "13912345679"


def run(*arguments: str, data: Path, code: int = 0) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XINFENG_")}
    done = subprocess.run(
        [sys.executable, "-m", "xinfeng", *arguments],
        env=kept | {"XINFENG_DATA": str(data), "COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * PATIENCE_S,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def copy(folder: Path, to: Path) -> None:
    """With owners and modes: the server runs as a user of its own where we are root."""
    subprocess.run(["cp", "-a", str(folder), str(to)], check=True)


def test_a_restored_data_folder_brings_nobody_back(tmp_path: Path) -> None:
    data, people = tmp_path / "d", tmp_path / "p.csv"
    people.write_text(f"手机号,姓名\n{NUMBER},王小明\n{OTHER},李小红\n", encoding="utf-8")
    run("contacts", "import", str(people), "--source", "门店", data=data)
    assert "GX-000001" in run("privacy", "receive", "erasure", "--phone", NUMBER, data=data)
    run("privacy", "receive", "copy", "--phone", NUMBER, "--name", "王小明", data=data)
    for request in ("GX-000001", "gx-2"):
        run("privacy", "identity", request, "回拨成功", data=data)
    run("privacy", "export", "2", str(tmp_path / "out.zip"), data=data)
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert NUMBER in archive.read("data.json").decode()
    run("privacy", "receive", "no_marketing", "--phone", OTHER, data=data)
    listed = run("privacy", "list", data=data)
    assert "王** 139****5678" in listed and "未完成 open 3" in listed
    assert "待办理" in listed and "待核验身份" not in listed  # a switch waits for nobody's identity
    copy(data / "postgres", tmp_path / "backup")
    assert "未导入的行 Rows of files" in run("privacy", "erase", "GX-1", "--yes", data=data)
    run("contacts", "show", NUMBER, data=data, code=1)
    run("privacy", "erase", "GX-1", "--yes", data=data, code=1)
    shutil.rmtree(data / "postgres")  # nobody runs here between two commands
    copy(tmp_path / "backup", data / "postgres")
    run("contacts", "show", NUMBER, data=data, code=1)
    assert "李**" in run("contacts", "show", OTHER, data=data)
    assert "再次删除 0 人" in run("privacy", "replay", data=data)
    journal = data / "keys" / "erasures.journal"
    journal.write_text(journal.read_text().replace('"seq":1', '"seq":7'))
    assert "第 1 行被改过" in run("privacy", "replay", data=data, code=1)
