"""A complaint while its campaign is being sent: after its commit nothing goes out to that number (law 2)."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from tests.complaints.world import number_of
from tests.delivery.world import (
    agreed,
    ask,
    carrier_and_gateway,
    finished,
    make_channel,
    make_plan,
    one,
    wait_until,
)
from tests.factories import phone

from xinfeng.channels.simulator import witness
from xinfeng.complaints import actions
from xinfeng.complaints.intake import NewComplaint
from xinfeng.complaints.models import Complaint
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import vault
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("committed_db")


def test_nothing_reaches_the_wire_after_a_complaints_commit(tmp_path: Path) -> None:
    contacts = agreed(1500)
    numbers = {one_: number_of(one_) for one_ in contacts[1490:300:-10]}
    with carrier_and_gateway(tmp_path, latency_ms=2) as world:
        plan = make_plan(contacts, make_channel(world.port, connections=2, window=16, rate_per_s=400))
        wait_until("select count(*) > 50 from attempt", True)
        told: dict[str, datetime] = {}
        for at, number in enumerate(numbers.values()):
            now = utc_now()
            given = NewComplaint("12321", number, now - timedelta(seconds=1), reference=f"R{at}")
            with bulk_transaction() as transaction:
                actions.take_many(transaction, [given], actor="ma", now=now)
            told[number] = utc_now()
            sent = one("select count(*) from attempt")
            if sent > 1000:
                break
            # Where taking a complaint takes long, the carrier takes its time too: most must still be queued.
            world.behave(latency_ms=400 if sent > 12 * len(told) else 2)
        world.behave(latency_ms=2)
        finished(plan)
    written_at = dict(
        ask("select m.contact_id, a.sent_at from attempt a join message m on m.id = a.message_id")
    )
    left_at = {entry.number: entry.at for entry in witness.accepted(tmp_path / "carrier.log")}
    assert left_at.keys() >= {numbers[contact] for contact in numbers.keys() & written_at.keys()}

    later = [
        number
        for contact, number in numbers.items()
        if number in told and written_at.get(contact, told[number]) > told[number]
    ]
    # The carrier's own word. It reads what was written before the commit, at most a window, a little later.
    reading = timedelta(seconds=5)
    later += [
        number
        for number, committed in told.items()
        if left_at.get(number, 0.0) > (committed + reading).timestamp()
    ]

    assert later == []
    assert len(told) > 20
    spared = sum(number not in left_at for number in told)
    assert spared > 0
    withheld = dict(ask("select reason, count(*) from withheld group by reason"))
    assert sum(withheld.values()) == spared


def test_the_same_complaint_from_two_doors_at_once_is_taken_once() -> None:
    given = NewComplaint("12321", phone(), utc_now() - timedelta(hours=1), reference="A-1")
    outcomes: list[actions.Taken] = []
    ready = threading.Barrier(4)

    def hand_in() -> None:
        try:
            ready.wait()
            with bulk_transaction() as transaction:
                outcomes.extend(actions.take_many(transaction, [given], actor="ma", now=utc_now()))
        finally:
            connection.close()

    threads = [threading.Thread(target=hand_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(taken.known for taken in outcomes) == [False, True, True, True]
    assert Complaint.objects.count() == 1
    index = bytes(vault().phone_index(given.phone))
    assert one("select count(*) from suppression where phone_index = %s and lifted_at is null", index) == 1


def test_two_matchers_look_at_each_complaint_once() -> None:
    with bulk_transaction() as transaction:
        rows = [
            NewComplaint("10086", phone(), utc_now() - timedelta(hours=1), reference=f"R{at}")
            for at in range(30)
        ]
        actions.take_many(transaction, rows, actor="ma", now=utc_now())

    def look() -> None:
        try:
            actions.match_waiting(now=utc_now())
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert one("select count(*) from complaint_match") == 30
