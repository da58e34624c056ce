"""What somebody who has just signed in must do before anything else, and where."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from xinfeng.console.permissions import View
from xinfeng.foundation import people, second_factor, security
from xinfeng.foundation.models import User
from xinfeng.foundation.sessions import MUST
from xinfeng.kernel.time import utc_now

PASSWORD, SECOND_FACTOR = "password", "second_factor"
PLACES = {PASSWORD: "password", SECOND_FACTOR: "account.second_factor"}


def open_to_all(view: View) -> View:
    """A view that asks for no permission beyond being signed in: one's own account. Open before duties are done."""
    view.own_account = True  # type: ignore[attr-defined]
    return view


def settle(request: HttpRequest) -> str | None:
    """Find out what must be done, keep it in the session, and return it: `password`, `second_factor` or None."""
    user = account_of(request)
    rules = security.current()
    must = None
    if people.must_change_password(user, rules, now=utc_now()):
        must = PASSWORD
    elif rules.asks_second_factor(user.role) and not second_factor.is_on(user):
        must = SECOND_FACTOR
    if must is None:
        request.session.pop(MUST, None)
    else:
        request.session[MUST] = must
    return must


def place(request: HttpRequest) -> str | None:
    """Where it is done, for a request of somebody who has something to do first."""
    must: Any = request.session.get(MUST)
    return reverse(PLACES[must]) if must in PLACES else None


def account_of(request: HttpRequest) -> User:
    """The row of who is signed in."""
    return User.objects.get(username=request.user.get_username())
