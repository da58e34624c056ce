"""A restore that cannot go on leaves nothing behind, and says so."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from xinfeng.cli.restoring import Asked, _fresh_folder
from xinfeng.cli.words import sentence
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.postgres import EmbeddedPostgres
from xinfeng.kernel.errors import Conflict


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "backup.restore_no_room", "磁盘满了"),
        (KeyboardInterrupt(), "backup.restore_interrupted", "恢复被中断"),
    ],
)
def test_what_had_been_written_is_removed_when_it_breaks_off(
    tmp_path: Path, fault: BaseException, code: str, said: str
) -> None:
    settings = xinfeng_settings.read({"XINFENG_DATA": str(tmp_path / "new")})
    asked = Asked(file=tmp_path / "b", folder=settings.data)
    with pytest.raises(Conflict) as caught, _fresh_folder(settings, asked):
        (settings.data / "uploads").mkdir(parents=True)
        (settings.data / "uploads" / "1.csv").write_text("half")
        raise fault
    assert caught.value.code == code
    assert said in sentence(caught.value)
    assert not settings.data.exists()


def test_a_server_that_cannot_end_in_order_is_ended_all_the_same(tmp_path: Path) -> None:
    """On a full disk the last checkpoint is never done; a folder that is thrown away needs none."""
    settings = xinfeng_settings.read({"XINFENG_DATA": str(tmp_path / "new")})
    server = EmbeddedPostgres(settings)
    server.start()
    server.abandon()
    assert server.pid() is None
