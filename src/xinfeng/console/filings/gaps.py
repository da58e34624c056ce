"""The gap calendar: days on which no filings are taken, and how many days are left before."""

from __future__ import annotations

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components.faults import show_fault
from xinfeng.console.filings.forms import GapForm
from xinfeng.console.filings.labels import CARRIERS, crumbs, in_words, span, tabs, vendor_name
from xinfeng.console.filings.moves import actor_of, today
from xinfeng.console.permissions import allowed
from xinfeng.filings import gaps
from xinfeng.filings.gap_rules import DURATIONS, USUAL, Gap, countdown
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now

FIELDS = {"filing.days": "last_day", "gap.vendor": "vendor"}


@require_safe
@allowed("filing.view")
def page(request: HttpRequest) -> HttpResponse:
    day = today()
    known = gaps.gaps()
    durations = [(vendor_name(key), one, in_words(one)) for key, one in DURATIONS.items()]
    context = {
        "tabs": tabs("filings.gaps"),
        "rows": [_row(one) for one in known if one.last_day >= day],
        "past": [_row(one) for one in reversed(known) if one.last_day < day],
        "soon": countdown(known, day, within=gaps.WARN_DAYS),
        "durations": [*durations, (gettext("其他"), USUAL, in_words(USUAL))],
    }
    return render(request, "filings/gaps.html", context)


def _row(gap: Gap) -> tuple[Gap, str, str]:
    """With its days, and for whom it holds."""
    whom = [str(CARRIERS[gap.carrier])] if gap.carrier else []
    whom += [vendor_name(gap.vendor)] if gap.vendor else []
    return gap, span(gap.first_day, gap.last_day), " · ".join(whom) or gettext("全部")


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("filing.edit")
def new(request: HttpRequest) -> HttpResponse:
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("filing.edit")
def edit(request: HttpRequest, gap_id: int) -> HttpResponse:
    return _form(request, gaps.gap_of(gap_id))


def _form(request: HttpRequest, known: Gap | None) -> HttpResponse:
    form = GapForm(request.POST or None, initial=asdict(known) if known else {})
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                gaps.save(form.gap(known.id if known else None), actor=actor_of(request), now=utc_now())
            except XinfengError as fault:
                show_fault(form, fault, FIELDS)
            else:
                messages.success(request, gettext("已保存。"))
                return redirect("filings.gaps")
        status = 422
    context = {"form": form, "gap": known, "crumbs": crumbs((_("停报期"), reverse("filings.gaps")))}
    return render(request, "filings/gap_form.html", context, status=status)


@require_POST
@allowed("filing.edit")
def remove(request: HttpRequest, gap_id: int) -> HttpResponse:
    gaps.remove(gap_id, actor=actor_of(request), now=utc_now())
    messages.success(request, gettext("已删去这段停报期。"))
    return redirect("filings.gaps")
