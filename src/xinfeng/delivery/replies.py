"""Texts from handsets: put together, understood, stored; opt-outs bind before the carrier hears that we have them.

A long text comes in parts, each a delivery of its own. None is acknowledged before the whole is committed; what
stays incomplete for `PATIENCE_S` is stored as far as it came. Storing is one synchronous transaction in a thread
of its own, because it goes through the actions of contacts and consent.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

import psycopg
from django.db import Error as DjangoDatabaseError
from django.db import connection as django_connection

from xinfeng.channels.lines import Line
from xinfeng.consent.actions import OptOut, record_opt_outs
from xinfeng.contacts.events import append_events
from xinfeng.contacts.models import EventKind
from xinfeng.contacts.records import EventRecord
from xinfeng.contacts.sql import find_by_phone_indexes
from xinfeng.content.marks import Booked, Tapped, booked
from xinfeng.delivery import confirmation_queue
from xinfeng.delivery.models import ReplyMeaning
from xinfeng.delivery.opt_out import reads_as_opt_out
from xinfeng.delivery.receipts import index_of
from xinfeng.delivery.repeats import ALIKE, Wording, Wordings
from xinfeng.foundation.database import Connection as SyncConnection
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.locks import REPLIES, hold_for_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.incoming import read_incoming
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.text import UserDataHeader, parse_udh
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.traffic import Reply as Delivered

log = logging.getLogger(__name__)

PATIENCE_S = 5.0
"""How long the parts of a long text are waited for; below the time after which carriers deliver again (60 s)."""

DELIVERED_AGAIN_S = 180.0
"""How long after a text a part of it may come once more: 60 s without an answer, three times (CMPP 3.0.0, chapter 6)."""

MOST_WHOLE = 5_000
"""Long texts whose parts are remembered, whatever comes."""

RECENT = timedelta(days=60)
"""How far back the message is looked for that a reply answers."""

REPEATED = timedelta(days=7)
"""How far back a reply is looked for that may have come before. Carriers give up delivering after three days."""

LONGEST_TEXT = 20_000
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Fragment:
    """One delivery, read as far as it goes."""

    connection: Line | None
    sequence: int
    delivery_id: bytes
    number: str
    to_number: str
    header: UserDataHeader
    text: str
    at: float
    """When it came; monotonic."""
    octets: bytes = b""
    coding: int | None = None
    """What the text was read from. Handsets cut letters in two: what stands in several parts is read as a whole."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A whole reply, of one or several deliveries. `data`: what is behind a button that was tapped; its label is then
    the text."""

    channel_id: int
    number: str
    to_number: str
    text: str
    fragments: tuple[Fragment, ...]
    data: str = ""
    again: bool = False
    """Only a part that came once more, of a text that was handed over before: to be acknowledged after that, not stored."""
    fresh: str = ""
    """A word of its own, where it has no id but is certainly not one that was delivered before (`delivery.repeats`)."""

    @property
    def line(self) -> Line | None:
        """The connection its first part came by; None for what was told in another way."""
        return self.fragments[0].connection

    @property
    def has_id(self) -> bool:
        """Whether the carrier gave it one."""
        return any(self.fragments[0].delivery_id)

    @property
    def wording(self) -> Wording:
        """All there is to know it by, where it has no id."""
        return self.channel_id, self.number, self.to_number, self.text

    @property
    def source_index(self) -> bytes | None:
        """Which reply this is, should the carrier deliver it again, as a keyed hash. The text belongs to it: a
        carrier that counts its ids anew must not have another text taken for this one. Where it gives no ids, number and
        text are all there is, for a short time; what was told without a connection then has no repeats: None."""
        if not self.has_id:
            if self.line is None:
                return None
            place = f"{self.channel_id}:{self.number}:{self.to_number}:{self.fresh}"
            return vault().index(f"alike:{place}:{self.text}")
        first = self.fragments[0].delivery_id
        behind = f":{self.data}" if self.data else ""
        return vault().index(f"reply:{self.channel_id}:{first.hex()}:{self.number}:{self.text}{behind}")


def read(delivered: Delivered, connection: Line | None, at: float) -> Fragment:
    """Understand one delivery. Never fails: what is no text is shown as octets."""
    sequence, delivery_id, number, to_number, udhi, msg_fmt, content, _ = delivered
    header: UserDataHeader | None = None
    if udhi:
        header, content = parse_udh(content)
    text = read_incoming(content, msg_fmt)
    coding = None if text is None else msg_fmt
    return Fragment(
        connection,
        sequence,
        delivery_id,
        bare(number),
        to_number[:30],
        header or UserDataHeader(),
        "0x" + content.hex() if text is None else text,
        at,
        content,
        coding,
    )


def bare(number: str) -> str:
    """A mainland number without decoration; any other as it came."""
    try:
        return parse_mainland(number)
    except InvalidInput:
        return number


class Assembly:
    """Puts long texts together. Pure; `now` is a monotonic number of seconds.

    A part that comes again is acknowledged with the first, or, once its text is whole, behind it. Another part in its
    place begins another text: what there was is handed over as far as it came.
    """

    def __init__(self) -> None:
        self._open: dict[_Key, dict[int, Fragment]] = {}
        self._again: dict[_Key, list[Fragment]] = {}
        self._whole: dict[_Key, tuple[float, dict[int, Fragment]]] = {}
        """Texts that were handed over whole, and when; the oldest first."""

    def add(self, channel_id: int, fragment: Fragment) -> Incoming | None:
        """The whole text, once its last part is here; or an earlier one that can't become whole any more."""
        header = fragment.header
        if header.total <= 1:
            return Incoming(channel_id, fragment.number, fragment.to_number, fragment.text, (fragment,))
        key = (channel_id, fragment.number, fragment.to_number, header.reference, header.total)
        if key not in self._open and self._is_of_whole(key, fragment):
            return Incoming(channel_id, fragment.number, fragment.to_number, "", (fragment,), again=True)
        parts = self._open.setdefault(key, {})
        there = parts.get(header.index)
        if there is not None:
            if (there.octets, there.coding) == (fragment.octets, fragment.coding):
                self._again.setdefault(key, []).append(fragment)
                return None
            broken_off = self._join(key)
            self._open[key] = {header.index: fragment}
            return broken_off
        parts[header.index] = fragment
        if len(parts) < header.total:
            return None
        self._whole.pop(key, None)
        self._whole[key] = (fragment.at, dict(parts))
        return self._join(key)

    def _is_of_whole(self, key: _Key, fragment: Fragment) -> bool:
        """Whether it is a part of a text that became whole a moment ago, come once more: by its id for as long as
        carriers deliver again, else by what it says for as long as parts are waited for."""
        while self._whole:
            oldest = next(iter(self._whole))
            if len(self._whole) <= MOST_WHOLE and fragment.at < self._whole[oldest][0] + DELIVERED_AGAIN_S:
                break
            del self._whole[oldest]
        at, parts = self._whole.get(key, (0.0, {}))
        there = parts.get(fragment.header.index)
        if there is None or (there.octets, there.coding) != (fragment.octets, fragment.coding):
            return False
        same = any(fragment.delivery_id) and there.delivery_id == fragment.delivery_id
        return same or fragment.at < at + PATIENCE_S

    def overdue(self, now: float) -> list[Incoming]:
        """Texts whose missing parts are not waited for any longer."""
        late = [
            key
            for key, parts in self._open.items()
            if min(part.at for part in parts.values()) + PATIENCE_S <= now
        ]
        return [self._join(key) for key in late]

    def _join(self, key: _Key) -> Incoming:
        parts, again = self._open.pop(key), self._again.pop(key, [])
        ordered = [parts[index] for index in sorted(parts)]
        first = ordered[0]
        return Incoming(key[0], first.number, first.to_number, _whole_text(ordered), (*ordered, *again))


