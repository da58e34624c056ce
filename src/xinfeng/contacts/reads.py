"""Questions about contacts. Numbers and names are masked; `reveal` shows one contact's, and is audited."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import QuerySet

from xinfeng.contacts.masked import (
    ContactRow,
    contacts_by_id,
    mask_name,
    open_sealed,
    rows_of,
    tag_names,
)
from xinfeng.contacts.members import members
from xinfeng.contacts.models import Attribute, Contact, ContactState, Event, Tag, TagFact
from xinfeng.contacts.records import AttrValue
from xinfeng.contacts.searching import ContactQuery, Page, search_contacts
from xinfeng.foundation import audit
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import mask
from xinfeng.lens.engine import Lens

__all__ = [
    "AttributeValue",
    "ContactCard",
    "ContactQuery",
    "ContactRow",
    "OtherRow",
    "Page",
    "Revealed",
    "TagOn",
    "TimelineItem",
    "contact_card",
    "contacts_by_id",
    "mask_name",
    "masked_phone",
    "reveal",
    "search_contacts",
    "tags",
    "tier_counts",
    "timeline",
]


@dataclass(frozen=True, slots=True)
class AttributeValue:
    """A declared attribute and its value; a sensitive one's is None until it is revealed."""

    key: str
    label: str
    label_en: str
    kind: str
    value: AttrValue | None
    sensitive: bool


