"""Questions about forms: what the public's pages need, and what the console shows."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count, Sum

from xinfeng.consent.models import Notice
from xinfeng.contacts.models import Contact
from xinfeng.forms import rendering
from xinfeng.forms.completion import open_answers
from xinfeng.forms.design import Design, read, say
from xinfeng.forms.incentives import LOST, NOT_ASKED_FOR, OUT_OF_STOCK
from xinfeng.forms.models import (
    Award,
    CouponCode,
    Form,
    FormCount,
    FormVersion,
    PointEntry,
    Prize,
    PrizeKind,
    Submission,
    SubmissionState,
)
from xinfeng.forms.submissions import shown
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import NotFound
from xinfeng.kernel.phones import mask

__all__ = [
    "AwardRow",
    "FormRow",
    "Statistics",
    "SubmissionRow",
    "awards_of",
    "form_of",
    "forms",
    "notice_texts",
    "points_of",
    "result_of",
    "shown",
    "statistics",
    "submission_state",
    "submissions_of",
    "versions_of",
]


def form_of(form_id: int) -> Form:
    """Raises NotFound `form.unknown`."""
    form = Form.objects.select_related("current").filter(pk=form_id).first()
    if form is None:
        raise NotFound("form.unknown", id=form_id)
    return form


def form_by_slug(slug: str) -> Form:
    """Raises NotFound `form.unknown`."""
    form = Form.objects.select_related("current").filter(slug=slug).first()
    if form is None:
        raise NotFound("form.unknown", slug=slug[:40])
    return form


def versions_of(form_id: int) -> list[FormVersion]:
    """What was published, newest first."""
    return list(FormVersion.objects.filter(form_id=form_id).order_by("-number"))


def notice_texts(design: Design) -> dict[int, str]:
    """The words of every notice behind a box."""
    ids = {one for box in design.boxes for one in box.notices.values()}
    return dict(Notice.objects.filter(pk__in=ids).values_list("pk", "text")) if ids else {}


def submission_state(public_id: uuid.UUID, form_id: int) -> str | None:
    """The state of a submission to this form; None when there is none."""
    return (
        Submission.objects.filter(public_id=public_id, form_id=form_id)
        .values_list("state", flat=True)
        .first()
    )


def result_of(public_id: uuid.UUID, form_id: int) -> tuple[Design, str, rendering.Result] | None:
    """How a submission ended, in its own version and language; None unless it is done."""
    found = (
        Submission.objects.select_related("version")
        .filter(public_id=public_id, form_id=form_id, state=SubmissionState.DONE)
        .first()
    )
    if found is None:
        return None
    design = read(found.version.design)
    award = Award.objects.select_related("prize").filter(submission=found).first()
    per_person = design.per_person
    if award is not None and award.prize is not None:
        prize = _prize(award, design, found.language)
        return design, found.language, rendering.Result(prize, "", per_person, found.granted)
    nothing = _why_nothing(award, design, confirmed=found.confirmed)
    return design, found.language, rendering.Result(None, nothing, per_person, found.granted)


def _why_nothing(award: Award | None, design: Design, *, confirmed: bool) -> str:
    """Without a code the answer must not tell whether a number has taken part before."""
    if not confirmed:
        return "nothing" if design.incentive.prizes else ""
    if award is None:
        return "repeated"
    if not design.incentive.prizes:
        return ""
    return {LOST: "lost", OUT_OF_STOCK: "out_of_stock", NOT_ASKED_FOR: "not_asked_for"}.get(
        award.why_none, ""
    )


def _prize(award: Award, design: Design, language: str) -> rendering.Prize:
    assert award.prize is not None
    plan = next((one for one in design.incentive.prizes if one.key == award.prize.key), None)
    code = CouponCode.objects.filter(award=award).values_list("code_sealed", flat=True).first()
    return rendering.Prize(
        name=say(plan.name, language) if plan else award.prize.name,
        how=say(plan.how, language) if plan else "",
        code=vault().open(Kind.SECRET, bytes(code)) if code is not None else "",
        points=award.points,
        drawn=award.roll is not None,
    )


@dataclass(frozen=True, slots=True)
class FormRow:
    """A form with its figures of all time."""

    form: Form
    views: int
    submissions: int
    done: int
    confirmed: int
    grants: int
    stopped: int


def forms(*, search: str = "", state: str = "", kind: str = "") -> list[Form]:
    """Last changed first."""
    wanted = Form.objects.select_related("current").order_by("-updated_at", "-pk")
    if state:
        wanted = wanted.filter(state=state)
    if kind:
        wanted = wanted.filter(kind=kind)
    folded = search.casefold()
    return [one for one in wanted if folded in f"{one.name}\n{one.slug}".casefold()]


def figures(found: Sequence[Form]) -> list[FormRow]:
    """These forms with their numbers."""
    sums: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = FormCount.objects.filter(form__in=found).values("form_id", "what").annotate(n=Sum("count"))
    for row in rows:
        sums[row["form_id"]][row["what"]] = row["n"]
    return [
        FormRow(
            one,
            *(sums[one.pk][what] for what in ("view", "submission", "done", "confirmed", "grant", "abuse")),
        )
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What happened to a form in a span of days. Series have one number for each of `days`."""

    days: Sequence[date]
    totals: Mapping[str, int]
    series: Mapping[str, Sequence[int]]
    grants: Mapping[str, int]
    abuse: Mapping[str, int]
    sources: Mapping[str, int]


