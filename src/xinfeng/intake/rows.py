"""A row of cells becomes a typed row, by the mapping. No database here: batches are made ready ahead in a thread."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from xinfeng.contacts import values
from xinfeng.contacts.models import AttributeKind, EventKind
from xinfeng.contacts.records import NO_ATTRS, AttrValue, ContactRecord
from xinfeng.intake.claims import ConsentClaim, Grant, Refusal, RowClaim, refusal, settle
from xinfeng.intake.files import BadRow, Row
from xinfeng.intake.mapping import OPTED_OUT, SKIP
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
    """A contact and what the file says of its consent; a refusal goes before whatever else the row claims."""

    row: Row
    record: ContactRecord
    said: Grant | Refusal | None


class EventRow(NamedTuple):
    """An event whose contact is still to be found. `source_id` None: the file has no ids of its own."""

    row: Row
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


class _Fault(NamedTuple):
    """Stands in a column for a cell that could not be read."""

    code: str
    params: dict[str, Any]


_ReadAll = Callable[[Sequence[str]], "list[Any] | None"]
"""Reads a whole column at once; None or InvalidInput: not this one, go cell by cell."""


_NOTHING = frozenset(
    ["-", "--", "—", "——", "–", "/", "\\", "\\N", "NULL", "null", "(null)", "N/A", "n/a", "NaN", "nan"]
    + ["#N/A", "#VALUE!", "#REF!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!"]
    + ["0000-00-00", "0000-00-00 00:00:00", "1900-01-00"]
)
"""What exports write where nothing is."""


class _Column(dict[str, Any]):
    """One column of a file: cell → value, read when first seen and remembered.

    A column in which hardly a cell repeats is read at a stroke instead where it can be (`read_all`), which is
    several times faster; what that cannot read is gone through cell by cell.
    """

    def __init__(self, at: int, name: str, read: Callable[[str], Any], read_all: _ReadAll | None) -> None:
        super().__init__(dict.fromkeys(("", *_NOTHING)))
        self.at, self.name = at, name
        self.faults = 0
        self._read, self._read_all = read, read_all

    def values_of(self, cells: Sequence[str]) -> list[Any]:
        """The values of these cells: None where blank, a _Fault where unreadable (then `faults` has grown)."""
        if self._read_all is not None and 2 * len(known := set(cells)) > len(cells) and not known & _NOTHING:
            try:
                values_ = self._read_all(cells)
            except InvalidInput:
                values_ = None
            if values_ is not None:
                return values_
        return list(map(self.__getitem__, cells))

    def __missing__(self, cell: str) -> Any:
        if cell.isspace() or cell.strip() in _NOTHING:
            return None
        try:
            value = self._read(cell)
        except InvalidInput as fault:
            self.faults += 1
            return _Fault(fault.code, {**fault.params, "column": self.name})
        if len(self) < _MOST_REMEMBERED:
            self[cell] = value
        return value


def _each(read: Callable[[str], Any]) -> _ReadAll:
    """Reads every cell, for readers that refuse a cell of spaces."""

    def read_all(cells: Sequence[str]) -> list[Any]:
        if "" in cells:
            return [read(cell) if cell else None for cell in cells]
        return list(map(read, cells))

    return read_all


def _times(zone: ZoneInfo, until: datetime | None, read: Callable[[str], Any]) -> _ReadAll:
    each = _each(read)

    def read_all(cells: Sequence[str]) -> list[Any] | None:
        times = values.iso_times(cells, zone)
        return each(cells) if times is None or (until is not None and max(times) > until) else times

    return read_all


def _texts(longest: int) -> _ReadAll:
    def read_all(cells: Sequence[str]) -> list[Any] | None:
        return list(cells) if values.plain_texts(cells, longest=longest) else None

    return read_all


class _Reader:
    """Reads the mapped columns of a batch of rows."""

    def __init__(
        self,
        header: Sequence[str],
        mapping: Mapping[str, str],
        read_for: Callable[[str], Callable[[str], Any]],
        *,
        zone: ZoneInfo,
        now: datetime,
    ) -> None:
        self._zone, self._now = zone, now
        places = {name: at for at, name in enumerate(header)}
        self._columns = {}
        for name, field in mapping.items():
            if field != SKIP:
                read = read_for(field)
                self._columns[field] = _Column(places[name], name, read, self._read_all_for(field, read))

    def _read_all_for(self, field: str, read: Callable[[str], Any]) -> _ReadAll | None:
        if field == "phone":
            return _each(read)
        if field in _TIMES:
            return _times(self._zone, None if field == "consent_at" else self._now, read)
        return _texts(_LONGEST[field]) if field in _LONGEST else None

    def _read_columns(self, rows: list[Row]) -> tuple[list[Row], dict[str, list[Any]], list[BadRow]]:
        """The rows without the bad ones, their values by field, and the bad ones."""
        if not rows:
            return [], {field: [] for field in self._columns}, []
        cells = list(zip(*(row.cells for row in rows), strict=True))
        before = sum(column.faults for column in self._columns.values())
        found = {field: column.values_of(cells[column.at]) for field, column in self._columns.items()}
        if sum(column.faults for column in self._columns.values()) == before:
            return rows, found, []
        bad: dict[int, _Fault] = {}
        for values_ in found.values():
            for at, value in enumerate(values_):
                if type(value) is _Fault:
                    bad.setdefault(at, value)
        return _without(rows, found, bad)


def _without(
    rows: list[Row], found: dict[str, list[Any]], bad: Mapping[int, _Fault]
) -> tuple[list[Row], dict[str, list[Any]], list[BadRow]]:
    if not bad:
        return rows, found, []
    good = [at for at in range(len(rows)) if at not in bad]
    return (
        [rows[at] for at in good],
        {field: [values_[at] for at in good] for field, values_ in found.items()},
        [
            BadRow(rows[at].line, fault.code, fault.params, rows[at].cells)
            for at, fault in sorted(bad.items())
        ],
    )


_TIMES = frozenset({"joined_at", "consent_at", "at"})
_LONGEST = {
    "external_id": 100,
    "name": 60,
    "level": 30,
    "item": 200,
    "category": 60,
    "event_id": 100,
    "consent_source": 200,
    "consent_evidence": 500,
    "consent_notice": 61,
}
"""Characters of the fields that are one line of text."""
_TEXT_READERS = {field: partial(values.read_text, longest=longest) for field, longest in _LONGEST.items()}


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
        contract: str = "",
        source: str = "",
    ) -> None:
        self._attributes = attributes
        self._source = source
        self._contract = contract
        self._today: date = now.astimezone(zone).date()
        self._claim, self._notices = claim, notices
        fields = set(mapping.values())
        self._asks_if_granted = "consent_granted" in fields
        self._claims_by_row = bool(fields & _CLAIM_FIELDS)
        self._grants: dict[tuple[Any, ...], Grant | None | _Fault] = {}
        self._grant: Grant | None = None
        if claim is not None and not self._claims_by_row:
            self._grant = settle(claim, RowClaim(), notices=notices, now=now)
        super().__init__(header, mapping, self._read_for, zone=zone, now=now)

    def read(self, rows: list[Row]) -> tuple[list[ContactRow], list[BadRow]]:
        """The rows typed, in their order, and those that can't be."""
        rows, found, bad = self._read_columns(rows)
        said = self._said_by(found, len(rows))
        wrong = {at: one for at, one in enumerate(said) if type(one) is _Fault} if self._claims_by_row else {}
        unknown = [None] * len(rows)
        phones, externals = found.get("phone", unknown), found.get("external_id", unknown)
        if None in phones:
            for at, (phone, external) in enumerate(zip(phones, externals, strict=True)):
                if phone is None and external is None:
                    wrong.setdefault(at, _Fault("contact.unidentified", {}))
        if wrong:
            found["said"] = said
            rows, found, worse = _without(rows, found, wrong)
            bad, said = bad + worse, found.pop("said")
        return list(map(ContactRow, rows, self._records(found, len(rows)), said)), bad

    def _records(self, found: dict[str, list[Any]], count: int) -> Iterator[ContactRecord]:
        unknown = [None] * count
        columns = [found.get(field, unknown) for field in ContactRecord._fields]
        columns[_TAGS] = [tags or () for tags in columns[_TAGS]]
        columns[_ATTRS] = self._attrs(found, count)
        return map(ContactRecord, *columns)

    @staticmethod
    def _attrs(found: dict[str, list[Any]], count: int) -> list[Mapping[str, AttrValue]]:
        columns = {field[5:]: values_ for field, values_ in found.items() if field[:5] == "attr:"}
        if not columns:
            return [NO_ATTRS] * count
        return [
            {key: values_[at] for key, values_ in columns.items() if values_[at] is not None}
            for at in range(count)
        ]

    def _said_by(self, found: dict[str, list[Any]], count: int) -> list[Any]:
        grants = self._grants_of(found, count)
        left = [one is _LEFT for one in found.get("consent_granted", ())]
        for answers in (left, found.get(OPTED_OUT, ())):
            if any(answers):
                pairs = zip(answers, grants, strict=True)
                grants = [self._refusal(no) if no else grant for no, grant in pairs]
        return grants

    def _refusal(self, no: bool | datetime) -> Refusal:
        at = no if isinstance(no, datetime) and no <= self._now else None
        return refusal(self._claim, at=at, source=self._source)

    def _grants_of(self, found: dict[str, list[Any]], count: int) -> list[Any]:
        claim = self._claim
        if not self._claims_by_row or claim is None:
            return [self._grant] * count
        unknown = [None] * count
        granted = found.get("consent_granted", unknown)
        if self._asks_if_granted:  # a blank is no yes
            granted = [bool(one) for one in granted]
        times = found.get("consent_at", unknown)
        parts = [found.get(f"consent_{part}", unknown) for part in RowClaim._fields[2:]]
        latest, always = self._now, claim.given_at
        grants: list[Any] = []
        for at, words in zip(times, zip(granted, *parts, strict=True), strict=True):
            at = at or always
            if at is None or at > latest:
                grants.append(self._settle(RowClaim(words[0], at, *words[1:])))
                continue
            grant = self._settled(words)
            grants.append(Grant(grant[0], at, *grant[2:]) if type(grant) is Grant else grant)
        return grants

    def _settled(self, words: tuple[Any, ...]) -> Grant | None | _Fault:
        """What a row with these words amounts to whose time is in order."""
        known = self._grants
        if words in known:
            return known[words]
        grant = self._settle(RowClaim(words[0], self._now, *words[1:]))
        if len(known) < _MOST_REMEMBERED:
            known[words] = grant
        return grant

    def _settle(self, stated: RowClaim) -> Grant | None | _Fault:
        assert self._claim is not None
        try:
            return settle(self._claim, stated, notices=self._notices, now=self._now, contract=self._contract)
        except InvalidInput as fault:
            return _Fault(fault.code, fault.params)

    def _dated(self, read: Callable[[str], Any]) -> Callable[[str], Any]:
        return lambda text: read(_day_meant(_from_serial(text), self._zone))

    def _read_for(self, field: str) -> Callable[[str], Any]:
        if field.startswith("attr:"):
            spec = self._attributes[field[5:]]
            read = partial(values.read_attribute, kind=spec.kind, choices=spec.choices)
            return self._dated(read) if spec.kind == AttributeKind.DATE else read
        time = partial(_read_time, zone=self._zone)
        readers: dict[str, Callable[[str], Any]] = {
            **_TEXT_READERS,
            "phone": _read_phone,
            "gender": values.read_gender,
            "birthday": self._dated(partial(values.read_birthday, today=self._today)),
            "province": partial(values.read_region, longest=20),
            "city": partial(values.read_region, longest=30),
            "language": values.read_language,
            "tags": values.read_tags,
            "joined_at": partial(_past, read=time, now=self._now),
            "consent_granted": _read_granted,
            "consent_at": time,
            OPTED_OUT: partial(_read_opt_out, zone=self._zone),
        }
        return readers[field]


