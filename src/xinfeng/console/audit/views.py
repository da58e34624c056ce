"""Who did what to whom, when and from where: newest first, narrowed by person, area, object and day."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.audit.deeds import AREAS, DEEDS, KINDS, PAGE_PERMISSIONS, PAGES
from xinfeng.console.components import Column, Crumb, Empty, Filter, Listing, Query, Table, answer_with_table
from xinfeng.console.components.parts import Text
from xinfeng.console.inspection.views import chain_state
from xinfeng.console.permissions import allowed, may
from xinfeng.foundation import seal_checks, seals, trail
from xinfeng.foundation.trail import TrailEntry, TrailQuery
from xinfeng.inspection import exports
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.time import utc_now

COLUMNS = (
    Column("at", _("时间")),
    Column("actor", _("谁")),
    Column("action", _("做了什么")),
    Column("object", _("对象")),
    Column("address", _("来自"), hide_on_phone=True),
)
KEEP = ("first", "last", "address", "id", "day")
FILTERS = (
    Filter("action", _("类别"), tuple(AREAS.items())),
    Filter("kind", _("对象"), tuple(KINDS.items())),
)


@dataclass(frozen=True)
class Shown:
    """An entry with its words and the way to its object."""

    entry: TrailEntry
    reader: Any

    @property
    def may_open(self) -> bool:
        """Whether the reader may see the page of the object."""
        needed = PAGE_PERMISSIONS.get(self.entry.kind)
        return needed is not None and may(self.reader, needed)

    @property
    def deed(self) -> Text:
        return DEEDS.get(self.entry.action, self.entry.action)

    @property
    def kind(self) -> Text:
        return KINDS.get(self.entry.kind, self.entry.kind)

    @property
    def url(self) -> str:
        page, subject = PAGES.get(self.entry.kind), self.entry.subject
        if page is None or not (subject.isascii() and subject.isdigit()):
            return ""
        try:
            return reverse(page, args=[int(subject)])
        except NoReverseMatch:
            return ""

    @property
    def is_filterable(self) -> bool:
        """Whether the list can be narrowed to this object; some deeds are about a thing without a number."""
        return self.entry.kind in KINDS and bool(self.entry.subject)

    @property
    def by_machine(self) -> bool:
        return self.entry.actor.startswith("system:")

    @property
    def details(self) -> list[tuple[str, str]]:
        return [(name, _plain(value)) for name, value in self.entry.detail.items()]


@require_safe
@allowed("audit.view")
def page(request: HttpRequest) -> HttpResponse:
    query = Query.read(request, columns=COLUMNS, filters=FILTERS, keep=KEEP)
    asked = replace(_asked(query), after=query.after, limit=query.per_page)
    found = trail.entries(asked)
    table = Table(
        id="audit",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing([Shown(entry, request.user) for entry in found.entries], next_after=found.after),
        row_template="audit/row.html",
        search_label=_("按用户名查找"),
        empty=Empty(_("没有记录"), _("这样找不到任何记录。"), icon="history-toggle"),
    )
    context = {
        "kept": query.kept,
        "narrowed": bool(query.kept),
        "query": query.address(),
        "may_export": may(request.user, "inspection.export"),
        **_chain(request),
    }
    return answer_with_table(request, "audit/list.html", table, context)


def _asked(query: Query) -> TrailQuery:
    kept = query.kept
    return TrailQuery(
        actor=query.search,
        action=query.filters["action"],
        kind=query.filters["kind"],
        subject=kept.get("id", ""),
        day=_day(kept.get("day", ""), "day"),
        first=_day(kept.get("first", ""), "first"),
        last=_day(kept.get("last", ""), "last"),
        address=kept.get("address", "").strip(),
    )


def _chain(request: HttpRequest) -> dict[str, Any]:
    running = seal_checks.progress()
    return {
        "head": seals.head(),
        "running": running,
        "poll": reverse("audit.checking") if running else "",
        "may_check": may(request.user, "inspection.export"),
        **chain_state(),
    }


@require_safe
@allowed("audit.view")
def checking(request: HttpRequest) -> HttpResponse:
    """How far the check of the log is."""
    return render(request, "audit/chain.html", _chain(request))


@require_POST
@allowed("inspection.export")
def check(request: HttpRequest) -> HttpResponse:
    seal_checks.request_check(actor=request.user.get_username())
    return redirect("audit")


@require_POST
@allowed("inspection.export")
def export(request: HttpRequest) -> HttpResponse:
    """Have the log drawn up as it is narrowed; the file is fetched on the page of archives."""
    asked = _asked(Query.read(request, columns=COLUMNS, filters=FILTERS, keep=KEEP))
    exports.request_audit(
        asked, reason=request.POST.get("reason", ""), actor=request.user.get_username(), now=utc_now()
    )
    messages.success(request, gettext("已开始生成，完成后在这里下载。"))
    return redirect("inspection.archives")


@require_safe
@allowed("audit.view")
def detail(request: HttpRequest, entry_id: int) -> HttpResponse:
    context = {
        "one": Shown(trail.entry(entry_id), request.user),
        "crumbs": [Crumb(_("审计"), reverse("audit"))],
    }
    return render(request, "audit/entry.html", context)


def _day(text: str, name: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("request.filter", name=name) from None


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
