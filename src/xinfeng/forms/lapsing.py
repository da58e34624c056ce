"""Tidying up behind codes: what nobody confirmed lapses, narrow consents are taken back, numbers are forgotten.

The consent to one code is as narrow as that. Once the submission has ended, confirmed or not, an entry takes it back
(unless she has agreed to service messages otherwise). A contact that was made only to send a code to is erased again
when the code lapses: its number is gone, an empty row remains that old facts mention. A suppression that was narrowed
for the code is as wide as before again, unless she confirmed that she wants to be written to.
"""

from __future__ import annotations

from datetime import datetime

from xinfeng.consent.actions import append_entries
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.narrowing import widen
from xinfeng.forms.submissions import LIFE
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block

_STEP = 500

_LAPSE = """\
update submission set state = 'lapsed', answers_sealed = null, phone_sealed = null, phone_index = null
where id in (
  select id from submission where state = 'awaiting' and created_at <= %(since)s order by created_at limit %(step)s
  for update skip locked
) returning id"""

_TO_TAKE_BACK = """\
select s.id, s.contact_id, s.code_entry, 'form:' || f.slug, st.entry_seq = s.code_entry as still
from submission s join form f on f.id = s.form_id
left join standing st on st.contact_id = s.contact_id and st.purpose = 'service'
where s.code_entry is not null and s.code_entry_back is null and s.state <> 'awaiting'
  and not exists (select from submission o where o.contact_id = s.contact_id and o.state = 'awaiting')
order by s.id limit %(step)s for update of s skip locked"""

# While another code is on its way to the number, it stays open for that.
_NARROWED = """\
select s.id, s.narrowed from submission s
where s.narrowed <> '{}' and s.state <> 'awaiting' and not exists (
  select from submission o join suppression x on x.phone_index = o.phone_index
  where o.state = 'awaiting' and x.id = any(s.narrowed))
order by s.id limit %(step)s for update of s skip locked"""

# Whoever did anything else in the meantime, or of whom anything else was said, stays.
_FORGET = """\
update contact c set state = 2, phone_sealed = null, phone_index = null, tail_index = null, name_sealed = null,
  name_index = null, province = null, city = null, birthday = null, attrs = '{}', updated_at = %(now)s
where c.id = any(%(ids)s::bigint[]) and c.state = 0 and c.external_id is null and c.tags = '{}'
  and not exists (select from submission o where o.contact_id = c.id and o.state <> 'lapsed')
  and not exists (select from event e where e.contact_id = c.id)
  and not exists (
    select from consent_entry e where e.contact_id = c.id and e.evidence not like 'code requested, submission %%'
      and e.evidence not like 'code settled, submission %%')
returning c.id"""


def lapse(*, now: datetime) -> int:
    """End submissions nobody has confirmed in time; returns how many. In steps, each its own transaction."""
    count = 0
    while True:
        with bulk_transaction() as connection:
            take_block(connection, "contact", 0)
            given = {"since": now - LIFE, "step": _STEP}
            rows = connection.execute(_LAPSE, given).fetchall()
        count += len(rows)
        if len(rows) < _STEP:
            break
    while _take_back(now=now) == _STEP:
        pass
    while _widen(now=now) == _STEP:
        pass
    _forget(now=now)
    return count


def _take_back(*, now: datetime) -> int:
    """Withdraw narrow consents whose submissions have ended; returns how many were settled."""
    with bulk_transaction() as connection:
        rows = connection.execute(_TO_TAKE_BACK, {"step": _STEP}).fetchall()
        still = [row for row in rows if row[4]]
        entries = [
            NewEntry(
                contact_id, "service", False, now, source, None, f"code settled, submission {id_}", source
            )
            for id_, contact_id, _, source, _ in still
        ]
        _mark(connection, [(row[0], row[2]) for row in rows if not row[4]])
        seqs = append_entries(connection, entries, now=now)
        _mark(connection, [(row[0], seq) for row, seq in zip(still, seqs, strict=True)])
    return len(rows)


def _widen(*, now: datetime) -> int:
    """Suppress again for all messages what was narrowed for codes that came to nothing; returns how many."""
    with bulk_transaction() as connection:
        take_block(connection, "contact", 0)
        rows = connection.execute(_NARROWED, {"step": _STEP}).fetchall()
        if rows:
            connection.execute(
                "update submission set narrowed = '{}' where id = any(%s)", ([row[0] for row in rows],)
            )
            ids = [suppression for row in rows for suppression in row[1]]
            widen(connection, ids, why="code settled", actor="system:forms", now=now)
    return len(rows)


def _mark(connection: Connection, settled: list[tuple[int, int]]) -> None:
    if settled:
        connection.execute(
            "update submission s set code_entry_back = u.seq"
            " from unnest(%s::bigint[], %s::bigint[]) as u(id, seq) where s.id = u.id",
            ([one for one, _ in settled], [seq for _, seq in settled]),
        )


def _forget(*, now: datetime) -> int:
    """Erase contacts that lapsed submissions had made and nothing else has named since."""
    with bulk_transaction() as connection:
        take_block(connection, "contact", 0)
        rows = connection.execute(
            "select id, contact_id from submission where state = 'lapsed' and made_contact"
            " and (code_entry is null or code_entry_back is not null) order by id limit %s for update skip locked",
            (_STEP,),
        ).fetchall()
        if not rows:
            return 0
        ids = [row[1] for row in rows]
        gone = connection.execute(_FORGET, {"ids": ids, "now": now}).fetchall()
        connection.execute(
            "update submission set made_contact = false where id = any(%s)", ([row[0] for row in rows],)
        )
        for row in gone:
            audit.record(
                actor="system:forms",
                action="contact.forget",
                kind="contact",
                subject=row[0],
                why="code lapsed",
            )
    return len(gone)
