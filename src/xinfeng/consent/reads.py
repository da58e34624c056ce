"""Questions about consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from xinfeng.consent.ledger import NewEntry, entry_hash
from xinfeng.consent.models import ConsentEntry, LedgerHead, Notice, Standing, Suppression
from xinfeng.consent.purposes import known
from xinfeng.contacts.models import Contact
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.vault import vault
from xinfeng.kernel.ages import youngest_adult
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import parse_mainland
from xinfeng.kernel.time import business_day, utc_now


@dataclass(frozen=True, slots=True)
class StandingRow:
    """Where a contact stands for one purpose. Without any entry `granted` is False and `since` None.

    `stale`: she had agreed, to a wording that no longer stands; `granted` then is False. `minor`: she is known to be
    under age, so marketing does not reach her whatever was agreed to (the gate `minor` holds at sending).
    """

    purpose: str
    granted: bool
    entry_seq: int | None
    since: datetime | None
    source: str
    suppressed: str | None
    stale: bool = False
    minor: bool = False

    @property
    def may_be_written_to(self) -> bool:
        return self.granted and self.suppressed is None and not self.minor


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One line of the ledger for people; the notice by key and version."""

    seq: int
    recorded_at: datetime
    purpose: str
    granted: bool
    at: datetime
    source: str
    notice: str
    evidence: str
    actor: str


@dataclass(frozen=True, slots=True)
class Proof:
    """Why a contact may be written to: the entry that decides, unbroken, with the wording she agreed to.

    `hash_fits`: the entry still is what was hashed. `head_seq`: the ledger's length when this was drawn up.
    """

    contact_id: int
    standing: StandingRow
    entry: EntryRow
    notice_text: str
    hash: str
    prev_hash: str
    hash_fits: bool
    head_seq: int


@dataclass(frozen=True, slots=True)
class SuppressionRow:
    """`contact_id`: who speaks now for whoever has the number."""

    id: int
    contact_id: int | None
    scope: str
    reason: str
    source: str
    at: datetime
    actor: str
    lifted_at: datetime | None
    lifted_by: str
    lifted_reason: str


@dataclass(frozen=True, slots=True)
class SuppressionQuery:
    """`phone` finds one number, as typed. `after` is the last id of the page before (newest first)."""

    phone: str = ""
    reason: str = ""
    scope: str = ""
    in_force: bool = True
    after: int | None = None
    limit: int = 50


def standing_of(contact_id: int, *, now: datetime | None = None) -> list[StandingRow]:
    """One row for each purpose: those with a name, those of sensitive attributes, and others she ever spoke of.

    `now` (left out: the present) decides whether she is under age.
    """
    found = {row.purpose: row for row in Standing.objects.filter(contact_id=contact_id)}
    young = is_minor(contact_id, now=now or utc_now())
    return [
        StandingRow(
            purpose,
            row.granted,
            row.entry_seq,
            row.since,
            row.source,
            row.suppressed,
            row.stale,
            minor=young and purpose == "marketing",
        )
        if (row := found.get(purpose))
        else StandingRow(purpose, False, None, None, "", None, minor=young and purpose == "marketing")
        for purpose in dict.fromkeys((*known(), *sorted(found)))
    ]


def is_minor(contact_id: int, *, now: datetime) -> bool:
    """Whether her birthday is known and she is under age, on the enterprise's day."""
    youngest = youngest_adult(business_day(now, xinfeng_settings.load().zone))
    return Contact.objects.filter(pk=contact_id, birthday__gte=youngest).exists()


def whose_standing(state: str, purpose: str) -> Q:
    """A condition on contacts for `contacts.reads.ContactQuery.among`.

    `state`: `reachable` (granted, nothing suppresses, no known minor for marketing), `withdrawn` (the last word was no), `stale` (agreed to a
    wording that no longer stands), `suppressed`, or `none` (never asked). Raises InvalidInput `consent.standing`.
    """
    standing = Standing.objects.filter(contact_id=OuterRef("pk"), purpose=purpose)
    if state == "reachable":
        agreed = Q(Exists(standing.filter(granted=True, suppressed=None)))
        if purpose != "marketing":
            return agreed
        youngest = youngest_adult(business_day(utc_now(), xinfeng_settings.load().zone))
        return agreed & (Q(birthday=None) | Q(birthday__lt=youngest))
    if state == "withdrawn":
        return Q(Exists(standing.filter(granted=False, stale=False, entry_seq__isnull=False)))
    if state == "stale":
        return Q(Exists(standing.filter(stale=True)))
    if state == "suppressed":
        return Q(Exists(standing.filter(suppressed__isnull=False)))
    if state == "none":
        return Q(~Exists(standing.filter(entry_seq__isnull=False)))
    raise InvalidInput("consent.standing", state=state[:20])


