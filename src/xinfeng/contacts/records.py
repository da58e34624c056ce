"""What the doors hand in: people and events as typed rows, whoever sent them.

Named tuples where hundreds of thousands are made in an import; they cost a third of a frozen dataclass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

AttrValue = str | int | float | bool
"""A custom attribute's value as JSON keeps it; dates are ISO text."""

NO_ATTRS: Mapping[str, AttrValue] = MappingProxyType({})

Change = Literal["new", "changed", "same", "conflict"]


class ContactRecord(NamedTuple):
    """One person as a source states her. None means "not stated" and never overwrites.

    `phone` is the bare 11 digits (`kernel.phones.parse_mainland`); `gender` a `models.Gender`; `attrs` are
    merged key by key; `tags` are added, never taken off. At least one of `phone` and `external_id` is needed.
    """

    phone: str | None = None
    external_id: str | None = None
    name: str | None = None
    gender: int | None = None
    birthday: date | None = None
    province: str | None = None
    city: str | None = None
    level: str | None = None
    language: str | None = None
    attrs: Mapping[str, AttrValue] = NO_ATTRS
    tags: tuple[str, ...] = ()
    joined_at: datetime | None = None


class Upserted(NamedTuple):
    """What became of a record. A conflict (the phone is one contact's, the external id another's) changes
    nothing and has no contact id."""

    contact_id: int | None
    change: Change


@dataclass(frozen=True, slots=True)
class EventRecord:
    """Something a contact did. `(source, source_id)` is the sender's identity of it: taken once only."""

    contact_id: int
    kind: int
    at: datetime
    source: str
    source_id: str
    amount_fen: int | None = None
    item: str | None = None
    category: str | None = None
    properties: Mapping[str, Any] | None = None
