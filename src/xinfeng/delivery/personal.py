"""What delivery holds about a person: what was written to her, what she wrote back, when she was left out.

The law has us keep what was sent and received (通信短信息服务管理规定: at least six months, with the texts; a "no" is
also the proof that it was heeded), and while it does, nothing happens to it but storing (PIPL, Art 47 (2)). When a
person was erased, texts and numbers older than that go, now and every night after; what then remains are ids, times
and results, which identify nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection as django_connection

from xinfeng.delivery import parcels
from xinfeng.delivery.models import ReplyMeaning
from xinfeng.delivery.reads import MessageHistory, messages_of
from xinfeng.foundation.database import Connection
from xinfeng.foundation.personal import Holding, Ids
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput

KEEP = timedelta(days=184)
"""Six months, the longest there are."""

GONE = "（已删除）"
NOBODY = "已删除"
"""Stand in place of a text and of a number that were erased."""

_PAGE = 500

_KEPT = "通信短信息服务管理规定要求收发记录至少保存六个月；期满后，内容和号码随即删除，只留下编号、时间和结果"
_KEPT_EN = (
    "the rules for SMS services demand that records of what was sent and received are kept for at least six months; "
    "after that texts and numbers are removed, and only ids, times and results remain"
)
_LEFT_OUT = "只有活动编号、原因和时间，删除后不再与任何人对应；用来说明为什么没有发送"
_LEFT_OUT_EN = (
    "only a campaign's number, a reason and a time, which belong to nobody once the person is erased; they show why "
    "nothing was sent"
)


def _messages(ids: Ids) -> Iterator[Mapping[str, Any]]:
    after: tuple[datetime, int] | None = None
    while page := messages_of(ids, after=after, limit=_PAGE):
        after = page[-1].planned_at, page[-1].id
        texts, cards = _texts([one.id for one in page]), _cards([one.id for one in page])
        for one in page:
            yield _message(one, texts.get(one.id, GONE)) | (
                {"card": cards[one.id]} if one.id in cards else {}
            )


def _message(one: MessageHistory, text: str) -> dict[str, Any]:
    sent = [attempt.sent_at for attempt in one.attempts]
    return {
        "id": one.id,
        "planned_at": one.planned_at.isoformat(),
        "sent_at": min(sent).isoformat() if sent else None,
        "text": text,
        "parts": one.parts,
        "state": one.state.value,
        "code": one.code,
        "consent_entry": one.consent_seq,
        "plan": one.plan_id,
    }


def _texts(message_ids: list[int]) -> dict[int, str]:
    with django_connection.cursor() as cursor:
        cursor.execute("select id, body_sealed from message where id = any(%s)", (message_ids,))
        found = [(id_, bytes(sealed)) for id_, sealed in cursor.fetchall()]
    return {id_: _opened(Kind.BODY, sealed) for id_, sealed in found}


_CARDS = """
select m.id, p.body_sealed from message m cross join lateral (
  select last_id, body_sealed from parcel
  where plan_id = m.plan_id and planned_at = m.planned_at and first_id <= m.id order by first_id desc limit 1
) p where m.id = any(%s) and p.last_id >= m.id"""


def _cards(message_ids: list[int]) -> dict[int, str]:
    """The words on the cards of these messages, of those that have one, a line for each piece."""
    with django_connection.cursor() as cursor:
        cursor.execute(_CARDS, (message_ids,))
        found = [(id_, bytes(sealed)) for id_, sealed in cursor.fetchall()]
    return {id_: parcels.words(_opened(Kind.BODY, sealed)) for id_, sealed in found}


_REPLIES = """
select id, received_at, phone_sealed, to_number, body_sealed, meaning, message_id from reply
where contact_id = any(%s) and (received_at, id) > (%s, %s) order by received_at, id limit %s"""


def _replies(ids: Ids) -> Iterator[Mapping[str, Any]]:
    at: Any = "-infinity"
    last_id = 0
    while True:
        with django_connection.cursor() as cursor:
            cursor.execute(_REPLIES, (list(ids), at, last_id, _PAGE))
            page = cursor.fetchall()
        for id_, received_at, phone, to_number, body, meaning, message_id in page:
            yield {
                "id": id_,
                "received_at": received_at.isoformat(),
                "from": _opened(Kind.PHONE, bytes(phone)),
                "to": to_number,
                "text": _opened(Kind.REPLY, bytes(body)),
                "meaning": ReplyMeaning(meaning).value,
                "message": message_id,
            }
        if len(page) < _PAGE:
            return
        last_id, at = page[-1][0], page[-1][1]


def _opened(kind: Kind, sealed: bytes) -> str:
    """The text; what can't be opened is said to be so, rather than keeping all the rest from her."""
    try:
        return vault().open(kind, sealed)
    except InvalidInput:
        return "（无法打开）"


