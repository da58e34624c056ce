"""Giving everybody their tiers, computed in the lens; only differences are written, and every change leaves a fact."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa
from pyarrow import csv

from xinfeng.contacts.models import EventKind
from xinfeng.contacts.persons import of_person, withdrawn
from xinfeng.contacts.tier_decision import decide
from xinfeng.contacts.tier_rules import TierRules, bounds
from xinfeng.contacts.tiers import YES, industry_tags, tier_rules
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.lens.engine import Lens, lens

_STEP = 50_000
_ROUNDS = 3


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
    for tag in industry_tags(rules):
        says = says | contact["tags"].contains(tag).fill_null(False)
    column = f"attr_{rules.industry_attribute}"
    if rules.industry_attribute and column in contact.columns:
        value = contact[column]
        if value.type().is_boolean():
            says = says | value.fill_null(False)
        elif value.type().is_string():
            says = says | value.isin(YES).fill_null(False)
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
