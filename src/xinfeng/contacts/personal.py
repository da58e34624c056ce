"""What contacts hold about a person, for copies of it and for erasing it.

Erasing empties everything that identifies: her row and those merged into it keep their ids, which facts mention, and
nothing else. What she did stays as bare facts (kind, time, amount, category) that belong to nobody any more: counts
and sums of the past must not change. What could hold words about her in them is emptied: an event's item, properties
and the sender's number of it, and the reasons people wrote beside a tag. The lens learns of the row at once; an
item's name stays in it, with nobody's id, until it is rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from xinfeng.contacts import copying
from xinfeng.contacts.masked import open_sealed, tag_names, tiers_of
from xinfeng.contacts.models import (
    Attribute,
    Contact,
    ContactState,
    Event,
    FormerNumber,
    Gender,
    Merge,
    MergeSuggestion,
    TagFact,
    Tier,
    TierFact,
)
from xinfeng.foundation.database import Connection
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.personal import Holding, Ids
from xinfeng.foundation.vault import Kind
from xinfeng.kernel.phones import Carrier

_PAGE = 1_000

_KEPT = "只留下日期和层级代号，删除后不再与任何人对应，用于不改变过去的统计"
_KEPT_EN = "only days and codes remain, which belong to nobody once the person is erased, so that figures of the past stay"


def _profile(ids: Ids) -> Iterator[Mapping[str, Any]]:
    rows = list(Contact.objects.filter(pk__in=ids).exclude(state=ContactState.ERASED).order_by("pk"))
    phones = open_sealed(Kind.PHONE, [one.phone_sealed for one in rows])
    names = open_sealed(Kind.NAME, [one.name_sealed for one in rows])
    labels = dict(Attribute.objects.values_list("key", "label"))
    tags = tag_names(tag for one in rows for tag in one.tags)
    tiers = tiers_of([one.pk for one in rows])
    for one, phone, name in zip(rows, phones, names, strict=True):
        yield {
            "id": one.pk,
            "merged_into": one.merged_into,
            "phone": phone,
            "carrier": Carrier(one.carrier).name.lower(),
            "name": name,
            "external_id": one.external_id,
            "gender": Gender(one.gender).label,
            "birthday": one.birthday.isoformat() if one.birthday else None,
            "province": one.province,
            "city": one.city,
            "region_approximate": one.region_guessed,
            "level": one.level,
            "language": one.language,
            "tier": Tier(tiers.get(one.pk, Tier.NONE)).label,
            "tags": [tags[tag] for tag in one.tags if tag in tags],
            "attributes": {labels.get(key, key): value for key, value in one.attrs.items()},
            "joined_at": one.joined_at.isoformat(),
            "updated_at": one.updated_at.isoformat(),
        }


_ERASE_PROFILE = """\
update contact set external_id = null, phone_sealed = null, phone_index = null, name_sealed = null,
  name_index = null, gender = 0, birthday = null, province = null, city = null, region_guessed = false, carrier = 0,
  level = null, tags = '{}', attrs = '{}', tail_index = null, merged_into = null, state = %(erased)s,
  updated_at = %(now)s
