"""A batch of contacts with the consents they gave: one transaction, an outcome for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from xinfeng.consent.actions import append_entries, refresh_standing
from xinfeng.consent.evidence import check_reference
from xinfeng.consent.ledger import IMPORT_PREFIX, NewEntry
from xinfeng.consent.models import Notice, SuppressionReason
from xinfeng.contacts import copying, values
from xinfeng.contacts.models import Attribute, AttributeKind
from xinfeng.contacts.records import NO_ATTRS, AttrValue, ContactRecord
from xinfeng.contacts.sql import PreparedContact, prepare_contacts, upsert_prepared
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection
from xinfeng.foundation.ids import take_block
from xinfeng.integrations.ingest import tiers
from xinfeng.integrations.ingest.rows import (
    CONTACTS,
    GENDERS,
    ConsentIn,
    ContactIn,
    Fault,
    Outcome,
    check_source,
    in_utc,
    sift,
)
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.purposes import PURPOSES, SENSITIVE_PREFIX
from xinfeng.kernel.time import business_day


def take_contacts(
    connection: Connection, rows: Sequence[Any], *, source: str, actor: str, now: datetime
) -> list[Outcome]:
    """Make or complete contacts and append their consents. In the caller's transaction; holds the ledger at its end.

    A consent counts as a file's does: it never brings back anybody who has said no. Whoever was erased on request
    does not come back either.
    """
    fit, faults = sift(CONTACTS, rows)
    reader = Reader(now)
    records: list[ContactRecord] = []
    places: list[int] = []
    grants: list[list[_Grant]] = []
    for at, row in fit:
        try:
            record = reader.record(row)
            given = [reader.grant(one) for one in row.get("consents", ())]
        except InvalidInput as fault:
            faults[at] = Fault(fault.code, str(fault.params.get("column", "")), dict(fault.params))
            continue
        records.append(record)
        places.append(at)
        grants.append(given)
    prepared = prepare_contacts(records)
    take_block(connection, "contact", 0)  # an erasure that goes on is seen whole, or comes after
    erased = _erased(connection, prepared)
    if erased:
        keep = [n for n, one in enumerate(prepared) if one.phone_index not in erased]
        gone = set(range(len(prepared))).difference(keep)
        faults.update((places[n], Fault("contact.erased", "phone")) for n in gone)
        prepared, places = [prepared[n] for n in keep], [places[n] for n in keep]
        grants = [grants[n] for n in keep]
    done = upsert_prepared(
        connection, prepared, source_tags=(source,), actor=actor, now=now, reason=f"api {source}"
    )
    outcomes: list[Outcome] = [_REJECTED] * len(rows)
    ids: dict[str, set[int]] = {"new": set(), "changed": set(), "same": set()}
    entries: list[NewEntry] = []
    for at, one, given in zip(places, done, grants, strict=True):
        if one.contact_id is None:
            outcomes[at] = Outcome("conflict", None, Fault("contact.conflict"))
            continue
        outcomes[at] = Outcome(one.change, one.contact_id)
        ids[one.change].add(one.contact_id)
        entries += [NewEntry(one.contact_id, *grant, actor) for grant in given]
    for at, wrong in faults.items():
        outcomes[at] = Outcome("rejected", None, wrong)
    moved = ids["new"] | ids["changed"]
    tiers.look_again(connection, moved, now=now)
    _record(connection, entries, newborn=ids["new"], known=ids["changed"] | ids["same"], moved=moved, now=now)
    return outcomes


_REJECTED = Outcome("rejected")
_Grant = tuple[str, bool, datetime, str, int | None, str]
"""As the middle of a `NewEntry`: purpose, granted, at, source, notice id, evidence."""


class Reader:
    """Reads rows of the right shape into records; raises InvalidInput with the field as `column`."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._today: date = business_day(now, xinfeng_settings.load().zone)
        self._notices: Mapping[tuple[str, str], tuple[int, str]] = {
            (one.key, one.version): (one.pk, one.purpose) for one in Notice.objects.defer("text")
        }
        self._attributes = {one.key: one for one in Attribute.objects.all()}

    def record(self, row: ContactIn) -> ContactRecord:
        """Raises what `values` raises, `contact.unidentified`, `attribute.unknown`, `time.out_of_range`."""
        phone, external_id = row.get("phone"), row.get("external_id")
        if phone is None and external_id is None:
            raise InvalidInput("contact.unidentified")
        attrs = row.get("attributes")
        birthday = row.get("birthday")
        gender = row.get("gender")
        return ContactRecord(
            self._phone(phone) if phone is not None else None,
            _one_line(external_id),
            _one_line(row.get("name")),
            GENDERS[gender] if gender is not None else None,
            self._birthday(birthday) if birthday is not None else None,
            _region(row.get("province"), 20),
            _region(row.get("city"), 30),
            _one_line(row.get("level")),
            row.get("language"),
            {key: self.attribute(key, value) for key, value in attrs.items()} if attrs else NO_ATTRS,
            _tags(tuple(row.get("tags", ()))),
            self._moment(row["joined_at"], "joined_at") if "joined_at" in row else None,
        )

    def grant(self, given: ConsentIn) -> _Grant:
        """Raises `consent.purpose`, `consent.notice_unknown`, `consent.evidence_identifies`, `time.out_of_range`."""
        purpose = given["purpose"]
        if purpose not in PURPOSES and not self._is_sensitive(purpose):
            raise InvalidInput("consent.purpose", column="consents", purpose=purpose[:60])
        notice = self._notices.get((given["notice"]["key"], given["notice"]["version"]))
        if notice is None or notice[1] != purpose:
            raise InvalidInput("consent.notice_unknown", column="consents")
        check_reference(given["evidence"])
        at = self._moment(given["at"], "consents")
        try:
            source = IMPORT_PREFIX + check_source(given["source"])
        except InvalidInput as fault:
            raise InvalidInput(fault.code, column="consents") from None
        return purpose, True, at, source, notice[0], given["evidence"]

    def attribute(self, key: str, value: AttrValue) -> AttrValue:
        """The value as it is kept; raises `attribute.unknown` and what `values.read_attribute` raises."""
        declared = self._attributes.get(key)
        column = f"attributes.{key}"
        if declared is None:
            raise InvalidInput("attribute.unknown", column=column, key=key)
        kind = declared.kind
        if kind == AttributeKind.BOOL and isinstance(value, bool):
            return value
        if kind == AttributeKind.NUMBER and type(value) in (int, float):
            return value
        if not isinstance(value, str):
            raise InvalidInput("attribute.kind_of_value", column=column, kind=kind)
        try:
            return values.read_attribute(value, kind=kind, choices=declared.choices)
        except InvalidInput as fault:
            raise InvalidInput(fault.code, **{**fault.params, "column": column}) from None

    def _is_sensitive(self, purpose: str) -> bool:
        key = purpose.removeprefix(SENSITIVE_PREFIX)
        return key != purpose and key in self._attributes and self._attributes[key].sensitive

    def _phone(self, text: str) -> str:
        try:
            return parse_mainland(text)
        except InvalidInput as fault:
            raise InvalidInput(fault.code, column="phone") from None

    def _birthday(self, day: date) -> date:
        if day > self._today or day.year < self._today.year - values.OLDEST_YEARS:
            raise InvalidInput(
                "birthday.in_future" if day > self._today else "birthday.too_old", column="birthday"
            )
        return day

    def _moment(self, value: datetime, column: str) -> datetime:
        moment = in_utc(value, latest=self._now)
        if moment is None:
            raise InvalidInput("time.out_of_range", column=column)
        return moment


