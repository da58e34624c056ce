"""The tiers' rules in force, their history, and giving a few people theirs right after something happened to them
(feature A8); everybody's are computed in the lens, by `tier_placing`.

What decides is `tier_decision.decide`; `recompute_tiers_of` asks it of PostgreSQL, in the caller's transaction. Every
change leaves a fact. Loading this module doesn't load the lens: processes that have none change consent, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.contacts.models import AttributeKind, EventKind, Tag, TierFact
from xinfeng.contacts.tier_rules import TierRules, bounds, check, read_rules
from xinfeng.foundation import audit, stored
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.jobs import app
from xinfeng.foundation.models import AuditEntry

__all__ = [
    "TierChange",
    "TierRules",
    "ask_to_catch_up",
    "change_tier_rules",
    "history",
    "industry_tags",
    "recompute_tiers_of",
    "rule_changes",
    "tier_rules",
]

KEY = "tiers"
APPLY = "contacts.apply_tier_rules"
"""The job that gives everybody the tier that changed rules say."""

CATCH_UP = "contacts.catch_up"
"""The job that gives newcomers a tier."""

YES = ("true", "是")
"""Texts of the attribute that marks our own trade that say yes."""


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
    # Ibis finds the words, and takes longer to load than most processes that change consent have to start.
    from xinfeng.contacts.tier_decision import sql_of_decision

    take_block(connection, "contact", 0)
    rules = tier_rules()
    kind = _attribute_kind(connection, rules.industry_attribute)
    statement = _OF_SOME.format(decision=sql_of_decision(rules.order), says_yes=_SAYS_YES.get(kind, "false"))
    given: dict[str, Any] = {
        "ids": ids,
        "now": now,
        "cause": cause,
        "industry_tags": industry_tags(rules),
        "attribute": rules.industry_attribute,
        "yes": list(YES),
        "interactions": list(rules.interactions),
        "purchase": int(EventKind.PURCHASE),
    }
    return connection.execute(statement, given | bounds(rules, now)).rowcount


def _attribute_kind(connection: Connection, key: str) -> AttributeKind | None:
    row = connection.execute("select kind from attribute where key = %s", (key,)).fetchone() if key else None
    return AttributeKind(row[0]) if row else None


def industry_tags(rules: TierRules) -> list[int]:
    """The tag that marks our own trade, and the one it was merged into."""
    if not rules.industry_tag:
        return []
    found = Tag.objects.filter(name=rules.industry_tag).values_list("id", "merged_into_id")
    return sorted({one for pair in found for one in pair if one is not None})


def ask_to_catch_up() -> None:
    """Let a worker give newcomers their tier now rather than at the next half hour; deferred in the caller's
    transaction, one that waits already is enough."""
    try:
        with transaction.atomic():
            app.configure_task(CATCH_UP, queueing_lock=CATCH_UP).defer(timestamp=0)
    except AlreadyEnqueued:
        return  # one that has not begun yet will see these, too
