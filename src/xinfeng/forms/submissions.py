"""Taking in what the public sends: a page filled in, a code typed, another code asked for.

Nothing here tells an outsider whether a number is known, or why a code did not come: whoever asks for one gets the
same answer, and a number that may not be written to at all simply gets none (`code_entry` then stays empty). Numbers
that are suppressed because their owner was erased, or is not their owner any more, are not among those: whoever holds
the handset now may show that she does (docs/adr/0010).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings

from xinfeng.consent.actions import append_entries
from xinfeng.consent.ledger import NewEntry
from xinfeng.consent.models import Scope, Standing, Suppression
from xinfeng.consent.narrowing import NARROWED, narrow
from xinfeng.contacts.models import Contact, ContactState
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.forms import codes, counting, evidence, guards, rates
from xinfeng.forms.answers import Answers, Given, read_answers
from xinfeng.forms.completion import Completed, Entrance, complete, open_answers, seal_answers
from xinfeng.forms.counting import Happened
from xinfeng.forms.design import Design, read
from xinfeng.forms.models import Form, FormCode, FormState, FormVersion, Submission, SubmissionState
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.database import Connection, bulk_transaction
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.time import business_day

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LIFE = timedelta(minutes=30)
"""After this a submission nobody has confirmed lapses."""
PER_NUMBER_PER_DAY = 20
"""Submissions with one number over all forms, codes or not."""
OTHER_NUMBER = "other_number"
"""Why a code was not sent: the person behind the number is written to at another one."""


class Outcome(StrEnum):
    """What the page says next. CODE: a code is asked for. DONE: it was taken in (or looks so). USED: this very page was
    sent before with something else on it; it has to be sent once more, as a page of its own."""

    DONE = "done"
    CODE = "code"
    FAULTS = "faults"
    STALE = "stale"
    USED = "used"
    TOO_FAST = "too_fast"
    FLOODED = "flooded"
    NOT_OPEN = "not_open"
    FULL = "full"
    WRONG = "wrong"
    EXPIRED = "expired"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A page that was sent in. `given` are its fields, `ticked` its boxes, `trap` what stands in the honeypot."""

    token: str
    given: Given
    ticked: Sequence[str] = ()
    language: str = ""
    trap: str = ""
    source: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    address: str = ""


@dataclass(frozen=True, slots=True)
class CodeToSend:
    """A code that has to go out. It is nowhere else in the clear."""

    code_id: int
    contact_id: int
    code: str


