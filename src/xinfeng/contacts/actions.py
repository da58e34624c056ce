"""What is done with single contacts, tags and attributes in the console. Files and API batches use `contacts.sql`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from xinfeng.contacts import prefixes
from xinfeng.contacts.former_numbers import was_lost
from xinfeng.contacts.members import members
from xinfeng.contacts.models import (
    Attribute,
    AttributeKind,
    Contact,
    ContactState,
    Gender,
    TagFact,
    TagKind,
)
from xinfeng.contacts.records import AttrValue, ContactRecord
from xinfeng.contacts.regions import region_of
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.contacts.tag_names import tag_id_of, tag_ids, tag_name
from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.contacts.values import read_attribute, read_region
from xinfeng.foundation import audit
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound

__all__ = [
    "CLEARABLE",
    "add_contact",
    "declare_attribute",
    "edit_contact",
    "put_tag",
    "recompute_tiers_of",
    "take_tag",
]

CLEARABLE = frozenset({"external_id", "name", "birthday", "province", "city", "level"})
"""Fields that an edit may empty."""

MOST_ATTRIBUTES = 200


def add_contact(record: ContactRecord, *, source_tags: Sequence[str], actor: str, now: datetime) -> int:
    """Make one contact; returns the id. Raises Conflict `contact.exists` if number or external id is known,
    InvalidInput `contact.unfit`."""
    _check(record)
    record = _in_everyday_names(record)
    with bulk_transaction() as raw:
        [done] = upsert_contacts(raw, [record], source_tags=source_tags, actor=actor, now=now)
        if done.change != "new" or done.contact_id is None:
            raise Conflict("contact.exists", id=done.contact_id)
        recompute_tiers_of(raw, [done.contact_id], now=now)
        audit.record(actor=actor, action="contact.add", kind="contact", subject=done.contact_id)
    return done.contact_id


def edit_contact(
    contact_id: int, record: ContactRecord, *, clear: Sequence[str] = (), actor: str, now: datetime
) -> bool:
    """Change what `record` states and empty the fields named in `clear` (`CLEARABLE`, or `attr:<key>`).

    Tags are left alone. Returns whether the number changed: then where she stands must follow, which this floor
    cannot see to. Doors call `intake.editing.edit_contact`, which does both. Raises NotFound `contact.unknown`, InvalidInput `contact.unfit` (field) and
    `contact.not_clearable`, Conflict `contact.exists` if the number or external id is another contact's,
    `contact.reassigned` if the number had been hers and was found to be somebody else's (`hygiene.actions.release`
    takes that back).
    """
    _check(record)
    record = _in_everyday_names(record)
    attrs = [name.removeprefix("attr:") for name in clear if name.startswith("attr:")]
    fields = [name for name in clear if not name.startswith("attr:")]
    if not CLEARABLE.issuperset(fields):
        raise InvalidInput("contact.not_clearable", fields=sorted(set(fields) - CLEARABLE))
    try:
        with transaction.atomic():
            contact = _locked(contact_id)
            if record.phone is not None:
                _check_not_lost(contact_id, record.phone)
            changed = _apply(contact, record) + _clear(contact, fields, attrs)
            if changed:
                contact.updated_at = now
                contact.save(update_fields=[*changed, "updated_at"])
            audit.record(
                actor=actor,
                action="contact.edit",
                kind="contact",
                subject=contact_id,
                fields=sorted(set(changed)),
            )
    except IntegrityError:
        raise Conflict("contact.exists") from None
    return "phone_index" in changed


def _check_not_lost(contact_id: int, phone: str) -> None:
    with bulk_transaction() as raw:
        if was_lost(raw, members(contact_id), vault().phone_index(phone)):
            raise Conflict("contact.reassigned", id=contact_id)


_LONGEST = {"external_id": 100, "name": 60, "province": 20, "city": 30, "level": 30, "language": 10}


def _check(record: ContactRecord) -> None:
    """Raises InvalidInput `contact.unfit` (field) for text the columns cannot hold or a gender there isn't."""
    for field, longest in _LONGEST.items():
        value: str | None = getattr(record, field)
        if value is not None and (not value.strip() or len(value) > longest or "\x00" in value):
            raise InvalidInput("contact.unfit", field=field, longest=longest)
    if record.gender is not None and record.gender not in Gender.values:
        raise InvalidInput("contact.unfit", field="gender")


