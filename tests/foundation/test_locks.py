"""Advisory locks are told apart by their numbers alone."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import xinfeng

_numbers = re.compile(r"^_?[A-Z_]+ = (0x58_46_[0-9A-F_]+)", re.MULTILINE).findall


def test_no_two_locks_have_the_same_number() -> None:
    sources = Path(xinfeng.__file__).parent.rglob("*.py")
    found = Counter(number for source in sources for number in _numbers(source.read_text("utf-8")))
    assert len(found) > 10
    assert [number for number, times in found.items() if times > 1] == []
