"""Finding the message of complaints that were taken in, and what a person says instead."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from xinfeng.complaints import settings, texts
from xinfeng.complaints.candidates import Asked, candidates
from xinfeng.complaints.matching import BY_PERSON, Judgement, judge
from xinfeng.complaints.models import Certainty, Complaint, ComplaintMatch
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.kernel.errors import NotFound

MATCHER = "system:matching"
_AT_ONCE = 200

_WAITING = """
select k.id, k.phone_index, k.complained_at, k.names_message, k.text_sealed
from complaint_standing s join complaint k on k.id = s.complaint_id
where s.certainty = '' and (%(only)s::bigint[] is null or s.complaint_id = any(%(only)s::bigint[]))
order by s.complaint_id limit %(limit)s for update of s skip locked"""

_KEEP = """
with found as (
  select * from unnest(%(complaints)s::bigint[], %(certainties)s::text[], %(messages)s::bigint[], %(plans)s::bigint[],
    %(contacts)s::bigint[], %(consents)s::bigint[], %(channels)s::bigint[], %(sents)s::timestamptz[], %(whys)s::text[])
    as u(complaint_id, certainty, message_id, plan_id, contact_id, consent_seq, channel_id, sent_at, why)
), kept as (
  insert into complaint_match (complaint_id, at, actor, certainty, message_id, plan_id, contact_id, consent_seq,
    channel_id, sent_at, why)
  select complaint_id, %(now)s, %(actor)s, certainty, message_id, plan_id, contact_id, consent_seq, channel_id,
    sent_at, why::jsonb from found
)
update complaint_standing s set certainty = f.certainty, message_id = f.message_id, plan_id = f.plan_id,
  channel_id = f.channel_id
from found f where s.complaint_id = f.complaint_id"""


def match_waiting(*, now: datetime, only: Sequence[int] | None = None) -> int:
    """Look for the message of every complaint that has not been looked at; returns how many that were.

    Each few hundred in a transaction of their own; a crash loses at most the last of them, which are found again.
    """
    look_back = timedelta(days=settings.current().look_back_days)
    done = 0
    while True:
        with bulk_transaction() as connection:
            given = {"only": list(only) if only is not None else None, "limit": _AT_ONCE}
            rows = connection.execute(_WAITING, given).fetchall()
            if not rows:
                return done
            asked = [Asked(row[0], None if row[1] is None else bytes(row[1]), row[2], row[3]) for row in rows]
            found = candidates(connection, asked, look_back=look_back)
            judged = {
                row[0]: judge(found.get(row[0], ()), quoted=texts.opened(row[4]).quoted) for row in rows
            }
            _keep(connection, judged, now=now)
        done += len(rows)


def candidates_of(complaint: Complaint) -> Judgement:
    """What it may be about as things are now: for the screen, where a person chooses."""
    index = None if complaint.phone_index is None else bytes(complaint.phone_index)
    asked = Asked(complaint.pk, index, complaint.complained_at, complaint.names_message)
    look_back = timedelta(days=settings.current().look_back_days)
    with bulk_transaction() as connection:
        found = candidates(connection, [asked], look_back=look_back)
    return judge(found.get(complaint.pk, ()), quoted=texts.opened(complaint.text_sealed).quoted)


def set_by_person(
    connection: Connection, complaint_id: int, message_id: int | None, *, actor: str, now: datetime
) -> ComplaintMatch:
    """Append what a person says. Raises NotFound `message.unknown`."""
    values: tuple[Any, ...] = (None, None, None, None, None)
    if message_id is not None:
        row = connection.execute(
            "select m.plan_id, m.contact_id, m.consent_seq, coalesce(a.channel_id, p.channel_id), a.sent_at"
            " from message m join plan p on p.id = m.plan_id left join lateral (select min(sent_at) as sent_at,"
            " max(channel_id) filter (where outcome <> 3) as channel_id from attempt where message_id = m.id) a on true"
            " where m.id = %s",
            (message_id,),
        ).fetchone()
        if row is None:
            raise NotFound("message.unknown", message=message_id)
        values = tuple(row)
    plan_id, contact_id, consent_seq, channel_id, sent_at = values
    return ComplaintMatch.objects.create(
        complaint_id=complaint_id,
        at=now,
        actor=actor,
        certainty=Certainty.EXACT if message_id is not None else Certainty.NONE,
        message_id=message_id,
        plan_id=plan_id,
        contact_id=contact_id,
        consent_seq=consent_seq,
        channel_id=channel_id,
        sent_at=sent_at,
        why=[BY_PERSON],
    )


def _keep(connection: Connection, judged: dict[int, Judgement], *, now: datetime) -> None:
    chosen = [one.chosen.candidate if one.chosen else None for one in judged.values()]
    given = {
        "now": now,
        "actor": MATCHER,
        "complaints": list(judged),
        "certainties": [one.certainty.value for one in judged.values()],
        "messages": [one.message_id if one else None for one in chosen],
        "plans": [one.plan_id if one else None for one in chosen],
        "contacts": [one.contact_id if one else None for one in chosen],
        "consents": [one.consent_seq if one else None for one in chosen],
        "channels": [one.channel_id if one else None for one in chosen],
        "sents": [one.sent_at if one else None for one in chosen],
        "whys": [json.dumps(one.chosen.why if one.chosen else []) for one in judged.values()],
    }
    connection.execute(_KEEP, given)
