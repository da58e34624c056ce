"""The messages a complaint may be about, from PostgreSQL's facts; set-based, for one complaint or many.

A message is found by its contact, and the contact by the number: whoever has it, whoever had it before it was
reassigned, and the other rows of the same person (whose messages went to another of her numbers).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xinfeng.complaints.matching import NAMED_CARRIER_ID, NAMED_MESSAGE, Candidate
from xinfeng.delivery.models import Outcome
from xinfeng.delivery.outcomes import DELIVERED_STATS, INTERMEDIATE_STATS
from xinfeng.delivery.personal import GONE
from xinfeng.foundation.database import Connection
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput

MOST = 10
"""Candidates shown of one contact."""

PLANNED_BEFORE = timedelta(days=16)
"""How long before it is sent a message may have been planned: windows, pauses."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A complaint to find messages for."""

    complaint_id: int
    phone_index: bytes | None
    complained_at: datetime
    names_message: str = ""


_WHOSE = """
with asked as (
  select * from unnest(%(ids)s::bigint[], %(indexes)s::bytea[]) as a(complaint_id, phone_index)
), holders as (
  select a.complaint_id, c.id as contact_id, coalesce(c.merged_into, c.id) as person, false as formerly
  from asked a join contact c on c.phone_index = a.phone_index
  union all
  select a.complaint_id, c.id, coalesce(c.merged_into, c.id), true
  from asked a join former_number f on f.phone_index = a.phone_index and f.returned_at is null
    join contact c on c.id = f.contact_id
), others as (
  select h.complaint_id, c.id, h.person, h.formerly from holders h join contact c on c.id = h.person
  union
  select h.complaint_id, c.id, h.person, h.formerly from holders h join contact c on c.merged_into = h.person
)
select complaint_id, contact_id, formerly, false from holders
union all
select o.complaint_id, o.id, o.formerly, true from others o
where not exists (select from holders h where h.complaint_id = o.complaint_id and h.contact_id = o.id)
"""

_SENT = """
  cross join lateral (
    select min(a.sent_at) as sent_at, max(a.channel_id) as channel_id from attempt a
    where a.message_id = m.id and a.outcome = any(%(left)s::smallint[])
  ) t
  left join lateral (
    select bool_or(r.stat = any(%(delivered)s)) as delivered,
      bool_or(r.stat <> all(%(delivered)s) and r.stat <> all(%(between)s)) as failed
    from (
      select stat from receipt where message_id = m.id
      union all
      select stat from receipt_match where message_id = m.id
    ) r
  ) r on true
"""

_COLUMNS = """
select a.complaint_id, m.id, m.plan_id, m.contact_id, m.consent_seq, coalesce(t.channel_id, p.channel_id), t.sent_at,
  coalesce(r.delivered, false), m.body_sealed"""

_MESSAGES = """<columns>, ''
from unnest(%(complaints)s::bigint[], %(contacts)s::bigint[], %(ats)s::timestamptz[])
    as a(complaint_id, contact_id, at)
  cross join lateral (
    select * from message m
    where m.contact_id = a.contact_id and m.planned_at <= a.at and m.planned_at >= a.at - %(planned)s
    order by m.planned_at desc, m.id desc limit %(most)s
  ) m
  join plan p on p.id = m.plan_id and p.purpose = 'marketing'
<sent>
where t.sent_at <= a.at and t.sent_at >= a.at - %(reach)s
  and (coalesce(r.delivered, false) or not coalesce(r.failed, false))
""".replace("<columns>", _COLUMNS).replace("<sent>", _SENT)

_NAMED = """<columns>, a.how
from unnest(%(complaints)s::bigint[], %(messages)s::bigint[], %(hows)s::text[]) as a(complaint_id, message_id, how)
  join message m on m.id = a.message_id
  join plan p on p.id = m.plan_id
<sent>
where t.sent_at is not null
""".replace("<columns>", _COLUMNS).replace("<sent>", _SENT)


