"""Contacts as lists show them: number and name masked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from xinfeng.contacts.models import Contact, ContactState, Placement, Tag, Tier
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.phones import mask


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact in a list; `phone` and `name` masked, None where there is none. `region_guessed`: province and
    city were read off the number, approximately."""

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
    region_guessed: bool = False


def contacts_by_id(ids: Sequence[int]) -> list[ContactRow]:
    """Rows for these contacts, in the order given; ids that are no people (any more) are passed over."""
    found = {one.pk: one for one in Contact.objects.filter(pk__in=list(ids), state=ContactState.ALIVE)}
    return rows_of([found[contact_id] for contact_id in ids if contact_id in found])


def rows_of(contacts: Sequence[Contact]) -> list[ContactRow]:
    """These contacts, masked."""
    phones = open_sealed(Kind.PHONE, [one.phone_sealed for one in contacts])
    names = open_sealed(Kind.NAME, [one.name_sealed for one in contacts])
    tags = tag_names(tag for one in contacts for tag in one.tags)
    tiers = tiers_of([one.pk for one in contacts])
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
            tier=tiers.get(one.pk, Tier.NONE),
            tags=tuple(tags[tag] for tag in one.tags if tag in tags),
            joined_at=one.joined_at,
            updated_at=one.updated_at,
            region_guessed=one.region_guessed,
        )
        for one, phone, name in zip(contacts, phones, names, strict=True)
    ]


def open_sealed(kind: Kind, sealed: Sequence[bytes | memoryview | None]) -> list[str | None]:
    """What is sealed in each, None where there is nothing."""
    opened = iter(vault().open_many(kind, [bytes(one) for one in sealed if one is not None]))
    return [None if one is None else next(opened) for one in sealed]


def mask_name(name: str) -> str:
    """`王小明` → `王**`: the family name is enough to know whom one is talking about. The first letter or digit is
    shown, never a sign in front of it: that could be one that turns the direction of writing."""
    first = next((sign for sign in name if sign.isalnum()), "*")
    return first + "*" * min(len(name) - 1, 2)


def tiers_of(ids: Sequence[int]) -> dict[int, int]:
    """Tiers by contact; who has none may be missing."""
    return dict(Placement.objects.filter(pk__in=ids).values_list("pk", "tier")) if ids else {}


def tag_names(ids: Iterable[int]) -> dict[int, str]:
    """Names by id; of a tag that was merged, its own."""
    wanted = set(ids)
    return dict(Tag.objects.filter(pk__in=wanted).values_list("id", "name")) if wanted else {}
