"""How long sending records are kept: messages with their texts, and all facts about them.

Before a month goes, what its plans came to is counted and kept (`plan_totals`), so that old reports stay readable.
A message's facts are never older than the message, so whatever stays is whole; the copy in the lens follows.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from xinfeng.channels.reads import telling_displayed
from xinfeng.delivery.models import Plan, PlanTotals, ReplyMeaning
from xinfeng.delivery.outcomes import FALLEN_BACK, MessageState, message_state
from xinfeng.foundation import database
from xinfeng.foundation.database import Connection
from xinfeng.foundation.partitions import next_month
from xinfeng.foundation.retention import (
    SIX_MONTHS,
    TWO_YEARS,
    Cut,
    Kept,
    Months,
    MonthTable,
    Rows,
    Together,
    gone,
    month_start,
)
from xinfeng.lens.engine import Lens, lens

RECORDS = (
    "通信短信息服务管理规定（工信部令第 74 号，2026-05-01 起）：收发时间、号码和端口短信内容留存不少于六个月（此前五个月）",
    "Provisions on SMS services (MIIT Order 74, since 2026-05-01): times, numbers and texts of port SMS for at least six "
    "months (formerly five)",
)

_OF_MESSAGE = "message_id in (select m.id from message m where m.contact_id = any(%(contacts)s) or m.plan_id = any(%(plans)s))"
_OF_ROW = "contact_id = any(%(contacts)s) or plan_id = any(%(plans)s)"

_OF_PARCEL = (
    "plan_id = any(%(plans)s) or first_id in (select m.id from message m where m.contact_id = any(%(contacts)s))"
    " or last_id > first_id and exists (select from message m where m.contact_id = any(%(contacts)s)"
    " and m.id between first_id and last_id)"
)

_WITHOUT_MESSAGES = (
    "state = 'done' and not exists (select from message m"
    " where m.id between chunk.first_id and chunk.last_id and m.planned_at = chunk.planned_at)"
)

TABLES = (
    MonthTable("receipt_match", _OF_MESSAGE),
    MonthTable("receipt", _OF_MESSAGE),
    MonthTable("attempt", _OF_MESSAGE),
    MonthTable("withheld", _OF_MESSAGE),
    MonthTable("left_out", _OF_ROW),
    MonthTable("reply", _OF_ROW),
    MonthTable("parcel", _OF_PARCEL),
    MonthTable("message", _OF_ROW),
)
"""What rests on others first."""

_IN_LENS = {
    "receipt_match": ("at", "message_id"),
    "receipt": ("received_at", "message_id"),
    "attempt": ("at", "message_id"),
    "withheld": ("at", "message_id"),
    "message": ("planned_at", "id"),
}
_AT_ONCE = 200
_NOT_BILLED = (MessageState.PLANNED, MessageState.WITHHELD, MessageState.UNCERTAIN)


def keep_totals(connection: Connection, month: date, cut: Cut) -> None:
    """Count what the plans came to whose messages are about to go, unless that was done."""
    first, after = month_start(month), month_start(next_month(month))
    found = Plan.objects.filter(planned_at__gte=first, planned_at__lt=after).order_by("pk")
    done = set(PlanTotals.objects.filter(plan_id__in=found.values("pk")).values_list("plan_id", flat=True))
    missing = [plan_id for plan_id in found.values_list("pk", flat=True) if plan_id not in done]
    if not missing:
        return
    copy = lens()
    copy.refresh()
    for start in range(0, len(missing), _AT_ONCE):
        rows = count_totals(copy, missing[start : start + _AT_ONCE], now=cut.now)
        with transaction.atomic():
            PlanTotals.objects.bulk_create(rows, ignore_conflicts=True)


def count_totals(copy: Lens, plan_ids: Collection[int], *, now: datetime) -> list[PlanTotals]:
    """What plans came to, by the lens as it is; also of those without a message."""
    totals = {
        plan_id: PlanTotals(plan_id=plan_id, counted_at=now, messages=0, parts=0, cost_li=0, planned=0, withheld=0,
                            uncertain=0, accepted=0, delivered=0, failed=0, displayed=0, displayed_of=0, fell_back=0,
                            replied=0, opted_out=0,
                            left_out={}, failed_by={})
        for plan_id in plan_ids
    }  # fmt: skip
    states = message_state(copy, plan_ids)
    telling = telling_displayed()
    counted = states.group_by("plan_id", "state", "code", "channel_id").aggregate(
        n=states.count(),
        parts=states["parts"].sum(),
        cost=states["cost_li"].sum(),
        displayed=states["displayed"].sum(),
    )
    for row in copy.rows(counted).to_pylist():
        one = totals[row["plan_id"]]
        state, n = MessageState(row["state"]), int(row["n"])
        setattr(one, state.value, getattr(one, state.value) + n)
        one.messages += n
        one.parts += int(row["parts"])
        one.displayed += int(row["displayed"] or 0)
        one.displayed_of += n if state is MessageState.DELIVERED and row["channel_id"] in telling else 0
        one.fell_back += n if state is MessageState.ACCEPTED and row["code"] == FALLEN_BACK else 0
        if state not in _NOT_BILLED:
            one.cost_li += int(row["cost"])
        if state is MessageState.FAILED and row["code"]:
            one.failed_by[row["code"]] = one.failed_by.get(row["code"], 0) + n
    _add_left_out(copy, totals)
    _add_replies(copy, totals)
    return list(totals.values())


def _add_left_out(copy: Lens, totals: dict[int, PlanTotals]) -> None:
    left_out = copy.table("left_out")
    left_out = left_out.filter(left_out["plan_id"].isin(list(totals)))
    counted = left_out.group_by("plan_id", "reason").aggregate(n=left_out.count())
    for row in copy.rows(counted).to_pylist():
        totals[row["plan_id"]].left_out[row["reason"]] = int(row["n"])


def _add_replies(copy: Lens, totals: dict[int, PlanTotals]) -> None:
    reply = copy.table("reply")
    reply = reply.filter(reply["plan_id"].isin(list(totals)))
    is_opt_out = reply["meaning"] == ReplyMeaning.OPT_OUT.value
    counted = reply.group_by("plan_id").aggregate(
        replied=reply["contact_id"].nunique(), opted_out=reply["contact_id"].nunique(where=is_opt_out)
    )
    for row in copy.rows(counted).to_pylist():
        one = totals[row["plan_id"]]
        one.replied, one.opted_out = int(row["replied"]), int(row["opted_out"])


def follow_in_lens(cut: Cut) -> None:
    """Let go in the lens of the months that PostgreSQL has let go of, but for persons and plans that are held."""
    copy = lens()
    copy.refresh()
    with database.connect() as connection:
        held = _held_messages(connection, cut)
        for name, (column, keep) in _IN_LENS.items():
            for since, before in gone(connection, name, cut.before):
                copy.forget(name, column=column, since=since, before=before, keep=keep, ids=held)
        for name, column in (("left_out", "at"), ("reply", "received_at")):
            contacts = _held_contacts(copy, name, cut)
            for since, before in gone(connection, name, cut.before):
                copy.forget(name, column=column, since=since, before=before, keep="contact_id", ids=contacts)


def _held_contacts(copy: Lens, name: str, cut: Cut) -> list[int]:
    """Whose rows stay: those held themselves, and those of plans that are held."""
    of_plans = copy.table(name)
    of_plans = of_plans.filter(of_plans["plan_id"].isin(list(cut.holds.plans) or [0]))
    found = copy.rows(of_plans.select("contact_id").distinct())["contact_id"].to_pylist()
    return sorted({*cut.holds.contacts, *(one for one in found if one is not None)})


def _held_messages(connection: Connection, cut: Cut) -> list[int]:
    if not (cut.holds.contacts or cut.holds.plans):
        return []
    rows = connection.execute(f"select id from message where {_OF_ROW}", cut.params).fetchall()  # noqa: S608
    return [row[0] for row in rows]


RETENTION = (
    Kept(
        "messages",
        ("发送记录", "Sending records"),
        (
            "短信和正文、5G 卡片、提交、回执、回复、未发和被排除的原因",
            "messages with their texts and cards, attempts, receipts, replies, why some were withheld or left out",
        ),
        RECORDS,
        SIX_MONTHS,
        TWO_YEARS,
        Together(
            (
                Months(TABLES, before_drop=keep_totals, afterwards=follow_in_lens),
                Rows("chunk", "planned_at", where=_WITHOUT_MESSAGES),
                Rows("reply_handled", "at"),
            )
        ),
        order=10,
    ),
)
