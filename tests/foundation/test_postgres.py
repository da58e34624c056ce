from __future__ import annotations

import os
import signal
from pathlib import Path

import psycopg

from xinfeng.foundation.postgres import EmbeddedPostgres
from xinfeng.foundation.settings import read


def test_it_lives_in_a_path_with_spaces_and_chinese_and_survives_a_kill(tmp_path: Path) -> None:
    settings = read({"XINFENG_DATA": str(tmp_path / "我的 数据")})
    server = EmbeddedPostgres(settings)
    server.start()
    try:
        with psycopg.connect(settings.dsn()) as connection:
            connection.execute("create table kept (word text)")
            connection.execute("insert into kept values ('信')")
        first = server.pid()
        assert first is not None
        os.kill(first, signal.SIGKILL)
        server.start()
        assert server.pid() not in (None, first)
        with psycopg.connect(settings.dsn()) as connection:
            assert connection.execute("select word from kept").fetchone() == ("信",)
    finally:
        server.stop()
    assert server.pid() is None
