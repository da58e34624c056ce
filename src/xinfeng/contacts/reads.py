"""Questions about contacts. Numbers and names are masked; `reveal` shows one contact's, and is audited."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q, QuerySet

from xinfeng.contacts.models import Attribute, Contact, Event, Tag, TagFact
from xinfeng.contacts.records import AttrValue
from xinfeng.foundation import audit
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import mask, parse_mainland
from xinfeng.lens.engine import Lens

_MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class ContactQuery:
    """`text` is what was typed into the search box: a full number, else an external id or a whole name.

    Numbers and names are found by keyed hash, so only entire ones. `after` is `Page.next` of the page before.
    `among` narrows by what slices above know of contacts, such as `consent.reads.whose_standing`.
    """

    text: str = ""
    tag: str = ""
    tier: int | None = None
    province: str = ""
    among: Q = field(default_factory=Q)
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact in a list; `phone` and `name` masked, None where there is none."""

    id: int
    external_id: str | None
    phone: str | None
    name: str | None
    gender: int
    province: str | None
    city: str | None
    carrier: int
    level: str | None
    tier: int
    tags: tuple[str, ...]
    joined_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Rows and where the next page begins (None: this is the last)."""

    rows: list[ContactRow]
    next: str | None


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
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class ContactCard:
    """Everything about one contact but what is sealed."""

    row: ContactRow
    birthday: date | None
    language: str
    created_at: datetime
    tags: list[TagOn]
    attributes: list[AttributeValue]


@dataclass(frozen=True, slots=True)
class Revealed:
    """What was sealed or sensitive."""

    phone: str | None
    name: str | None
    attributes: dict[str, AttrValue] = field(default_factory=dict)


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


def search_contacts(query: ContactQuery) -> Page:
    """A page of contacts: recently changed first, by id (newest first) where a tag or tier is chosen.

    Raises InvalidInput `request.page` for an `after` that was never given out.
    """
    wanted = _matching(Contact.objects.all(), query)
    limit = max(1, min(query.limit, _MOST_ROWS))
    by_id = bool(query.tag) or query.tier is not None
    wanted = wanted.order_by("-id") if by_id else wanted.order_by("-updated_at", "-id")
    if query.after:
        wanted = _behind(wanted, query.after, by_id=by_id)
    found = list(wanted[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return Page(_rows(found), _place(found[-1], by_id=by_id) if more else None)


def _matching(wanted: QuerySet[Contact], query: ContactQuery) -> QuerySet[Contact]:
    text = " ".join(query.text.replace("\x00", "").split())
    if text:
        try:
            wanted = wanted.filter(phone_index=vault().phone_index(parse_mainland(text)))
        except InvalidInput:
            wanted = wanted.filter(Q(external_id=text) | Q(name_index=vault().index(text)))
    if query.tag:
        tag_id = Tag.objects.filter(name=query.tag.replace("\x00", "")).values_list("id", flat=True).first()
        wanted = wanted.filter(tags__contains=[tag_id]) if tag_id is not None else wanted.none()
    if query.tier is not None:
        wanted = wanted.filter(tier=query.tier)
    if query.province:
        wanted = wanted.filter(province=query.province.replace("\x00", ""))
    return wanted.filter(query.among)


def _place(contact: Contact, *, by_id: bool) -> str:
    return str(contact.pk) if by_id else f"{contact.updated_at.isoformat()}_{contact.pk}"


def _behind(wanted: QuerySet[Contact], after: str, *, by_id: bool) -> QuerySet[Contact]:
    at, _, last = after.rpartition("_")
    try:
        last_id = int(last)
        if by_id:
            return wanted.filter(pk__lt=last_id)
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise InvalidInput("request.page") from None
    if moment.tzinfo is None or not 0 <= last_id < 2**63:
        raise InvalidInput("request.page")
    # A row comparison, spelt so that PostgreSQL starts at the right place of the index.
    return wanted.filter(updated_at__lte=moment).exclude(updated_at=moment, pk__gte=last_id)


def contacts_by_id(ids: Sequence[int]) -> list[ContactRow]:
    """Rows for these contacts, in the order given; unknown ids are passed over."""
    found = Contact.objects.in_bulk(list(ids))
    return _rows([found[contact_id] for contact_id in ids if contact_id in found])


def _rows(contacts: Sequence[Contact]) -> list[ContactRow]:
    phones = _open(Kind.PHONE, [one.phone_sealed for one in contacts])
    names = _open(Kind.NAME, [one.name_sealed for one in contacts])
    tags = _tag_names(tag for one in contacts for tag in one.tags)
    return [
        ContactRow(
            id=one.pk,
            external_id=one.external_id,
            phone=mask(phone) if phone else None,
            name=mask_name(name) if name else None,
            gender=one.gender,
            province=one.province,
            city=one.city,
            carrier=one.carrier,
            level=one.level,
            tier=one.tier,
            tags=tuple(tags[tag] for tag in one.tags if tag in tags),
            joined_at=one.joined_at,
            updated_at=one.updated_at,
        )
        for one, phone, name in zip(contacts, phones, names, strict=True)
    ]


def _open(kind: Kind, sealed: Sequence[bytes | memoryview | None]) -> list[str | None]:
    opened = iter(vault().open_many(kind, [bytes(one) for one in sealed if one is not None]))
    return [None if one is None else next(opened) for one in sealed]


def mask_name(name: str) -> str:
    """`王小明` → `王**`: the family name is enough to know whom one is talking about. The first letter or digit is
    shown, never a sign in front of it: that could be one that turns the direction of writing."""
    first = next((sign for sign in name if sign.isalnum()), "*")
    return first + "*" * min(len(name) - 1, 2)


def _tag_names(ids: Iterable[int]) -> dict[int, str]:
    wanted = set(ids)
    return dict(Tag.objects.filter(pk__in=wanted).values_list("id", "name")) if wanted else {}


def contact_card(contact_id: int) -> ContactCard:
    """Raises NotFound `contact.unknown`."""
    contact = _contact(contact_id)
    tags = {one.pk: one for one in Tag.objects.filter(pk__in=contact.tags)}
    return ContactCard(
        row=_rows([contact])[0],
        birthday=contact.birthday,
        language=contact.language,
        created_at=contact.created_at,
        tags=[TagOn(tags[tag].name, tags[tag].kind) for tag in contact.tags if tag in tags],
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
    )


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
    [phone], [name] = _open(Kind.PHONE, [contact.phone_sealed]), _open(Kind.NAME, [contact.name_sealed])
    sensitive = Attribute.objects.filter(sensitive=True).values_list("key", flat=True)
    return Revealed(phone, name, {key: contact.attrs[key] for key in sensitive if key in contact.attrs})


def timeline(contact_id: int, before: datetime | None = None, limit: int = 50) -> list[TimelineItem]:
    """What a contact did and how she was tagged, newest first; consent and messages are other slices' parts.

    For the next page pass the `at` of the last item as `before`; everything of one moment is on one page, so a
    page may be longer than `limit`.
    """
    events = Event.objects.filter(contact_id=contact_id)
    facts = TagFact.objects.filter(contact_id=contact_id)
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
    names = _tag_names(fact.tag_id for fact in tagged)
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
    """Every tag there is, by name."""
    return [TagOn(name, kind) for name, kind in Tag.objects.order_by("name").values_list("name", "kind")]


def tier_counts(copy: Lens) -> dict[int, int]:
    """How many contacts each tier has, as the lens knows it."""
    contact = copy.table("contact")
    counted = copy.rows(contact.group_by("tier").agg(contacts=contact.count())).to_pylist()
    return {row["tier"]: row["contacts"] for row in counted}


def _contact(contact_id: int) -> Contact:
    contact = Contact.objects.filter(pk=contact_id).first()
    if contact is None:
        raise NotFound("contact.unknown", id=contact_id)
    return contact
