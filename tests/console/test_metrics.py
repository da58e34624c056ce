"""What /metrics says of channels, and that it costs no more as the facts grow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from xinfeng.channels.models import Channel, ConnectionState
from xinfeng.delivery.models import ChunkMove
from xinfeng.insights.running_totals import RunningTotals
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens, lens


@pytest.fixture
def house_lens(committed_db) -> Iterator[None]:
    close_lens()
    yield
    close_lens()


def make_channel(name: str = "移动") -> Channel:
    return Channel.objects.create(
        name=name, kind="cmpp3", purpose="marketing", secret_sealed=b"",
        config={"host": "127.0.0.1", "account": "901234", "access_code": "1069"},
    )  # fmt: skip


def test_each_channel_tells_how_it_fares(committed_db, house_lens):
    channel, other = make_channel(), make_channel("联通")
    now = utc_now()
    for number in (1, 2):
        ConnectionState.objects.create(
            channel=channel, gateway="a", number=number, phase="ready", since=now, seen_at=now, window_used=5,
            submitted_per_s=12.5, round_trip_ms=20.0,
        )  # fmt: skip
    with connection.cursor() as cursor:
        for message_id, outcome, code in ((1, 2, "8"), (2, 3, "8"), (3, 4, "timeout"), (4, 1, "0")):
            for days in (0, 5):
                cursor.execute(
                    "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
                    " values (%s, 1, %s, %s, %s, %s, %s)",
                    (message_id + 10 * days, channel.pk, outcome, code, now, now - timedelta(days=days)),
                )
        cursor.execute(
            "insert into receipt (id, received_at, channel_id, carrier_id, stat)"
            " values (1, %s, %s, 'x', 'DELIVRD'), (2, %s, %s, 'y', 'MK:0001')",
            (now, channel.pk, now, channel.pk),
        )
        cursor.execute(
            "insert into plan (id, purpose, channel_id, state, reason, policy, windows, deadline, audience, messages, parts)"
            " values (7, 'marketing', 1, 'finished', '', '{}', '[]', now(), 0, 0, 0)"
        )
    ChunkMove.objects.create(
        plan_id=7,
        chunk_id=1,
        from_channel_id=channel.pk,
        to_channel_id=other.pk,
        messages=900,
        reason="down",
        at=now,
    )
    lens().rebuild()
    text = Client(headers={"host": "localhost"}).get("/metrics").content.decode()
    for line in (
        'xinfeng_channel_connections_ready{channel="移动",kind="cmpp3"} 2.0',
        'xinfeng_channel_window_used{channel="移动",kind="cmpp3"} 10.0',
        'xinfeng_channel_submitted_per_second{channel="移动",kind="cmpp3"} 25.0',
        'xinfeng_channel_round_trip_seconds{channel="移动",kind="cmpp3"} 0.02',
        'xinfeng_channel_throttled_total{channel="移动",side="carrier"} 2.0',
        'xinfeng_channel_uncertain_total{channel="移动"} 2.0',
        'xinfeng_channel_moved_messages_total{from="移动",to="联通"} 900.0',
        'xinfeng_channel_delivered_total{channel="移动"} 1.0',
        'xinfeng_channel_failed_total{channel="移动",side="number"} 1.0',
        "xinfeng_receipts_waiting 2.0",
        "xinfeng_webhook_deliveries_waiting 0.0",
        "xinfeng_backup_ok 1.0",
        'xinfeng_submits_total{outcome="accepted"} 2.0',
    ):
        assert line in text, line
    assert 'xinfeng_channel_refused_total{channel="移动",side="' in text


def test_what_is_over_is_counted_once(committed_db, house_lens):
    """Yesterday's rows are not read again; what comes today is added."""
    copy = lens()
    now = utc_now()
    totals = RunningTotals("attempt", "at", ("outcome",))

    def attempt(message_id: int, days: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
                " values (%s, 1, 1, 1, '0', %s, %s)",
                (message_id, now, now - timedelta(days=days)),
            )

    attempt(1, 3)
    attempt(2, 0)
    copy.rebuild()
    assert totals.of(copy, now=now) == {(1,): 2}
    attempt(3, 3)
    attempt(4, 0)
    copy.rebuild()
    assert totals.of(copy, now=now) == {(1,): 3}, "a closed day is not counted again"
    assert totals.of(copy, now=now + timedelta(days=2)) == {(1,): 3}
