from __future__ import annotations

import csv
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from xinfeng.cli.demo.clock import zone_where_shops_send
from xinfeng.cli.demo.command import on_the_command_line
from xinfeng.cli.demo.shop import UNASSIGNED_RANGES, write_shop
from xinfeng.foundation.settings import read
from xinfeng.kernel.phones import Carrier, parse_mainland
from xinfeng.kernel.prefixes import shipped

NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize("hour", range(24))
def test_somewhere_it_is_always_between_ten_and_eleven(hour: int) -> None:
    for minute in (0, 59):
        now = datetime(2026, 11, 22, hour, minute, tzinfo=UTC)
        assert now.astimezone(ZoneInfo(zone_where_shops_send(now))).hour == 10


def test_a_command_for_its_folder_takes_its_zone_along(tmp_path: Path) -> None:
    folder = tmp_path / "a shop"
    told = on_the_command_line(read({"XINFENG_DATA": str(folder), "XINFENG_TIME_ZONE": "Pacific/Auckland"}))
    given = dict(piece.split("=", 1) for piece in shlex.split(told) if "=" in piece)
    assert given == {"XINFENG_DATA": str(folder), "XINFENG_TIME_ZONE": "Pacific/Auckland"}
    assert read(given).time_zone == "Pacific/Auckland"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_sample_shop_has_numbers_that_nobody_can_have(tmp_path: Path) -> None:
    files = write_shop(tmp_path, now=NOW, zone=ZONE, members=3_000)
    numbers = [row["手机号"] for row in rows(files.contacts)]
    assert len(set(numbers)) == 3_000 == files.contact_rows
    for number in numbers:
        assert parse_mainland(number) == number
        assert number.startswith(UNASSIGNED_RANGES)
        assert shipped().carrier_of(number) is Carrier.UNKNOWN
    assert set(files.opt_outs) < set(numbers)


def test_what_members_did_lies_between_joining_and_now(tmp_path: Path) -> None:
    files = write_shop(tmp_path, now=NOW, zone=ZONE, members=500)
    joined = {row["会员号"]: datetime.fromisoformat(row["注册时间"]) for row in rows(files.contacts)}
    events = rows(files.events)
    here = NOW.astimezone(ZONE).replace(tzinfo=None)
    assert len(events) == files.event_rows > 1_000
    assert len({row["事件id"] for row in events}) == len(events)
    for row in events:
        at = datetime.fromisoformat(row["时间"])
        assert joined[row["会员号"]] - timedelta(days=1) <= at <= here + timedelta(minutes=30)
        assert (row["行为"] == "购买") <= bool(row["金额"])


def test_the_same_seed_makes_the_same_shop(tmp_path: Path) -> None:
    first = write_shop(tmp_path / "a", now=NOW, zone=ZONE, members=50)
    second = write_shop(tmp_path / "b", now=NOW, zone=ZONE, members=50)
    assert first.contacts.read_bytes() == second.contacts.read_bytes()
    assert first.events.read_bytes() == second.events.read_bytes()