def _in_everyday_names(record: ContactRecord) -> ContactRecord:
    """Province and city as files and API write them (广东, not 广东省), so that rules mean everybody there."""
    province, city = (
        text and read_region(text, longest=_LONGEST[field])
        for field, text in (("province", record.province), ("city", record.city))
    )
    return record._replace(province=province, city=city)


def _apply(contact: Contact, record: ContactRecord) -> list[str]:
    changed = _apply_region(contact, record)
    for name in ("external_id", "gender", "birthday", "level", "language", "joined_at"):
        value = getattr(record, name)
        if value is not None and value != getattr(contact, name):
            setattr(contact, name, value)
            changed.append(name)
    if record.phone is not None:
        index = vault().phone_index(record.phone)
        if contact.phone_index is None or bytes(contact.phone_index) != index:
            contact.phone_index, contact.phone_sealed = index, vault().seal(Kind.PHONE, record.phone)
            contact.carrier = int(prefixes.carrier_of(record.phone))
            contact.tail_index = vault().tail_index(record.phone)
            changed += ["phone_index", "phone_sealed", "carrier", "tail_index"]
            if contact.region_guessed or (contact.province is None and contact.city is None):
                changed += _set_region(contact, *(region_of(record.phone) or (None, None)), guessed=True)
    if record.name is not None:
        index = vault().index(record.name)  # type: ignore[assignment]
        if contact.name_index is None or bytes(contact.name_index) != index:
            contact.name_index, contact.name_sealed = index, vault().seal(Kind.NAME, record.name)
            changed += ["name_index", "name_sealed"]
    if record.attrs and {**contact.attrs, **record.attrs} != contact.attrs:
        contact.attrs = {**contact.attrs, **record.attrs}
        changed.append("attrs")
    return changed


def _apply_region(contact: Contact, record: ContactRecord) -> list[str]:
    """As in bulk (`contacts.statements`): what is stated takes the place of a guess as a whole."""
    province, city = record.province, record.city
    if province is None and city is None:
        return []
    if contact.region_guessed:
        province = province or (contact.province if city == contact.city else None)
    else:
        province, city = province or contact.province, city or contact.city
    return _set_region(contact, province, city, guessed=False)


def _set_region(contact: Contact, province: str | None, city: str | None, *, guessed: bool) -> list[str]:
    guessed = guessed and province is not None
    if (contact.province, contact.city, contact.region_guessed) == (province, city, guessed):
        return []
    contact.province, contact.city, contact.region_guessed = province, city, guessed
    return ["province", "city", "region_guessed"]


def _clear(contact: Contact, fields: Sequence[str], attrs: Sequence[str]) -> list[str]:
    changed = []
    for field in fields:
        for column in ("name_sealed", "name_index") if field == "name" else (field,):
            setattr(contact, column, None)
            changed.append(column)
        if field in ("province", "city") and contact.region_guessed:
            contact.region_guessed = False
            changed.append("region_guessed")
    if any(key in contact.attrs for key in attrs):
        contact.attrs = {key: value for key, value in contact.attrs.items() if key not in attrs}
        changed.append("attrs")
    return changed


def put_tag(
    contact_id: int, name: str, *, actor: str, now: datetime, kind: TagKind = TagKind.MANUAL, reason: str = ""
) -> bool:
    """Put a tag on, making it if it is new; False if it was on already.

    Raises InvalidInput `tag.name`, NotFound `contact.unknown`.
    """
    wanted = tag_name(name)
    with bulk_transaction() as raw:
        tag_id = tag_ids(raw, {wanted: kind})[wanted]
        contact = _locked(contact_id)
        if tag_id in contact.tags:
            return False
        _set_tags(contact, [*contact.tags, tag_id], now=now)
        _tag_fact(contact_id, tag_id, True, actor=actor, now=now, reason=reason)
        recompute_tiers_of(raw, [contact_id], now=now)
    return True