def candidates(
    connection: Connection, asked: Sequence[Asked], *, look_back: timedelta
) -> dict[int, list[Candidate]]:
    """By complaint; those that the source names come with the others. Texts are opened."""
    whose = _whose(connection, asked)
    at_of = {one.complaint_id: one.complained_at for one in asked}
    given = {
        "complaints": [row[0] for row in whose],
        "contacts": [row[1] for row in whose],
        "ats": [at_of[row[0]] for row in whose],
        "planned": look_back + PLANNED_BEFORE,
        "reach": look_back,
        "most": MOST,
        **_STATS,
    }
    rows = connection.execute(_MESSAGES, given).fetchall()
    named = _named_ids(connection, asked)
    if named:
        given = {
            "complaints": [row[0] for row in named],
            "messages": [row[1] for row in named],
            "hows": [row[2] for row in named],
            **_STATS,
        }
        rows += connection.execute(_NAMED, given).fetchall()
    hers = {(row[0], row[1]): (row[2], row[3]) for row in whose}
    found: dict[int, dict[int, Candidate]] = defaultdict(dict)
    for complaint_id, *values in rows:
        one = _candidate(complaint_id, values, hers)
        known = found[complaint_id].get(one.message_id)
        if known is None or one.named:
            found[complaint_id][one.message_id] = one
    return {complaint_id: list(ones.values()) for complaint_id, ones in found.items()}


_STATS = {
    "left": [Outcome.ACCEPTED.value, Outcome.UNCERTAIN.value],
    "delivered": list(DELIVERED_STATS),
    "between": list(INTERMEDIATE_STATS),
}


def _whose(connection: Connection, asked: Sequence[Asked]) -> list[tuple[int, int, bool, bool]]:
    known = [one for one in asked if one.phone_index]
    given = {
        "ids": [one.complaint_id for one in known],
        "indexes": [one.phone_index for one in known],
    }
    rows = connection.execute(_WHOSE, given).fetchall()
    found: dict[tuple[int, int], tuple[int, int, bool, bool]] = {}
    for row in rows:  # who has the number now, and had lost it before, has it
        key = (row[0], row[1])
        if key not in found or not row[2]:
            found[key] = (row[0], row[1], row[2], row[3])
    return list(found.values())


def _named_ids(connection: Connection, asked: Sequence[Asked]) -> list[tuple[int, int, str]]:
    """What the sources name, as message ids. A carrier's id is text, hexadecimal digits or a number."""
    found = []
    carrier: dict[bytes, list[int]] = defaultdict(list)
    for one in asked:
        text = one.names_message.strip()
        if text.isascii() and text.isdigit() and len(text) < 19:
            found.append((one.complaint_id, int(text), NAMED_MESSAGE))
        for key in carrier_ids(text):
            carrier[key].append(one.complaint_id)
    if carrier:
        rows = connection.execute(
            "select distinct carrier_id, message_id from attempt where carrier_id = any(%s::bytea[])",
            (list(carrier),),
        ).fetchall()
        for key, message_id in rows:
            found += [(one, message_id, NAMED_CARRIER_ID) for one in carrier[bytes(key)]]
    return found


def carrier_ids(text: str) -> list[bytes]:
    """The bytes a carrier's id may be kept as: its text; its hexadecimal digits (SGIP, SMGP); as a number, the eight
    bytes of CMPP's Msg_Id."""
    if not text or not text.isascii():
        return []
    forms = [text.encode()]
    if len(text) % 2 == 0 and all(one in "0123456789abcdefABCDEF" for one in text):
        forms.append(bytes.fromhex(text))
    if text.isdigit() and int(text) < 2**64:
        forms.append(int(text).to_bytes(8, "big"))
    return forms


def _candidate(
    complaint_id: int, values: Sequence[Any], hers: dict[tuple[int, int], tuple[bool, bool]]
) -> Candidate:
    message_id, plan_id, contact_id, consent_seq, channel_id, sent_at, delivered, body, named = values
    formerly, other_number = hers.get((complaint_id, contact_id), (False, True))
    return Candidate(
        message_id=message_id,
        plan_id=plan_id,
        contact_id=contact_id,
        consent_seq=consent_seq,
        channel_id=channel_id,
        sent_at=sent_at,
        delivered=delivered,
        named=named,
        other_number=other_number,
        formerly=formerly,
        body=_opened(bytes(body)),
    )


def _opened(sealed: bytes) -> str:
    """Empty where the text was erased or cannot be opened: then there is nothing to compare."""
    try:
        text = vault().open(Kind.BODY, sealed)
    except InvalidInput:
        return ""
    return "" if text == GONE else text
