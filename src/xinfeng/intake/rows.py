"""A row of cells becomes a typed row, by the mapping. No database here: batches are made ready ahead in a thread."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from xinfeng.contacts import values
from xinfeng.contacts.models import EventKind
from xinfeng.contacts.records import ContactRecord
from xinfeng.intake.claims import ConsentClaim, Grant, RowClaim, settle
from xinfeng.intake.files import BadRow, Row
from xinfeng.intake.mapping import SKIP
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.money import fen_from_yuan
from xinfeng.kernel.phones import parse_mainland

_MOST_REMEMBERED = 20_000

_EVENT_WORDS = {
    EventKind.PURCHASE: "购买 下单 支付 消费 成交 订单 付款 purchase order buy paid payment",
    EventKind.VIEW: "浏览 查看 访问页面 view browse pageview productview",
    EventKind.CART: "加购 加入购物车 购物车 cart addtocart",
    EventKind.CHECKOUT: "结算 去结算 提交订单 checkout",
    EventKind.VISIT: "到店 进店 来访 访问 visit",
    EventKind.BOOKING: "预约 预订 预定 booking appointment reservation",
    EventKind.PARTICIPATION: "参与活动 参加活动 参与 报名 签到 participation participate signup",
    EventKind.CLICK: "点击 click",
    EventKind.REPLY: "回复 上行 reply",
    EventKind.CUSTOM: "其他 自定义 other custom",
}
_EVENT_KINDS = {word: kind for kind, words in _EVENT_WORDS.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class AttributeSpec:
    """What a column of a declared attribute must hold."""

    kind: str
    choices: list[str]


class ContactRow(NamedTuple):
    """A contact and the consent claimed for it."""

    line: int
    cells: list[str]
    record: ContactRecord
    grant: Grant | None


class EventRow(NamedTuple):
    """An event whose contact is still to be found. `source_id` None: the file has no ids of its own."""

    line: int
    cells: list[str]
    phone: str | None
    external_id: str | None
    kind: EventKind
    at: datetime
    amount_fen: int | None
    item: str | None
    category: str | None
    source_id: str | None

    def content_id(self, contact_id: int) -> str:
        """An id for an event that came without one: the same row of the same contact is the same event."""
        parts = (contact_id, int(self.kind), self.at.isoformat(), self.amount_fen, self.item, self.category)
        return "row:" + hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


@dataclass(slots=True)
class _Column:
    at: int
    name: str
    field: str
    read: Callable[[str], Any]
    known: dict[str, Any] | None
    """Values read before, for columns in which they repeat."""


class _Reader:
    def __init__(
        self, header: Sequence[str], mapping: Mapping[str, str], reads: Callable[[str], Any]
    ) -> None:
        places = {name: at for at, name in enumerate(header)}
        self._columns = [
            _Column(places[name], name, field, reads(field), None if field in _VARIED else {})
            for name, field in mapping.items()
            if field != SKIP
        ]

    def _values(self, cells: list[str]) -> dict[str, Any]:
        """The values stated in a row, by field. Raises InvalidInput with the `column`."""
        found: dict[str, Any] = {}
        for column in self._columns:
            cell = cells[column.at]
            if not cell or cell.isspace():
                continue
            known = column.known
            if known is not None and (value := known.get(cell)) is not None:
                found[column.field] = value
                continue
            try:
                value = column.read(cell)
            except InvalidInput as fault:
                raise InvalidInput(fault.code, **{**fault.params, "column": column.name}) from None
            if known is not None and len(known) < _MOST_REMEMBERED:
                known[cell] = value
            found[column.field] = value
        return found


_VARIED = frozenset({"phone", "external_id", "name", "event_id"})


class ContactReader(_Reader):
    """Reads rows of a contact file."""

    def __init__(
        self,
        header: Sequence[str],
        mapping: Mapping[str, str],
        *,
        claim: ConsentClaim | None,
        notices: Mapping[str, int],
        attributes: Mapping[str, AttributeSpec],
        zone: ZoneInfo,
        now: datetime,
    ) -> None:
        self._attributes = attributes
        self._zone, self._now = zone, now
        self._today: date = now.astimezone(zone).date()
        self._claim, self._notices = claim, notices
        fields = set(mapping.values())
        self._asks_if_granted = "consent_granted" in fields
        self._claims_by_row = bool(fields & _CLAIM_FIELDS)
        self._grants: dict[RowClaim, Grant] = {}
        self._grant: Grant | None = None
        if claim is not None and not self._claims_by_row:
            self._grant = settle(claim, RowClaim(), notices=notices, now=now)
        super().__init__(header, mapping, self._read_for)

    def read(self, row: Row) -> ContactRow | BadRow:
        """The row typed, or why it can't be."""
        try:
            found = self._values(row.cells)
            grant = self._grant_of(found) if self._claims_by_row else self._grant
            if "phone" not in found and "external_id" not in found:
                raise InvalidInput("contact.unidentified")
        except InvalidInput as fault:
            return BadRow(row.line, fault.code, fault.params, row.cells)
        attrs = {name[5:]: found.pop(name) for name in list(found) if name[:5] == "attr:"}
        if attrs:
            found["attrs"] = attrs
        return ContactRow(row.line, row.cells, ContactRecord(**found), grant)

    def _grant_of(self, found: dict[str, Any]) -> Grant | None:
        granted = found.pop("consent_granted", False if self._asks_if_granted else None)
        stated = RowClaim(
            granted,
            found.pop("consent_at", None),
            found.pop("consent_source", None),
            found.pop("consent_evidence", None),
            found.pop("consent_notice", None),
        )
        return (
            None if self._claim is None else settle(self._claim, stated, notices=self._notices, now=self._now)
        )

    def _read_for(self, field: str) -> Callable[[str], Any]:
        if field.startswith("attr:"):
            spec = self._attributes[field[5:]]
            return partial(values.read_attribute, kind=spec.kind, choices=spec.choices)
        time = partial(values.read_time, zone=self._zone)
        readers: dict[str, Callable[[str], Any]] = {
            "phone": parse_mainland,
            "external_id": partial(values.read_text, longest=100),
            "name": partial(values.read_text, longest=60),
            "gender": values.read_gender,
            "birthday": partial(values.read_birthday, today=self._today),
            "province": partial(values.read_region, longest=20),
            "city": partial(values.read_region, longest=30),
            "level": partial(values.read_text, longest=30),
            "language": values.read_language,
            "tags": values.read_tags,
            "joined_at": partial(_past, read=time, now=self._now),
            "consent_granted": values.read_bool,
            "consent_at": time,
            "consent_source": partial(values.read_text, longest=200),
            "consent_evidence": partial(values.read_text, longest=500),
            "consent_notice": partial(values.read_text, longest=61),
        }
        return readers[field]


