"""Searching contacts: by what is typed, or by filters; in pages that begin where the one before ended.

What identifies is found by keyed hash, so a number or name must be whole; the last four digits have a hash of their
own. Filters that no index of PostgreSQL can both narrow and order (tags, tiers, regions, consent) are asked of the lens,
where it is at hand; the rows themselves are always read from PostgreSQL.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import ibis
from django.db.models import Q, QuerySet

from xinfeng.contacts.masked import ContactRow, rows_of
from xinfeng.contacts.models import Contact, ContactState, Tier
from xinfeng.contacts.tag_names import tag_id_of
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import parse_mainland
from xinfeng.lens.engine import Lens

MOST_ROWS = 200
MOST_OPENED = 20_000
"""Numbers that are opened to compare their first digits, where a masked one was typed."""

_is_tail = re.compile(r"[0-9]{4}").fullmatch
_is_masked = re.compile(r"(?:\+?86[ -]?)?(1[3-9][0-9])[ -]?[*•xX＊]{4}[ -]?([0-9]{4})").fullmatch

InLens = Callable[[Lens, Any], Any]
"""Narrows the lens's table `contact`."""


@dataclass(frozen=True, slots=True)
class ContactQuery:
    """`text` is what was typed into the search box: a whole number (as people write it), a masked one such as
    `138****8000`, the last four digits, an external id, or a whole name.

    `after` is `Page.next` of the page before. `among` narrows by what slices above know of contacts, such as
    `consent.reads.whose_standing`; `among_in_lens` says the same to the lens, and is used instead where that is
    asked.
    """

    text: str = ""
    tag: str = ""
    tier: int | None = None
    province: str = ""
    among: Q = field(default_factory=Q)
    among_in_lens: InLens | None = None
    after: str = ""
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Page:
    """Rows and where the next page begins (None: this is the last)."""

    rows: list[ContactRow]
    next: str | None


