"""Rule tags: the list, one with what it did last, making and changing them on the rule builder."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.components import Column, Crumb, Empty, Listing, Query, Table, answer_with_table
from xinfeng.console.permissions import allowed, may
from xinfeng.console.segments.builder import read_rule
from xinfeng.console.segments.labels import catalogue
from xinfeng.console.segments.numbers import all_in_words, in_readers_words
from xinfeng.console.words import sentence
from xinfeng.contacts.values import LONGEST_TAG
from xinfeng.kernel.errors import Conflict, InvalidInput, XinfengError
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens
from xinfeng.segments import jobs, rule_tags
from xinfeng.segments.models import TagRule
from xinfeng.segments.reads import parse_rule
from xinfeng.segments.references import rule_profiles
from xinfeng.segments.rules import EVERYBODY, to_json

COLUMNS = (
    Column("name", gettext_lazy("标签")),
    Column("size", gettext_lazy("人数"), numeric=True),
    Column("last", gettext_lazy("最近变化"), hide_on_phone=True),
    Column("run", gettext_lazy("运行于"), hide_on_phone=True),
    Column("state", gettext_lazy("状态")),
)


class TagForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("标签名称"), max_length=LONGEST_TAG)


@require_safe
@allowed("segment.view")
def page(request: HttpRequest) -> HttpResponse:
    """All rule tags."""
    query = Query.read(request, columns=COLUMNS)
    rows, total = rule_tags.rules(search=query.search, offset=query.offset, limit=query.per_page)
    can_edit = may(request.user, "tag.edit")
    table = Table(
        id="rule-tags",
        columns=COLUMNS,
        query=query,
        listing=Listing(list(zip(rows, all_in_words([row.rule for row in rows]), strict=True)), total=total),
        row_template="segments/tag_row.html",
        search_label=gettext_lazy("搜索标签"),
        empty=Empty(
            _("还没有规则标签"),
            _("规则标签自己保持更新：符合规则的客户自动打上，不再符合的自动取下。例如“沉默 90 天”。"),
            _("新建规则标签") if can_edit else "",
            reverse("segments.tags_new"),
            "tags",
        ),
    )
    return answer_with_table(
        request, "segments/tags.html", table, {"crumbs": _crumbs(), "tags_url": _tags_url()}
    )


@require_safe
@allowed("segment.view")
def detail(request: HttpRequest, rule_id: int) -> HttpResponse:
    """One rule tag: what it asks, what it did last, what is wrong with it."""
    row = rule_tags.get_rule(rule_id)
    fault = ""
    if row.fault is not None:
        fault = sentence(InvalidInput(row.fault["code"], **row.fault["params"]))
    context = {
        "row": row,
        "words": _words(row),
        "fault": fault,
        "profiled": _profiles(row),
        "contacts_url": f"{reverse('contacts')}?tag={row.tag.name}",
        "crumbs": [*_crumbs(), Crumb(_("规则标签"), reverse("segments.tags"))],
    }
    return render(request, "segments/tag.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("tag.edit")
def new(request: HttpRequest) -> HttpResponse:
    """A new rule tag."""
    return _editor(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("tag.edit")
def edit(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Another rule for a tag; the tag keeps its name here (tags are renamed where tags are)."""
    return _editor(request, rule_tags.get_rule(rule_id))


def _editor(request: HttpRequest, row: TagRule | None) -> HttpResponse:
    form = TagForm(initial={"name": row.tag.name} if row else None)
    rule: Any = row.rule if row else to_json(EVERYBODY)
    fault: XinfengError | None = None
    status = 200
    if request.method == "POST":
        form = TagForm(request.POST if row is None else {"name": row.tag.name})
        status = 422
        try:
            rule = read_rule(request)
            if form.is_valid():
                saved = _save(request, form, row, rule)
                messages.success(request, _("“%(name)s”已保存，正在更新标签。") % {"name": saved.tag.name})
                return redirect("segments.tag", saved.pk)
        except XinfengError as error:
            if error.code in ("tag.name", "tag_rule.tag_taken"):
                form.add_error("name", sentence(error))
            else:
                fault = error
    context = {
        "form": form,
        "row": row,
        "rule": json.dumps(rule, ensure_ascii=False, indent=1),
        "catalogue": catalogue(),
        "fault": sentence(fault) if fault else "",
        "fault_path": fault.params.get("path", "") if fault else "",
        "crumbs": [*_crumbs(), Crumb(_("规则标签"), reverse("segments.tags"))],
    }
    return render(request, "segments/tag_editor.html", context, status=status)


def _save(request: HttpRequest, form: TagForm, row: TagRule | None, rule: Any) -> TagRule:
    actor = request.user.get_username()
    with transaction.atomic():
        if row is None:
            saved = rule_tags.define(name=form.cleaned_data["name"], rule=rule, actor=actor)
        else:
            saved = rule_tags.change(row.pk, rule=rule, actor=actor)
        if saved.enabled:
            jobs.run_rule_tag.defer(rule_id=saved.pk)
    return saved


@require_POST
@allowed("tag.edit")
def run(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Bring it up to date now, in the background."""
    row = rule_tags.get_rule(rule_id)
    if not row.enabled:
        raise Conflict("tag_rule.off", name=row.tag.name)
    jobs.run_rule_tag.defer(rule_id=rule_id)
    messages.success(request, _("正在更新，完成后这一页会显示新的数字。"))
    return redirect("segments.tag", rule_id)


@require_POST
@allowed("tag.edit")
def switch(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Off, keeping the tag on people or taking it off; or on again."""
    actor, how = request.user.get_username(), request.POST.get("how", "")
    if how == "on":
        with transaction.atomic():
            row = rule_tags.switch_on(rule_id, actor=actor)
            jobs.run_rule_tag.defer(rule_id=rule_id)
        messages.success(request, _("“%(name)s”已启用，正在更新。") % {"name": row.tag.name})
    else:
        rule_tags.switch_off(rule_id, actor=actor, keep_tag=True, lens=lens(), now=utc_now())
        if how == "take":
            jobs.take_rule_tag_off.defer(rule_id=rule_id, actor=actor)
            messages.success(request, _("规则已停用，正在从客户身上取下标签。"))
        else:
            messages.success(request, _("规则已停用，现有客户身上的标签保留。"))
    return redirect("segments.tag", rule_id)


def _words(row: TagRule) -> str:
    try:
        return in_readers_words(row.rule)
    except InvalidInput:
        return ""


def _profiles(row: TagRule) -> bool:
    try:
        return rule_profiles(parse_rule(row.rule))
    except InvalidInput:
        return True


def _tags_url() -> str:
    try:
        return reverse("tiers.tags")
    except NoReverseMatch:
        return ""


def _crumbs() -> list[Crumb]:
    return [Crumb(_("分群"), reverse("segments"))]