def statistics(form_id: int, *, last: date, days: int = 30) -> Statistics:
    """The last `days` days up to `last`, and totals over them."""
    span = [last - timedelta(days=days - 1 - at) for at in range(days)]
    places = {day: at for at, day in enumerate(span)}
    series = {what: [0] * days for what in ("view", "submission", "done", "confirmed")}
    named: dict[str, dict[str, int]] = {"grant": {}, "abuse": {}, "source": {}}
    for row in FormCount.objects.filter(form_id=form_id, day__gte=span[0], day__lte=last):
        if row.what in series:
            series[row.what][places[row.day]] += row.count
        elif row.what in named:
            named[row.what][row.detail] = named[row.what].get(row.detail, 0) + row.count
    return Statistics(
        span,
        {what: sum(numbers) for what, numbers in series.items()},
        series,
        *(_largest_first(named[what]) for what in ("grant", "abuse", "source")),
    )


def _largest_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


@dataclass(frozen=True, slots=True)
class SubmissionRow:
    """A submission for people: the number masked, free answers as they are, what it granted and won."""

    id: int
    contact_id: int | None
    phone: str
    state: str
    confirmed: bool
    granted: Sequence[str]
    source: str
    language: str
    version: int
    created_at: datetime
    completed_at: datetime | None
    free: Sequence[tuple[str, str]] = field(default=())
    refused: str = ""


def submissions_of(
    form_id: int, *, state: str = "", after: int | None = None, limit: int = 50
) -> list[SubmissionRow]:
    """Newest first; `after` is the last id of the page before."""
    wanted = Submission.objects.select_related("version").filter(form_id=form_id).order_by("-pk")
    if state:
        wanted = wanted.filter(state=state)
    if after is not None:
        wanted = wanted.filter(pk__lt=after)
    found = list(wanted.prefetch_related("codes")[:limit])
    return [_submission_row(one) for one in found]


@dataclass(frozen=True, slots=True)
class PersonsSubmission:
    """What a person sent in: with which form, and what she won (empty: nothing)."""

    form_id: int
    form: str
    row: SubmissionRow
    won: str = ""


def submissions_by(contact_ids: Sequence[int], *, limit: int) -> list[PersonsSubmission]:
    """The latest submissions of a person, under whichever of her ids; numbers masked."""
    wanted = Submission.objects.select_related("form", "version").filter(contact_id__in=contact_ids)
    found = list(wanted.order_by("-pk").prefetch_related("codes")[:limit])
    won = dict(
        Award.objects.filter(submission__in=found, prize__isnull=False).values_list(
            "submission_id", "prize__name"
        )
    )
    return [
        PersonsSubmission(one.form_id, one.form.name, _submission_row(one), won.get(one.pk, ""))
        for one in found
    ]


