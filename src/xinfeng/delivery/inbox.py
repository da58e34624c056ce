"""The inbox: texts from handsets, newest first, and who has dealt with them.

A text is somebody's own words, so it stays sealed unless the door says that this person may read it; each page
read is one audit entry with the ids of its replies.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from xinfeng.contacts.members import leads_to, members
from xinfeng.delivery.models import ReplyHandled, ReplyMeaning
from xinfeng.foundation import audit
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import mask

_FAR_BACK = timedelta(days=400)
"""How far back unhandled replies are counted; partitions before that are not touched."""


@dataclass(frozen=True)
class InboxQuery:
    """`meaning` is a ReplyMeaning or empty; `handled` None means either. `after` continues a page.

    `contact_id` is any row of a person; what came under her other rows belongs to it.
    """

    meaning: str = ""
    handled: bool | None = None
    contact_id: int | None = None
    plan_id: int | None = None
    after: str = ""
    limit: int = 50


@dataclass(frozen=True)
class InboxRow:
    """One reply. `phone` is masked; `text` is None for those who may not read it."""

    id: int
    at: datetime
    channel_id: int
    contact_id: int | None
    message_id: int | None
    plan_id: int | None
    phone: str
    to_number: str
    meaning: str
    text: str | None
    handled_by: str
    handled_at: datetime | None


@dataclass(frozen=True)
class InboxPage:
    """`after` continues; empty on the last page."""

    rows: tuple[InboxRow, ...]
    after: str


def inbox(query: InboxQuery, *, reader: str | None) -> InboxPage:
    """A page of replies. `reader` opens the texts and is audited; None leaves them sealed.

    Raises InvalidInput `request.page` for a cursor that is none, `reply.meaning`.
    """
    if query.meaning and query.meaning not in ReplyMeaning.values:
        raise InvalidInput("reply.meaning", meaning=query.meaning[:20])
    found = _rows(_page(query), _parameters(query))
    rows = found[: query.limit]
    phones = vault().open_many(Kind.PHONE, [bytes(row["phone_sealed"]) for row in rows])
    texts: list[str | None] = [None] * len(rows)
    if reader is not None and rows:
        texts = list(vault().open_many(Kind.REPLY, [bytes(row["body_sealed"]) for row in rows]))
        _note_reading(reader, [row["id"] for row in rows])
    page = tuple(_row(row, phone, text) for row, phone, text in zip(rows, phones, texts, strict=True))
    more = len(found) > query.limit
    return InboxPage(page, f"{page[-1].at.isoformat()},{page[-1].id}" if more else "")


def unhandled(*, now: datetime) -> int:
    """Replies that wait for somebody: all but opt-outs, which are binding by themselves."""
    [row] = _rows(_UNHANDLED, {"since": now - _FAR_BACK, "opt_out": ReplyMeaning.OPT_OUT})
    return int(row["n"])


def handle_reply(reply_id: int, *, actor: str, now: datetime) -> None:
    """Somebody has dealt with it; doing it twice changes nothing. Raises NotFound `reply.unknown`."""
    if not _rows("select 1 as n from reply where id = %(id)s", {"id": reply_id}):
        raise NotFound("reply.unknown", reply=reply_id)
    with transaction.atomic():
        _, made = ReplyHandled.objects.get_or_create(reply_id=reply_id, defaults={"by": actor, "at": now})
        if made:
            audit.record(actor=actor, action="reply.handle", kind="reply", subject=reply_id)


def _note_reading(reader: str, ids: list[int]) -> None:
    with transaction.atomic():
        audit.record(actor=reader, action="reply.read", kind="reply", subject=ids[0], replies=ids)


_UNHANDLED = """
select count(*) as n from reply left join reply_handled handled on handled.reply_id = reply.id
where handled.reply_id is null and reply.meaning <> %(opt_out)s and reply.received_at > %(since)s
"""


_PAGE = """
select reply.*, handled.by as handled_by, handled.at as handled_at
from reply left join reply_handled handled on handled.reply_id = reply.id
where true"""

_NEWEST_FIRST = " order by reply.received_at desc, reply.id desc limit %(limit)s"


def _page(query: InboxQuery) -> str:
    conditions = []
    if query.meaning:
        conditions.append("reply.meaning = %(meaning)s")
    if query.handled is not None:
        # an opt-out needs nobody: it counts as dealt with
        done = "(handled.reply_id is not null or reply.meaning = 'opt_out')"
        conditions.append(done if query.handled else f"not {done}")
    if query.contact_id is not None:
        conditions.append("reply.contact_id = any(%(contacts)s)")
    if query.plan_id is not None:
        conditions.append("reply.plan_id = %(plan)s")
    if query.after:
        conditions.append("reply.received_at <= %(at)s and (reply.received_at, reply.id) < (%(at)s, %(id)s)")
    return " and ".join([_PAGE, *conditions]) + _NEWEST_FIRST


def _parameters(query: InboxQuery) -> dict[str, Any]:
    given: dict[str, Any] = {
        "meaning": query.meaning,
        "contacts": _rows_of(query.contact_id),
        "plan": query.plan_id,
        "limit": query.limit + 1,
    }
    if query.after:
        at, _, id_ = query.after.rpartition(",")
        try:
            given |= {"at": datetime.fromisoformat(at), "id": int(id_)}
        except ValueError:
            raise InvalidInput("request.page") from None
        if given["at"].tzinfo is None or abs(given["id"]) >= 2**63:
            raise InvalidInput("request.page")
    return given


def _rows_of(contact_id: int | None) -> list[int]:
    """All rows that are the same person as this one."""
    if contact_id is None:
        return []
    return members(leads_to(contact_id) or contact_id)


def _row(row: dict[str, Any], phone: str, text: str | None) -> InboxRow:
    return InboxRow(
        id=row["id"],
        at=row["received_at"],
        channel_id=row["channel_id"],
        contact_id=row["contact_id"],
        message_id=row["message_id"],
        plan_id=row["plan_id"],
        phone=mask(phone),
        to_number=row["to_number"],
        meaning=row["meaning"],
        text=text,
        handled_by=row["handled_by"] or "",
        handled_at=row["handled_at"],
    )


def _rows(statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
