"""What the dashboard says before anybody looks for it: nothing sends, a channel is down, deliveries fall, a disk fills."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from tests.campaigns.factories import make_channel
from tests.console.people import signed_in

from xinfeng.channels.models import ConnectionState
from xinfeng.console.dashboard import operation
from xinfeng.foundation import stored
from xinfeng.insights.figures import falling_channels
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens, lens


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    close_lens()
    yield
    close_lens()


def html_of(role: str) -> str:
    return signed_in(role).get("/").content.decode()


def connect(channel, *, phase: str) -> None:
    now = utc_now()
    ConnectionState.objects.create(
        channel=channel, gateway="a", number=1, phase=phase, since=now, seen_at=now + timedelta(minutes=5)
    )


def told(channel, *, days_ago: int, delivered: int, failed: int, first: int) -> None:
    at = utc_now() - timedelta(days=days_ago, minutes=5)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into receipt (id, received_at, channel_id, carrier_id, stat)"
            " select %s + i, %s, %s, '', case when i < %s then 'DELIVRD' else 'MK:0010' end"
            " from generate_series(0, %s) i",
            (first, at, channel.pk, delivered, delivered + failed - 1),
        )


def test_that_no_gateway_runs_is_said_once():
    make_channel()
    make_channel()
    html = html_of("administrator")
    assert html.count("发送服务没有在运行") == 1 and "没有连接" not in html


def test_a_channel_without_a_connection_is_named_and_one_that_is_connected_is_not():
    down, up = make_channel(), make_channel()
    connect(down, phase="waiting")
    connect(up, phase="ready")
    html = html_of("administrator")
    assert f"通道“{down.name}”没有连接" in html and f"通道“{up.name}”没有连接" not in html
    assert "发送服务没有在运行" not in html


def test_a_channel_is_compared_with_its_own_days_before():
    worse, steady, new, quiet = (make_channel() for _ in range(4))
    told(worse, days_ago=3, delivered=290, failed=10, first=1)
    told(worse, days_ago=0, delivered=200, failed=100, first=1_001)
    told(steady, days_ago=3, delivered=210, failed=90, first=2_001)
    told(steady, days_ago=0, delivered=200, failed=100, first=3_001)
    told(new, days_ago=0, delivered=100, failed=200, first=4_001)
    told(quiet, days_ago=3, delivered=290, failed=10, first=5_001)
    told(quiet, days_ago=0, delivered=1, failed=100, first=6_001)
    copy = lens()
    copy.refresh()
    [found] = falling_channels(copy, now=utc_now())
    assert (found.channel_id, found.ended) == (worse.pk, 300)
    assert (round(found.share, 2), round(found.before, 2)) == (0.67, 0.97)
    connect(worse, phase="ready")
    assert f"通道“{worse.name}”的送达率掉到 66.7%" in html_of("operator")


@pytest.mark.parametrize(("free_gb", "words"), [(0.5, "快满了"), (5, "不多了"), (50, "")])
def test_a_disk_that_fills_up_is_said_to_administrators(monkeypatch, free_gb, words):
    make_channel()
    monkeypatch.setattr(operation, "free_bytes", lambda: int(free_gb * 2**30))
    html = html_of("administrator")
    assert ("磁盘只剩" in html) == bool(words) and words in html
    assert "磁盘只剩" not in html_of("operator")


def test_a_house_in_use_without_backups_is_asked_about_them():
    assert "没有定时备份" not in html_of("administrator")
    make_channel()
    assert "没有定时备份" in html_of("administrator")
    stored.write("backup.last", {"good_at": (utc_now() - timedelta(days=2)).isoformat()}, actor="x")
    assert "没有定时备份" not in html_of("administrator")
