"""The list of forms, and a new one."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from xinfeng.console.components import Column, Empty, Filter, Listing, Query, Table, answer_with_table
from xinfeng.console.components.faults import show_fault
from xinfeng.console.forms.labels import KIND_HINTS, KINDS, STATES, crumbs
from xinfeng.console.permissions import allowed, may
from xinfeng.delivery import code_messages
from xinfeng.forms import actions, reads
from xinfeng.forms.drafts import LONGEST_NAME
from xinfeng.forms.models import LONGEST_SLUG
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now

COLUMNS = (
    Column("name", gettext_lazy("表单")),
    Column("state", gettext_lazy("状态")),
    Column("views", gettext_lazy("浏览"), numeric=True, hide_on_phone=True),
    Column("done", gettext_lazy("完成"), numeric=True),
    Column("grants", gettext_lazy("授权"), numeric=True, hide_on_phone=True),
    Column("stopped", gettext_lazy("拦截"), numeric=True, hide_on_phone=True),
    Column("changed", gettext_lazy("最后修改"), hide_on_phone=True),
)
FILTERS = (
    Filter("state", gettext_lazy("状态"), tuple((code, words) for code, (words, _tone) in STATES.items())),
    Filter("kind", gettext_lazy("类型"), tuple(KINDS.items())),
)


class NewForm(forms.Form):
    """The beginnings of a form; everything else is in the builder."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=LONGEST_NAME)
    slug = forms.CharField(
        label=gettext_lazy("网址"),
        max_length=LONGEST_SLUG,
        help_text=gettext_lazy(
            "小写字母、数字和连字符，例如 double-11。以后不能改，印出去的二维码才不会失效。"
        ),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("类型"),
        widget=forms.RadioSelect,
        choices=[(code, words) for code, words in KINDS.items()],
        initial="sign_up",
    )


@require_safe
@allowed("form.view")
def page(request: HttpRequest) -> HttpResponse:
    """Every form with its numbers, last changed first."""
    query = Query.read(request, columns=COLUMNS, filters=FILTERS)
    found = reads.forms(search=query.search, state=query.filters["state"], kind=query.filters["kind"])
    rows = reads.figures(found[query.offset : query.offset + query.per_page])
    can_edit = may(request.user, "form.edit")
    table = Table(
        id="forms",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing(
            [(one, KINDS[one.form.kind], STATES[one.form.state]) for one in rows], total=len(found)
        ),
        row_template="forms/row.html",
        search_label=gettext_lazy("搜索名称或网址"),
        empty=Empty(
            _("还没有表单"),
            _("用表单收集客户和授权：注册、下单、抽奖、报名、领券。每份授权都带着告知文本和凭证。"),
            _("新建表单") if can_edit else "",
            reverse("forms.new"),
            "forms",
        ),
    )
    context = {"can_edit": can_edit, "codes_ready": code_messages.ready()}
    return answer_with_table(request, "forms/list.html", table, context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("form.edit")
def new(request: HttpRequest) -> HttpResponse:
    """Name, address and kind; then the builder."""
    form = NewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_form(**form.cleaned_data, actor=request.user.get_username(), now=utc_now())
        except XinfengError as fault:
            show_fault(form, fault, {"form.slug": "slug", "form.slug_taken": "slug", "form.name": "name"})
        else:
            messages.success(request, _("已建好“%(name)s”的草稿。") % {"name": made.name})
            return redirect("forms.edit", made.pk)
    context = {
        "form": form,
        "hints": [(KINDS[code], hint) for code, hint in KIND_HINTS.items()],
        "crumbs": crumbs(),
    }
    return render(request, "forms/new.html", context, status=400 if form.errors else 200)