_LEFT_OUT_ROWS = """
select plan_id, reason, at from left_out where contact_id = any(%s) order by at, plan_id"""


def _left_out(ids: Ids) -> Iterator[Mapping[str, Any]]:
    with django_connection.cursor() as cursor:
        cursor.execute(_LEFT_OUT_ROWS, (list(ids),))
        while page := cursor.fetchmany(_PAGE):
            for plan_id, reason, at in page:
                yield {"plan": plan_id, "reason": reason, "at": at.isoformat()}


_OLD_MESSAGES = """
select id, planned_at, body_sealed from message where contact_id = any(%s) and planned_at < %s"""

_EMPTY_MESSAGE = "update message set body_sealed = %s where id = %s and planned_at = %s"

_EMPTY_CARD = """
update parcel set body_sealed = %s where first_id = %s and last_id = %s and planned_at = %s"""
"""A card of her own; one that everybody got says nothing of her."""

_EMPTY_REPLIES = """
update reply set body_sealed = %(gone)s, phone_sealed = %(nobody)s, phone_index = ''
where contact_id = any(%(ids)s) and received_at < %(before)s and phone_index <> ''"""


def _empty_messages(connection: Connection, ids: Ids, now: datetime) -> int:
    found = connection.execute(_OLD_MESSAGES, (list(ids), now - KEEP)).fetchall()
    full = [row for row in found if _opened(Kind.BODY, bytes(row[2])) != GONE]
    gone = vault().seal(Kind.BODY, GONE)
    if full:
        cursor = connection.cursor()
        cursor.executemany(_EMPTY_MESSAGE, [(gone, row[0], row[1]) for row in full])
        cursor.executemany(_EMPTY_CARD, [(gone, row[0], row[0], row[1]) for row in full])
    return len(full)


def _empty_replies(connection: Connection, ids: Ids, now: datetime) -> int:
    given = {
        "gone": vault().seal(Kind.REPLY, GONE),
        "nobody": vault().seal(Kind.PHONE, NOBODY),
        "ids": list(ids),
        "before": now - KEEP,
    }
    return connection.execute(_EMPTY_REPLIES, given).rowcount


HOLDINGS = (
    Holding(
        name="messages",
        label="发给您的短信",
        label_en="Messages sent to you",
        rows=_messages,
        erase=_empty_messages,
        kept_because=_KEPT,
        kept_because_en=_KEPT_EN,
        order=20,
    ),
    Holding(
        name="replies",
        label="您回复的短信",
        label_en="Your replies",
        rows=_replies,
        erase=_empty_replies,
        kept_because=_KEPT,
        kept_because_en=_KEPT_EN,
        order=20,
    ),
    Holding(
        name="left_out",
        label="未向您发送的活动及原因",
        label_en="Campaigns you were left out of, and why",
        rows=_left_out,
        erase=None,
        kept_because=_LEFT_OUT,
        kept_because_en=_LEFT_OUT_EN,
        order=20,
    ),
)
