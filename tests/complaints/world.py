"""A world in which messages were sent, and people complain about them."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from tests.campaigns.factories import make_channel
from tests.factories import NOW

from xinfeng.complaints.intake import NewComplaint
from xinfeng.contacts.models import Contact
from xinfeng.delivery.models import Plan, PlanState
from xinfeng.delivery.planning import NewMessage, PlanTerms, close_plan, open_plan, write_messages
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.ids import ChannelId

TEXT = "【信风商城】王小明您好，满200减50，周五到店即用，拒收请回复R"

_carrier_ids = itertools.count(0x1122_3344_5566_0001)


def number_of(contact_id: int) -> str:
    sealed = Contact.objects.get(pk=contact_id).phone_sealed
    assert sealed is not None
    return vault().open(Kind.PHONE, bytes(sealed))


def plan_at(
    contact_ids: list[int],
    at: datetime,
    *,
    text: str = TEXT,
    purpose: str = "marketing",
    channel_id: int | None = None,
    state: str = PlanState.FINISHED,
) -> tuple[int, list[int]]:
    """A plan made at `at`, with a message to each contact that was not tried yet; plan and message ids."""
    channel = channel_id or make_channel(purpose=purpose).pk
    terms = PlanTerms(
        purpose=purpose,
        channel_id=ChannelId(channel),
        policy={},
        windows=[(at, at + timedelta(hours=5))],
        deadline=at + timedelta(hours=5),
        price_li=35,
    )
    body = vault().seal(Kind.BODY, text)
    with bulk_transaction() as connection:
        plan = open_plan(connection, terms, at_most=len(contact_ids), now=at)
        write_messages(connection, plan, [NewMessage(one, 0, 1, 1, body) for one in contact_ids])
        close_plan(connection, plan)
        ids = [
            row[0]
            for row in connection.execute(
                "select id from message where plan_id = %s order by id", (plan.id,)
            ).fetchall()
        ]
    Plan.objects.filter(pk=plan.id).update(state=state, planned_at=at, started_at=at, finished_at=at)
    return int(plan.id), ids


def send(message_id: int, at: datetime, *, channel_id: int = 1, stat: str = "DELIVRD") -> str:
    """The message went out and came to this; the carrier's id as hexadecimal digits."""
    carrier_id = next(_carrier_ids).to_bytes(8, "big")
    with bulk_transaction() as connection:
        connection.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, carrier_id, sent_at, at)"
            " values (%s, 1, %s, 1, '0', %s, %s, %s)",
            (message_id, channel_id, carrier_id, at, at),
        )
        if stat:
            connection.execute(
                "insert into receipt (id, received_at, channel_id, carrier_id, stat, message_id, part)"
                " values ((select coalesce(max(id), 0) + 1 from receipt), %s, %s, %s, %s, %s, 1)",
                (at + timedelta(seconds=5), channel_id, carrier_id, stat, message_id),
            )
    return carrier_id.hex()


def sent(contact_id: int, *, ago: timedelta = timedelta(hours=3), **how: Any) -> int:
    """A message that reached the contact so long before NOW; its id."""
    stat = how.pop("stat", "DELIVRD")
    _, [message_id] = plan_at([contact_id], NOW - ago, **how)
    send(message_id, NOW - ago, stat=stat)
    return message_id


def complaint(contact_id: int, **given: Any) -> NewComplaint:
    """What the contact complains of, an hour before NOW."""
    return NewComplaint(
        **{
            "source": "12321",
            "phone": given.pop("phone", None) or number_of(contact_id),
            "complained_at": NOW - timedelta(hours=1),
            "about": "unsolicited",
            **given,
        }
    )
