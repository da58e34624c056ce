"""Receipts that found no message when they came: they find it later. Set-based, safe to repeat.

A receipt may come over any channel of the carrier account that the message went by (`Channel.carrier_account`).

1. Its carrier id is named by an attempt by now (it came before the response), or by another receipt that has
   found its message (it came twice).
2. Its carrier id is that of a message to the same number, spelled as some carriers spell ids in receipts: hexadecimal
   for decimal, other zeros in front, octets the other way round. (Where an account is configured as its carrier
   writes, nothing is left to do here.)
3. An uncertain message: a receipt that nobody else claims, on the same account, for the same number, not before
   the message can have left. Receipts and messages of a number are paired in the order of time, parts in order.

Some take a message whole and report on it once: such a receipt is about every part (WHOLE_KINDS).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg

from xinfeng.channels.models import WHOLE_KINDS, ChannelKind
from xinfeng.protocols.cmpp.messages import other_order
from xinfeng.protocols.smpp.receipts import other_spellings

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]

PATIENCE = timedelta(seconds=5)
"""How long a response may still follow its receipt before the receipt may settle an uncertain message."""

REACH = timedelta(hours=72)
"""How old a receipt may be to be matched; carriers report within 48 hours by default, some within 72."""


async def match_receipts(
    connection: AsyncConnection, *, since: datetime, now: datetime, spelled_since: datetime | None = None
) -> int:
    """Match what was received since then; returns how many receipts have found their message.

    `spelled_since`: what is older was looked for under other spellings before, in vain (None: as `since`). Accounts that
    others send by, too, bring any number of receipts that nobody here waits for.
    """
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(%s)", (_MATCHING,))
        by_id = await connection.execute(_BY_CARRIER_ID, {"since": since, "now": now})
        matched = by_id.rowcount + await _match_other_spellings(
            connection, since=since if spelled_since is None else max(since, spelled_since), now=now
        )
        by_phone = await connection.execute(
            _BY_PHONE,
            {
                "since": since,
                "now": now,
                "settled": now - PATIENCE,
                "reach": now - REACH,
                "whole": sorted(WHOLE_KINDS),
            },
        )
        return matched + by_phone.rowcount


async def _match_other_spellings(connection: AsyncConnection, *, since: datetime, now: datetime) -> int:
    spellings = _SPELLINGS
    found = await connection.execute(
        _UNNAMED,
        {
            "since": since,
            "settled": now - PATIENCE,
            "kinds": [str(kind) for kind in spellings],
            "most": MOST_SPELLED,
        },
    )
    receipts, spelled = [], []
    for receipt_id, kind, carrier_id in await found.fetchall():
        others = spellings[kind](bytes(carrier_id))
        receipts += [receipt_id] * len(others)
        spelled += others
    if not receipts:
        return 0
    matched = await connection.execute(
        _BY_SPELLING, {"receipts": receipts, "spelled": spelled, "reach": now - REACH, "now": now}
    )
    return matched.rowcount


_SPELLINGS: dict[str, Callable[[bytes], list[bytes]]] = {
    ChannelKind.SMPP: other_spellings,
    ChannelKind.CMPP2: other_order,
    ChannelKind.CMPP3: other_order,
}

MOST_SPELLED = 5000
"""Receipts in one round. The latest first: those of long ago were tried when they came."""

_MATCHING = 0x58_46_00_10
"""Advisory lock: one gateway matches at a time, so no receipt is matched twice."""

_OPEN = """
  select r.id, k.carrier_account, k.kind, r.carrier_id, r.phone_index, r.stat, r.received_at
  from receipt r join channel k on k.id = r.channel_id
  where r.message_id is null and r.received_at >= %(since)s
    and not exists (select from receipt_match x where x.receipt_id = r.id and x.at >= %(since)s)