@dataclass(frozen=True, slots=True)
class Begun:
    outcome: Outcome
    public_id: uuid.UUID | None = None
    answers: Answers | None = None
    send: CodeToSend | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A form as the public sees it now."""

    form: Form
    version: FormVersion
    design: Design

    def is_open(self, now: datetime) -> bool:
        opens, closes = self.design.opens_at, self.design.closes_at
        return (
            self.form.state == FormState.PUBLISHED
            and (opens is None or opens <= now)
            and (closes is None or now < closes)
        )


def shown(slug: str) -> Shown:
    """Raises NotFound `form.unknown` for what was never published."""
    form = Form.objects.select_related("current").filter(slug=slug).first()
    if form is None or form.current is None:
        raise NotFound("form.unknown", slug=slug[:40])
    return Shown(form, form.current, read(form.current.design))


def token_key() -> bytes:
    return settings.SECRET_KEY.encode()


def page_token(page: Shown, *, now: datetime) -> str:
    """What the page carries, so that it can be told from a request out of nowhere."""
    return guards.mint(page.version.pk, key=token_key(), now=now)


def begin_submission(page: Shown, attempt: Attempt, *, now: datetime) -> Begun:
    """Take a page in. The same page sent twice is the same submission, however it ended.

    Whoever goes back and changes something (another number, a box unticked) says something new: that is never
    answered with what was said before.
    """
    form, design = page.form, page.design
    if not page.is_open(now):
        return Begun(Outcome.NOT_OPEN)
    if _over("submission", attempt.address, guards.PER_ADDRESS_PER_HOUR, HOUR, now):
        return _abuse(form, "address", Outcome.FLOODED, now)
    token = guards.read_token(attempt.token, key=token_key())
    if token is None:
        return _abuse(form, "token", Outcome.STALE, now)
    if guards.stale(token, now=now) or token.version_id != page.version.pk:
        return Begun(Outcome.STALE)
    if attempt.trap:
        pretended = Outcome.CODE if design.with_code else Outcome.DONE
        return _abuse(form, "honeypot", pretended, now, public_id=uuid.uuid4())
    if guards.too_fast(token, now=now):
        return _abuse(form, "fast", Outcome.TOO_FAST, now)
    ticked = [box.purpose for box in design.boxes if box.purpose in attempt.ticked]
    today = business_day(now, xinfeng_settings.load().zone)
    answers = read_answers(design, attempt.given, ticked=ticked, today=today)
    if answers.faults:
        return Begun(Outcome.FAULTS, answers=answers)
    earlier = Submission.objects.filter(nonce=token.nonce).first()
    index = vault().phone_index(answers.phone)
    if earlier is not None:
        return _again(form, earlier, answers, ticked, now=now)
    if _over("number", index, PER_NUMBER_PER_DAY, DAY, now):
        return _abuse(form, "number", Outcome.FLOODED, now)
    if design.with_code and _too_many_codes(index, attempt.address, now):
        return _abuse(form, "number", Outcome.FLOODED, now)
    return _take_in(page, attempt, token.nonce, answers, ticked, index, now=now)


def _take_in(
    page: Shown,
    attempt: Attempt,
    nonce: bytes,
    answers: Answers,
    ticked: list[str],
    index: bytes,
    *,
    now: datetime,
) -> Begun:
    design = page.design
    language = attempt.language if attempt.language in design.languages else design.language
    given = {
        "public_id": uuid.uuid4(),
        "form": page.form,
        "version": page.version,
        "state": SubmissionState.AWAITING_CODE,
        "phone_index": bytes(index),
        "answers_sealed": seal_answers(answers),
        "purposes": ticked,
        "language": language,
        "source": attempt.source,
        "parameters": dict(attempt.parameters),
        "address_index": vault().index(f"address {attempt.address}"),
        "page_digest": evidence.digest(page.version, language),
        "created_at": now,
    }
    with bulk_transaction() as connection:
        submission, made = Submission.objects.get_or_create(nonce=nonce, defaults=given)
        if not made:
            return _again(page.form, submission, answers, ticked, now=now)
        if design.with_code:
            return _ask_for_code(connection, page.form, submission, answers.phone, now=now)
        entrance = Entrance(page.form, submission, page.version.number, design, answers, confirmed=False)
        if complete(connection, entrance, now=now, also=[Happened("submission")]) is Completed.FULL:
            submission.delete()
            return Begun(Outcome.FULL)
    return Begun(Outcome.DONE, submission.public_id)


def _again(form: Form, earlier: Submission, answers: Answers, ticked: list[str], *, now: datetime) -> Begun:
    sealed = earlier.answers_sealed
    if sealed is None or earlier.purposes != ticked or open_answers(bytes(sealed)) != answers:
        return Begun(Outcome.USED)
    counting.count(form.pk, [Happened("abuse", "replay")], now=now)
    waiting = earlier.state != SubmissionState.DONE
    return Begun(Outcome.CODE if waiting else Outcome.DONE, earlier.public_id)


def _ask_for_code(
    connection: Connection, form: Form, submission: Submission, phone: str, *, now: datetime
) -> Begun:
    index = vault().phone_index(phone)
    counted = [Happened("submission")]
    shut = Suppression.objects.filter(phone_index=index, scope=Scope.ALL, lifted_at=None)
    if shut.exclude(reason__in=NARROWED).exists():
        _new_code(submission, now=now, refused="suppressed")
        counting.count_on(connection, form.pk, counted, now=now)
        return Begun(Outcome.CODE, submission.public_id)
    source = form.source
    [found] = upsert_contacts(connection, [ContactRecord(phone=phone)], actor=source, now=now, reason="code")
    assert found.contact_id is not None
    if not _reached_by(found.contact_id, index):
        _new_code(submission, now=now, refused=OTHER_NUMBER)
        counting.count_on(connection, form.pk, counted, now=now)
        return Begun(Outcome.CODE, submission.public_id)
    submission.contact_id = found.contact_id
    submission.made_contact = found.change == "new"
    submission.phone_sealed = vault().seal(Kind.PHONE, phone)
    if shut.exists():
        why = f"code requested, submission {submission.pk}"
        submission.narrowed = narrow(connection, index, why=why, actor=source, now=now)
    if not Standing.objects.filter(
        contact_id=found.contact_id, purpose="service", granted=True, suppressed=None
    ).exists():
        asked = f"code requested, submission {submission.pk}"
        entry = NewEntry(found.contact_id, "service", True, now, source, None, asked, source)
        newborn = (found.contact_id,) if submission.made_contact else ()
        [submission.code_entry] = append_entries(connection, [entry], now=now, newborn=newborn)
    submission.save(update_fields=["contact_id", "made_contact", "phone_sealed", "code_entry", "narrowed"])
    counting.count_on(connection, form.pk, counted, now=now)
    return Begun(Outcome.CODE, submission.public_id, send=_new_code(submission, now=now))


def _reached_by(contact_id: int, index: bytes) -> bool:
    """Whether a message to her goes to this very number. The number of a row that was merged into hers leads to her,
    but messages go to her own: a code would arrive at a handset that nobody named, and prove nothing."""
    return Contact.objects.filter(pk=contact_id, phone_index=index, state=ContactState.ALIVE).exists()


def _new_code(submission: Submission, *, now: datetime, refused: str = "") -> CodeToSend | None:
    code = codes.new_code()
    row = FormCode.objects.create(
        submission=submission,
        code_hash=_code_hash(submission.pk, code),
        sent_at=now,
        expires_at=now + codes.LIFE,
        refused=refused,
    )
    if refused or submission.contact_id is None:
        return None
    return CodeToSend(row.pk, submission.contact_id, code)


def _code_hash(submission_id: int, code: str) -> bytes:
    return vault().index(f"form code {submission_id} {code}")


def confirm_submission(public_id: uuid.UUID, typed: str, *, address: str, now: datetime) -> Begun:
    """Try a code. Each try is counted before it is looked at, in a transaction of its own."""
    found = Submission.objects.select_related("form", "version").filter(public_id=public_id).first()
    if _over("guess", address, guards.GUESSES_PER_ADDRESS_PER_HOUR, HOUR, now):
        return Begun(Outcome.FLOODED, public_id)
    if found is None:
        return Begun(Outcome.WRONG, public_id)
    if found.state == SubmissionState.DONE:
        return Begun(Outcome.DONE, public_id)
    tried = _count_try(found.pk, now=now)
    if tried is None:
        return Begun(Outcome.EXPIRED, public_id)
    code_id, code_hash = tried
    if not codes.same(code_hash, _code_hash(found.pk, codes.clean(typed))):
        return _abuse(found.form, "code", Outcome.WRONG, now, public_id=public_id)
    with bulk_transaction() as connection:
        take_block(connection, "contact", 0)  # before the submission's row, as erasures and lapses do
        submission = Submission.objects.select_for_update().get(pk=found.pk)
        if submission.state != SubmissionState.AWAITING_CODE or submission.answers_sealed is None:
            done = submission.state == SubmissionState.DONE
            return Begun(Outcome.DONE if done else Outcome.EXPIRED, public_id)
        FormCode.objects.filter(pk=code_id).update(used_at=now)
        answers = open_answers(bytes(submission.answers_sealed))
        entrance = Entrance(
            found.form, submission, found.version.number, read(found.version.design), answers, confirmed=True
        )
        if complete(connection, entrance, now=now) is Completed.FULL:
            return Begun(Outcome.FULL, public_id)
    return Begun(Outcome.DONE, public_id)


_TRY = """\
update form_code set tries = tries + 1
where id = (select max(id) from form_code where submission_id = %(submission)s)
  and tries < %(most)s and used_at is null and refused = '' and expires_at > %(now)s
  and exists (select from submission s where s.id = %(submission)s and s.state = 'awaiting')
