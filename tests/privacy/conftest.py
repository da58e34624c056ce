"""Journal and exports of each test lie in a folder of its own; the keys stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from xinfeng.privacy import exports, journal


@pytest.fixture(autouse=True)
def journal_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "keys" / journal.FILE_NAME
    monkeypatch.setattr(journal, "path", lambda: path)
    monkeypatch.setattr(exports, "folder", lambda: tmp_path / "exports")
    yield path
