"""Health and metrics: without login, without personal data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from xinfeng.channels.models import Channel, ConnectionState
from xinfeng.foundation import stored
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens, lens


@pytest.fixture(autouse=True)
def _own_lens(db) -> Iterator[None]:
    close_lens()
    yield
    close_lens()


@pytest.fixture
def anybody() -> Client:
    return Client(headers={"host": "localhost"})


def start_worker() -> None:
    with connection.cursor() as cursor:
        cursor.execute("insert into procrastinate_workers (last_heartbeat) values (now())")


def make_channel(name: str = "移动") -> Channel:
    return Channel.objects.create(
        name=name, kind="cmpp3", purpose="marketing", secret_sealed=b"",
        config={"host": "127.0.0.1", "account": "901234", "access_code": "1069"},
    )  # fmt: skip


def test_all_parts_well_is_200(anybody):
    start_worker()
    answer = anybody.get("/healthz")
    assert answer.status_code == 200
    assert set(answer.json()["parts"]) == {
        *("database", "migrations", "lens", "worker", "gateway", "channels", "backup", "disk")
    }


def test_a_missing_worker_is_503_and_named(anybody):
    answer = anybody.get("/healthz")
    assert answer.status_code == 503
    assert [name for name, part in answer.json()["parts"].items() if not part["ok"]] == ["worker"]


def test_a_channel_that_is_down_and_a_late_backup_are_said_but_restart_nobody(anybody):
    start_worker()
    channel = make_channel()
    now = utc_now()
    ConnectionState.objects.create(
        channel=channel, gateway="a", number=1, phase="waiting", since=now, seen_at=now
    )
    stored.write("backup.schedule", {"every_h": 6, "folder": "/x", "keep": 2}, actor="x")
    stored.write("backup.last", {"good_at": (now - timedelta(hours=30)).isoformat()}, actor="x")
    answer = anybody.get("/healthz")
    assert answer.status_code == 200 and answer.json()["ok"] is False
    parts = answer.json()["parts"]
    assert parts["channels"]["down"] == [channel.pk]
    assert parts["backup"]["late"] is True and parts["backup"]["age_h"] == 30.0
    assert "移动" not in answer.content.decode()


def test_a_gateway_must_have_been_seen_where_a_channel_is_on(anybody):
    start_worker()
    channel = make_channel()
    assert anybody.get("/healthz").json()["parts"]["gateway"]["ok"] is False
    now = utc_now()
    ConnectionState.objects.create(
        channel=channel, gateway="a", number=1, phase="ready", since=now, seen_at=now
    )
    assert anybody.get("/healthz").status_code == 200


def test_a_migration_that_is_missing_is_said(anybody):
    start_worker()
    with connection.cursor() as cursor:
        cursor.execute("delete from django_migrations where app = 'campaigns'")
    parts = anybody.get("/healthz").json()["parts"]
    assert parts["migrations"]["ok"] is False and parts["migrations"]["missing"] >= 1


def test_metrics_count_and_name_nobody(anybody):
    make_channel()
    lens().refresh()  # the file may hold the rows of the test before
    answer = anybody.get("/metrics")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "xinfeng_messages_planned_total 0.0" in text
    assert 'xinfeng_connections{channel="移动",phase="ready"} 0.0' in text
    assert "xinfeng_queue_messages 0.0" in text


@pytest.mark.parametrize(
    ("address", "headers"),
    [("10.0.0.5", {}), ("127.0.0.1", {"x-forwarded-for": "10.0.0.5"}), ("", {})],
)
def test_metrics_are_for_this_host_only(anybody, address, headers):
    assert anybody.get("/metrics", REMOTE_ADDR=address, headers=headers).status_code == 403
