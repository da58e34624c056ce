"""docs/security.md names files, settings and requirements; it must not name what is not there."""

from __future__ import annotations

import re
from pathlib import Path

import xinfeng
from xinfeng.foundation.security import SecuritySettings

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
CHAPTERS = {
    "2.1": 12, "2.2": 3, "2.3": 3, "2.5": 7, "2.6": 3, "2.10": 4, "3.2": 4, "3.3": 4, "3.4": 5, "3.5": 3,
    "5.1": 5, "5.2": 8, "6.2": 6, "7.1": 5, "8.1": 4, "8.2": 3, "8.3": 8, "11.1": 8,
}  # fmt: skip
"""How many requirements of level 1 and 2 there are in a section (ASVS 4.0.3)."""


def test_the_files_it_names_are_there():
    source = Path(xinfeng.__file__).parent
    named = set(re.findall(r"`([\w./]+\.(?:py|js|md))`", PAGE)) | set(re.findall(r"`(tests/[\w/]+)`", PAGE))
    assert len(named) > 40
    for name in named:
        slices = name in ("personal.py", "sealed.py", "retention.py")
        places = (ROOT / name, source / name, source / "console" / name)
        assert slices or any(place.exists() for place in places), name


def test_no_requirement_is_left_out():
    listed: set[str] = set()
    for cell in re.findall(r"^\| ([\d., –-]+?) \|", PAGE, re.MULTILINE):
        for part in cell.split(","):
            first, _, last = part.strip().partition("–")
            section, number = first.rsplit(".", 1)
            until = int(last.rsplit(".", 1)[1]) if last else int(number)
            listed |= {f"{section}.{one}" for one in range(int(number), until + 1)}
    for section, count in CHAPTERS.items():
        missing = {f"{section}.{number}" for number in range(1, count + 1)} - listed
        assert not missing, missing


def test_the_numbers_it_states_are_those_in_force():
    rules = SecuritySettings()
    assert f"after {rules.privileged_idle_minutes} minutes of silence ({rules.idle_minutes} for" in PAGE
    assert f"after {rules.life_hours} hours" in PAGE
    assert f"the last {rules.prove_minutes} minutes" in PAGE
    assert f"{rules.stale_days} 天未登录" in PAGE
    assert f"more than {rules.reason_from_rows:,} rows" in PAGE