def members(contact_id: int) -> list[int]:
    """Everything a person is known by in the ledger: her id first, then the rows merged into it."""
    merged = Contact.objects.filter(merged_into=contact_id).order_by("pk").values_list("pk", flat=True)
    return [contact_id, *merged]


def entries_of(contact_id: int, *, before_seq: int | None = None, limit: int = 100) -> list[EntryRow]:
    """A person's lines of the ledger, newest first, those of the rows merged into hers included."""
    wanted = ConsentEntry.objects.filter(contact_id__in=members(contact_id))
    if before_seq is not None:
        wanted = wanted.filter(seq__lt=before_seq)
    entries = list(wanted.order_by("-seq")[:limit])
    notices = _notices({entry.notice_id for entry in entries if entry.notice_id is not None})
    return [_entry_row(entry, notices) for entry in entries]


def proof(contact_id: int, purpose: str) -> Proof:
    """What proves that a contact may, or may not, be written to for a purpose.

    Raises NotFound `consent.nothing_recorded` if the ledger has no line about it, InvalidInput `consent.purpose`.
    """
    standing = next((row for row in standing_of(contact_id) if row.purpose == purpose), None)
    if standing is None:
        raise InvalidInput("consent.purpose", purpose=purpose[:40])
    entry = None
    if standing.entry_seq is not None:
        entry = ConsentEntry.objects.filter(seq=standing.entry_seq, contact_id=contact_id).first()
    if entry is None:
        raise NotFound("consent.nothing_recorded", contact_id=contact_id, purpose=purpose)
    notices = _notices({entry.notice_id} if entry.notice_id is not None else set())
    written = NewEntry(
        entry.contact_id,
        entry.purpose,
        entry.granted,
        entry.at,
        entry.source,
        entry.notice_id,
        entry.evidence,
        entry.actor,
    )
    prev_hash, hash_ = bytes(entry.prev_hash), bytes(entry.hash)
    expected = entry_hash(seq=entry.seq, recorded_at=entry.recorded_at, entry=written, prev_hash=prev_hash)
    notice = notices.get(entry.notice_id) if entry.notice_id is not None else None
    return Proof(
        contact_id=contact_id,
        standing=standing,
        entry=_entry_row(entry, notices),
        notice_text=notice.text if notice else "",
        hash=hash_.hex(),
        prev_hash=prev_hash.hex(),
        hash_fits=expected == hash_,
        head_seq=LedgerHead.objects.values_list("seq", flat=True).get(pk=1),
    )


def suppressions(query: SuppressionQuery) -> list[SuppressionRow]:
    """A page of the suppression list, newest first. A phone nobody could have finds nothing."""
    wanted = Suppression.objects.order_by("-id")
    if query.phone:
        try:
            number = parse_mainland(query.phone)
        except InvalidInput:
            return []
        wanted = wanted.filter(phone_index=vault().phone_index(number))
    if query.reason:
        wanted = wanted.filter(reason=query.reason)
    if query.scope:
        wanted = wanted.filter(scope=query.scope)
    if query.in_force:
        wanted = wanted.filter(lifted_at=None)
    if query.after is not None:
        wanted = wanted.filter(id__lt=query.after)
    return _suppression_rows(wanted[: query.limit])


def suppressions_of(contact_id: int) -> list[SuppressionRow]:
    """Everything that was ever recorded against a contact's present number, newest first."""
    index = Contact.objects.filter(pk=contact_id).values_list("phone_index", flat=True).first()
    if index is None:
        return []
    return _suppression_rows(Suppression.objects.filter(phone_index=index).order_by("-id"))


def _suppression_rows(wanted: QuerySet[Suppression]) -> list[SuppressionRow]:
    found = list(wanted)
    owners = Contact.objects.filter(phone_index__in=[row.phone_index for row in found])
    contacts = {
        bytes(index): contact_id if merged_into is None else merged_into
        for index, contact_id, merged_into in owners.values_list("phone_index", "id", "merged_into")
        if index is not None
    }
    return [
        SuppressionRow(
            row.pk,
            contacts.get(bytes(row.phone_index)),
            row.scope,
            row.reason,
            row.source,
            row.at,
            row.actor,
            row.lifted_at,
            row.lifted_by,
            row.lifted_reason,
        )
        for row in found
    ]


def _notices(ids: set[int]) -> dict[int, Notice]:
    return Notice.objects.in_bulk(ids) if ids else {}


def _entry_row(entry: ConsentEntry, notices: dict[int, Notice]) -> EntryRow:
    notice = notices.get(entry.notice_id) if entry.notice_id is not None else None
    return EntryRow(
        entry.seq,
        entry.recorded_at,
        entry.purpose,
        entry.granted,
        entry.at,
        entry.source,
        f"{notice.key} {notice.version}" if notice else "",
        entry.evidence,
        entry.actor,
    )


def notices() -> list[Notice]:
    """Every published wording, the latest of each first."""
    return list(Notice.objects.order_by("key", "-effective_at", "-pk"))