_TAGS, _ATTRS = ContactRecord._fields.index("tags"), ContactRecord._fields.index("attrs")
_CLAIM_FIELDS = {"consent_granted", "consent_at", "consent_source", "consent_evidence", "consent_notice"}


class EventReader(_Reader):
    """Reads rows of an event file."""

    def __init__(
        self, header: Sequence[str], mapping: Mapping[str, str], *, zone: ZoneInfo, now: datetime
    ) -> None:
        super().__init__(header, mapping, self._read_for, zone=zone, now=now)

    def read(self, rows: list[Row]) -> tuple[list[EventRow], list[BadRow]]:
        """The rows typed, in their order, and those that can't be."""
        rows, found, bad = self._read_columns(rows)
        unknown = [None] * len(rows)
        columns = [found.get(field, unknown) for field in _EVENT_COLUMNS]
        events = list(map(EventRow, rows, *columns))
        wrong = {at: fault for at, event in enumerate(events) if (fault := _incomplete(event))}
        if wrong:
            bad += [BadRow(rows[at].line, one.code, one.params, rows[at].cells) for at, one in wrong.items()]
            events = [event for at, event in enumerate(events) if at not in wrong]
        return events, bad

    def _read_for(self, field: str) -> Callable[[str], Any]:
        readers: dict[str, Callable[[str], Any]] = {
            **_TEXT_READERS,
            "phone": _read_phone,
            "kind": _read_event_kind,
            "at": partial(_past, read=partial(_read_time, zone=self._zone), now=self._now),
            "amount": fen_from_yuan,
        }
        return readers[field]