@dataclass(frozen=True, slots=True)
class TagOn:
    """A tag; on a contact also who put it there, when and why (`at` None where no fact tells)."""

    name: str
    kind: str
    at: datetime | None = None
    actor: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class OtherRow:
    """A row that was merged into a contact and leads to her: its masked number and its external id, if it has any
    of its own left."""

    id: int
    phone: str | None
    external_id: str | None
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class ContactCard:
    """Everything about one contact but what is sealed."""

    row: ContactRow
    birthday: date | None
    language: str
    created_at: datetime
    tags: list[TagOn]
    attributes: list[AttributeValue]
    others: list[OtherRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Revealed:
    """What was sealed or sensitive. `other_phones`: numbers of rows that were merged into hers."""

    phone: str | None
    name: str | None
    attributes: dict[str, AttrValue] = field(default_factory=dict)
    other_phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """Something that happened. `what`: `event` (kind, amount_fen, item, category, source) or `tag` (tag, added,
    actor, reason)."""

    what: str
    at: datetime
    id: int
    kind: int = 0
    amount_fen: int | None = None
    item: str | None = None
    category: str | None = None
    source: str = ""
    tag: str = ""
    added: bool = True
    actor: str = ""
    reason: str = ""


def contact_card(contact_id: int) -> ContactCard:
    """Raises NotFound `contact.unknown`."""
    contact = _contact(contact_id)
    return ContactCard(
        row=rows_of([contact])[0],
        birthday=contact.birthday,
        language=contact.language,
        created_at=contact.created_at,
        tags=_tags_on(contact),
        attributes=[
            AttributeValue(
                one.key,
                one.label,
                one.label_en,
                one.kind,
                None if one.sensitive else contact.attrs.get(one.key),
                one.sensitive,
            )
            for one in Attribute.objects.order_by("id")
        ],
        others=_others(contact_id),
    )


def _tags_on(contact: Contact) -> list[TagOn]:
    if not contact.tags:
        return []
    tags = {one.pk: one for one in Tag.objects.filter(pk__in=contact.tags)}
    facts = TagFact.objects.filter(contact_id__in=members(contact.pk), tag_id__in=contact.tags, added=True)
    put = {one.tag_id: one for one in facts.order_by("tag_id", "-at", "-pk").distinct("tag_id")}
    return [
        TagOn(tags[tag].name, tags[tag].kind, one.at, one.actor, one.reason)
        if (one := put.get(tag)) is not None
        else TagOn(tags[tag].name, tags[tag].kind)
        for tag in contact.tags
        if tag in tags
    ]


def _others(contact_id: int) -> list[OtherRow]:
    rows = list(Contact.objects.filter(merged_into=contact_id).order_by("pk"))
    phones = open_sealed(Kind.PHONE, [one.phone_sealed for one in rows])
    return [
        OtherRow(one.pk, mask(phone) if phone else None, one.external_id, one.joined_at)
        for one, phone in zip(rows, phones, strict=True)
    ]


def masked_phone(contact_id: int) -> str | None:
    """The masked number of one contact, None without one. Raises NotFound `contact.unknown`."""
    sealed = _contact(contact_id).phone_sealed
    return None if sealed is None else mask(vault().open(Kind.PHONE, bytes(sealed)))


def reveal(contact_id: int, *, actor: str, reason: str, address: str | None = None) -> Revealed:
    """Number, name and sensitive attributes in the clear; leaves an audit entry with the reason.

    Whether `actor` may is for the door to say. Raises InvalidInput `reveal.no_reason`, NotFound `contact.unknown`.
    """
    if not reason.strip():
        raise InvalidInput("reveal.no_reason")
    contact = _contact(contact_id)
    audit.record(
        actor=actor,
        action="contact.reveal",
        kind="contact",
        subject=contact_id,
        address=address,
        reason=reason[:200],
    )
    others = (
        Contact.objects.filter(merged_into=contact_id).order_by("pk").values_list("phone_sealed", flat=True)
    )
    phone, *other_phones = open_sealed(Kind.PHONE, [contact.phone_sealed, *others])
    [name] = open_sealed(Kind.NAME, [contact.name_sealed])
    sensitive = Attribute.objects.filter(sensitive=True).values_list("key", flat=True)
    return Revealed(
        phone,
        name,
        {key: contact.attrs[key] for key in sensitive if key in contact.attrs},
        tuple(one for one in other_phones if one is not None),
    )


def timeline(contact_id: int, before: datetime | None = None, limit: int = 50) -> list[TimelineItem]:
    """What a contact did and how she was tagged, newest first; consent and messages are other slices' parts.
    Includes what is on record under the rows that were merged into hers.

    For the next page pass the `at` of the last item as `before`; everything of one moment is on one page, so a
    page may be longer than `limit`.
    """
    hers = members(contact_id)
    events = Event.objects.filter(contact_id__in=hers)
    facts = TagFact.objects.filter(contact_id__in=hers)
    if before is not None:
        events, facts = events.filter(at__lt=before), facts.filter(at__lt=before)
    found = _items(events.order_by("-at", "-id")[:limit], facts.order_by("-at", "-id")[:limit])
    if len(found) < limit:
        return found
    last = found[limit - 1].at
    newer = [item for item in found[:limit] if item.at > last]
    return newer + _items(events.filter(at=last).order_by("-id"), facts.filter(at=last).order_by("-id"))


def _items(events: QuerySet[Event], facts: QuerySet[TagFact]) -> list[TimelineItem]:
    tagged = list(facts)
    names = tag_names(fact.tag_id for fact in tagged)
    items = [
        TimelineItem(
            "event",
            one.at,
            one.pk,
            kind=one.kind,
            amount_fen=one.amount_fen,
            item=one.item,
            category=one.category,
            source=one.source,
        )
        for one in events
    ]
    items += [
        TimelineItem(
            "tag",
            fact.at,
            fact.pk,
            tag=names.get(fact.tag_id, ""),
            added=fact.added,
            actor=fact.actor,
            reason=fact.reason,
        )
        for fact in tagged
    ]
    items.sort(key=lambda item: (item.at, item.what, item.id), reverse=True)
    return items


def tags() -> list[TagOn]:
    """Every tag in use, by name."""
    found = Tag.objects.filter(merged_into=None).order_by("name").values_list("name", "kind")
    return [TagOn(name, kind) for name, kind in found]


def tier_counts(copy: Lens) -> dict[int, int]:
    """How many contacts each tier has, as the lens knows it."""
    contact = copy.table("contact")
    counted = copy.rows(contact.group_by("tier").agg(contacts=contact.count())).to_pylist()
    return {row["tier"]: row["contacts"] for row in counted}


def _contact(contact_id: int) -> Contact:
    contact = Contact.objects.filter(pk=contact_id, state=ContactState.ALIVE).first()
    if contact is None:
        raise NotFound("contact.unknown", id=contact_id)
    return contact
