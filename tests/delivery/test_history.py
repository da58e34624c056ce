"""The state of one message from its facts, and that it agrees with the question asked of the lens."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from xinfeng.delivery import planning, reads
from xinfeng.delivery.history import AttemptFact, ReceiptFact, state_of
from xinfeng.delivery.models import Outcome
from xinfeng.delivery.outcomes import MessageState, count_states, message_state
from xinfeng.delivery.planning import NewMessage, PlanTerms
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.ids import ChannelId
from xinfeng.lens.engine import Lens, close_lens, lens

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def attempt(outcome: Outcome, code: str = "", *, part: int = 1) -> AttemptFact:
    return AttemptFact(part, 1, outcome, code, NOW, NOW)


def receipt(stat: str, *, part: int = 1) -> ReceiptFact:
    return ReceiptFact(part, stat, NOW, None)


ACCEPTED = attempt(Outcome.ACCEPTED)


@pytest.mark.parametrize(
    ("parts", "attempts", "receipts", "withheld", "expected"),
    [
        (1, [], [], "", (MessageState.PLANNED, "")),
        (1, [attempt(Outcome.THROTTLED, "8")], [], "", (MessageState.PLANNED, "")),
        (1, [], [], "opted_out", (MessageState.WITHHELD, "opted_out")),
        (1, [ACCEPTED], [], "", (MessageState.ACCEPTED, "")),
        (1, [ACCEPTED], [receipt("ACCEPTD")], "", (MessageState.ACCEPTED, "")),
        (1, [attempt(Outcome.REFUSED, "13")], [], "", (MessageState.FAILED, "13")),
        (1, [attempt(Outcome.UNCERTAIN, "crash")], [], "", (MessageState.UNCERTAIN, "crash")),
        (
            1,
            [attempt(Outcome.UNCERTAIN, "crash")],
            [receipt("DELIVRD")],
            "",
            (MessageState.DELIVERED, "DELIVRD"),
        ),
        (1, [ACCEPTED], [receipt("UNDELIV")], "", (MessageState.FAILED, "UNDELIV")),
        (1, [ACCEPTED], [receipt("UNDELIV"), receipt("DELIVRD")], "", (MessageState.DELIVERED, "DELIVRD")),
        (2, [ACCEPTED], [receipt("DELIVRD")], "", (MessageState.ACCEPTED, "")),
        (2, [], [receipt("DELIVRD"), receipt("DELIVRD", part=2)], "", (MessageState.DELIVERED, "DELIVRD")),
        (2, [], [receipt("DELIVRD"), receipt("MK:0001", part=2)], "", (MessageState.FAILED, "MK:0001")),
        (2, [ACCEPTED], [], "stopped", (MessageState.FAILED, "stopped")),
    ],
)
def test_the_rules(
    parts: int, attempts: Any, receipts: Any, withheld: str, expected: tuple[str, str]
) -> None:
    assert state_of(parts, attempts, receipts, withheld_reason=withheld) == expected


@pytest.fixture
def a_lens(committed_db: str) -> Iterator[Lens]:
    yield lens()
    close_lens()


def write_facts(raw: Connection, first: int, count: int, random_: random.Random) -> None:
    """Random facts of every kind for messages of one to three parts."""
    for message in range(first, first + count):
        for part in range(1, 1 + (message - first) % 3 + 1):
            for _ in range(random_.randint(0, 2)):
                outcome = random_.randint(1, 4)
                raw.execute(
                    "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
                    " values (%s, %s, 7, %s, %s, %s, %s)",
                    (message, part, outcome, f"c{outcome}", NOW, NOW),
                )
            for _ in range(random_.randint(0, 2)):
                known = random_.random() < 0.5
                row = raw.execute("select coalesce(max(id), 0) + 1 from receipt").fetchone()
                assert row is not None
                stat = random_.choice(["DELIVRD", "DELIVRD", "UNDELIV", "ACCEPTD"])
                raw.execute(
                    "insert into receipt (id, received_at, channel_id, carrier_id, phone_index, stat,"
                    " message_id, part) values (%s, %s, 7, '', '', %s, %s, %s)",
                    (row[0], NOW, stat, message if known else None, part if known else None),
                )
                if not known:
                    raw.execute(
                        "insert into receipt_match (receipt_id, message_id, part, stat, at)"
                        " values (%s, %s, %s, %s, %s)",
                        (row[0], message, part, stat, NOW),
                    )
        if random_.random() < 0.2:
            raw.execute(
                "insert into withheld (message_id, reason, at) values (%s, 'opted_out', %s)", (message, NOW)
            )


def make_plan(raw: Connection, count: int) -> planning.OpenPlan:
    terms = PlanTerms(
        "marketing", ChannelId(7), {}, [(NOW, NOW + timedelta(hours=1))], NOW + timedelta(hours=1), 35
    )
    plan = planning.open_plan(raw, terms, at_most=count, now=NOW)
    planning.write_messages(
        raw, plan, [NewMessage(at + 1, 0, at + 1, at % 3 + 1, b"x") for at in range(count)]
    )
    planning.close_plan(raw, plan)
    return plan


def test_one_message_and_the_lens_agree_on_every_state(a_lens: Lens) -> None:
    with bulk_transaction() as raw:
        plan = make_plan(raw, 300)
        write_facts(raw, plan.first_id, 300, random.Random(7))
    a_lens.refresh()
    asked = {
        row["message_id"]: (row["state"], row["code"] or "")
        for row in a_lens.rows(message_state(a_lens, [plan.id])).to_pylist()
    }
    histories = [reads.message(message_id) for message_id in asked]
    assert {history.id: (history.state, history.code) for history in histories} == asked
    assert {state for state, _ in asked.values()} == set(MessageState)
    assert count_states(a_lens, [plan.id]) == Counter(state for state, _ in asked.values())
    assert sum(count_states(a_lens, [plan.id + 1]).values()) == 0


def test_a_contacts_messages_come_latest_first_with_their_facts(db: None) -> None:
    with bulk_transaction() as raw:
        plan = make_plan(raw, 3)
        raw.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
            " values (%s, 1, 7, 1, '0', %s, %s)",
            (plan.first_id, NOW, NOW),
        )
    history = reads.message_to(1, plan.id)
    assert history is not None
    assert (history.state, history.consent_seq, len(history.attempts)) == (MessageState.ACCEPTED, 1, 1)
    assert reads.messages_to(1) == [history]
    assert reads.messages_to(1, before=NOW) == []
    assert reads.message_to(1, plan.id + 1) is None
    with pytest.raises(NotFound, match=r"message\.unknown"):
        reads.message(10**9)