def _incomplete(event: EventRow) -> _Fault | None:
    for needed in ("kind", "at"):
        if getattr(event, needed) is None:
            return _Fault("event.incomplete", {"missing": needed})
    if event.phone is None and event.external_id is None:
        return _Fault("contact.unidentified", {})
    return None


_EVENT_COLUMNS = ("phone", "external_id", "kind", "at", "amount", "item", "category", "event_id")


def _read_phone(text: str) -> str:
    """A number as files have it. Raises what `parse_mainland` does, and `phone.masked`, `phone.rounded`."""
    try:
        return parse_mainland(text)
    except InvalidInput as fault:
        if fault.code == "phone.unreadable" and "*" in text:
            raise InvalidInput("phone.masked") from None
        if fault.code == "phone.unreadable" and _is_rounded(text.strip()):
            raise InvalidInput("phone.rounded") from None
        raise


_is_rounded = re.compile(r"\d\.\d+[eE]\+?1[0-3]").fullmatch


class _Left:
    """Stands where a column about consent says that somebody took it back; as an answer it is a no."""

    def __bool__(self) -> bool:
        return False


_LEFT = _Left()


def _read_granted(text: str) -> bool | _Left:
    return values.read_bool(text) or (_LEFT if values.says_left(text) else False)


def _read_opt_out(text: str, *, zone: ZoneInfo) -> bool | datetime:
    """Whether somebody refused, or since when. Raises `opt_out.unreadable`: better no row than a no unheard."""
    try:
        return values.read_opt_out(text)
    except InvalidInput as fault:
        try:
            return _read_time(text, zone=zone)
        except InvalidInput:
            raise fault from None


