"""What a submission amounts to, in one transaction: the person, what she did, her incentive, her consent.

Order of locks: the turn for writing contacts (everybody who completes waits here, so that "how often already?" and
"how many in all?" are counted one after the other), the prize's row, the counters, then `LEDGER` and `WIRE`.

Who is believed. A code proves that the person holds the handset, so what she ticks is her own word: it counts, and
lifts the opt-out her own number had left. Without a code anybody may have typed the number: nothing known about
the person is overwritten, and a box that was ticked becomes an entry only where no earlier "no" stands.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.db.models import Q

from xinfeng.consent.actions import append_entries, lift_suppression
from xinfeng.consent.asking import GRANTED, may_ask
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import Standing, Suppression, SuppressionReason
from xinfeng.contacts.models import Contact, EventKind
from xinfeng.contacts.records import ContactRecord, EventRecord
from xinfeng.contacts.sql import append_events, find_by_phone_indexes, upsert_contacts
from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.forms import counting, incentives
from xinfeng.forms.answers import Answers
from xinfeng.forms.counting import Happened
from xinfeng.forms.design import Design
from xinfeng.forms.incentives import Person
from xinfeng.forms.models import Form, Submission, SubmissionState
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.ages import youngest_adult
from xinfeng.kernel.purposes import MESSAGE_PURPOSES
from xinfeng.kernel.time import business_day

NOT_FOR_MINORS = ("marketing", "profiling")
"""No advertising by automated decisions to anybody under 18 (未成年人网络保护条例, Art 24(3))."""

MESSAGES = frozenset(MESSAGE_PURPOSES)

_STAYS_NARROW = """\
update submission set narrowed = '{}' where narrowed <> '{}' and exists (
  select from suppression s where s.id = any(narrowed) and s.phone_index = %s)"""
"""Her word has opened the number: what was set aside for codes is not put back."""

_OWN_WORD = (SuppressionReason.OPT_OUT, SuppressionReason.ERASED, SuppressionReason.REASSIGNED)
"""What the holder of the number may lift herself: her own no, her own wish to be forgotten, and that the number
had been somebody else's. Complaints, the carrier's and the staff's blocks are for people to decide."""


class Completed(StrEnum):
    DONE = "done"
    REPEATED = "repeated"
    """Taken in, but she has had what the form gives."""
    FULL = "full"
    """The form takes no more; nothing was written."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A submission that is about to count."""

    form: Form
    submission: Submission
    number: int
    design: Design
    answers: Answers
    confirmed: bool


def complete(
    connection: Connection, entrance: Entrance, *, now: datetime, also: Sequence[Happened] = ()
) -> Completed:
    """Write everything. The caller holds the submission's row and commits at once. `also`: more to be counted."""
    form, submission, design = entrance.form, entrance.submission, entrance.design
    take_block(connection, "contact", 0)
    if design.at_most is not None and _done(connection, form.pk) >= design.at_most:
        return Completed.FULL
    index = vault().phone_index(entrance.answers.phone)
    contact_id = _person(connection, entrance, index, now=now)
    _took_part(connection, entrance, contact_id, now=now)
    recompute_tiers_of(connection, [contact_id], now=now)
    person = Person(contact_id, index)
    already = incentives.taken_part(connection, form.pk, person)
    if already < design.per_person:
        incentives.award(
            connection,
            design.incentive,
            form_id=form.pk,
            submission_id=submission.pk,
            person=person,
            ticked=submission.purposes,
            nth=already + 1,
            now=now,
        )
    granted = _agreed(entrance, contact_id, index, now=now)
    submission.state, submission.completed_at = SubmissionState.DONE, now
    submission.contact_id, submission.confirmed, submission.granted = contact_id, entrance.confirmed, granted
    submission.phone_sealed = None
    submission.save(
        update_fields=["state", "completed_at", "contact_id", "confirmed", "granted", "phone_sealed"]
    )
    happened = [*also, Happened("done"), Happened("source", submission.source or counting.OTHER)]
    happened += [Happened("confirmed")] if entrance.confirmed else []
    happened += [Happened("grant", purpose) for purpose in granted]
    counting.count_on(connection, form.pk, happened, now=now)
    _say_yes(connection, entrance, contact_id, index, granted, now=now)
    return Completed.DONE if already < design.per_person else Completed.REPEATED


