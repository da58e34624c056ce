from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection

from xinfeng.channels import actions, reads
from xinfeng.channels.models import Channel, ConnectionState
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("db")

SECRET = "s3cret-of-the-carrier"


def _save(**changes: Any) -> int:
    given: dict[str, Any] = {
        "name": "移动营销",
        "kind": "cmpp3",
        "purpose": "marketing",
        "config": {"host": "127.0.0.1", "account": "901234", "access_code": "10690001"},
        "secret": SECRET,
        "rate_per_s": 100,
        "price_li": 35,
        "actor": "admin",
    }
    return actions.save_channel(**{**given, **changes})


def test_a_channel_is_kept_with_its_secret_sealed() -> None:
    stored = Channel.objects.get(pk=_save())
    assert SECRET.encode() not in bytes(stored.secret_sealed)
    assert vault().open(Kind.SECRET, bytes(stored.secret_sealed)) == SECRET
    assert SECRET not in repr(reads.channel(stored.pk, now=utc_now()))
    assert SECRET not in repr(list(AuditEntry.objects.values_list("detail", flat=True)))


def test_a_change_without_a_secret_keeps_the_present_one() -> None:
    channel_id = _save()
    assert _save(channel_id=channel_id, secret=None, rate_per_s=7) == channel_id
    stored = Channel.objects.get(pk=channel_id)
    assert stored.rate_per_s == 7
    assert vault().open(Kind.SECRET, bytes(stored.secret_sealed)) == SECRET


def test_faults_of_all_fields_come_together() -> None:
    with pytest.raises(InvalidInput) as caught:
        _save(name=" ", purpose="spam", secret=None, rate_per_s=0, config={"host": "x"})
    assert set(caught.value.params["faults"]) == {
        "name",
        "purpose",
        "secret",
        "rate_per_s",
        "account",
        "access_code",
    }
    assert not Channel.objects.exists()


def test_two_channels_cannot_have_one_name() -> None:
    _save()
    with pytest.raises(Conflict, match="channel.name_taken"):
        _save()


def test_switching_an_unknown_channel_tells_so() -> None:
    with pytest.raises(NotFound, match="channel.unknown"):
        actions.disable_channel(999, actor="admin")


def test_a_channel_is_switched_off_and_on_with_a_trace() -> None:
    channel_id = _save()
    actions.disable_channel(channel_id, actor="admin")
    assert not Channel.objects.get(pk=channel_id).enabled
    actions.enable_channel(channel_id, actor="admin")
    assert Channel.objects.get(pk=channel_id).enabled
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "channel.save",
        "channel.disable",
        "channel.enable",
    ]


def test_reads_show_living_connections_only_in_two_queries() -> None:
    channel_id, now = _save(), utc_now()
    for number, age in ((1, 1), (2, 60)):
        ConnectionState.objects.create(
            channel_id=channel_id,
            gateway="g",
            number=number,
            phase="ready",
            since=now,
            seen_at=now - timedelta(seconds=age),
        )
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        (row,) = reads.channels(now=now)
    assert len(queries) == 2
    assert [found.number for found in row.connections] == [1]
    assert row.ready == 1


def test_hours_are_kept_shown_and_taken_away_again() -> None:
    channel_id = _save(hours=(time(9), time(20)))
    assert reads.channel(channel_id, now=utc_now()).hours == (time(9), time(20))
    _save(channel_id=channel_id, hours=None)
    assert reads.channel(channel_id, now=utc_now()).hours is None
    assert [entry.detail["hours"] for entry in AuditEntry.objects.order_by("id")] == [
        ["09:00", "20:00"],
        None,
    ]


@pytest.mark.parametrize("hours", [(time(20), time(9)), (time(9), time(9))])
def test_hours_ascend_within_one_day(hours: tuple[time, time]) -> None:
    with pytest.raises(InvalidInput) as caught:
        _save(hours=hours)
    assert caught.value.params["faults"] == {"hours": "not_ascending"}
    assert not Channel.objects.exists()


def test_the_database_takes_both_hours_or_none() -> None:
    channel_id = _save()
    with pytest.raises(IntegrityError, match="channel_hours"):
        Channel.objects.filter(pk=channel_id).update(opens=time(9))