where state <> %(erased)s and (id = any(%(ids)s::bigint[]) or merged_into = any(%(ids)s::bigint[]))"""


_ERASE_TIER = """\
delete from placement where contact_id = any(array(
  select id from contact where id = any(%(ids)s::bigint[]) or merged_into = any(%(ids)s::bigint[])))"""


def _erase_profile(connection: Connection, ids: Ids, now: datetime) -> int:
    take_block(connection, "contact", 0)
    given = {"ids": copying.integers(ids), "now": now, "erased": int(ContactState.ERASED)}
    connection.execute(_ERASE_TIER, given)
    return connection.execute(_ERASE_PROFILE, given).rowcount


def _former_numbers(ids: Ids) -> Iterator[Mapping[str, Any]]:
    rows = list(FormerNumber.objects.filter(contact_id__in=ids).order_by("released_at", "pk"))
    phones = open_sealed(Kind.PHONE, [one.phone_sealed for one in rows])
    for one, phone in zip(rows, phones, strict=True):
        yield {
            "phone": phone,
            "released_at": one.released_at.isoformat(),
            "returned_at": one.returned_at.isoformat() if one.returned_at else None,
        }


def _erase_former_numbers(_connection: Connection, ids: Ids, _now: datetime) -> int:
    gone, _ = FormerNumber.objects.filter(contact_id__in=ids).delete()
    return gone


def _events(ids: Ids) -> Iterator[Mapping[str, Any]]:
    for one in _in_pages(Event.objects.filter(contact_id__in=ids)):
        yield {
            "at": one.at.isoformat(),
            "kind": one.get_kind_display(),
            "amount_fen": one.amount_fen,
            "item": one.item,
            "category": one.category,
            "properties": one.properties,
            "source": one.source,
            "source_id": one.source_id,
        }


def _erase_events(connection: Connection, ids: Ids, _now: datetime) -> int:
    return connection.execute(
        "update event set item = null, properties = null, source_id = '' where contact_id = any(%s::bigint[]) "
        "and (item is not null or properties is not null or source_id <> '')",
        (copying.integers(ids),),
    ).rowcount


def _tags(ids: Ids) -> Iterator[Mapping[str, Any]]:
    names: dict[int, str] = {}
    for one in _in_pages(TagFact.objects.filter(contact_id__in=ids)):
        if one.tag_id not in names:
            names |= tag_names([one.tag_id])
        yield {
            "at": one.at.isoformat(),
            "tag": names.get(one.tag_id, ""),
            "added": one.added,
            "actor": one.actor,
            "reason": one.reason,
        }


def _erase_tags(connection: Connection, ids: Ids, _now: datetime) -> int:
    return connection.execute(
        "update tag_fact set reason = '' where contact_id = any(%s::bigint[]) and reason <> ''",
        (copying.integers(ids),),
    ).rowcount


def _tiers(ids: Ids) -> Iterator[Mapping[str, Any]]:
    for one in _in_pages(TierFact.objects.filter(contact_id__in=ids)):
        yield {
            "at": one.at.isoformat(),
            "before": one.get_before_display(),
            "tier": one.get_tier_display(),
            "cause": one.cause,
        }


def _merges(ids: Ids) -> Iterator[Mapping[str, Any]]:
    for one in Merge.objects.filter(Q(survivor_id__in=ids) | Q(absorbed_id__in=ids)).order_by("pk"):
        yield {
            "at": one.at.isoformat(),
            "survivor": one.survivor_id,
            "absorbed": one.absorbed_id,
            "how": one.how,
            "actor": one.actor,
            "reason": one.reason,
            "undone_at": one.undone_at.isoformat() if one.undone_at else None,
            "undone_reason": one.undone_reason,
        }


def _erase_merges(_connection: Connection, ids: Ids, _now: datetime) -> int:
    hers = Merge.objects.filter(Q(survivor_id__in=ids) | Q(absorbed_id__in=ids))
    emptied = hers.exclude(before={}).update(before={}, reason="", undone_reason="")
    gone, _ = MergeSuggestion.objects.filter(Q(one_id__in=ids) | Q(other_id__in=ids)).delete()
    return emptied + gone


def _in_pages(wanted: QuerySet[Any]) -> Iterator[Any]:
    """Oldest first, without keeping all of them in memory."""
    wanted = wanted.order_by("at", "pk")
    place: tuple[datetime, int] | None = None
    while True:
        page = wanted
        if place is not None:
            page = wanted.filter(Q(at=place[0], pk__gt=place[1]) | Q(at__gt=place[0])).filter(
                at__gte=place[0]
            )
        found = list(page[:_PAGE])
        yield from found
        if len(found) < _PAGE:
            return
        place = found[-1].at, found[-1].pk


HOLDINGS = (
    Holding("contact.profile", "客户资料", "Profile", _profile, _erase_profile, order=90),
    Holding(
        "contact.former_numbers",
        "曾用号码（已易主）",
        "Numbers that went over to somebody else",
        _former_numbers,
        _erase_former_numbers,
    ),
    Holding("contact.events", "行为记录", "What she did", _events, _erase_events),
    Holding("contact.tags", "标签记录", "Tags", _tags, _erase_tags),
    Holding("contact.tiers", "分层历史", "Tier history", _tiers, None, _KEPT, _KEPT_EN),
    Holding("contact.merges", "合并记录", "Merges", _merges, _erase_merges, order=80),
)
