"""Draws up proof bundles from the ledger. What a bundle is: `consent.bundle`; campaigns': `campaigns.proof`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django.db.models import Q

from xinfeng import __version__
from xinfeng.consent import ledger_checks
from xinfeng.consent.bundle import form
from xinfeng.consent.bundle.checking import BundleReport, verify_bundle
from xinfeng.consent.bundle.form import BundleEntry
from xinfeng.consent.bundle.report import MOST_ENTRIES, ReportEntry, report_page
from xinfeng.consent.bundle.writing import BundleWriter, Written
from xinfeng.consent.contracts import CONTRACTS
from xinfeng.consent.exhibits import Exhibitor, Reference, exhibitors
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import LedgerHead, Notice, Suppression
from xinfeng.consent.reads import members, standing_of
from xinfeng.contacts import copying
from xinfeng.contacts.models import Contact, FormerNumber
from xinfeng.foundation import audit
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.signing import signer
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.phones import mask

__all__ = [
    "BundleReport",
    "Source",
    "Written",
    "ledger_head",
    "person_bundle",
    "stream_entries",
    "verify_bundle",
    "write_bundle",
]

LONGEST_REASON = 200
COLUMNS = (
    "e.seq, e.recorded_at, e.contact_id, e.purpose, e.granted, e.at, e.source, e.notice_id, e.evidence, e.actor, "
    "e.prev_hash, e.hash"
)
_AT_ONCE = 2_000

_OF_CONTACTS = (
    f"select {COLUMNS} from consent_entry e "  # noqa: S608
    "where e.contact_id = any(%s::bigint[]) and e.seq <= %s order by e.seq"
)


@dataclass(frozen=True)
class Source:
    """What a bundle is about. `entries` and `recipients` may be asked several times and give the same each time;
    entries come by `seq`, recipients as lines of CSV. `subject` goes into the manifest for people to read."""

    kind: str
    subject: Mapping[str, Any]
    head: tuple[int, bytes]
    entries: Callable[[], Iterator[BundleEntry]]
    suppressions: Callable[[], Iterator[Mapping[str, Any]]]
    recipients: Callable[[], Iterator[bytes]] | None = None


@dataclass
class _Seen:
    """What went by while entries were written."""

    entries: int = 0
    persons: set[int] = field(default_factory=set)
    notices: set[int] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    first: list[BundleEntry] = field(default_factory=list)


def check_reason(reason: str) -> str:
    """Why a proof is drawn up, for the audit log and the bundle. Raises InvalidInput `proof.no_reason`."""
    reason = " ".join(reason.split())
    if not reason or "\x00" in reason:
        raise InvalidInput("proof.no_reason")
    return reason[:LONGEST_REASON]


def person_bundle(
    contact_id: int, *, target: Path, reason: str, reveal: bool, actor: str, now: datetime
) -> Written:
    """Everything the ledger holds about one person, rows merged into hers included, written to `target`.

    `reveal`: with the number in the clear; the door has checked that this person may see it. Audited. Raises
    NotFound `contact.unknown`, InvalidInput `proof.no_reason`.
    """
    reason = check_reason(reason)
    found = Contact.objects.only("id", "merged_into").filter(pk=contact_id).first()
    if found is None:
        raise NotFound("contact.unknown", id=contact_id)
    speaker = found.merged_into or contact_id
    ids = members(speaker)
    with bulk_transaction() as connection:
        head = ledger_head()

        def entries() -> Iterator[BundleEntry]:
            return stream_entries(connection, _OF_CONTACTS, (copying.integers(ids), head[0]))

        source = Source(
            "person", _person(speaker, ids, reveal=reveal), head, entries, lambda: _suppressions(ids)
        )
        written = write_bundle(source, target=target, reason=reason, actor=actor, now=now)
        audit.record(
            actor=actor,
            action="proof.person",
            kind="contact",
            subject=contact_id,
            reason=reason,
            revealed=reveal,
            sha256=written.sha256,
        )
    return written


def write_bundle(
    source: Source,
    *,
    target: Path,
    reason: str,
    actor: str,
    now: datetime,
    progress: Callable[[int], None] | None = None,
) -> Written:
    """Write, sign and seal. `progress` is told rows written, every few thousand. Memory stays the same for any number of recipients
    (but for 60 bytes a person)."""
    seen = _Seen()
    recipients = suppressions = 0
    key = signer()
    tell = _Teller(progress)
    with BundleWriter(target, key) as writer:
        writer.add(form.ENTRIES, _entry_lines(source, seen, tell))
        if source.recipients is not None:
            counted = _Counted(source.recipients(), tell)
            writer.add(form.RECIPIENTS, chain([_csv_head()], counted))
            recipients = counted.count
        listed = _Counted((form.canonical(one) + b"\n" for one in source.suppressions()), tell)
        writer.add(form.SUPPRESSIONS, listed)
        suppressions = listed.count
        notices = list(Notice.objects.filter(pk__in=seen.notices).order_by("pk"))
        for notice in notices:
            writer.add(_notice_file(notice), [notice.text.encode()])
        for exhibitor in (CONTRACTS, *exhibitors()):
            if exhibitor.prefix.partition(":")[0] in seen.sources:  # else it has nothing to show
                _add_exhibits(writer, exhibitor, source)
        manifest = {
            "kind": source.kind,
            "subject": dict(source.subject),
            "drawn_up": {
                "at": form.spell_time(now),
                "by": actor,
                "reason": reason,
                "software": f"xinfeng {__version__}",
            },
            "ledger": {
                "head_seq": source.head[0],
                "head_hash": source.head[1].hex(),
                "check": ledger_checks.for_manifest(),
            },
            "counts": {
                "entries": seen.entries,
                "persons": len(seen.persons),
                "recipients": recipients,
                "notices": len(notices),
                "suppressions": suppressions,
            },
            "notices": [_notice_facts(one) for one in notices],
        }
        writer.add(form.REPORT, _report(manifest, seen, notices, source, key.fingerprint))
        return writer.seal(manifest)


def ledger_head() -> tuple[int, bytes]:
    """Number and hash of the last entry."""
    head = LedgerHead.objects.get(pk=1)
    return head.seq, bytes(head.hash)


def stream_entries(
    connection: Connection, statement: str, params: tuple[Any, ...] | Mapping[str, Any]
) -> Iterator[BundleEntry]:
    """Lines of the ledger by a statement that selects COLUMNS; a cursor on the server, inside a transaction."""
    with connection.cursor(name=f"bundle_{id(params)}") as cursor:
        cursor.execute(statement, params)
        while block := cursor.fetchmany(_AT_ONCE):  # a row at a time would cost three times as much
            for seq, recorded_at, *said, before, own in block:
                yield BundleEntry(seq, recorded_at, NewEntry(*said), bytes(before), bytes(own))


class _Teller:
    """Tells how far it is, not too often."""

    def __init__(self, progress: Callable[[int], None] | None) -> None:
        self._progress, self._done = progress, 0

    def step(self) -> None:
        self._done += 1
        if self._progress is not None and self._done % _AT_ONCE == 0:
            self._progress(self._done)


class _Counted:
    """Lines that are counted as they pass."""

    def __init__(self, lines: Iterable[bytes], tell: _Teller) -> None:
        self._lines, self._tell = lines, tell
        self.count = 0

    def __iter__(self) -> Iterator[bytes]:
        for line in self._lines:
            self.count += 1
            self._tell.step()
            yield line


def _entry_lines(source: Source, seen: _Seen, tell: _Teller) -> Iterator[bytes]:
    for one in source.entries():
        seen.entries += 1
        seen.persons.add(one.entry.contact_id)
        if one.entry.notice_id is not None:
            seen.notices.add(one.entry.notice_id)
        seen.sources.add(one.entry.source.partition(":")[0])
        if len(seen.first) < MOST_ENTRIES:
            seen.first.append(one)
        tell.step()
        yield form.entry_line(one)


def _csv_head() -> bytes:
    return ",".join(form.RECIPIENT_COLUMNS).encode() + b"\n"


def _add_exhibits(writer: BundleWriter, exhibitor: Exhibitor, source: Source) -> None:
    references = (
        Reference(one.seq, one.entry.contact_id, one.entry.source, one.entry.evidence)
        for one in source.entries()
    )
    lines = (form.canonical(one) + b"\n" for one in exhibitor.shown(references))
    first = next(lines, None)
    if first is not None:
        writer.add(f"evidence/{exhibitor.name}.jsonl", chain([first], lines))


def _report(
    manifest: Mapping[str, Any], seen: _Seen, notices: list[Notice], source: Source, key: str
) -> Iterator[bytes]:
    names = {one.pk: f"{one.key} {one.version}" for one in notices}
    entries = [
        ReportEntry(
            one.seq,
            form.spell_time(one.entry.at),
            one.entry.purpose,
            one.entry.granted,
            one.entry.source,
            names.get(one.entry.notice_id, "") if one.entry.notice_id is not None else "",
            one.entry.evidence,
            one.hash.hex(),
        )
        for one in seen.first
    ]
    shown = list(source.suppressions()) if source.kind == "person" else []
    texts = [(names[one.pk], one.text) for one in notices]
    return report_page(manifest, entries=entries, notices=texts, suppressions=shown, key=key)


def _notice_file(notice: Notice) -> str:
    return f"notices/{notice.pk}.txt"


def _notice_facts(notice: Notice) -> dict[str, Any]:
    return {
        "id": notice.pk,
        "key": notice.key,
        "version": notice.version,
        "purpose": notice.purpose,
        "effective_at": form.spell_time(notice.effective_at),
        "requires_renewal": notice.requires_renewal,
        "file": _notice_file(notice),
    }


def _person(contact_id: int, ids: list[int], *, reveal: bool) -> dict[str, Any]:
    sealed = Contact.objects.filter(pk__in=ids, phone_sealed__isnull=False).order_by("pk")
    present = [bytes(one) for one in sealed.values_list("phone_sealed", flat=True) if one is not None]
    former = FormerNumber.objects.filter(contact_id__in=ids, returned_at=None).order_by("released_at", "pk")
    numbers = vault().open_many(Kind.PHONE, present)
    had = vault().open_many(Kind.PHONE, [bytes(one) for one in former.values_list("phone_sealed", flat=True)])
    standing = [
        f"{row.purpose}: {_standing_word(row.granted, row.stale, row.entry_seq)}"
        + (f" (suppressed: {row.suppressed})" if row.suppressed else "")
        for row in standing_of(contact_id)
    ]
    return {
        "contact": contact_id,
        "members": ids[1:],
        "number": numbers if reveal else [mask(number) for number in numbers],
        "former_number": had if reveal else [mask(number) for number in had],
        "standing": standing,
    }


def _standing_word(granted: bool, stale: bool, entry_seq: int | None) -> str:
    if granted:
        return "granted"
    if stale:
        return "stale"
    return "none" if entry_seq is None else "withdrawn"


def _suppressions(ids: list[int]) -> Iterator[dict[str, Any]]:
    indexes = Contact.objects.filter(pk__in=ids, phone_index__isnull=False).values_list(
        "phone_index", flat=True
    )
    for one in Suppression.objects.filter(Q(phone_index__in=list(indexes))).order_by("pk"):
        yield {
            "id": one.pk,
            "scope": one.scope,
            "reason": one.reason,
            "source": one.source,
            "at": form.spell_time(one.at),
            "by": one.actor,
            "lifted_at": form.spell_time(one.lifted_at) if one.lifted_at else None,
            "lifted_by": one.lifted_by,
            "lifted_reason": one.lifted_reason,
        }
