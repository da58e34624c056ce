"""Giving people their tiers (feature A8): everybody at night, a few right after something happened to them.

What decides is `tier_rules.decide`. Everybody's tiers are computed in the lens and only differences are written;
`recompute_tiers_of` asks PostgreSQL the same about some, in the caller's transaction. Every change leaves a fact.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa
from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued
from pyarrow import csv

from xinfeng.contacts.models import AttributeKind, EventKind, Tag, TierFact
from xinfeng.contacts.persons import of_person, withdrawn
from xinfeng.contacts.tier_rules import TierRules, bounds, check, decide, read_rules, sql_of_decision
from xinfeng.foundation import audit, stored
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.jobs import app
from xinfeng.foundation.models import AuditEntry
from xinfeng.lens.engine import Lens, lens

__all__ = [
    "TierChange",
    "TierRules",
    "ask_to_catch_up",
    "change_tier_rules",
    "history",
    "placed",
    "recompute_tiers",
    "recompute_tiers_of",
    "rule_changes",
    "tier_rules",
]

KEY = "tiers"
APPLY = "contacts.apply_tier_rules"
"""The job that gives everybody the tier that changed rules say."""

CATCH_UP = "contacts.catch_up"
"""The job that gives newcomers a tier."""

_STEP = 50_000
_ROUNDS = 3
_YES = ("true", "是")


def tier_rules() -> TierRules:
    """The rules in force."""
    return read_rules(stored.read(KEY, {}))


def change_tier_rules(rules: TierRules, *, actor: str) -> None:
    """Keep other rules; a job gives everybody the tier they say. Raises InvalidInput as `tier_rules.check`."""
    check(rules)
    with bulk_transaction():
        stored.write(KEY, rules.as_json(), actor=actor)
        audit.record(actor=actor, action="tiers.change", kind="setting", subject=KEY, **rules.as_json())
        app.configure_task(APPLY).defer()


@dataclass(frozen=True, slots=True)
class RuleChange:
    """Somebody changed the rules; `rules` are those in force from then on."""

    at: datetime
    actor: str
    rules: TierRules


def rule_changes(limit: int = 20) -> list[RuleChange]:
    """Who changed the rules, latest first."""
    entries = AuditEntry.objects.filter(action="tiers.change", object_kind="setting", object_id=KEY)
    return [
        RuleChange(one.at, one.actor, read_rules(one.detail))
        for one in entries.order_by("-at", "-id")[:limit]
    ]


@dataclass(frozen=True, slots=True)
class TierChange:
    """A contact came from one tier into another. `cause`: `event`, `new`, `nightly`, `rules`, `catch_up`."""

    at: datetime
    before: int
    tier: int
    cause: str


def history(contact_id: int, limit: int = 200) -> list[TierChange]:
    """How a contact moved between tiers, latest first."""
    facts = TierFact.objects.filter(contact_id=contact_id).order_by("-at", "-id")[:limit]
    return [TierChange(one.at, one.before, one.tier, one.cause) for one in facts]


_OF_SOME = """\
with asked as (
  select distinct coalesce(merged_into, id) as id from contact where id = any(%(ids)s::bigint[])
), person as (
  select c.* from contact c join asked using (id) where c.state = 0
), member as (
  select id as person, id from person
  union all
  select c.merged_into, c.id from contact c where c.merged_into = any(array(select id from person))
), latest as (
  select e.contact_id, max(e.at) filter (where e.kind = %(purchase)s) as bought_at,
    max(e.at) filter (where %(interactions)s::int[] = '{{}}' or e.kind = any(%(interactions)s::int[])) as event_at
  from event e where e.contact_id = any(array(select id from member)) and e.at <= %(now)s group by e.contact_id
), known as (
  select p.id, coalesce(t.tier, 0::smallint) as before, case when p.created_at = %(now)s then 'new' else %(cause)s end as cause,
    exists(select from standing s where s.contact_id = p.id and s.purpose = 'profiling' and not s.granted
      and s.entry_seq is not null) as withdrawn,
    p.tags && %(industry_tags)s::int[] or coalesce({says_yes}, false) as industry,
    p.joined_at, l.event_at, l.bought_at, %(new_since)s::timestamptz as new_since,
    %(active_since)s::timestamptz as active_since, %(dormant_since)s::timestamptz as dormant_since
  from person p left join (
    select m.person, max(l.event_at) as event_at, max(l.bought_at) as bought_at
    from member m join latest l on l.contact_id = m.id group by m.person
  ) l on l.person = p.id left join placement t on t.contact_id = p.id
), decided as (
  {decision}
), changed as (
  merge into placement p using (select * from decided where tier <> before) d on p.contact_id = d.id
  when matched then update set tier = d.tier
  when not matched then insert (contact_id, tier) values (d.id, d.tier)
  returning d.id, d.before, d.tier, d.cause
)
insert into tier_fact (contact_id, before, tier, at, cause)
select id, before, tier, %(now)s, cause from changed"""

_SAYS_YES: Mapping[str | None, str] = {
    AttributeKind.BOOL: "p.attrs -> %(attribute)s = 'true'::jsonb",
    AttributeKind.TEXT: "p.attrs ->> %(attribute)s = any(%(yes)s)",
    AttributeKind.CHOICE: "p.attrs ->> %(attribute)s = any(%(yes)s)",
}


def recompute_tiers_of(
    connection: Connection, contact_ids: Iterable[int], *, now: datetime, cause: str = "event"
) -> int:
    """Give some contacts the tier the rules say, in the caller's transaction; returns how many changed.

    For after their events, tags, attributes or consent have changed, and for new ones (their fact has the cause
    `new`, if they were made at `now`). An id that was merged away stands for the survivor; consent's tables are
    asked by name, because what they say binds and consent lives above.
    """
    ids = sorted(set(contact_ids))
    if not ids:
        return 0
    take_block(connection, "contact", 0)
    rules = tier_rules()
    kind = _attribute_kind(connection, rules.industry_attribute)
    statement = _OF_SOME.format(decision=sql_of_decision(rules.order), says_yes=_SAYS_YES.get(kind, "false"))
    given: dict[str, Any] = {
        "ids": ids,
        "now": now,
        "cause": cause,
        "industry_tags": _industry_tags(rules),
        "attribute": rules.industry_attribute,
        "yes": list(_YES),
        "interactions": list(rules.interactions),
        "purchase": int(EventKind.PURCHASE),
    }
    return connection.execute(statement, given | bounds(rules, now)).rowcount


def _attribute_kind(connection: Connection, key: str) -> AttributeKind | None:
    row = connection.execute("select kind from attribute where key = %s", (key,)).fetchone() if key else None
    return AttributeKind(row[0]) if row else None


def _industry_tags(rules: TierRules) -> list[int]:
    """The tag that marks our own trade, and the one it was merged into."""
    if not rules.industry_tag:
        return []
    found = Tag.objects.filter(name=rules.industry_tag).values_list("id", "merged_into_id")
    return sorted({one for pair in found for one in pair if one is not None})


def placed(copy: Lens, rules: TierRules, *, now: datetime, among: ibis.Table | None = None) -> ibis.Table:
    """Where the rules place everybody (or those `among`, by `id`): columns `id`, `before` (now's tier), `tier`."""
    contact, event = copy.table("contact"), of_person(copy, copy.table("event"))
    if among is not None:
        contact = contact.semi_join(among, "id")
        event = event.semi_join(among, event["contact_id"] == among["id"])
    counts = event["kind"].isin(rules.interactions) if rules.interactions else ibis.literal(True)
    past = event["at"] <= now
    latest = event.group_by("contact_id").agg(
        event_at=event["at"].max(where=past & counts),
        bought_at=event["at"].max(where=past & (event["kind"] == int(EventKind.PURCHASE))),
    )
    met = contact.left_join(latest, contact["id"] == latest["contact_id"]).drop("contact_id")
    said_no = withdrawn(copy).select("contact_id", said_no=ibis.literal(True))
    met = met.left_join(said_no, met["id"] == said_no["contact_id"])
    known = met.select(
        "id",
        "joined_at",
        "event_at",
        "bought_at",
        before=met["tier"],
        withdrawn=met["said_no"].fill_null(False),
        industry=_of_our_trade(met, rules),
        **{name: ibis.literal(at) for name, at in bounds(rules, now).items()},
    )
    return known.select("id", "before", tier=decide(known, rules.order))


def _of_our_trade(contact: ibis.Table, rules: TierRules) -> Any:
    says: Any = ibis.literal(False)
    for tag in _industry_tags(rules):
        says = says | contact["tags"].contains(tag).fill_null(False)
    column = f"attr_{rules.industry_attribute}"
    if rules.industry_attribute and column in contact.columns:
        value = contact[column]
        if value.type().is_boolean():
            says = says | value.fill_null(False)
        elif value.type().is_string():
            says = says | value.isin(_YES).fill_null(False)
    return says


def recompute_tiers(
    *,
    now: datetime,
    cause: str = "nightly",
    copy: Lens | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Give everybody the tier the rules say; returns how many changed.

    Computed in the lens (of this process, if none is given); only differences are written, in steps of their own,
    and only where nobody was faster. If people did something meanwhile, it looks once more. `progress` gets how
    many of how many differences are written.
    """
    copy = copy or lens()
    changed = 0
    for _ in range(_ROUNDS):
        copy.refresh()
        seen = _newest_event(copy)
        table = placed(copy, tier_rules(), now=now)
        differences = copy.rows(table.filter(table["tier"] != table["before"]).order_by("id"))
        changed += write_changes(differences, now=now, cause=cause, progress=progress)
        if not differences.num_rows:
            break
        copy.refresh()
        if _newest_event(copy) == seen:
            break
    return changed


def catch_up_tiers(copy: Lens, *, now: datetime) -> int:
    """Give a tier to those who came without one, and take it from those who withdrew profiling; cheap."""
    contact = copy.table("contact")
    said_no = contact.semi_join(withdrawn(copy), contact["id"] == withdrawn(copy)["contact_id"])
    among = ibis.union(
        said_no.filter(said_no["tier"] != 0).select("id"), contact.filter(contact["tier"] == 0).select("id")
    )
    if not copy.scalar(among.limit(1).count()):
        return 0
    table = placed(copy, tier_rules(), now=now, among=among)
    return write_changes(copy.rows(table.filter(table["tier"] != table["before"])), now=now, cause="catch_up")


def ask_to_catch_up() -> None:
    """Let a worker give newcomers their tier now rather than at the next half hour; deferred in the caller's
    transaction, one that waits already is enough."""
    try:
        with transaction.atomic():
            app.configure_task(CATCH_UP, queueing_lock=CATCH_UP).defer(timestamp=0)
    except AlreadyEnqueued:
        return  # one that has not begun yet will see these, too


def _newest_event(copy: Lens) -> int | None:
    newest: int | None = copy.scalar(copy.table("event")["id"].max())
    return newest


_STAGE = """\
create temp table if not exists staged_tier (id bigint, before smallint, tier smallint) on commit delete rows"""

_WRITE = """\
with changed as (
  merge into placement p using (select s.* from staged_tier s join contact c using (id) where c.state = 0) s
    on p.contact_id = s.id
  when matched and p.tier = s.before then update set tier = s.tier
  when not matched and s.before = 0 then insert (contact_id, tier) values (s.id, s.tier)
  returning s.id, s.before, s.tier
)
insert into tier_fact (contact_id, before, tier, at, cause) select id, before, tier, %s, %s from changed"""


def write_changes(
    differences: pa.Table,
    *,
    now: datetime,
    cause: str,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Give people other tiers, with their facts, in transactions of their own; returns how many changed.

    `differences` has columns `id`, `before`, `tier`; a row whose contact is not `before` any more is passed over.
    """
    changed = 0
    for start in range(0, differences.num_rows, _STEP):
        step = differences.slice(start, _STEP)
        with bulk_transaction() as connection:
            take_block(connection, "contact", 0)
            connection.execute(_STAGE)
            connection.execute("truncate staged_tier")
            with connection.cursor().copy("copy staged_tier from stdin (format csv)") as rows:
                rows.write(_as_csv(step))
            changed += connection.execute(_WRITE, (now, cause)).rowcount
        if progress is not None:
            progress(min(start + _STEP, differences.num_rows), differences.num_rows)
    return changed


def _as_csv(rows: pa.Table) -> bytes:
    text = io.BytesIO()
    csv.write_csv(rows, text, csv.WriteOptions(include_header=False))
    return text.getvalue()