_CLAIM_FIELDS = {"consent_granted", "consent_at", "consent_source", "consent_evidence", "consent_notice"}


class EventReader(_Reader):
    """Reads rows of an event file."""

    def __init__(
        self, header: Sequence[str], mapping: Mapping[str, str], *, zone: ZoneInfo, now: datetime
    ) -> None:
        self._zone, self._now = zone, now
        super().__init__(header, mapping, self._read_for)

    def read(self, row: Row) -> EventRow | BadRow:
        """The row typed, or why it can't be."""
        try:
            found = self._values(row.cells)
            for needed in ("kind", "at"):
                if needed not in found:
                    raise InvalidInput("event.incomplete", missing=needed)
            if "phone" not in found and "external_id" not in found:
                raise InvalidInput("contact.unidentified")
        except InvalidInput as fault:
            return BadRow(row.line, fault.code, fault.params, row.cells)
        return EventRow(
            row.line,
            row.cells,
            found.get("phone"),
            found.get("external_id"),
            found["kind"],
            found["at"],
            found.get("amount"),
            found.get("item"),
            found.get("category"),
            found.get("event_id"),
        )

    def _read_for(self, field: str) -> Callable[[str], Any]:
        readers: dict[str, Callable[[str], Any]] = {
            "phone": parse_mainland,
            "external_id": partial(values.read_text, longest=100),
            "kind": _read_event_kind,
            "at": partial(_past, read=partial(values.read_time, zone=self._zone), now=self._now),
            "amount": fen_from_yuan,
            "item": partial(values.read_text, longest=200),
            "category": partial(values.read_text, longest=60),
            "event_id": partial(values.read_text, longest=100),
        }
        return readers[field]


def _past(text: str, *, read: Callable[[str], datetime], now: datetime) -> datetime:
    """Nothing a file reports can lie ahead of us. Raises `time.in_future`."""
    at = read(text)
    if at > now:
        raise InvalidInput("time.in_future")
    return at


def _read_event_kind(text: str) -> EventKind:
    word = "".join(text.replace("_", "").replace("-", "").split()).lower()
    kind = _EVENT_KINDS.get(word)
    if kind is None:
        raise InvalidInput("event.kind_unknown")
    return kind
