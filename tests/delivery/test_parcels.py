"""Cards as personal data: told to whom they were for, and gone with her when their time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import connection
from tests.factories import make_contact

from xinfeng.delivery import parcels, personal, retention
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.personal import erasing
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.maap.messages import Card, RichMessage

pytestmark = pytest.mark.usefixtures("db")


def card(title: str) -> bytes:
    return parcels.seal([RichMessage((Card(title, "到店有礼"),))])[0]


def keep(message_id: int, contact_id: int, *, plan_id: int, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into message (id, planned_at, plan_id, contact_id, variant, consent_seq, parts, cost_li,"
            " body_sealed) values (%s, %s, %s, %s, 0, 1, 1, 60, %s)",
            (message_id, at, plan_id, contact_id, vault().seal(Kind.BODY, "【信风】您好")),
        )


def keep_card(first: int, last: int, sealed: bytes, *, plan_id: int, at: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into parcel (first_id, last_id, planned_at, plan_id, body_sealed) values (%s, %s, %s, %s, %s)",
            (first, last, at, plan_id, sealed),
        )


def cards() -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute("select first_id, body_sealed from parcel order by first_id")
        return {
            first: parcels.words(vault().open(Kind.BODY, bytes(body))) for first, body in cursor.fetchall()
        }


def test_her_own_card_goes_with_her_text_and_what_everybody_got_stays() -> None:
    her, other = make_contact(), make_contact()
    long_ago = utc_now() - timedelta(days=300)
    keep(11, her, plan_id=1, at=long_ago)
    keep(12, other, plan_id=1, at=long_ago)
    keep(21, her, plan_id=2, at=long_ago)
    keep_card(11, 11, card("王小明，您好"), plan_id=1, at=long_ago)
    keep_card(12, 12, card("李雷，您好"), plan_id=1, at=long_ago)
    keep_card(21, 30, card("秋季新品"), plan_id=2, at=long_ago)
    [messages] = [one for one in personal.HOLDINGS if one.name == "messages"]
    assert messages.erase is not None
    told = {row["id"]: row.get("card") for row in messages.rows([her])}
    assert told == {11: "王小明，您好\n到店有礼", 21: "秋季新品\n到店有礼"}
    with bulk_transaction() as raw, erasing(raw):
        messages.erase(raw, [her], utc_now())
    assert cards() == {11: personal.GONE, 12: "李雷，您好\n到店有礼", 21: "秋季新品\n到店有礼"}


def test_a_recent_card_is_kept_as_long_as_the_law_wants_the_text() -> None:
    her, lately = make_contact(), utc_now() - timedelta(days=3)
    keep(11, her, plan_id=1, at=lately)
    keep_card(11, 11, card("王小明，您好"), plan_id=1, at=lately)
    [messages] = [one for one in personal.HOLDINGS if one.name == "messages"]
    assert messages.erase is not None
    with bulk_transaction() as raw, erasing(raw):
        messages.erase(raw, [her], utc_now())
    assert cards() == {11: "王小明，您好\n到店有礼"}


def test_a_hold_on_a_person_keeps_her_cards_and_one_on_a_plan_all_of_it() -> None:
    her, other = make_contact(), make_contact()
    at = utc_now() - timedelta(days=300)
    for message_id, contact, plan_id in ((11, her, 1), (12, other, 1), (21, her, 2), (31, other, 3)):
        keep(message_id, contact, plan_id=plan_id, at=at)
    for first, last, plan_id in ((11, 11, 1), (12, 12, 1), (20, 29, 2), (30, 39, 3)):
        keep_card(first, last, card("您好"), plan_id=plan_id, at=at)
    [table] = [one for one in retention.TABLES if one.name == "parcel"]

    def held(contacts: list[int], plans: list[int]) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"select first_id from parcel as another_name where {table.held} order by 1",
                {"contacts": contacts, "plans": plans},
            )
            return [row[0] for row in cursor.fetchall()]

    assert held([her], []) == [11, 20]
    assert held([], [1]) == [11, 12]
    assert held([], []) == []