returning id, code_hash"""

_TRY_REFUSED = """\
update form_code set tries = tries + 1
where id = (select max(id) from form_code where submission_id = %(submission)s)
  and tries < %(most)s and refused <> '' and expires_at > %(now)s
returning id, ''::bytea"""


def _count_try(submission_id: int, *, now: datetime) -> tuple[int, bytes] | None:
    """The newest code, if it may still be tried. One that was never sent behaves the same and never fits."""
    given = {"submission": submission_id, "most": codes.MOST_TRIES, "now": now}
    with bulk_transaction() as connection:
        row = connection.execute(_TRY, given).fetchone()
        if row is None:
            row = connection.execute(_TRY_REFUSED, given).fetchone()
    return (row[0], bytes(row[1])) if row else None


def send_again(public_id: uuid.UUID, *, address: str, now: datetime) -> Begun:
    """Another code, after a minute at the earliest. The one before no longer counts."""
    found = Submission.objects.select_related("form").filter(public_id=public_id).first()
    if found is None:
        return Begun(Outcome.CODE, public_id)
    if found.state == SubmissionState.DONE:
        return Begun(Outcome.DONE, public_id)
    if found.state != SubmissionState.AWAITING_CODE or now >= found.created_at + LIFE - codes.LIFE:
        return Begun(Outcome.EXPIRED, public_id)
    with bulk_transaction():
        submission = Submission.objects.select_for_update().get(pk=found.pk)
        last = FormCode.objects.filter(submission=submission).order_by("-pk").first()
        if last is not None and now < codes.resend_from(last.sent_at):
            return Begun(Outcome.WAIT, public_id)
        index = bytes(submission.phone_index or b"")
        if _too_many_codes(index, address, now):
            return _abuse(found.form, "number", Outcome.FLOODED, now, public_id=public_id)
        refused = last.refused if last is not None and submission.contact_id is None else ""
        if submission.contact_id is not None and not _reached_by(submission.contact_id, index):
            refused = OTHER_NUMBER
        return Begun(Outcome.CODE, public_id, send=_new_code(submission, now=now, refused=refused))


def note_sent(code_id: int, *, plan_id: int | None, refused: str) -> None:
    """What became of a code: the plan with its message, or the gate that kept it back."""
    FormCode.objects.filter(pk=code_id).update(plan_id=plan_id, refused=refused[:30])


def note_abuse(form: Form, kind: str, *, now: datetime) -> None:
    """Count something that the door itself has turned away."""
    counting.count(form.pk, [Happened("abuse", kind)], now=now)


def note_view(form: Form, *, now: datetime) -> None:
    counting.count(form.pk, [Happened("view")], now=now)


def _over(what: str, whom: bytes | str, at_most: int, window: timedelta, now: datetime) -> bool:
    return rates.hit(what, whom, window=window, now=now) > at_most


def _too_many_codes(index: bytes, address: str, now: datetime) -> bool:
    """Counted for every number alike, also for those that get none."""
    of_number = rates.hit("code number", index, window=DAY, now=now)
    of_address = rates.hit("code address", address, window=HOUR, now=now)
    return of_number > codes.MOST_PER_DAY or of_address > guards.CODES_PER_ADDRESS_PER_HOUR


def _abuse(
    form: Form, kind: str, outcome: Outcome, now: datetime, *, public_id: uuid.UUID | None = None
) -> Begun:
    note_abuse(form, kind, now=now)
    return Begun(outcome, public_id)