def take_tag(contact_id: int, name: str, *, actor: str, now: datetime, reason: str = "") -> bool:
    """Take a tag off; False if it was not on. Raises NotFound `contact.unknown`."""
    with bulk_transaction() as raw:
        tag_id = tag_id_of(tag_name(name))
        contact = _locked(contact_id)
        if tag_id is None or tag_id not in contact.tags:
            return False
        _set_tags(contact, [one for one in contact.tags if one != tag_id], now=now)
        _tag_fact(contact_id, tag_id, False, actor=actor, now=now, reason=reason)
        recompute_tiers_of(raw, [contact_id], now=now)
    return True


def _set_tags(contact: Contact, tags: list[int], *, now: datetime) -> None:
    contact.tags, contact.updated_at = tags, now
    contact.save(update_fields=["tags", "updated_at"])


def _tag_fact(contact_id: int, tag_id: int, added: bool, *, actor: str, now: datetime, reason: str) -> None:
    TagFact.objects.create(
        contact_id=contact_id, tag_id=tag_id, added=added, at=now, actor=actor, reason=reason[:200]
    )


def _locked(contact_id: int) -> Contact:
    """The contact, locked in the order everybody keeps: first the turn for writing contacts, then the row."""
    with connection.cursor() as cursor:
        take_block(cursor, "contact", 0)
    contact = Contact.objects.select_for_update().filter(pk=contact_id, state=ContactState.ALIVE).first()
    if contact is None:
        raise NotFound("contact.unknown", id=contact_id)
    return contact


def declare_attribute(
    *,
    key: str,
    label: str,
    kind: str,
    actor: str,
    label_en: str = "",
    choices: Sequence[str] = (),
    sensitive: bool = False,
) -> Attribute:
    """Declare a custom attribute; its values may be imported, shown, searched and segmented from now on.

    Raises InvalidInput `attribute.key`, `attribute.label`, `attribute.kind`, `attribute.choices`,
    `attribute.too_many`; Conflict `attribute.exists`.
    """
    label = " ".join(label.split())
    wanted = [" ".join(choice.split()) for choice in choices]
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", key):
        raise InvalidInput("attribute.key")
    if not label or len(label) > 60 or len(label_en) > 60:
        raise InvalidInput("attribute.label", longest=60)
    if kind not in AttributeKind.values:
        raise InvalidInput("attribute.kind", kind=kind[:20])
    if (kind == AttributeKind.CHOICE) != bool(wanted) or len(set(wanted)) != len(wanted) or "" in wanted:
        raise InvalidInput("attribute.choices")
    with transaction.atomic():
        if Attribute.objects.count() >= MOST_ATTRIBUTES:
            raise InvalidInput("attribute.too_many", at_most=MOST_ATTRIBUTES)
        given = {
            "label": label,
            "label_en": label_en,
            "kind": kind,
            "choices": wanted,
            "sensitive": sensitive,
        }
        attribute, made = Attribute.objects.get_or_create(key=key, defaults=given)
        if not made:
            raise Conflict("attribute.exists", key=key)
        audit.record(actor=actor, action="attribute.declare", kind="attribute", subject=key, type=kind)
    return attribute


def read_attributes(texts: dict[str, str]) -> dict[str, AttrValue]:
    """Typed values for what was typed into a form, by attribute key; empty ones are left out.

    Raises NotFound `attribute.unknown`, and what `values.read_attribute` raises, with the attribute's `key`.
    """
    declared = {one.key: one for one in Attribute.objects.filter(key__in=texts)}
    found: dict[str, AttrValue] = {}
    for key, text in texts.items():
        attribute = declared.get(key)
        if attribute is None:
            raise NotFound("attribute.unknown", key=key)
        if not text.strip():
            continue
        try:
            found[key] = read_attribute(text, kind=attribute.kind, choices=attribute.choices)
        except InvalidInput as fault:
            raise InvalidInput(fault.code, **{**fault.params, "key": key}) from None
    return found