def _submission_row(one: Submission) -> SubmissionRow:
    phone, free = "", []
    if one.answers_sealed is not None:
        answers = open_answers(bytes(one.answers_sealed))
        design = read(one.version.design)
        phone = mask(answers.phone)
        for key, value in answers.free.items():
            asked = design.field(key)
            label = say(asked.label, design.language) if asked else key
            free.append((label, value if isinstance(value, str | int | float) else "、".join(value)))
    codes = sorted(one.codes.all(), key=lambda code: code.pk)
    return SubmissionRow(
        one.pk,
        one.contact_id,
        phone,
        one.state,
        one.confirmed,
        one.granted,
        one.source,
        one.language,
        one.version.number,
        one.created_at,
        one.completed_at,
        [(label, str(value)) for label, value in free],
        codes[-1].refused if codes else "",
    )


@dataclass(frozen=True, slots=True)
class AwardRow:
    """What somebody won. `code` is masked but for its end."""

    id: int
    contact_id: int
    phone: str
    prize: str
    why_none: str
    code: str
    points: int
    roll: int | None
    odds: Sequence[tuple[str, int]]
    at: datetime


def awards_of(
    form_id: int, *, only_won: bool = False, after: int | None = None, limit: int = 50
) -> list[AwardRow]:
    """Newest first; `after` is the last id of the page before."""
    wanted = Award.objects.select_related("prize").filter(form_id=form_id).order_by("-pk")
    if only_won:
        wanted = wanted.filter(prize__isnull=False)
    if after is not None:
        wanted = wanted.filter(pk__lt=after)
    found = list(wanted[:limit])
    coupons = dict(
        CouponCode.objects.filter(award__in=[one.pk for one in found]).values_list("award_id", "code_sealed")
    )
    phones = masked_phones([one.contact_id for one in found])
    return [
        AwardRow(
            one.pk,
            one.contact_id,
            phones.get(one.contact_id, ""),
            one.prize.name if one.prize else "",
            one.why_none,
            _masked_code(vault().open(Kind.SECRET, bytes(coupons[one.pk]))) if one.pk in coupons else "",
            one.points,
            one.roll,
            [(key, chances) for key, chances in one.odds or []],
            one.at,
        )
        for one in found
    ]


def masked_phones(contact_ids: Sequence[int]) -> dict[int, str]:
    """Masked numbers of contacts that have one."""
    rows = Contact.objects.filter(pk__in=contact_ids, phone_sealed__isnull=False).values_list(
        "pk", "phone_sealed"
    )
    return {pk: mask(vault().open(Kind.PHONE, bytes(sealed))) for pk, sealed in rows if sealed is not None}


def _masked_code(code: str) -> str:
    return f"…{code[-4:]}" if len(code) > 6 else "…"


@dataclass(frozen=True, slots=True)
class StockRow:
    """A prize with what is left of it."""

    prize: Prize
    left: int | None


def stocks(form_id: int) -> list[StockRow]:
    """Every prize a form has or had."""
    return [
        StockRow(one, None if one.stock is None else one.stock - one.taken)
        for one in Prize.objects.filter(form_id=form_id).order_by("pk")
    ]


def pool_counts(form_id: int) -> dict[str, tuple[int, int]]:
    """Codes in each pool by prize key: all, free."""
    rows = (
        CouponCode.objects.filter(prize__form_id=form_id, prize__kind=PrizeKind.POOL)
        .values("prize__key")
        .annotate(n=Count("pk"), given=Count("award"))
    )
    return {row["prize__key"]: (row["n"], row["n"] - row["given"]) for row in rows}


def points_of(contact_ids: Sequence[int]) -> int:
    """A person's points over all forms."""
    return PointEntry.objects.filter(contact_id__in=contact_ids).aggregate(n=Sum("points"))["n"] or 0
