"""Users, and how they sign in. A new password is made by the server, shown once, and changed by its owner at once."""

from __future__ import annotations

from dataclasses import dataclass

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
from xinfeng.console.components.parts import Text
from xinfeng.console.permissions import ROLE_LABELS, allowed, may
from xinfeng.console.preferences.tabs import tabs
from xinfeng.foundation import people, second_factor, security, sessions
from xinfeng.foundation.models import User
from xinfeng.kernel.errors import XinfengError
from xinfeng.kernel.time import utc_now

COLUMNS = (
    Column("username", _("用户")),
    Column("role", _("角色")),
    Column("active", _("状态")),
    Column("second_factor", _("两步验证"), hide_on_phone=True),
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


@dataclass(frozen=True)
class Line:
    """A person as the list shows her. `asked`: her role has to have a second factor; `stale`: long not signed in."""

    person: User
    role: Text | str
    with_code: bool
    asked: bool
    stale: bool


@require_safe
@allowed("settings.view")
def users(request: HttpRequest) -> HttpResponse:
    query = Query.read(request, columns=COLUMNS, filters=FILTERS)
    active = {"yes": True, "no": False}.get(query.filters["active"])
    found = people.list_users(search=query.search, role=query.filters["role"], active=active)
    page = found[query.offset : query.offset + query.per_page]
    rules, with_code, now = security.current(), second_factor.who_has_it(), utc_now()
    table = Table(
        id="users",
        columns=COLUMNS,
        filters=FILTERS,
        query=query,
        listing=Listing(
            [
                Line(
                    one,
                    permissions.role_label(one.role),
                    one.pk in with_code,
                    rules.asks_second_factor(one.role),
                    people.is_stale(one, rules, now=now),
                )
                for one in page
            ],
            total=len(found),
        ),
        row_template="preferences/user_row.html",
        search_label=_("搜索用户名或姓名"),
        empty=Empty(_("还没有用户"), icon="users"),
        context={"may_edit": may(request.user, "user.edit")},
    )
    context = {
        "tabs": tabs("settings"),
        "stale": sum(people.is_stale(one, rules, now=now) for one in found),
        "rules": rules,
    }
    return answer_with_table(request, "preferences/users.html", table, context)


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("user.edit")
def new(request: HttpRequest) -> HttpResponse:
    form = NewPersonForm(request.POST or None, initial={"role": "operator"})
    if request.method == "POST" and form.is_valid():
        password = people.fresh_password()
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
    context = {
        "form": form,
        "person": person,
        "crumbs": _crumbs(),
        "with_code": second_factor.is_on(person),
        "seats": [(seat, sessions.device_words(seat.device)) for seat in sessions.seats([person.pk])],
    }
    return render(request, "preferences/user.html", context)


@require_POST
@allowed("user.edit")
def reset(request: HttpRequest, user_id: int) -> HttpResponse:
    person = people.user(user_id)
    password = people.fresh_password()
    people.set_password(username=person.username, password=password, actor=request.user.get_username())
    return _password_page(request, person.username, password, new=False)


@require_POST
@allowed("user.edit")
def reset_second_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    """For somebody who has lost phone and recovery codes; with a reason."""
    person = people.user(user_id)
    second_factor.reset(
        username=person.username,
        actor=request.user.get_username(),
        reason=request.POST.get("reason", ""),
    )
    sessions.end_all(person.pk, actor=request.user.get_username(), why="second_factor")
    messages.success(request, gettext("两步验证已经重设，他下次登录时会重新设置。"))
    return redirect("settings.user", user_id)


@require_POST
@allowed("user.edit")
def end_sessions(request: HttpRequest, user_id: int) -> HttpResponse:
    """All of a person's, or the one that is named."""
    person, actor = people.user(user_id), request.user.get_username()
    seat = request.POST.get("seat", "")
    if seat.isascii() and seat.isdecimal() and len(seat) < 19:
        sessions.end(int(seat), actor=actor, owner=person.pk)
    else:
        sessions.end_all(person.pk, actor=actor, why="administrator")
    messages.success(request, gettext("已经退出登录。"))
    return redirect("settings.user", user_id)


def _password_page(request: HttpRequest, username: str, password: str, *, new: bool) -> HttpResponse:
    context = {"username": username, "password": password, "new": new, "crumbs": _crumbs()}
    return render(request, "preferences/password.html", context)


def _crumbs() -> list[Crumb]:
    return [Crumb(_("设置"), reverse("settings"))]
