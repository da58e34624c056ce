"""Law 3 after a restore: what may have left since the backup was made is uncertain, and never sent again.

A plan that was open then may have been sent to its end since. So every message of it that nothing is known about
becomes uncertain, with the code `restored`; its receipt, should the carrier still tell it, says how it ended. Only where
a person answers for it that nothing was sent since (`Gap.nothing_sent`) does the rest stay queued: then just what was
under way, up to the watermarks, is uncertain. Either way the plan is paused.
"""

from __future__ import annotations

from collections.abc import Mapping

from xinfeng.delivery import number_news
from xinfeng.delivery.codes import RESTORED as CODE
from xinfeng.foundation import stored
from xinfeng.foundation.backups.settling import ACTOR, Gap, Restored
from xinfeng.foundation.database import Connection

REASON = "restored"

_UNCERTAIN = """
with mine as (
  select k.id, k.channel_id, k.first_id, k.planned_at, coalesce(p.started_at, k.planned_at) as sent_at,
    case when %(nothing_sent)s then k.intent_upto else k.last_id end as upto
  from chunk k join plan p on p.id = k.plan_id
  where k.state = 'leased' or k.state = 'queued' and not %(nothing_sent)s and p.state <> 'stopped'
)
insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)
select m.id, part, k.channel_id, 4, %(code)s, k.sent_at, %(now)s
from mine k
join message m on m.planned_at = k.planned_at and m.id between k.first_id and k.upto
cross join lateral generate_series(1, m.parts::int) as part
where not exists (select from withheld w where w.message_id = m.id and w.at >= k.planned_at)
  and not exists (
    select from attempt a where a.message_id = m.id and a.part = part and a.outcome <> 3 and a.at >= k.planned_at
  )"""

_CHUNKS = """
update chunk k set
  state = case when p.state <> 'stopped' and not %(nothing_sent)s or k.intent_upto >= k.last_id then 'done' else 'queued' end,
  intent_upto = case when p.state <> 'stopped' and not %(nothing_sent)s then k.last_id
                     else coalesce(k.intent_upto, k.first_id - 1) end,
  leased_by = null, lease_until = null
from plan p
where p.id = k.plan_id and k.state <> 'done' and (k.state = 'leased' or not %(nothing_sent)s)"""

_PAUSE = """
update plan set state = 'paused', reason = %(reason)s where state in ('ready', 'running')"""


def _settle(connection: Connection, gap: Gap) -> Mapping[str, int]:
    given = {"nothing_sent": gap.nothing_sent, "code": CODE, "now": gap.now, "reason": REASON}
    uncertain = connection.execute(_UNCERTAIN, given).rowcount
    connection.execute(_CHUNKS, given)
    paused = connection.execute(_PAUSE, given).rowcount
    confirmations = connection.execute(
        "update opt_out_confirmation set settled_at = %(now)s where settled_at is null", given
    ).rowcount
    if stored.read(number_news.KEY, None) is not None:
        seen = {table: {"seen": gap.seen, "upto": "", "xid": "0", "id": 0} for table in number_news.TABLES}
        stored.write(number_news.KEY, seen, actor=ACTOR)
    return {"parts_uncertain": uncertain, "plans_paused": paused, "confirmations_dropped": confirmations}


def _unread(table: str, key: str) -> str:
    """Not seen by the last round, nor by the part that is done of the round under way."""
    place = f"(select value -> '{table}' from stored_setting where key = '{number_news.KEY}')"  # noqa: S608
    seen, upto = (f"nullif({place} ->> '{name}', '')::pg_snapshot" for name in ("seen", "upto"))
    return (
        f"coalesce(not pg_visible_in_snapshot(r.xid, {seen}), true)"
        f" and not coalesce(pg_visible_in_snapshot(r.xid, {upto})"
        f" and (r.xid, r.{key}) <= (({place} ->> 'xid')::xid8, ({place} ->> 'id')::bigint), false)"
    )


RESTORED = (
    Restored(
        "delivery",
        settle=_settle,
        unread={
            "receipt": _unread("receipt", "id"),
            "receipt_match": _unread("receipt_match", "receipt_id"),
            "attempt": _unread("attempt", "message_id"),
        },
        order=20,
    ),
)
