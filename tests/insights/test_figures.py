"""What a channel did: receipts count for the channel that carried the part, whichever line brought them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from tests.campaigns.factories import make_channel

from xinfeng.delivery.models import Outcome
from xinfeng.foundation.partitions import cover_around
from xinfeng.insights.figures import ChannelFigures, channel_figures, falling_channels
from xinfeng.lens.engine import close_lens, lens

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    with connection.cursor() as cursor:
        cover_around(cursor, NOW)
    yield
    close_lens()


def _tried(message_id: int, channel_id: int, outcome: Outcome = Outcome.ACCEPTED) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
            " values (%s, 1, %s, %s, '', %s, %s)",
            (message_id, channel_id, outcome, NOW - HOUR, NOW - HOUR),
        )


def _told(
    receipt_id: int,
    channel_id: int,
    message_id: int | None,
    stat: str = "DELIVRD",
    *,
    matched: int | None = None,
) -> None:
    part = None if message_id is None else 1
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into receipt (id, received_at, channel_id, carrier_id, phone_index, stat, done_at, message_id, part)"
            " values (%s, %s, %s, %s, '', %s, %s, %s, %s)",
            (
                receipt_id,
                NOW - HOUR,
                channel_id,
                str(receipt_id).encode(),
                stat,
                NOW - HOUR,
                message_id,
                part,
            ),
        )
        if matched is not None:
            cursor.execute(
                "insert into receipt_match (receipt_id, message_id, part, stat, at) values (%s, %s, 1, %s, %s)",
                (receipt_id, matched, stat, NOW - HOUR),
            )


def test_a_receipt_counts_for_the_channel_that_carried_the_message() -> None:
    one, other = make_channel().pk, make_channel().pk  # of one account
    _tried(1, one)
    _told(1, other, 1)
    _tried(2, one, Outcome.THROTTLED)
    _tried(2, other)
    _told(2, one, 2, "UNDELIV")
    _tried(3, other, Outcome.UNCERTAIN)
    _told(3, one, None, matched=3)
    _told(4, one, None)  # nobody knows whose
    found = channel_figures(now=NOW)
    assert found[one] == ChannelFigures(submitted=1, accepted=1, delivered=2, reported=2)
    assert found[other] == ChannelFigures(submitted=2, accepted=1, uncertain=1, delivered=1, reported=2)


def test_channels_with_accounts_of_their_own_count_what_they_brought() -> None:
    mine = make_channel().pk
    theirs = make_channel(config={"host": "10.0.0.9", "port": 7890, "account": "1", "access_code": "1069"}).pk
    _tried(1, mine)
    _told(1, mine, 1)
    _told(2, theirs, None, "UNDELIV")
    assert channel_figures(now=NOW) == {
        mine: ChannelFigures(submitted=1, accepted=1, delivered=1, reported=1),
        theirs: ChannelFigures(reported=1),
    }


def test_a_channel_falls_by_what_it_carried() -> None:
    one, other = make_channel().pk, make_channel().pk
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
            " select i, 1, %s, 1, '', %s, %s from generate_series(1, 400) i",
            (one, NOW - 30 * HOUR, NOW - 30 * HOUR),
        )
        cursor.execute(
            "insert into receipt (id, received_at, channel_id, carrier_id, phone_index, stat, done_at, message_id, part)"
            " select i, case when i > 200 then %s else %s end, %s, '', '', case when i > 200 then 'UNDELIV' else 'DELIVRD' end,"
            " %s, i, 1 from generate_series(1, 400) i",
            (NOW - HOUR, NOW - 30 * HOUR, other, NOW),
        )
    copy = lens()
    copy.refresh()
    assert [(line.channel_id, line.ended) for line in falling_channels(copy, now=NOW)] == [(one, 200)]
