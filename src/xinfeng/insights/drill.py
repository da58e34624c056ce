"""The contacts behind a number, page by page, and all of them as a file.

Ids and outcomes come from the lens, numbers from the vault: masked, unless a door decided that this person may
have them, which is audited.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, BinaryIO

import ibis
import xlsxwriter
from django.db import connection, transaction

from xinfeng.channels.models import Channel
from xinfeng.delivery.models import ReplyMeaning
from xinfeng.delivery.outcomes import FALLEN_BACK, MessageState, message_state
from xinfeng.foundation import audit, security
from xinfeng.foundation.vault import Kind, vault
from xinfeng.insights import cells
from xinfeng.insights.stages import handed_over, staged
from xinfeng.insights.words import STAGES, code_name
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import mask
from xinfeng.lens.engine import Lens, lens


class Group(StrEnum):
    """Which contacts: everybody planned, a stage of their message, those left out, those who answered; of 5G messages,
    those whose handset showed it and those whom the SMS behind it went to."""

    PLANNED = "planned"
    WAITING = "waiting"
    ON_WIRE = "on_wire"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    DISPLAYED = "displayed"
    FELL_BACK = "fell_back"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    WITHHELD = "withheld"
    LEFT_OUT = "left_out"
    REPLIED = "replied"
    OPTED_OUT = "opted_out"


@dataclass(frozen=True)
class Selection:
    """A number that was clicked. `code` narrows to a carrier's code or a reason; the others to a line of the
    report (`province` "" means unknown); `kind` to messages that went over channels of that kind. None: any."""

    group: Group
    code: str | None = None
    tier: int | None = None
    province: str | None = None
    carrier: int | None = None
    level: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Row:
    """One contact behind a number. `message_id` is None for those left out; `phone` is masked; `kind`: of the channel that
    carried it, which tells what `code` means."""

    contact_id: int
    phone: str
    message_id: int | None
    stage: str
    code: str
    parts: int
    cost_li: int
    province: str
    city: str
    level: str
    tier: int
    kind: str = ""


@dataclass(frozen=True)
class Page:
    """`after` continues; None: this was the last page. `total` counts the whole selection."""

    rows: tuple[Row, ...]
    total: int
    after: int | None


def contacts(plan_id: int, selection: Selection, *, after: int = 0, limit: int = 50) -> Page:
    """A page of the contacts behind a number, ascending by contact id."""
    if not 1 <= limit <= 1000:
        raise InvalidInput("insights.limit", at_most=1000)
    copy = lens()
    copy.refresh()
    chosen = _chosen(copy, plan_id, selection)
    total = int(copy.scalar(chosen.count()))
    found = _rows(copy, chosen, after=after, limit=limit + 1)
    page = _with_phones(found[:limit], clear=False)
    return Page(tuple(page), total, page[-1].contact_id if len(found) > limit else None)


def contact_ids(plan_id: int, selection: Selection) -> list[int]:
    """All of them, for example to make a list segment of."""
    copy = lens()
    copy.refresh()
    chosen = _chosen(copy, plan_id, selection)
    ids: list[int] = copy.rows(chosen.select("contact_id").order_by("contact_id"))["contact_id"].to_pylist()
    return ids


def export_csv(
    plan_id: int,
    selection: Selection,
    *,
    actor: str,
    clear_numbers: bool = False,
    reason: str = "",
    language: str = "zh",
) -> Iterator[bytes]:
    """The selection as a CSV file in pieces. `clear_numbers` is the door's decision; either way it is audited.

    Raises InvalidInput `export.reason` for clear numbers without a reason, or `export.reason_rows` (rows, most).
    """
    total = _audit(plan_id, selection, actor=actor, clear_numbers=clear_numbers, reason=reason, form="csv")
    return cells.csv_lines(_header(language), _lines(plan_id, selection, total, clear_numbers, language))


def export_xlsx(
    target: BinaryIO,
    plan_id: int,
    selection: Selection,
    *,
    actor: str,
    clear_numbers: bool = False,
    reason: str = "",
    language: str = "zh",
) -> None:
    """The same as a workbook, written with constant memory; texts are texts, never formulas."""
    total = _audit(plan_id, selection, actor=actor, clear_numbers=clear_numbers, reason=reason, form="xlsx")
    if total > MOST_SHEET_ROWS:
        raise InvalidInput("insights.too_many_rows", rows=total, at_most=MOST_SHEET_ROWS)
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, _header(language), book.add_format({"bold": True}))
        for number, line in enumerate(_lines(plan_id, selection, total, clear_numbers, language), start=1):
            sheet.write_row(number, 0, [cells.safe(cell) for cell in line])


MOST_SHEET_ROWS = 1_048_575
"""What a worksheet holds below its header."""

_PAGE = 1000

_COLUMNS = {
    "zh": (
        "客户编号",
        "手机号",
        "状态",
        "代码",
        "说明",
        "计费条",
        "计划费用（元）",
        "省份",
        "城市",
        "会员等级",
    ),
    "en": (
        "Contact",
        "Phone",
        "State",
        "Code",
        "Meaning",
        "Parts",
        "Planned cost (yuan)",
        "Province",
        "City",
        "Level",
    ),
}


def _header(language: str) -> tuple[str, ...]:
    return _COLUMNS["en" if language.startswith("en") else "zh"]


def _lines(
    plan_id: int, selection: Selection, total: int, clear: bool, language: str
) -> Iterator[tuple[cells.Cell, ...]]:
    copy = lens()
    chosen = _chosen(copy, plan_id, selection)
    after = 0
    for _ in range(0, total, _PAGE):
        page = _with_phones(_rows(copy, chosen, after=after, limit=_PAGE), clear=clear)
        for row in page:
            yield (
                row.contact_id,
                row.phone,
                STAGES[row.stage].in_(language),
                row.code,
                code_name(row.code, language, row.kind),
                row.parts,
                row.cost_li / 1000,
                row.province,
                row.city,
                row.level,
            )
        if not page:
            return
        after = page[-1].contact_id


def _audit(
    plan_id: int, selection: Selection, *, actor: str, clear_numbers: bool, reason: str, form: str
) -> int:
    if clear_numbers and not reason.strip():
        raise InvalidInput("export.reason")
    copy = lens()
    copy.refresh()
    total = int(copy.scalar(_chosen(copy, plan_id, selection).count()))
    most = security.current().reason_from_rows
    if total > most and not reason.strip():
        raise InvalidInput("export.reason_rows", rows=total, most=most)
    with transaction.atomic():
        audit.record(
            actor=actor,
            action="plan.export",
            kind="plan",
            subject=plan_id,
            group=str(selection.group),
            code=selection.code,
            rows=total,
            clear_numbers=clear_numbers,
            reason=reason,
            form=form,
        )
    return total


def _chosen(copy: Lens, plan_id: int, selection: Selection) -> ibis.Table:
    """`contact_id`, `message_id`, `stage`, `code`, `parts`, `cost_li` and the contact's report columns."""
    rows = (
        _left_out(copy, plan_id) if selection.group is Group.LEFT_OUT else _messages(copy, plan_id, selection)
    )
    if selection.code is not None:
        rows = rows.filter(rows["code"] == selection.code)
    if selection.kind is not None:
        channels = Channel.objects.filter(kind=selection.kind).values_list("pk", flat=True)
        rows = rows.filter(rows["channel_id"].isin([*channels, 0]))
    contact = copy.table("contact")
    contact = contact.select("id", "province", "city", "level", "tier", "carrier")
    rows = rows.left_join(contact, rows["contact_id"] == contact["id"]).drop("id")
    for column in ("tier", "carrier"):
        wanted = getattr(selection, column)
        if wanted is not None:
            rows = rows.filter(rows[column] == wanted)
    for column in ("province", "level"):
        wanted = getattr(selection, column)
        if wanted is not None:
            rows = rows.filter(rows[column].fill_null("") == wanted)
    return rows


