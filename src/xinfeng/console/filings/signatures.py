"""Filings of signatures: the matrix, one filing, files that go out and come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.campaigns import filing_watch
from xinfeng.campaigns.filing import next_peak_days
from xinfeng.channels.models import Channel
from xinfeng.console.components import Empty
from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text, Tone
from xinfeng.console.filings import files
from xinfeng.console.filings.forms import MaterialForm, ResultsForm, SignatureForm
from xinfeng.console.filings.labels import (
    BASES,
    CARRIERS,
    SHORT_CARRIERS,
    STATES,
    crumbs,
    in_words,
    left_words,
    state_of,
    tabs,
    timeline,
    urgency_tone,
    vendor_name,
)
from xinfeng.console.filings.moves import actor_of, day_in, ids_in, move_in, particulars, possible, today
from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.permissions import allowed
from xinfeng.console.segments.files import kept
from xinfeng.console.words import sentence
from xinfeng.content.models import Signature
from xinfeng.filings import bulk, documents, gaps, results, signatures, steps
from xinfeng.filings.deadlines import deadlines
from xinfeng.filings.gap_rules import duration_of, in_force_by
from xinfeng.filings.lifecycle import MOVES, Move
from xinfeng.filings.models import SignatureFiling, Subject
from xinfeng.filings.peaks import ahead
from xinfeng.filings.signatures import Cell, MatrixRow
from xinfeng.filings.states import FilingState
from xinfeng.kernel.errors import InvalidInput, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.policy import reads as policy

MOST_ROWS = 300
FAULT_FIELDS = {"filing.port": "port", "filing.exists": "carriers", "filing.carrier": "carriers"}


@dataclass(frozen=True)
class ShownCell:
    """A cell as people see it; `url` leads to the filing, or to making one."""

    carrier: Text
    words: Text
    tone: Tone
    url: str
    left: str
    left_tone: Tone
    shared: bool


@dataclass(frozen=True)
class ShownRow:
    row: MatrixRow
    cells: tuple[ShownCell, ...]
    ids: str
    """The row's own filings, for the box that picks it."""


@require_safe
@allowed("filing.view")
def page(request: HttpRequest) -> HttpResponse:
    day = today()
    search, channel = request.GET.get("q", ""), request.GET.get("channel", "")
    channel_id = int(channel) if channel.isascii() and channel.isdigit() and len(channel) < 19 else None
    only_open = request.GET.get("show") == "open"
    rows = [
        _shown(row)
        for row in signatures.matrix(day, channel_id=channel_id, search=search, only_open=only_open)
    ]
    settings = bulk.current_peaks()
    peaks = next_peak_days(day)
    covered = bulk.covered_days(day, max(peaks, default=day))
    context = {
        "tabs": tabs("filings"),
        "rows": rows[:MOST_ROWS],
        "more": max(0, len(rows) - MOST_ROWS),
        "carriers": list(SHORT_CARRIERS.values()),
        "channels": list(Channel.objects.order_by("name")),
        "search": search,
        "channel": channel_id,
        "only_open": only_open,
        "filtered": bool(search or channel_id or only_open),
        "soon": deadlines(day),
        "peaks": ahead(peaks, day, lead_days=settings.lead_days, covered=covered)[:3],
        "empty": _empty(),
    }
    return render(request, "filings/list.html", context)


def _empty() -> Empty:
    if not Signature.objects.exists():
        return Empty(
            _("还没有签名"),
            _("先添加签名，再向每家运营商报备；没有报备的签名发不出去。"),
            _("添加签名"),
            reverse("templates.signatures"),
            "signature",
        )
    return Empty(
        _("没有要报备的签名"),
        _("通道要求报备的，这里列出每个签名在每家运营商的状态。也可以现在就登记一份。"),
        _("登记报备"),
        reverse("filings.new"),
        "certificate",
    )


def _shown(row: MatrixRow) -> ShownRow:
    own = [str(cell.filing.pk) for cell in row.cells if cell.filing is not None and not cell.shared]
    return ShownRow(row, tuple(_cell(cell, row) for cell in row.cells), ",".join(own))


