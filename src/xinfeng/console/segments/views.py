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
from xinfeng.console.segments.freezing import shown_freezing
from xinfeng.console.segments.labels import KINDS, language
from xinfeng.console.segments.numbers import in_readers_words, of_segment
from xinfeng.console.segments.tagging import is_running
from xinfeng.console.words import sentence
from xinfeng.contacts.models import Tag, TagKind
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.segments import actions, reads
from xinfeng.segments.lists import misses_of
from xinfeng.segments.models import Freezing, SegmentKind, Tagging
from xinfeng.segments.reads import SizeRow
from xinfeng.segments.references import users_of

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
    found = reads.page_of_segments(
        search=query.search,
        kind=query.filters["kind"],
        archived=query.filters["archived"] == "1",
        offset=query.offset,
        limit=query.per_page,
    )
    sizes = reads.last_sizes([one.pk for one in found.rows])
    can_edit = may(request.user, "segment.edit")
    table = Table(
        id="segments",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing([(one, KINDS[one.kind], sizes.get(one.pk)) for one in found.rows], total=found.total),
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
        words = in_readers_words(segment.rule) if segment.rule is not None else ""
        fault = ""
    except InvalidInput as error:
        words, fault = "", sentence(error)
    history = reads.sizes(segment_id)
    freezing = Freezing.objects.filter(source=segment).select_related("snapshot").order_by("-id").first()
    tagging = Tagging.objects.filter(segment=segment).select_related("tag").order_by("-id").first()
    context = {
        "segment": segment,
        "kind": KINDS[segment.kind],
        "words": words,
        "fault": fault,
        "profiled": reads.profiles(segment),
        "last": history[-1] if history else None,
        "chart": _chart(history) if len(history) > 1 else None,
        "missed": misses_of(segment_id) if segment.kind == SegmentKind.LIST else 0,
        "users": users_of(segment_id),
        **(shown_freezing(freezing) if freezing is not None else {}),
        "asked": tagging,
        "running": tagging is not None and is_running(tagging),
        "tags": Tag.objects.filter(merged_into=None).exclude(kind=TagKind.RULE).order_by("name")[:500],
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
def duplicate(request: HttpRequest, segment_id: int) -> HttpResponse:
    """The same rule under a free name, at once."""
    copy = actions.duplicate_segment(segment_id, actor=request.user.get_username())
    messages.success(request, _("已复制为“%(name)s”。") % {"name": copy.name})
    return redirect("segments.detail", copy.pk)


@require_POST
@allowed("segment.edit")
def restore(request: HttpRequest, segment_id: int) -> HttpResponse:
    """An example as it was when it came."""
    segment = actions.restore_ready_made(segment_id, actor=request.user.get_username(), language=language())
    messages.success(request, _("“%(name)s”已恢复为最初的规则。") % {"name": segment.name})
    return redirect("segments.detail", segment_id)
