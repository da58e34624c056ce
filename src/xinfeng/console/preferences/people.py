"""Users and what their roles may do. A new password is made by the server and shown once."""

from __future__ import annotations

import secrets

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console import permissions
from xinfeng.console.components import Column, Crumb, Empty, Filter, Listing, Query, Table, answer_with_table
from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import ROLE_LABELS, allowed, may
from xinfeng.console.preferences.permission_words import GROUPS
from xinfeng.console.preferences.tabs import tabs
from xinfeng.foundation import people
from xinfeng.kernel.errors import XinfengError

COLUMNS = (
    Column("username", _("用户")),
    Column("role", _("角色")),
    Column("active", _("状态")),
    Column("last_login", _("最近登录"), hide_on_phone=True),
)
FILTERS = (
    Filter("role", _("角色"), tuple(ROLE_LABELS.items())),
    Filter("active", _("状态"), (("yes", _("在用")), ("no", _("已停用")))),
)
AT_FIELD = {"user.username": "username", "user.exists": "username", "user.role": "role"}


class PersonForm(forms.Form):
    """What an administrator says about a person."""

    name = forms.CharField(label=_("姓名"), max_length=60, required=False)
    role = forms.ChoiceField(
        label=_("角色"),
        choices=list(ROLE_LABELS.items()),
        help_text=_("每个角色能做什么，见“角色权限”。"),
    )


class NewPersonForm(PersonForm):
    """A new user; the password is made up."""

    username = forms.CharField(
        label=_("用户名"), max_length=150, help_text=_("登录时用，之后不能更改。字母、数字和 @ . + - _。")
    )
    field_order = ("username", "name", "role")


class ChangedPersonForm(PersonForm):
    active = forms.BooleanField(
        label=_("可以登录"), required=False, help_text=_("停用后立即退出所有登录；他做过的事都保留在审计里。")
    )


@require_safe
@allowed("settings.view")
def users(request: HttpRequest) -> HttpResponse:
    query = Query.read(request, columns=COLUMNS, filters=FILTERS)
    active = {"yes": True, "no": False}.get(query.filters["active"])
    found = people.list_users(search=query.search, role=query.filters["role"], active=active)
    table = Table(
        id="users",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing(
            [
                (one, permissions.role_label(one.role))
                for one in found[query.offset : query.offset + query.per_page]
            ],
            total=len(found),
        ),
        row_template="preferences/user_row.html",
        search_label=_("搜索用户名或姓名"),
        empty=Empty(_("还没有用户"), icon="users"),
        context={"may_edit": may(request.user, "user.edit")},
    )
    return answer_with_table(request, "preferences/users.html", table, {"tabs": tabs("settings")})


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("user.edit")
def new(request: HttpRequest) -> HttpResponse:
    form = NewPersonForm(request.POST or None, initial={"role": "operator"})
    if request.method == "POST" and form.is_valid():
        password = secrets.token_urlsafe(9)
        try:
            made = people.add_user(**form.cleaned_data, password=password, actor=request.user.get_username())
        except XinfengError as fault:
            show_fault(form, fault, AT_FIELD)
        else:
            return _password_page(request, made.username, password, new=True)
    return render(request, "preferences/user.html", {"form": form, "crumbs": _crumbs()})


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("user.edit")
def edit(request: HttpRequest, user_id: int) -> HttpResponse:
    person = people.user(user_id)
    initial = {"name": person.name, "role": person.role, "active": person.is_active}
    form = ChangedPersonForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            people.change_user(user_id=user_id, **form.cleaned_data, actor=request.user.get_username())
        except XinfengError as fault:
            show_fault(form, fault, AT_FIELD)
        else:
            messages.success(request, gettext("已保存。"))
            return redirect("settings")
    return render(request, "preferences/user.html", {"form": form, "person": person, "crumbs": _crumbs()})


@require_POST
@allowed("user.edit")
def reset(request: HttpRequest, user_id: int) -> HttpResponse:
    person = people.user(user_id)
    password = secrets.token_urlsafe(9)
    people.set_password(username=person.username, password=password, actor=request.user.get_username())
    return _password_page(request, person.username, password, new=False)


@require_safe
@allowed("settings.view")
def roles(request: HttpRequest) -> HttpResponse:
    """The table of permissions as it is in force."""
    groups = [
        (
            title,
            [
                (words, [name in permissions.ROLES[role] for role in ROLE_LABELS])
                for name, words in names.items()
            ],
        )
        for title, names in GROUPS.items()
    ]
    context = {"roles": list(ROLE_LABELS.values()), "groups": groups, "tabs": tabs("settings.roles")}
    return render(request, "preferences/roles.html", context)


def _password_page(request: HttpRequest, username: str, password: str, *, new: bool) -> HttpResponse:
    context = {"username": username, "password": password, "new": new, "crumbs": _crumbs()}
    return render(request, "preferences/password.html", context)


def _crumbs() -> list[Crumb]:
    return [Crumb(_("设置"), reverse("settings"))]
