"""Tiers (feature A8): who is active, dormant, potential, of our own trade, new. Rules are data.

The first rule that fits decides, in this order: industry, new, active, dormant, potential. Sources of the
defaults: the product's feature list (active: bought in 3 months; dormant: no interaction for 6 months; potential:
left details, never bought; new: first month). Interaction is any event at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from xinfeng.contacts.models import EventKind, Tier
from xinfeng.foundation import audit, stored
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.kernel.errors import InvalidInput

KEY = "tiers"
_STEP = 50_000


@dataclass(frozen=True, slots=True)
class TierRules:
    """Spans in days; `industry_tag` marks those of our own trade, as does the attribute `industry_attribute`
    (a key; empty: not used) when it says yes."""

    new_days: int = 30
    active_days: int = 92
    dormant_days: int = 183
    industry_tag: str = "同业"
    industry_attribute: str = ""


def tier_rules() -> TierRules:
    """The rules in force."""
    return TierRules(**stored.read(KEY, {}))


def change_tier_rules(rules: TierRules, *, actor: str) -> None:
    """Keep other rules; they take effect with the next computation.

    Raises InvalidInput `tiers.span` (field) unless 0 < active ≤ dormant and all spans are at most ten years.
    """
    for name in ("new_days", "active_days", "dormant_days"):
        if not 0 < getattr(rules, name) <= 3660:
            raise InvalidInput("tiers.span", field=name)
    if rules.active_days > rules.dormant_days:
        raise InvalidInput("tiers.span", field="dormant_days")
    stored.write(KEY, asdict(rules), actor=actor)
    audit.record(actor=actor, action="tiers.change", kind="setting", subject=KEY, **asdict(rules))


_RECOMPUTE = """\
with latest as (
  select e.contact_id, max(e.at) as event_at, max(e.at) filter (where e.kind = %(purchase)s) as bought_at
  from event e where e.{which} group by e.contact_id
), decided as (
  select c.id, case
    when c.tags && %(industry_tags)s::int[]
      or (%(attribute)s::text <> '' and c.attrs ->> %(attribute)s::text in ('true', '是')) then %(industry)s
    when c.joined_at > %(new_since)s then %(new)s
    when l.bought_at > %(active_since)s then %(active)s
    when coalesce(l.event_at, c.joined_at) <= %(dormant_since)s then %(dormant)s
    when l.bought_at is null then %(potential)s
    else %(none)s end as tier
  from contact c left join latest l on l.contact_id = c.id where c.{which_contact}
)
update contact c set tier = d.tier from decided d where c.id = d.id and c.tier <> d.tier"""

_OF_SOME = _RECOMPUTE.format(
    which="contact_id = any(%(ids)s::bigint[])", which_contact="id = any(%(ids)s::bigint[])"
)
_OF_A_RANGE = _RECOMPUTE.format(
    which="contact_id between %(first)s and %(last)s", which_contact="id between %(first)s and %(last)s"
)


def recompute_tiers(*, now: datetime, progress: Callable[[int], None] | None = None) -> int:
    """Give everybody the tier the rules say, in steps of their own; returns how many changed."""
    changed = after = 0
    while True:
        with bulk_transaction() as connection:
            [[last]] = connection.execute(
                "select max(id) from (select id from contact where id > %s order by id limit %s) step",
                (after, _STEP),
            ).fetchall()
            if last is None:
                return changed
            given = _given(connection, now) | {"first": after + 1, "last": last}
            changed += connection.execute(_OF_A_RANGE, given).rowcount
        after = last
        if progress is not None:
            progress(after)


def recompute_tiers_of(connection: Connection, contact_ids: Iterable[int], *, now: datetime) -> int:
    """The same for some contacts, in the caller's transaction: after their events or tags have changed."""
    ids = sorted(set(contact_ids))
    if not ids:
        return 0
    return connection.execute(_OF_SOME, _given(connection, now) | {"ids": ids}).rowcount


def _given(connection: Connection, now: datetime) -> dict[str, Any]:
    """The rules as parameters; takes the turn for writing contacts, so that rows are locked in one order."""
    take_block(connection, "contact", 0)
    rules = tier_rules()
    tags = connection.execute("select id from tag where name = %s", (rules.industry_tag,)).fetchall()
    return {
        "industry_tags": [row[0] for row in tags],
        "attribute": rules.industry_attribute,
        "new_since": now - timedelta(days=rules.new_days),
        "active_since": now - timedelta(days=rules.active_days),
        "dormant_since": now - timedelta(days=rules.dormant_days),
        "purchase": int(EventKind.PURCHASE),
        "industry": int(Tier.INDUSTRY),
        "new": int(Tier.NEW),
        "active": int(Tier.ACTIVE),
        "dormant": int(Tier.DORMANT),
        "potential": int(Tier.POTENTIAL),
        "none": int(Tier.NONE),
    }