def _one_line(text: str | None) -> str | None:
    return None if text is None else " ".join(text.split())


@lru_cache(maxsize=4096)
def _region(text: str | None, longest: int) -> str | None:
    return None if text is None else values.read_region(text, longest=longest)


def _tags(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(name.split()) for name in names)) if names else ()


def _erased(connection: Connection, prepared: Sequence[PreparedContact]) -> set[bytes]:
    indexes = [one.phone_index for one in prepared if one.phone_index is not None]
    if not indexes:
        return set()
    rows = connection.execute(
        "select phone_index from suppression where lifted_at is null and reason = %s "
        "and phone_index = any(%s::bytea[])",
        (SuppressionReason.ERASED.value, copying.octet_array(indexes)),
    )
    return {bytes(row[0]) for row in rows.fetchall()}


def _record(
    connection: Connection,
    entries: Sequence[NewEntry],
    *,
    newborn: set[int],
    known: set[int],
    moved: set[int],
    now: datetime,
) -> None:
    """Append what the ledger does not say yet; last in the transaction, because it holds the ledger."""
    said = _said(connection, {one.contact_id for one in entries if one.contact_id in known})
    new = []
    for entry in entries:
        statement = (entry.contact_id, entry.purpose, entry.at, entry.source, entry.notice_id, entry.evidence)
        if statement not in said:
            said.add(statement)
            new.append(entry)
    if new:
        append_entries(connection, new, now=now, newborn=newborn)
    refresh_standing(connection, sorted(moved.difference([entry.contact_id for entry in new])))


_Statement = tuple[int, str, datetime, str, int | None, str]


def _said(connection: Connection, contact_ids: set[int]) -> set[_Statement]:
    if not contact_ids:
        return set()
    rows = connection.execute(
        "select contact_id, purpose, at, source, notice_id, evidence from consent_entry "
        "where granted and contact_id = any(%s::bigint[])",
        (list(contact_ids),),
    )
    return set(rows.fetchall())