"""

_ACCOUNT = "select one.id from channel one where one.carrier_account = open.carrier_account"

_BY_CARRIER_ID = """
with open as (<open>)
insert into receipt_match (receipt_id, message_id, part, stat, at)
select open.id, found.message_id, found.part, open.stat, %(now)s
from open
left join lateral (
  select a.message_id from attempt a
  where a.carrier_id = open.carrier_id and a.channel_id in (<account>)
  order by a.at desc limit 1
) latest on true
cross join lateral (
  select distinct a.message_id, a.part from attempt a
  where a.carrier_id = open.carrier_id and a.channel_id in (<account>) and a.message_id = latest.message_id
  union all
  select x.message_id, x.part from receipt_match x
  where latest.message_id is null and x.receipt_id = (
    select twin.id from receipt twin
    where twin.message_id is null and twin.carrier_id = open.carrier_id and twin.channel_id in (<account>)
      and twin.phone_index = open.phone_index and twin.id <> open.id and exists (select from receipt_match y where y.receipt_id = twin.id)
    limit 1
  )
) found
""".replace("<open>", _OPEN).replace("<account>", _ACCOUNT)

_UNNAMED = """
with open as (<open>
    and r.received_at < %(settled)s
)
select open.id, open.kind, open.carrier_id from open where open.kind = any(%(kinds)s)
order by open.id desc limit %(most)s
""".replace("<open>", _OPEN)

_BY_SPELLING = """
insert into receipt_match (receipt_id, message_id, part, stat, at)
select distinct on (r.id) r.id, a.message_id, a.part, r.stat, %(now)s
from unnest(%(receipts)s::bigint[], %(spelled)s::bytea[]) as w (receipt_id, spelling)
join receipt r on r.id = w.receipt_id and r.message_id is null
join channel mine on mine.id = r.channel_id
join attempt a on a.carrier_id = w.spelling
  and a.channel_id in (select one.id from channel one where one.carrier_account = mine.carrier_account)
  and a.sent_at <= r.received_at and a.at >= %(reach)s
join message m on m.id = a.message_id
join contact c on c.id = m.contact_id and c.phone_index = r.phone_index
order by r.id, a.at desc
"""

_BY_PHONE = """
with open as (<open>
    and r.received_at < %(settled)s
),
claims as (
  select carrier_account, carrier_id, phone_index, min(received_at) as received_at,
    row_number() over (partition by carrier_account, phone_index order by min(received_at), carrier_id) as turn
  from open group by carrier_account, carrier_id, phone_index
),
uncertain as (
  select k.carrier_account, c.phone_index, u.message_id, u.part, min(u.sent_at) as sent_at,
    dense_rank() over (
      partition by k.carrier_account, c.phone_index
      order by min(u.sent_at), u.message_id, case when k.kind = any(%(whole)s) then 1 else u.part end
    ) as turn
  from (select distinct phone_index, carrier_account from claims) wanted
  join contact c on c.phone_index = wanted.phone_index
  join message m on m.contact_id = c.id
  join attempt u on u.message_id = m.id and u.outcome = 4 and u.at >= %(reach)s
  join channel k on k.id = u.channel_id and k.carrier_account = wanted.carrier_account
  where not exists (
      select from attempt a where a.message_id = u.message_id and a.part = u.part and a.outcome in (1, 2)
    )
    and not exists (select from receipt_match x where x.message_id = u.message_id and x.part = u.part)
  group by k.carrier_account, k.kind, c.phone_index, u.message_id, u.part
),
pairs as (
  select claims.carrier_account, claims.carrier_id, uncertain.message_id, uncertain.part
  from claims join uncertain using (carrier_account, phone_index, turn)
  where uncertain.sent_at <= claims.received_at
)
insert into receipt_match (receipt_id, message_id, part, stat, at)
select open.id, pairs.message_id, pairs.part, open.stat, %(now)s
from pairs join open using (carrier_account, carrier_id)
""".replace("<open>", _OPEN)