def search_contacts(query: ContactQuery, copy: Lens | None = None) -> Page:
    """A page of contacts: recently changed first; newest first where something was searched for or chosen.

    `copy`: the lens, brought up to date by the caller; it answers filters on 5 million contacts in tens of
    milliseconds, where PostgreSQL may have to look at all of them. Raises InvalidInput `request.page` for an `after`
    that was never given out.
    """
    limit = max(1, min(query.limit, MOST_ROWS))
    text = " ".join(query.text.replace("\x00", "").split())
    if masked := _is_masked(_half_width(text)):
        return _by_masked_number(query, *masked.groups(), limit=limit)
    filtered = query.tag or query.tier is not None or query.province or query.among_in_lens
    if copy is not None and not text and filtered:
        return _by_lens(query, copy, limit=limit)
    wanted = _filtered(_typed(_people(), text), query).filter(query.among)
    by_id = bool(text) or bool(query.tag) or query.tier is not None
    wanted = wanted.order_by("-id") if by_id else wanted.order_by("-updated_at", "-id")
    if query.after:
        wanted = wanted.filter(pk__lt=_id_of(query.after)) if by_id else _behind(wanted, query.after)
    found = list(wanted[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return Page(rows_of(found), _place(found[-1], by_id=by_id) if more else None)


def _half_width(text: str) -> str:
    """Digits as a Chinese keyboard may write them (８０００) as plain ones; whole numbers are read so as well."""
    return unicodedata.normalize("NFKC", text)


def _people() -> QuerySet[Contact]:
    return Contact.objects.filter(state=ContactState.ALIVE)


def _typed(wanted: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    if not text:
        return wanted
    try:
        number = parse_mainland(text)
    except InvalidInput:
        pass
    else:
        key = Q(phone_index=vault().phone_index(number)) | Q(external_id=text)
        return wanted.filter(pk__in=_speakers(key))
    hit = Q(name_index=vault().index(text))
    if speakers := _speakers(Q(external_id__in={text, text.upper(), text.lower()})):
        hit |= Q(pk__in=speakers)
    if _is_tail(tail := _half_width(text)):
        hit |= Q(tail_index=vault().tail_index(tail))
    return wanted.filter(hit)


def _speakers(key: Q) -> list[int]:
    """Who speaks now for the rows with this number or external id."""
    found = Contact.objects.filter(key).values_list("pk", "merged_into")
    return [contact_id if into is None else into for contact_id, into in found]


def _filtered(wanted: QuerySet[Contact], query: ContactQuery) -> QuerySet[Contact]:
    if query.tag:
        tag_id = tag_id_of(query.tag)
        wanted = wanted.filter(tags__contains=[tag_id]) if tag_id is not None else wanted.none()
    if query.tier is not None:
        wanted = wanted.filter(_of_tier(query.tier))
    if query.province:
        wanted = wanted.filter(province=query.province.replace("\x00", ""))
    return wanted


def _of_tier(tier: int) -> Q:
    return Q(placement__tier=tier) if tier else Q(placement=None) | Q(placement__tier=Tier.NONE)


def _by_masked_number(query: ContactQuery, head: str, tail: str, *, limit: int) -> Page:
    """Those with these last digits whose number begins so: opened one after the other, never shown."""
    alike = _filtered(_people().filter(tail_index=vault().tail_index(tail)), query).filter(query.among)
    alike = alike.order_by("-id")
    if query.after:
        alike = alike.filter(pk__lt=_id_of(query.after))
    candidates = list(alike.values_list("pk", "phone_sealed")[:MOST_OPENED])
    numbers = vault().open_many(Kind.PHONE, [bytes(sealed) for _, sealed in candidates if sealed is not None])
    hits = [
        contact_id
        for (contact_id, _), number in zip(candidates, numbers, strict=True)
        if number.startswith(head)
    ]
    return _page_of(hits[: limit + 1], limit)


def _by_lens(query: ContactQuery, copy: Lens, *, limit: int) -> Page:
    contact = copy.table("contact")
    wanted = contact
    if query.tag:
        tag_id = tag_id_of(query.tag)
        if tag_id is None:
            return Page([], None)
        wanted = wanted.filter(wanted.tags.contains(ibis.literal(tag_id, "int32")))
    if query.tier is not None:
        wanted = wanted.filter(wanted.tier == query.tier)
    if query.province:
        wanted = wanted.filter(wanted.province == query.province.replace("\x00", ""))
    if query.after:
        wanted = wanted.filter(wanted.id < _id_of(query.after))
    if query.among_in_lens is not None:
        wanted = query.among_in_lens(copy, wanted)
    best = wanted.select("id").order_by(ibis.desc("id")).limit(limit + 1)
    return _page_of((row["id"] for row in copy.rows(best).to_pylist()), limit)


def _page_of(ids: Iterable[int], limit: int) -> Page:
    """The page with these ids, of which there is one more than fits if there is another page."""
    found = sorted(ids, reverse=True)
    more, found = len(found) > limit, found[:limit]
    people = list(_people().filter(pk__in=found).order_by("-id"))
    return Page(rows_of(people), str(found[-1]) if more else None)


def _place(contact: Contact, *, by_id: bool) -> str:
    return str(contact.pk) if by_id else f"{contact.updated_at.isoformat()}_{contact.pk}"


def _id_of(after: str) -> int:
    if not (after.isascii() and after.isdigit() and int(after) < 2**63):
        raise InvalidInput("request.page")
    return int(after)


def _behind(wanted: QuerySet[Contact], after: str) -> QuerySet[Contact]:
    at, _, last = after.rpartition("_")
    last_id = _id_of(last)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise InvalidInput("request.page") from None
    if moment.tzinfo is None:
        raise InvalidInput("request.page")
    # A comparison of rows: the index begins there, also where a whole import was written at one moment.
    return wanted.extra(where=["(contact.updated_at, contact.id) < (%s, %s)"], params=[moment, last_id])