def _done(connection: Connection, form_id: int) -> int:
    row = connection.execute(
        "select coalesce(sum(count), 0) from form_count where form_id = %s and what = 'done'", (form_id,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def _person(connection: Connection, entrance: Entrance, index: bytes, *, now: datetime) -> int:
    """Her row, made or completed."""
    known = find_by_phone_indexes(connection, [index])
    born = not known or entrance.submission.made_contact
    record = entrance.answers.record(language=entrance.submission.language)
    if not born:
        record = (
            record._replace(language=None)
            if entrance.confirmed
            else ContactRecord(phone=entrance.answers.phone)
        )
    source = entrance.form.source
    [done] = upsert_contacts(
        connection,
        [record],
        source_tags=(source,),
        actor=source,
        now=now,
        reason=f"submission {entrance.submission.pk}",
    )
    assert done.contact_id is not None  # a record without external id meets no conflict
    return done.contact_id


def _took_part(connection: Connection, entrance: Entrance, contact_id: int, *, now: datetime) -> None:
    event = EventRecord(
        contact_id,
        int(EventKind.PARTICIPATION),
        now,
        source=entrance.form.source,
        source_id=str(entrance.submission.pk),
        item=entrance.form.name,
        category=entrance.form.kind,
        properties={"version": entrance.number, "confirmed": entrance.confirmed}
        | entrance.submission.parameters,
    )
    append_events(connection, [event], now=now)


def _agreed(entrance: Entrance, contact_id: int, index: bytes, *, now: datetime) -> list[str]:
    """Those of the ticked purposes that become entries. A box that was not ticked says nothing at all."""
    ticked: Sequence[str] = entrance.submission.purposes
    today = business_day(now, xinfeng_settings.load().zone)
    birthday = Contact.objects.values_list("birthday", flat=True).get(pk=contact_id)
    stated = [one for one in (birthday, entrance.answers.birthday) if one is not None]
    if any(one >= youngest_adult(today) for one in stated):
        ticked = [purpose for purpose in ticked if purpose not in NOT_FOR_MINORS]
    if entrance.confirmed:
        return list(ticked)
    return [purpose for purpose in ticked if _no_no(contact_id, index, purpose, now=now)]


def _no_no(contact_id: int, index: bytes, purpose: str, *, now: datetime) -> bool:
    """Whether a word nobody has proven may count: only if she never said no, and may be asked at all."""
    asking = may_ask(contact_id, purpose, by="form", now=now)
    if not (asking.allowed or asking.reason == GRANTED):
        return False
    said_no = Standing.objects.filter(
        contact_id=contact_id, purpose=purpose, granted=False, entry_seq__isnull=False, stale=False
    )
    return not said_no.exists() and not _suppressed(contact_id, index)


def _suppressed(contact_id: int, index: bytes) -> bool:
    own = Contact.objects.values_list("phone_index", flat=True).get(pk=contact_id)
    indexes = [one for one in (index, own) if one is not None]
    return Suppression.objects.filter(phone_index__in=indexes, lifted_at=None).exists()


def _say_yes(
    connection: Connection,
    entrance: Entrance,
    contact_id: int,
    index: bytes,
    granted: Sequence[str],
    *,
    now: datetime,
) -> None:
    source, submission = entrance.form.source, entrance.submission
    evidence = evidence_of(submission, number=entrance.number, confirmed=entrance.confirmed)
    entries = _nothing_of_the_former_owner(entrance, contact_id, index, granted, now=now)
    for purpose in granted:
        box = entrance.design.box(purpose)
        notice = box.notices.get(submission.language) if box else None
        entries.append(NewEntry(contact_id, purpose, True, now, source, notice, evidence, source))
    append_entries(connection, entries, now=now)
    if entrance.confirmed and not MESSAGES.isdisjoint(granted):
        connection.execute(_STAYS_NARROW, (index,))
    if entrance.confirmed and "marketing" in granted:
        for one in Suppression.objects.filter(
            phone_index=index, lifted_at=None, reason__in=_OWN_WORD, at__lt=submission.created_at
        ):
            lift_suppression(
                one.pk,
                reason=f"asked for again, with a code: submission {submission.pk}",
                actor=source,
                now=now,
            )


def _nothing_of_the_former_owner(
    entrance: Entrance, contact_id: int, index: bytes, granted: Sequence[str], *, now: datetime
) -> list[NewEntry]:
    """Where her word opens a number that was reassigned, what was agreed to before that is not hers: a file may have
    brought the former owner's consents after the number had left him. They are withdrawn."""
    if not entrance.confirmed or MESSAGES.isdisjoint(granted):
        return []
    reassigned = Suppression.objects.filter(reason=SuppressionReason.REASSIGNED).filter(
        Q(phone_index=index, lifted_at=None) | Q(pk__in=entrance.submission.narrowed)
    )
    since = max(reassigned.values_list("at", flat=True), default=None)
    if since is None:
        return []
    source = entrance.form.source
    others = Standing.objects.filter(contact_id=contact_id, granted=True, since__lt=since)
    return [
        NewEntry(contact_id, purpose, False, now, source, None, "number_reassigned", source)
        for purpose in others.exclude(purpose__in=granted)
        .order_by("purpose")
        .values_list("purpose", flat=True)
    ]


def evidence_of(submission: Submission, *, number: int, confirmed: bool) -> str:
    """What stands in the ledger as proof. It names what can be looked up, and nobody."""
    return (
        f"submission {submission.pk}; version {number}; "
        f"page sha256:{bytes(submission.page_digest).hex()}; address {bytes(submission.address_index).hex()}; "
        f"{'confirmed by code' if confirmed else 'no code'}"
    )


def seal_answers(answers: Answers) -> bytes:
    """What was filled in, sealed."""
    stated = {
        "phone": answers.phone,
        "name": answers.name,
        "gender": answers.gender,
        "birthday": answers.birthday.isoformat() if answers.birthday else None,
        "province": answers.province,
        "city": answers.city,
        "attrs": dict(answers.attrs),
        "free": dict(answers.free),
    }
    return vault().seal(Kind.ROW, json.dumps(stated, ensure_ascii=False))


def open_answers(sealed: bytes) -> Answers:
    """The inverse of `seal_answers`."""
    stated = json.loads(vault().open(Kind.ROW, sealed))
    birthday = stated.pop("birthday")
    return Answers(**stated, birthday=date.fromisoformat(birthday) if birthday else None)
