"""Small factories: a test says what matters to it and gets a world around it.

Numbers read as mainland mobiles of a run that is counted up, so no two contacts share one.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from xinfeng.consent.actions import append_entries
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import Notice
from xinfeng.contacts.models import EventKind
from xinfeng.contacts.records import ContactRecord, EventRecord
from xinfeng.contacts.sql import append_events, upsert_contacts
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.models import Role, User

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
"""Friday noon in Shanghai."""

_serial = itertools.count(1)


def phone(number: int | None = None) -> str:
    """A number that reads as a mainland mobile; the n-th of a run, or a fresh one."""
    return f"139{next(_serial) + 50_000_000 if number is None else number:08d}"


def make_contact(*, consent: Iterable[str] = ("marketing",), at: datetime = NOW, **fields: Any) -> int:
    """One contact with consent for these purposes, given at `at`; fields as in ContactRecord. Returns its id."""
    return make_contacts(1, consent=consent, at=at, **fields)[0]


def make_contacts(
    count: int, *, consent: Iterable[str] = ("marketing",), at: datetime = NOW, **fields: Any
) -> list[int]:
    """`count` contacts that differ in their number only, with consent for these purposes. Returns their ids."""
    records = [ContactRecord(**{"phone": phone(), **fields}) for _ in range(count)]
    with bulk_transaction() as connection:
        done = upsert_contacts(connection, records, source_tags=("测试",), actor="test", now=at)
        ids = [one.contact_id for one in done if one.contact_id is not None]
        entries = [
            NewEntry(contact_id, purpose, True, at, "form:test", None, "test", "test")
            for purpose in consent
            for contact_id in ids
        ]
        append_entries(connection, entries, now=at)
    return ids


def make_event(
    contact_id: int,
    *,
    kind: int = EventKind.PURCHASE,
    at: datetime = NOW,
    amount_fen: int | None = 1000,
    **fields: Any,
) -> None:
    """Something the contact did."""
    event = EventRecord(
        contact_id,
        int(kind),
        at,
        source="test",
        source_id=str(next(_serial)),
        amount_fen=amount_fen,
        **fields,
    )
    with bulk_transaction() as connection:
        append_events(connection, [event], now=at)


def make_notice(*, key: str = "privacy", version: str = "1", purpose: str = "marketing") -> Notice:
    """A version of the text that was shown when consent was asked for."""
    return Notice.objects.create(key=key, version=version, purpose=purpose, text="我们会……", effective_at=NOW)


def make_user(username: str | None = None, *, role: str = Role.OPERATOR, **fields: Any) -> User:
    """A person who works with Xinfeng; the password is her name twice."""
    name = username or f"user{next(_serial)}"
    user = User(username=name, role=role, **fields)
    user.set_password(name * 2)
    user.save()
    return user
