"""The rows behind a number of the account: messages, and contacts that were left out; page by page, from the lens."""

from __future__ import annotations

from dataclasses import dataclass

import ibis

from xinfeng.delivery.models import Plan
from xinfeng.delivery.outcomes import message_state
from xinfeng.inspection.period import Scope
from xinfeng.inspection.sampling import Sampled, chains
from xinfeng.inspection.volume import fresh, messages
from xinfeng.lens.engine import Lens


@dataclass(frozen=True, slots=True)
class Which:
    """What narrows the messages of a period further. `carrier` by number range (0: unknown). `proven` "yes", "no" or
    "missing" (the ledger has no such entry). Empty or None: any."""

    purpose: str = ""
    carrier: int | None = None
    source: str = ""
    proven: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """`after` continues; None: the last page."""

    rows: tuple[Sampled, ...]
    after: int | None


def message_rows(asked: Scope, which: Which, *, after: int = 0, limit: int = 50) -> Page:
    """Messages with their chains, by number."""
    copy = fresh()
    rows = _narrowed(copy, asked, which)
    found = copy.rows(rows.filter(rows["id"] > after).select("id").order_by("id").limit(limit + 1))
    ids = found["id"].to_pylist()
    return Page(tuple(chains(ids[:limit])), ids[limit - 1] if len(ids) > limit else None)


def _narrowed(copy: Lens, asked: Scope, which: Which) -> ibis.Table:
    rows = messages(copy, asked).select("id", "plan_id", "contact_id", "consent_seq")
    if which.purpose:
        plans = Plan.objects.filter(
            purpose=which.purpose, planned_at__gte=asked.since, planned_at__lt=asked.until
        )
        rows = rows.filter(rows["plan_id"].isin(list(plans.values_list("pk", flat=True)) or [0]))
    if which.carrier is not None:
        contact = copy.table("contact")
        known = contact.filter(contact["carrier"].fill_null(0) == which.carrier).select(who=contact["id"])
        rows = rows.semi_join(known, rows["contact_id"] == known["who"])
    if which.source or which.proven:
        entry = copy.table("consent_entry")
        entry = entry.filter(entry["granted"])
        if which.source:
            entry = entry.filter(entry["source"] == which.source)
        if which.proven in ("yes", "no"):
            entry = entry.filter(entry["proven"] == (which.proven == "yes"))
        seqs = entry.select(relied=entry["seq"])
        join = rows.anti_join if which.proven == "missing" else rows.semi_join
        rows = join(seqs, rows["consent_seq"] == seqs["relied"])
    if which.state:
        states = message_state(copy, asked.plan_ids(), since=asked.since, until=asked.until)
        states = states.filter(states["state"] == which.state).select(of=states["message_id"])
        rows = rows.semi_join(states, rows["id"] == states["of"])
    return rows


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    contact_id: int
    plan_id: int


def left_out_rows(
    asked: Scope, reason: str, *, after: str = "", limit: int = 50
) -> tuple[list[LeftOutRow], str]:
    """Contacts that one gate refused; the second value continues, empty on the last page."""
    copy = fresh()
    rows = copy.table("left_out")
    rows = rows.filter(rows["at"] >= asked.since, rows["at"] < asked.until, rows["reason"] == reason)
    if (plans := asked.plan_ids()) is not None:
        rows = rows.filter(rows["plan_id"].isin(plans or [0]))
    plan, _, contact = after.partition("-")
    if plan.isdigit() and contact.isdigit() and len(after) < 40:
        later = (rows["plan_id"] == int(plan)) & (rows["contact_id"] > int(contact))
        rows = rows.filter((rows["plan_id"] > int(plan)) | later)
    page = rows.select("plan_id", "contact_id").order_by(["plan_id", "contact_id"]).limit(limit + 1)
    found = [LeftOutRow(row["contact_id"], row["plan_id"]) for row in copy.rows(page).to_pylist()]
    shown = found[:limit]
    return shown, f"{shown[-1].plan_id}-{shown[-1].contact_id}" if len(found) > limit else ""