def _read_time(text: str, *, zone: ZoneInfo) -> datetime:
    return values.read_time(_from_serial(text), zone)


def _from_serial(text: str) -> str:
    """A date as spreadsheets count it, days since 30 December 1899, as text; anything else as it is.

    Columns whose cells have lost their format are exported so. Five digits mean no other date.
    """
    if not _is_serial(text) or not _FIRST_SERIAL <= (days := float(text)) < _LAST_SERIAL:
        return text
    moment = _SERIAL_ZERO + timedelta(seconds=round(days * 86_400))
    return moment.isoformat(sep=" ")[: 19 if "." in text else 10]


def _day_meant(text: str, zone: ZoneInfo) -> str:
    """A day as programs hand it on that keep days as moments: `1990-01-01T16:00:00Z` is 2 January in Shanghai."""
    if not _is_moment(text.strip()):
        return text
    local = values.read_time(text.strip(), zone).astimezone(zone)
    return local.date().isoformat() if local.time() == datetime.min.time() else text


_is_moment = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|\+00:?00)", re.ASCII).fullmatch
_is_serial = re.compile(r"[1-9]\d{4}(?:\.\d{1,12})?", re.ASCII).fullmatch
_SERIAL_ZERO = datetime(1899, 12, 30, tzinfo=UTC)
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 73_051
"""1927 to 2099."""


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
