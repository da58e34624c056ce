"""A person with a little of everything, and what is left of her."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from tests.factories import make_contact, make_event

from xinfeng.contacts.sql import find_by_phone_indexes
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.time import utc_now
from xinfeng.privacy.actions import check_identity, receive
from xinfeng.privacy.requesters import Requester

NAME = "王小明"
TEXT = "【信风】小明您好，生日当天到店有礼，拒收请回复R"


def known_person(number: str, **fields: Any) -> int:
    """A contact with consent, events, a message and a reply."""
    given: dict[str, Any] = {
        "phone": number,
        "name": NAME,
        "external_id": f"M{number[-6:]}",
        "at": utc_now() - timedelta(days=30),
        **fields,
    }
    contact_id = make_contact(consent=("marketing", "profiling"), **given)
    make_event(contact_id, item="龙井 250g", at=utc_now() - timedelta(days=9))
    wrote(contact_id, number)
    return contact_id


def wrote(contact_id: int, number: str, *, at: datetime | None = None) -> None:
    """A message to her and her answer."""
    at = at or utc_now() - timedelta(days=3)
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into message (id, planned_at, plan_id, contact_id, variant, consent_seq, parts, cost_li,"
            " body_sealed) values ((select coalesce(max(id), 0) + 1 from message), %s, 1, %s, 0, 1, 1, 35, %s)"
            " returning id",
            (at, contact_id, vault().seal(Kind.BODY, TEXT)),
        )
        message_id = cursor.fetchone()[0]
        cursor.execute(
            "insert into reply (id, received_at, channel_id, phone_sealed, phone_index, contact_id, message_id,"
            " to_number, body_sealed, meaning) values ((select coalesce(max(id), 0) + 1 from reply), %s, 1, %s, %s,"
            " %s, %s, '10690', %s, 'other')",
            (
                at,
                vault().seal(Kind.PHONE, number),
                vault().phone_index(number),
                contact_id,
                message_id,
                vault().seal(Kind.REPLY, "好的，谢谢"),
            ),
        )


def asked(kind: str, number: str, *, checked: bool = True, **fields: Any) -> int:
    """A request for this number, the identity checked; its id."""
    now = utc_now()
    requester = Requester(
        name=NAME, phone=number, contact="邮箱 x@example.com", words="请按法律办理", **fields
    )
    request = receive(kind=kind, via="phone", requester=requester, received_at=now, actor="he", now=now)
    if checked:
        check_identity(request.pk, how="call_back", ok=True, note="回拨成功", actor="he", now=now)
    return int(request.pk)


def who_has(number: str) -> int | None:
    """The contact a number leads to."""
    index = vault().phone_index(number)
    with bulk_transaction() as raw:
        return find_by_phone_indexes(raw, [index]).get(index)


def all_of(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def suppressions(number: str) -> list[tuple[str, str]]:
    """What is in force against a number: (scope, reason)."""
    index = vault().phone_index(number)
    return all_of(
        "select scope, reason from suppression where phone_index = %s and lifted_at is null order by 1, 2",
        index,
    )