def _messages(copy: Lens, plan_id: int, selection: Selection) -> ibis.Table:
    rows = staged(message_state(copy, [plan_id]), handed_over(plan_id))
    group = selection.group
    if group in (Group.REPLIED, Group.OPTED_OUT):
        reply = copy.table("reply")
        reply = reply.filter(reply["plan_id"] == plan_id)
        if group is Group.OPTED_OUT:
            reply = reply.filter(reply["meaning"] == ReplyMeaning.OPT_OUT.value)
        rows = rows.semi_join(reply, "message_id")
    elif group is Group.DISPLAYED:
        rows = rows.filter(rows["displayed"])
    elif group is Group.FELL_BACK:
        accepted = rows["stage"] == MessageState.ACCEPTED.value
        rows = rows.filter(accepted, rows["code"] == FALLEN_BACK)
    elif group is not Group.PLANNED:
        rows = rows.filter(rows["stage"] == str(group))
    return rows.select("contact_id", "message_id", "stage", "code", "parts", "cost_li", "channel_id")


def _left_out(copy: Lens, plan_id: int) -> ibis.Table:
    rows = copy.table("left_out")
    rows = rows.filter(rows["plan_id"] == plan_id)
    return rows.select(
        "contact_id",
        message_id=ibis.null("int64"),
        stage=ibis.literal("left_out"),
        code=rows["reason"],
        parts=ibis.literal(0, "int16"),
        cost_li=ibis.literal(0, "int32"),
        channel_id=ibis.null("int64"),
    )


def _rows(copy: Lens, chosen: ibis.Table, *, after: int, limit: int) -> list[dict[str, Any]]:
    page = chosen.filter(chosen["contact_id"] > after).order_by("contact_id").limit(limit)
    rows: list[dict[str, Any]] = copy.rows(page).to_pylist()
    return rows


def _with_phones(found: list[dict[str, Any]], *, clear: bool) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, phone_sealed from contact where id = any(%s) and phone_sealed is not null",
            ([row["contact_id"] for row in found],),
        )
        sealed = [(int(row[0]), bytes(row[1])) for row in cursor.fetchall()]
    numbers = vault().open_many(Kind.PHONE, [phone for _, phone in sealed])
    over = {row["channel_id"] for row in found if row["channel_id"] is not None}
    kinds = dict(Channel.objects.filter(pk__in=over).values_list("pk", "kind")) if over else {}
    shown = {
        contact_id: number if clear else mask(number)
        for (contact_id, _), number in zip(sealed, numbers, strict=True)
    }
    return [
        Row(
            contact_id=row["contact_id"],
            phone=shown.get(row["contact_id"], ""),
            message_id=row["message_id"],
            stage=row["stage"],
            code=row["code"] or "",
            parts=row["parts"],
            cost_li=row["cost_li"],
            province=row["province"] or "",
            city=row["city"] or "",
            level=row["level"] or "",
            tier=row["tier"] or 0,
            kind=kinds.get(row["channel_id"], ""),
        )
        for row in found
    ]