_Key = tuple[int, str, str, int, int]
"""Channel, number, what it was sent to, reference, parts in all."""


def _whole_text(parts: Sequence[Fragment]) -> str:
    """Neighbours in one coding are read together: the halves of an emoji, or of a GBK letter, may lie in two parts."""
    runs: list[list[Fragment]] = []
    for part in parts:
        last = runs[-1][-1] if runs else None
        joined = last is not None and part.coding is not None and part.coding == last.coding
        if last is not None and joined and part.header.index == last.header.index + 1:
            runs[-1].append(part)
        else:
            runs.append([part])
    return "".join([_text_of(run) for run in runs])


def _text_of(run: Sequence[Fragment]) -> str:
    coding = run[0].coding
    whole = read_incoming(b"".join([part.octets for part in run]), coding) if coding is not None else None
    return whole if whole is not None else "".join([part.text for part in run])


class ReplyDesk:
    """Takes deliveries from the event loop, stores them, and only then acknowledges."""

    def __init__(self) -> None:
        self._assembly = Assembly()
        self._wordings = Wordings()
        self._waiting: list[Incoming] = []
        self._stirred = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="replies")

    def receive(self, connection: Line, delivered: Sequence[Delivered]) -> None:
        """Deliveries arrived."""
        now = time.monotonic()
        for one in delivered:
            if one[7]:
                log.warning("status report too short to be read", extra={"channel": connection.channel_id})
                connection.acknowledge([(one[0], one[1])])
                continue
            whole = self._assembly.add(connection.channel_id, read(one, connection, now))
            if whole is not None:
                self._queue(whole, now)
        self._stirred.set()

    def _queue(self, whole: Incoming, now: float) -> None:
        line = None if whole.has_id or whole.again else whole.line
        if line is not None and self._wordings.is_fresh(whole.wording, line, now):
            whole = replace(whole, fresh=token_hex(8))
        self._waiting.append(whole)

    @property
    def empty(self) -> bool:
        return not self._waiting

    async def run(self, stopping: Callable[[], bool]) -> None:
        """Store until told to stop; tries again for as long as PostgreSQL is away."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                now = time.monotonic()
                for late in self._assembly.overdue(now):
                    self._queue(late, now)
                batch = self._waiting[:MOST_AT_ONCE]
                if not batch:
                    if stopping():
                        return
                    self._stirred.clear()
                    try:
                        await asyncio.wait_for(self._stirred.wait(), 0.5)
                    except TimeoutError:
                        continue
                    continue
                new = [whole for whole in batch if not whole.again]
                if not await loop.run_in_executor(self._thread, _store_or_hang_up, new):
                    if stopping():
                        return
                    await asyncio.sleep(0.5)
                    continue
                del self._waiting[: len(batch)]
                for whole in batch:
                    for fragment in whole.fragments:
                        if fragment.connection is not None:
                            fragment.connection.acknowledge([(fragment.sequence, fragment.delivery_id)])
                    if not (whole.has_id or whole.again):
                        self._wordings.acknowledged(whole.wording)
        finally:
            await loop.run_in_executor(self._thread, _hang_up)
            self._thread.shutdown()


def _hang_up() -> None:
    django_connection.close()


def _store_or_hang_up(batch: Sequence[Incoming]) -> bool:
    """Store; False when PostgreSQL is away (the broken connection is given up)."""
    try:
        with bulk_transaction() as connection:
            store(connection, batch, now=utc_now())
    except (psycopg.OperationalError, psycopg.InterfaceError, DjangoDatabaseError) as fault:
        log.warning("replies could not be stored yet", extra={"fault": type(fault).__name__})
        _hang_up()
        return False
    return True


def store(connection: SyncConnection, batch: Sequence[Incoming], *, now: datetime) -> int:
    """Append replies with their events and opt-outs, in the caller's transaction; returns how many were new.

    The opt-outs come last: they take the ledger and the wire, and the caller commits at once.
    """
    hold_for_transaction(connection, REPLIES)
    sources = _unheard(connection, batch, now=now)
    if not sources:
        return 0
    new = [batch[position] for position in sources]
    indexes = [index_of(one.number) for one in new]
    contacts = find_by_phone_indexes(connection, list(dict.fromkeys(indexes)))
    known = [contacts.get(index) for index in indexes]
    last = _last_messages(connection, [one for one in known if one is not None], now=now)
    safe = vault()
    numbers = safe.seal_many(Kind.PHONE, [one.number for one in new])
    bodies = safe.seal_many(Kind.REPLY, [one.text[:LONGEST_TEXT] for one in new])
    first_id = take_block(connection, "reply", len(new))
    events, opt_outs = [], []
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        for reply_id, (one, index, contact_id, source, number, body) in enumerate(
            zip(new, indexes, known, sources.values(), numbers, bodies, strict=True), start=first_id
        ):
            message_id, plan_id = last.get(contact_id, (None, None)) if contact_id else (None, None)
            is_no = reads_as_opt_out(one.text)
            meaning = ReplyMeaning.OPT_OUT if is_no else ReplyMeaning.OTHER
            copy.write_row(
                (reply_id, now, one.channel_id, number, index, contact_id, message_id, plan_id)
                + (one.to_number.replace("\0", ""), body, meaning.value, source)
            )
            if contact_id is not None:
                events.append(EventRecord(contact_id, EventKind.REPLY, now, "reply", str(reply_id)))
                if one.data and (slot := booked(Tapped(one.text, one.data))):
                    events.append(_booking(slot, contact_id, plan_id, reply_id, now))
            if is_no:
                opt_outs.append(OptOut(index, contact_id, now, "reply", f"reply:{reply_id}"))
    append_events(connection, events, now=now)
    if opt_outs:
        confirm = confirmation_queue.current_settings().enabled
        record_opt_outs(connection, list({one.phone_index: one for one in opt_outs}.values()), now=now)
        if confirm:
            confirmation_queue.put(connection, opt_outs, now=now)
    return len(new)


def _booking(slot: Booked, contact_id: int, plan_id: int | None, reply_id: int, now: datetime) -> EventRecord:
    """A slot that was tapped on a card. The same slot of the same plan is booked once, however often it is tapped."""
    of = f"plan:{plan_id}" if plan_id else f"reply:{reply_id}"
    about = {"label": slot.label, "plan": plan_id, "reply": reply_id}
    return EventRecord(
        contact_id,
        EventKind.BOOKING,
        now,
        "card",
        f"{of}:{contact_id}:{slot.slot}",
        item=slot.slot,
        properties=about,
    )


def _unheard(
    connection: SyncConnection, batch: Sequence[Incoming], *, now: datetime
) -> dict[int, bytes | None]:
    """Positions in `batch` of the replies that did not come before, each with its source index."""
    given = [one.source_index for one in batch]
    found = connection.execute(
        "select source_index, max(received_at) from reply"
        " where source_index = any(%s) and received_at >= %s group by source_index",
        ([index for index in given if index is not None], now - REPEATED),
    )
    heard = {bytes(row[0]): row[1] for row in found.fetchall()}
    unheard: dict[int, bytes | None] = {}
    for position, (one, index) in enumerate(zip(batch, given, strict=True)):
        if index is not None:
            before = heard.get(index)
            if before is not None and (one.has_id or before >= now - ALIKE):
                continue
            heard[index] = now
        unheard[position] = index
    return unheard


def _last_messages(
    connection: SyncConnection, contact_ids: Sequence[int], *, now: datetime
) -> dict[int, tuple[Any, Any]]:
    """Contact → the last message that (perhaps) left for her, under whichever row, and its plan."""
    if not contact_ids:
        return {}
    found = connection.execute(
        "with same as ("
        "  select unnest(%(contacts)s::bigint[]) as speaker, unnest(%(contacts)s::bigint[]) as id"
        "  union all select merged_into, id from contact where merged_into = any(%(contacts)s::bigint[]))"
        "select distinct on (same.speaker) same.speaker, m.id, m.plan_id"
        " from same join message m on m.contact_id = same.id"
        " where m.planned_at >= %(since)s and exists ("
        "  select from attempt a where a.message_id = m.id and a.outcome in (1, 4) and a.at >= %(since)s)"
        " order by same.speaker, m.planned_at desc, m.id desc",
        {"contacts": list(contact_ids), "since": now - RECENT},
    )
    return {row[0]: (row[1], row[2]) for row in found.fetchall()}


_COPY = (
    "copy reply (id, received_at, channel_id, phone_sealed, phone_index, contact_id, message_id, plan_id,"
    " to_number, body_sealed, meaning, source_index) from stdin"
)
