"""The list of tags, and one tag."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components import Column, Crumb, Empty, Filter, Listing, Query, Table, answer_with_table
from xinfeng.console.components.faults import show_fault
from xinfeng.console.components.parts import Text
from xinfeng.console.contacts.labels import TAG_CHANGES, TAG_KINDS
from xinfeng.console.permissions import allowed, may
from xinfeng.console.tiers.tabs import tabs
from xinfeng.contacts import tagging
from xinfeng.contacts.models import TagKind
from xinfeng.contacts.tag_names import tag_id_of
from xinfeng.contacts.tagging import TagRow
from xinfeng.kernel.errors import NotAllowed, NotFound, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens
from xinfeng.segments.rule_tags import rule_of_tag

COLUMNS = (
    Column("name", gettext_lazy("标签"), sortable=True),
    Column("kind", gettext_lazy("种类")),
    Column("contacts", gettext_lazy("客户"), sortable=True, numeric=True),
    Column("description", gettext_lazy("说明"), hide_on_phone=True),
)
FILTERS = (Filter("kind", gettext_lazy("种类"), tuple(TAG_KINDS.items())),)


class TagForm(forms.Form):
    """A tag's name and what it means."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=40)
    description = forms.CharField(
        label=gettext_lazy("说明"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("什么样的客户该有这个标签。"),
    )


FIELD_OF_CODE = {"tag.name": "name", "tag.exists": "name", "tag.description": "description"}


@require_safe
@allowed("tier.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every tag in use."""
    query = Query.read(request, columns=COLUMNS, filters=FILTERS, sort="name")
    copy = lens()
    copy.refresh()
    rows = tagging.tag_rows(copy, search=query.search, kind=query.filters["kind"])
    if query.sort.lstrip("-") == "contacts":
        rows.sort(key=lambda row: row.contacts or 0)
    if query.sort.startswith("-"):
        rows.reverse()
    shown = rows[query.offset : query.offset + query.per_page]
    table = Table(
        id="tags",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing([_listed(row) for row in shown], total=len(rows)),
        row_template="tags/row.html",
        search_label=gettext_lazy("搜索标签"),
        empty=Empty(
            _("还没有标签"),
            _("导入文件时写上来源，或在客户页面加上标签，就会列在这里。"),
            _("新建标签") if may(request.user, "tag.edit") else "",
            reverse("tiers.tag_new"),
            "tags",
        ),
    )
    return answer_with_table(request, "tags/list.html", table, {"tabs": tabs("tiers.tags")})


def _listed(row: TagRow) -> tuple[TagRow, Text, str]:
    return row, TAG_KINDS.get(row.kind, row.kind), _people(row)


def _people(row: TagRow) -> str:
    return f"{reverse('contacts')}?{urlencode({'tag': row.name})}"


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("tag.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A tag before anybody has it."""
    form = TagForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            tag_id = tagging.add_tag(
                given["name"], description=given["description"], actor=request.user.get_username()
            )
        except XinfengError as error:
            show_fault(form, error, FIELD_OF_CODE)
        else:
            messages.success(request, _("标签已建好。"))
            return redirect("tiers.tag", tag_id)
    context = {"form": form, "crumbs": _crumbs()}
    return render(request, "tags/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("tier.view")
def one(request: HttpRequest, tag_id: int) -> HttpResponse:
    """One tag: how many have it, its history; renaming and describing it."""
    copy = lens()
    copy.refresh()
    row = tagging.tag_row(tag_id, copy)
    form = TagForm(initial={"name": row.name, "description": row.description})
    if request.method == "POST":
        form = TagForm(request.POST)
        if _save(request, tag_id, form):
            messages.success(request, _("标签已保存。"))
            return redirect("tiers.tag", tag_id)
    return render(request, "tags/one.html", _one(request, row, form), status=422 if form.errors else 200)


def _one(request: HttpRequest, row: TagRow, form: TagForm) -> dict[str, Any]:
    editable = may(request.user, "tag.edit")
    return {
        "tag": row,
        "kind": TAG_KINDS.get(row.kind, row.kind),
        "people_url": _people(row),
        "form": form,
        "by_rule": row.kind == TagKind.RULE,
        "rule_url": _rule_url(row.id) if may(request.user, "segment.view") else "",
        "others": [
            other.name for other in tagging.tag_rows() if other.id != row.id and other.kind != TagKind.RULE
        ]
        if editable
        else [],
        "history": [(one, TAG_CHANGES.get(one.what, one.what)) for one in tagging.history_of_tag(row.id)],
        "crumbs": _crumbs(),
    }


def _save(request: HttpRequest, tag_id: int, form: TagForm) -> bool:
    if not may(request.user, "tag.edit"):
        raise NotAllowed("permission.missing", permission="tag.edit")
    if not form.is_valid():
        return False
    given, actor, now = form.cleaned_data, request.user.get_username(), utc_now()
    try:
        tagging.rename_tag(tag_id, given["name"], actor=actor, now=now)
        tagging.describe_tag(tag_id, given["description"], actor=actor, now=now)
    except XinfengError as error:
        show_fault(form, error, FIELD_OF_CODE)
        return False
    return True


@require_POST
@allowed("tag.edit")
def merge(request: HttpRequest, tag_id: int) -> HttpResponse:
    """Everybody moves to the other tag; a job sees to it."""
    wanted = " ".join(request.POST.get("into", "").split())
    into_id = tag_id_of(wanted)
    if into_id is None:
        raise NotFound("tag.unknown", name=wanted[:40])
    tagging.start_merging_tags(tag_id, into_id, actor=request.user.get_username(), now=utc_now())
    messages.success(request, _("已并入。客户正在后台换到新标签，很快就会完成。"))
    return redirect("tiers.tag", into_id)


def _rule_url(tag_id: int) -> str:
    rule_id = rule_of_tag(tag_id)
    return reverse("segments.tag", args=[rule_id]) if rule_id is not None else ""


def _crumbs() -> list[Crumb]:
    return [Crumb(_("标签"), reverse("tiers.tags"))]