def _cell(cell: Cell, row: MatrixRow) -> ShownCell:
    carrier = SHORT_CARRIERS[int(cell.carrier)]
    if cell.filing is None or cell.state is None:
        add = f"?signature={row.signature.pk}&channel={row.channel.pk}&carriers={int(cell.carrier)}"
        return ShownCell(carrier, _("未报备"), "neutral", reverse("filings.new") + add, "", "neutral", False)
    words, tone = STATES[cell.state]
    soon = cell.days_left is not None and cell.days_left <= 60
    return ShownCell(
        carrier,
        words,
        tone,
        reverse("filings.detail", args=[cell.filing.pk]),
        left_words(cell.days_left) if soon else "",
        urgency_tone(cell.days_left),
        cell.shared,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("filing.edit")
def new(request: HttpRequest) -> HttpResponse:
    given = {name: request.GET[name] for name in ("signature", "channel") if name in request.GET}
    carriers = request.GET.getlist("carriers")
    form = SignatureForm(
        request.POST or None, initial={**given, **({"carriers": carriers} if carriers else {})}
    )
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                made = signatures.add(form.draft(), actor=actor_of(request), now=utc_now())
            except XinfengError as fault:
                show_fault(form, fault, FAULT_FIELDS)
            else:
                messages.success(request, gettext("已登记。材料齐了就提交给运营商，提交后在这里记下。"))
                return redirect("filings.detail", made[0])
        status = 422
    context = {"form": form, "crumbs": crumbs()}
    return render(request, "filings/new.html", context, status=status)


@require_safe
@allowed("filing.view")
def detail(request: HttpRequest, filing_id: int) -> HttpResponse:
    filing = signatures.filing_of(filing_id)
    day = today()
    siblings = SignatureFiling.objects.filter(signature=filing.signature_id, channel=filing.channel_id)
    context = {
        "filing": filing,
        "state": state_of(filing, day),
        "carrier": CARRIERS[filing.carrier],
        "basis": BASES[filing.basis],
        "moves": possible(filing, day),
        "leaned_on": list(filing.qualifications.all()),
        "siblings": [
            (one, SHORT_CARRIERS[one.carrier], state_of(one, day))
            for one in siblings.exclude(state=FilingState.WITHDRAWN).order_by("carrier")
        ],
        "expected": _expected(filing, day),
        "subject": Subject.SIGNATURE.value,
        "documents": documents.documents_of(Subject.SIGNATURE, filing_id),
        "history": timeline(steps.steps_of(Subject.SIGNATURE, filing_id)),
        "largest_mb": documents.LARGEST_FILE >> 20,
        "crumbs": crumbs(),
    }
    return render(request, "filings/detail.html", context)


def _expected(filing: SignatureFiling, day: date) -> dict[str, object] | None:
    """When it may be in force, by what its vendor says; None for one that is, or that has ended."""
    state = filing.state_on(day)
    if state not in (FilingState.PREPARING, FilingState.SUBMITTED):
        return None
    vendor = filing.channel.takes.vendor
    usual = duration_of(vendor)
    handed_in = filing.submitted_on if state is FilingState.SUBMITTED and filing.submitted_on else day
    calendar = policy.calendar()
    days = [
        in_force_by(
            handed_in,
            workdays,
            gaps=gaps.gaps(since=handed_in),
            carrier=filing.carrier,
            vendor=vendor,
            is_workday=lambda one: calendar.workday(one).serves,
        )
        for workdays in (usual.fastest, usual.slowest)
    ]
    return {"first": days[0], "last": days[1], "source": in_words(usual), "vendor": vendor_name(vendor)}


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("filing.edit")
def edit(request: HttpRequest, filing_id: int) -> HttpResponse:
    filing = signatures.filing_of(filing_id)
    initial = {
        "basis": filing.basis,
        "port": filing.port,
        "note": filing.note,
        "whole_account": filing.whole_account,
        "qualifications": [str(one.pk) for one in filing.qualifications.all()],
    }
    form = MaterialForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                signatures.edit(filing_id, **form.material(), actor=actor_of(request), now=utc_now())
            except XinfengError as fault:
                show_fault(form, fault, FAULT_FIELDS)
            else:
                messages.success(request, gettext("已保存。"))
                return redirect("filings.detail", filing_id)
        status = 422
    here = (f"【{filing.signature.text}】", reverse("filings.detail", args=[filing_id]))
    context = {"form": form, "filing": filing, "crumbs": crumbs(here)}
    return render(request, "filings/edit.html", context, status=status)


@require_POST
@allowed("filing.edit")
def move(request: HttpRequest, filing_id: int) -> HttpResponse:
    """Move one filing on, and with `all` those of the other carriers that can go the same way."""
    step = move_in(request)
    ids = [filing_id]
    if request.POST.get("all"):
        filing = signatures.filing_of(filing_id)
        others = SignatureFiling.objects.filter(signature=filing.signature_id, channel=filing.channel_id)
        ids = sorted({filing_id, *_can(step, list(others))})
    _move(request, step, ids)
    return redirect("filings.detail", filing_id)


@require_POST
@allowed("filing.edit")
def move_many(request: HttpRequest) -> HttpResponse:
    """Mark the rows that were picked; filings that can't go this way are passed over."""
    step = move_in(request)
    if step not in (Move.SUBMIT, Move.CONFIRM):
        raise InvalidInput("filing.state")
    picked = list(
        SignatureFiling.objects.filter(pk__in=ids_in(request, "filings")[: signatures.MOST_AT_ONCE])
    )
    ids = _can(step, picked)
    if ids:
        _move(request, step, ids)
    else:
        messages.warning(request, gettext("选中的签名里，没有可以这样标记的报备。什么都没有改变。"))
    return redirect("filings")


def _can(step: Move, filings: Sequence[SignatureFiling]) -> list[int]:
    """Those that `step` leads on; a renewal of what is in force is not meant when several are marked."""
    day = today()
    froms = MOVES[step][0] - {FilingState.IN_FORCE} if step is Move.CONFIRM else MOVES[step][0]
    return [one.pk for one in filings if one.state_on(day) in froms]


def _move(request: HttpRequest, step: Move, ids: list[int]) -> None:
    told, now = particulars(request), utc_now()
    actor = actor_of(request)
    if step is Move.SUBMIT:
        count = signatures.submit(ids, actor=actor, now=now)
        words = ngettext("已记下：%(n)s 份已提交。", "已记下：%(n)s 份已提交。", count)
    elif step is Move.CONFIRM:
        count = signatures.confirm(
            ids,
            number=told["number"],
            effective_on=day_in(request, "effective_on"),
            expires_on=day_in(request, "expires_on"),
            actor=actor,
            now=now,
        )
        words = ngettext("已记下：%(n)s 份已生效。", "已记下：%(n)s 份已生效。", count)
    elif step is Move.REFUSE:
        count = signatures.refuse(ids, reason=told["reason"], actor=actor, now=now)
        words = ngettext("已记下：%(n)s 份被驳回。", "已记下：%(n)s 份被驳回。", count)
    elif step is Move.WITHDRAW:
        count = filing_watch.withdraw_signatures(ids, reason=told["reason"], actor=actor, now=now)
        words = ngettext(
            "已撤销 %(n)s 份；正在依据它发送的活动已暂停。",
            "已撤销 %(n)s 份；正在依据它发送的活动已暂停。",
            count,
        )
    else:
        raise InvalidInput("filing.state")
    messages.success(request, words % {"n": count})


@require_safe
@allowed("filing.view")
def export(request: HttpRequest) -> HttpResponse:
    """What waits to be handed in over one channel, as a file."""
    given = request.GET.get("channel", "")
    channel = Channel.objects.filter(pk=int(given) if given.isascii() and given.isdigit() else 0).first()
    if channel is None:
        raise InvalidInput("channel.unknown")
    answer = HttpResponse(
        files.to_file_csv(signatures.to_file(channel.pk, day=today())), content_type="text/csv; charset=utf-8"
    )
    name = gettext("待报备 %(channel)s.csv") % {"channel": channel.name}
    answer["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("filing.edit")
@takes_file(files.LARGEST_FILE)
def import_results(request: HttpRequest) -> HttpResponse:
    form = ResultsForm(request.POST or None, request.FILES or None, initial=request.GET.dict())
    context: dict[str, object] = {"form": form, "crumbs": crumbs(), "columns": list(files.COLUMNS.values())}
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                with kept(form.cleaned_data["file"].chunks(), at_most=files.LARGEST_FILE) as path:
                    taken = results.take_results(
                        files.result_rows(path),
                        channel_id=int(form.cleaned_data["channel"]),
                        actor=actor_of(request),
                        now=utc_now(),
                    )
            except XinfengError as fault:
                show_fault(form, fault, {"file.empty": "file", "file.too_large": "file"})
            else:
                status = 200
                told = [(line, sentence(InvalidInput(code))) for line, code in taken.faults[:100]]
                context |= {"taken": taken, "faults": told}
    return render(request, "filings/import.html", context, status=status)
