"""Whose ranges of numbers are, and who serves ported ones: both from files with a date and a source."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.console.components.parts import Text
from xinfeng.console.contacts.labels import CARRIERS
from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.numbers.labels import tabs
from xinfeng.console.permissions import allowed, may
from xinfeng.console.templatetags.xinfeng_format import num
from xinfeng.console.words import sentence
from xinfeng.contacts import prefixes
from xinfeng.contacts.number_files import LARGEST_FILE, faults_of
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.hygiene import carriers, ported_uploads
from xinfeng.hygiene.jobs import read_carriers
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.prefixes import LONGEST_SOURCE, RangeKind
from xinfeng.kernel.time import business_day, utc_now

OLD_DAYS = 365
"""Ranges are given out a few times a year; a table older than this is likely to lack some."""

KINDS: dict[RangeKind, Text] = {
    RangeKind.MOBILE: _("普通"),
    RangeKind.VIRTUAL: _("虚拟运营商"),
    RangeKind.IOT: _("物联网"),
    RangeKind.SATELLITE: _("卫星"),
}


class FileForm(forms.Form):
    """A file, of which day it is, and where it is from."""

    file = forms.FileField(label=_("文件"))
    drawn_up = forms.DateField(label=_("数据日期"), widget=forms.DateInput(attrs={"type": "date"}))
    source = forms.CharField(label=_("数据来源"), max_length=LONGEST_SOURCE)


@require_safe
@allowed("number.view")
def page(request: HttpRequest) -> HttpResponse:
    """The table in force, and what can be done about it."""
    return _page(request, FileForm(prefix="ranges"), FileForm(prefix="ported"))


@require_POST
@allowed("number.edit")
@takes_file(LARGEST_FILE)
def replace(request: HttpRequest) -> HttpResponse:
    """Another table takes the place of the one in force; all of it or nothing."""
    form = FileForm(request.POST, request.FILES, prefix="ranges")
    if not form.is_valid():
        return _page(request, form, FileForm(prefix="ported"), status=422)
    try:
        with _kept(form.cleaned_data["file"]) as path:
            made = prefixes.replace(
                path,
                drawn_up=form.cleaned_data["drawn_up"],
                source=form.cleaned_data["source"],
                actor=request.user.get_username(),
                today=business_day(utc_now(), xinfeng_settings.load().zone),
            )
    except InvalidInput as error:
        return _page(request, form, FileForm(prefix="ported"), error=error, status=422)
    counts = {"added": num(made.added), "removed": num(made.removed), "changed": num(made.changed)}
    messages.success(
        request,
        gettext(
            "号段已替换：新增 %(added)s，去掉 %(removed)s，改变 %(changed)s。已有客户要点“重新判断”才会变，已生成的计划不变。"
        )
        % counts,
    )
    return redirect("numbers.ranges")


@require_POST
@allowed("number.edit")
def shipped(request: HttpRequest) -> HttpResponse:
    """Back to the table that comes with the product."""
    prefixes.use_shipped(actor=request.user.get_username())
    messages.success(request, gettext("已改回自带的号段。已有客户要点“重新判断”才会变。"))
    return redirect("numbers.ranges")


@require_POST
@allowed("number.edit")
def again(request: HttpRequest) -> HttpResponse:
    """Read the carriers of everybody off their numbers again, in the background."""
    with suppress(AlreadyEnqueued), transaction.atomic():  # it waits for its turn already
        read_carriers.defer(actor=request.user.get_username())
    messages.success(request, gettext("已开始在后台按号段重新判断。查过或已知转网的号码不变。"))
    return redirect("numbers.ranges")


@require_POST
@allowed("number.edit")
@takes_file(LARGEST_FILE)
def ported(request: HttpRequest) -> HttpResponse:
    """Who serves ported numbers now: the file is kept, and a job takes it in."""
    form = FileForm(request.POST, request.FILES, prefix="ported")
    if not form.is_valid():
        return _page(request, FileForm(prefix="ranges"), form, status=422)
    file = form.cleaned_data["file"]
    try:
        ported_uploads.receive(
            file.chunks(),
            file_name=file.name,
            drawn_up=form.cleaned_data["drawn_up"],
            source=form.cleaned_data["source"],
            actor=request.user.get_username(),
            now=utc_now(),
        )
    except (InvalidInput, Conflict) as error:
        return _page(request, FileForm(prefix="ranges"), form, ported_error=error, status=422)
    messages.success(request, gettext("文件收下了，正在后台更新；这一页会显示进度和结果。"))
    return redirect("numbers.ranges")


@require_safe
@allowed("number.edit")
def ported_progress(request: HttpRequest) -> HttpResponse:
    """How far the file is, and what came of it."""
    return render(request, "numbers/ported_file.html", _upload())


def _page(
    request: HttpRequest,
    form: FileForm,
    ported_form: FileForm,
    *,
    error: InvalidInput | None = None,
    ported_error: InvalidInput | Conflict | None = None,
    status: int = 200,
) -> HttpResponse:
    table = prefixes.table()
    counts = Counter((one.carrier, one.kind) for one in table.ranges)
    today = business_day(utc_now(), xinfeng_settings.load().zone)
    context: dict[str, Any] = {
        "tabs": tabs("numbers.ranges"),
        "table": table,
        "own": prefixes.is_own(),
        "old": (today - table.drawn_up).days > OLD_DAYS,
        "lines": [
            (CARRIERS[carrier], KINDS[kind], count)
            for (carrier, kind), count in sorted(counts.items(), key=lambda one: (one[0][0] or 9, one[0][1]))
        ],
        "total": sum(counts.values()),
        "days": carriers.believed_days(),
        "form": form,
        "ported_form": ported_form,
        "error": sentence(error) if error else "",
        "rows": _rows(error),
        "ported_error": sentence(ported_error) if ported_error else "",
        "may_edit": may(request.user, "number.edit"),
    }
    return render(request, "numbers/ranges.html", context | _upload(), status=status)


def _upload() -> dict[str, Any]:
    upload = ported_uploads.latest()
    error = upload.error if upload else None
    return {
        "upload": upload,
        "poll": reverse("numbers.ranges_ported_progress") if upload and upload.is_open else "",
        "upload_error": sentence(error) if error else "",
        "upload_rows": _rows(error),
    }


def _rows(error: InvalidInput | None) -> list[str]:
    return [one.words(get_language() or "zh") for one in faults_of(error)] if error else []


@contextmanager
def _kept(upload: Any) -> Iterator[Path]:
    """The upload as a file that goes when it was read."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as kept:
        for chunk in upload.chunks():
            kept.write(chunk)
        kept.flush()
        yield Path(kept.name)
