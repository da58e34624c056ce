"""Bulk sending on peak days: the days ahead with their deadlines, the filings, and what counts as a peak."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.campaigns import filing_watch
from xinfeng.campaigns.filing import next_peak_days
from xinfeng.console.components import Empty
from xinfeng.console.components.faults import show_fault
from xinfeng.console.filings.forms import BulkForm, PeaksForm, initial_peaks
from xinfeng.console.filings.labels import crumbs, span, state_of, tabs, timeline
from xinfeng.console.filings.moves import actor_of, move_in, particulars, possible, today
from xinfeng.console.permissions import allowed, may
from xinfeng.filings import bulk, documents, steps
from xinfeng.filings.models import Subject
from xinfeng.filings.peaks import SOURCE, ahead
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now

MONTH = timedelta(days=31)


@require_safe
@allowed("filing.view")
def page(request: HttpRequest) -> HttpResponse:
    day = today()
    settings = bulk.current_peaks()
    peaks = next_peak_days(day)
    covered = bulk.covered_days(day, max(peaks, default=day))
    context = {
        "tabs": tabs("filings.bulk"),
        "peaks": ahead(peaks, day, lead_days=settings.lead_days, covered=covered),
        "filings": [
            (one, state_of(one, day), span(one.first_day, one.last_day))
            for one in bulk.filings(since=day - MONTH)
        ],
        "settings": settings,
        "source": SOURCE[(get_language() or "").startswith("en")],
        "empty": Empty(
            _("还没有大促报备"),
            _("大促日的发送量超过约定条数时，要提前拿到运营商的编号。没有编号，预检会拦下。"),
            _("登记大促报备") if may(request.user, "filing.edit") else "",
            reverse("filings.bulk_new"),
            "speakerphone",
        ),
    }
    return render(request, "filings/bulk.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("filing.edit")
def new(request: HttpRequest) -> HttpResponse:
    initial = {name: request.GET[name] for name in ("first_day", "last_day") if name in request.GET}
    form = BulkForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                made = bulk.add(form.draft(), actor=actor_of(request), now=utc_now())
            except XinfengError as fault:
                show_fault(form, fault, {"filing.days": "last_day", "filing.at_most": "at_most"})
            else:
                messages.success(request, gettext("已登记。拿到运营商的编号后，在这里记下才算数。"))
                return redirect("filings.bulk_filing", made)
        status = 422
    context = {"form": form, "crumbs": crumbs((_("大促"), reverse("filings.bulk")))}
    return render(request, "filings/bulk_new.html", context, status=status)


@require_safe
@allowed("filing.view")
def detail(request: HttpRequest, filing_id: int) -> HttpResponse:
    filing = bulk.filing_of(filing_id)
    context = {
        "filing": filing,
        "days": span(filing.first_day, filing.last_day),
        "state": state_of(filing, max(today(), min(filing.first_day, filing.last_day))),
        "moves": possible(filing, max(today(), filing.first_day)),
        "subject": Subject.BULK.value,
        "documents": documents.documents_of(Subject.BULK, filing_id),
        "history": timeline(steps.steps_of(Subject.BULK, filing_id)),
        "largest_mb": documents.LARGEST_FILE >> 20,
        "crumbs": crumbs((_("大促"), reverse("filings.bulk"))),
    }
    return render(request, "filings/bulk_filing.html", context)


@require_POST
@allowed("filing.edit")
def move(request: HttpRequest, filing_id: int) -> HttpResponse:
    step = move_in(request)
    filing_watch.move_bulk(filing_id, step, **particulars(request), actor=actor_of(request), now=utc_now())
    messages.success(request, gettext("已记下。"))
    return redirect("filings.bulk_filing", filing_id)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("filing.edit")
def peaks(request: HttpRequest) -> HttpResponse:
    form = PeaksForm(request.POST or None, initial=initial_peaks(bulk.current_peaks()))
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                bulk.save_peaks(form.cleaned_data, actor=actor_of(request))
            except XinfengError as fault:
                name = str(fault.params.get("setting", ""))
                show_fault(form, fault, {fault.code: name})
            else:
                messages.success(request, gettext("已保存，预检和生成计划立即按新的大促日判断。"))
                return redirect("filings.bulk")
        status = 422
    source = SOURCE[(get_language() or "").startswith("en")]
    context = {"form": form, "source": source, "crumbs": crumbs((_("大促"), reverse("filings.bulk")))}
    return render(request, "filings/peaks.html", context, status=status)
