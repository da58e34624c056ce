"""The list of segments, and one segment."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.components import (
    Column,
    Crumb,
    Empty,
    Filter,
    Listing,
    Query,
    Table,
    answer_with_table,
)
from xinfeng.console.permissions import allowed, may
from xinfeng.console.segments.labels import KINDS, language
from xinfeng.console.segments.numbers import of_segment
from xinfeng.console.words import sentence
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens
from xinfeng.segments import actions, reads
from xinfeng.segments.reads import SizeRow

COLUMNS = (
    Column("name", gettext_lazy("分群")),
    Column("kind", gettext_lazy("类型"), hide_on_phone=True),
    Column("size", gettext_lazy("人数"), numeric=True),
    Column("reachable", gettext_lazy("可触达"), numeric=True),
    Column("counted", gettext_lazy("统计于"), hide_on_phone=True),
    Column("changed", gettext_lazy("最后修改"), hide_on_phone=True),
)
FILTERS = (
    Filter("kind", gettext_lazy("类型"), tuple(KINDS.items())),
    Filter("archived", gettext_lazy("归档"), (("1", gettext_lazy("已归档")),)),
)


@require_safe
@allowed("segment.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every segment with the last count, last changed first."""
    query = Query.read(request, columns=COLUMNS, filters=FILTERS)
    found = reads.segments(archived=query.filters["archived"] == "1")
    wanted, kind = query.search.casefold(), query.filters["kind"]
    found = [
        one
        for one in found
        if (not kind or one.kind == kind) and wanted in f"{one.name}\n{one.description}".casefold()
    ]
    shown = found[query.offset : query.offset + query.per_page]
    sizes = reads.last_sizes([one.pk for one in shown])
    can_edit = may(request.user, "segment.edit")
    table = Table(
        id="segments",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing([(one, KINDS[one.kind], sizes.get(one.pk)) for one in shown], total=len(found)),
        row_template="segments/row.html",
        search_label=gettext_lazy("搜索名称或说明"),
        empty=Empty(
            _("还没有分群"),
            _("用属性、标签、行为和以往短信的结果选出要写给谁。可以从现成的例子开始。"),
            _("新建分群") if can_edit else "",
            reverse("segments.new"),
            "filter",
        ),
    )
    return answer_with_table(request, "segments/list.html", table)


@require_safe
@allowed("segment.view")
def detail(request: HttpRequest, segment_id: int) -> HttpResponse:
    """One segment: its rule in words, its size now and over time."""
    segment = reads.get_segment(segment_id)
    try:
        words = reads.reading(segment, language())
        fault = ""
    except InvalidInput as error:
        words, fault = "", sentence(error)
    history = reads.sizes(segment_id)
    context = {
        "segment": segment,
        "kind": KINDS[segment.kind],
        "words": words,
        "fault": fault,
        "last": history[-1] if history else None,
        "chart": _chart(history) if len(history) > 1 else None,
        "campaign_url": _campaign_url(segment_id),
        "crumbs": [Crumb(_("分群"), reverse("segments"))],
    }
    return render(request, "segments/detail.html", context)


def _chart(history: list[SizeRow]) -> dict[str, Any]:
    return {
        "kind": "line",
        "x": [timezone.localtime(one.at).strftime("%m-%d %H:%M") for one in history],
        "unit": _("人"),
        "series": [
            {"name": _("人数"), "data": [one.size for one in history], "tone": "accent"},
            {"name": _("可触达"), "data": [one.reachable for one in history], "tone": "good"},
        ],
    }


def _campaign_url(segment_id: int) -> str:
    try:
        return f"{reverse('campaigns.new')}?segment={segment_id}"
    except NoReverseMatch:
        return ""


@require_POST
@allowed("segment.view")
def count(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Count the segment now, remember it, and show who is in it."""
    segment = reads.get_segment(segment_id)
    context: dict[str, Any] = {
        "numbers": None,
        "fault": "",
        "path": "",
        "purpose": "marketing",
        "saved": True,
    }
    try:
        context["numbers"] = of_segment(segment, purpose="marketing")
    except (InvalidInput, Conflict) as error:
        context["fault"] = sentence(error)
    return render(request, "segments/numbers.html", context)


@require_POST
@allowed("segment.edit")
def archive(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Put away, or take out again."""
    archived = request.POST.get("archived") == "1"
    segment = actions.archive_segment(segment_id, archived=archived, actor=request.user.get_username())
    done = _("“%(name)s”已归档。") if archived else _("“%(name)s”已放回列表。")
    messages.success(request, done % {"name": segment.name})
    return redirect("segments.detail", segment_id)


@require_POST
@allowed("segment.edit")
def freeze(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Keep who is in it now as a segment of its own."""
    snapshot = actions.freeze_segment(
        segment_id,
        name=request.POST.get("name", ""),
        lens=lens(),
        actor=request.user.get_username(),
        now=utc_now(),
    )
    messages.success(request, _("已存为快照“%(name)s”。") % {"name": snapshot.name})
    return redirect("segments.detail", snapshot.pk)
