"""Being asked again who one is, before what is sensitive: the code where there is a second factor, else the password."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from xinfeng.console.account.duties import account_of, open_to_all
from xinfeng.console.account.login import CodeForm, address_of, safe_next
from xinfeng.console.components.faults import show_fault
from xinfeng.console.middleware import wants_fragment
from xinfeng.console.words import status
from xinfeng.foundation import logins, second_factor, security, sessions
from xinfeng.foundation.models import User
from xinfeng.kernel.errors import NotAllowed
from xinfeng.kernel.time import utc_now


class PasswordForm(forms.Form):
    """The password in force."""

    password = forms.CharField(
        label=_("您的密码"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def page(request: HttpRequest) -> HttpResponse:
    """Ask, then go back to where the question came up."""
    user = account_of(request)
    with_code = second_factor.is_on(user)
    posted = request.POST if request.method == "POST" else None
    form: forms.Form = CodeForm(posted) if with_code else PasswordForm(posted)
    answer_status = 200
    if request.method == "POST" and form.is_valid():
        try:
            _check(user, form.cleaned_data, address_of(request), with_code=with_code)
        except NotAllowed as fault:
            show_fault(form, fault, {"second_factor.wrong": "code", "login.password_wrong": "password"})
            answer_status = status(fault)
        else:
            sessions.proved(request.session, now=utc_now())
            return redirect(safe_next(request))
    context = {
        "form": form,
        "next": safe_next(request),
        "with_code": with_code,
        "minutes": security.current().prove_minutes,
    }
    return render(request, "account/prove.html", context, status=answer_status)


def _check(user: User, given: dict[str, Any], address: str, *, with_code: bool) -> None:
    """Raises NotAllowed `login.locked`, `second_factor.wrong` or `login.password_wrong`; wrong ones are counted."""
    now = utc_now()
    with logins.trying(user.username, address, now=now, factor="code" if with_code else "password"):
        if with_code:
            second_factor.check(user, given["code"], now=now)
        elif not user.check_password(given["password"]):
            raise NotAllowed("login.password_wrong")


def address_for(request: HttpRequest) -> str:
    """The page that asks, and comes back: to a page that was asked for, or to the one a button was on."""
    if request.method in ("GET", "HEAD") and not wants_fragment(request):
        back = request.get_full_path()
    else:
        came_from = urlsplit(request.headers.get("HX-Current-URL") or request.headers.get("Referer") or "")
        back = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return f"{reverse('account.prove')}?{urlencode({'next': back or '/'})}"
