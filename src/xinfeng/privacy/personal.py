"""What is held about a person here: her requests, and who among us looked at or changed her data.

Requests stay as proof that they were answered (PIPL, Art 55, 69: whoever handles data has to prove that it was done
right; records for three years), but without who asked: the words, the address and the letter go once an erasure has
been answered. Logs of access are kept for at least six months (网络安全法); they name our staff, not her.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connection as django_connection

from xinfeng.foundation.database import Connection
from xinfeng.foundation.personal import Holding, Ids
from xinfeng.privacy.exports import remove_files
from xinfeng.privacy.models import PrivacyRequest, RequestState
from xinfeng.privacy.requesters import open_letter, open_requester

_PAGE = 500


def _requests(ids: Ids) -> Iterator[Mapping[str, Any]]:
    found = PrivacyRequest.objects.filter(contact_id__in=list(ids)).order_by("received_at", "id")
    for one in found.iterator(_PAGE):
        requester = open_requester(one.requester_sealed)
        yield {
            "id": one.pk,
            "kind": one.get_kind_display(),
            "state": one.get_state_display(),
            "via": one.get_via_display(),
            "received_at": one.received_at.isoformat(),
            "due_at": one.due_at.isoformat(),
            "closed_at": one.closed_at.isoformat() if one.closed_at else None,
            "outcome": one.get_outcome_display(),
            "name": requester.name,
            "contact": requester.contact,
            "words": requester.words,
            "letter": open_letter(one.letter_sealed),
        }


_ACCESSES = """
select at, action, actor like 'system:%%' from audit_entry
where object_kind = 'contact' and object_id = any(%s) order by at, id"""


def _accesses(ids: Ids) -> Iterator[Mapping[str, Any]]:
    with django_connection.cursor() as cursor:
        cursor.execute(_ACCESSES, ([str(id_) for id_ in ids],))
        while page := cursor.fetchmany(_PAGE):
            for at, action, by_system in page:
                yield {"at": at.isoformat(), "what": action, "by": "system" if by_system else "staff"}


_EMPTY_REQUESTS = """
update privacy_request set requester_sealed = null, letter_sealed = null, phone_index = null, identity_note = ''
where contact_id = any(%s) and state = any(%s) and (requester_sealed is not null or letter_sealed is not null)"""


# How an answer was sent, why more days were needed: people write addresses and names into such lines.
_EMPTY_STEPS = """
update privacy_step set comment = '' where comment <> '' and request_id in (
  select id from privacy_request where contact_id = any(%s) and state = any(%s))"""


def _empty_requests(connection: Connection, ids: Ids, now: datetime) -> int:
    """Requests that are over lose who asked and what was answered; exports of all of them are removed."""
    remove_files(connection, ids)
    given = (list(ids), [RequestState.CLOSED.value, RequestState.TAKEN_BACK.value])
    connection.execute(_EMPTY_STEPS, given)
    return connection.execute(_EMPTY_REQUESTS, given).rowcount


HOLDINGS = (
    Holding(
        name="privacy_requests",
        label="您提出的个人信息请求",
        label_en="Your requests about personal information",
        rows=_requests,
        erase=_empty_requests,
        kept_because="请求的种类、时间和结果保留至少三年，用来证明已依法答复；姓名、联系方式和往来文字在答复后删除",
        kept_because_en=(
            "kind, times and result of requests are kept for at least three years, to prove that they were answered; "
            "name, address and words are removed once they are"
        ),
        order=80,
    ),
    Holding(
        name="accesses",
        label="对您的信息的查看和修改记录",
        label_en="When your data was looked at or changed",
        rows=_accesses,
        erase=None,
        kept_because="网络安全法要求日志至少保存六个月；记录里只有编号，没有您的号码和姓名",
        kept_because_en="the Cybersecurity Law demands that logs are kept for at least six months; they hold ids, "
        "no number and no name",
        order=80,
    ),
)
