"""Sessions end when they should, and who has something to do before anything else is led there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from xinfeng.console.account import duties, proving
from xinfeng.console.middleware import wants_fragment
from xinfeng.console.permissions import ProofNeeded
from xinfeng.foundation import sessions
from xinfeng.kernel.time import utc_now


class SignedInMiddleware:
    """After `AuthenticationMiddleware`. Costs nothing where no session is sent along (API, public pages)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            now = utc_now()
            stamp = sessions.stamp_of(request.session)
            if stamp is None or stamp.is_over(now):
                request.session.flush()
                request.user = AnonymousUser()
            elif not _is_poll(request):
                sessions.seen(request.session, now=now)
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        if not getattr(view, "login_required", True) or getattr(view, "own_account", False):
            return None
        if not request.user.is_authenticated:
            return None
        place = duties.place(request)
        return None if place is None else lead_to(request, place)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """What is sensitive comes after being asked again."""
        if not isinstance(exception, ProofNeeded):
            return None
        return lead_to(request, proving.address_for(request))


def lead_to(request: HttpRequest, address: str) -> HttpResponse:
    """To another page; htmx leaves the page it is on."""
    if wants_fragment(request):
        answer = HttpResponse(status=200)
        answer["HX-Redirect"] = address
        return answer
    return redirect(address)


def _is_poll(request: HttpRequest) -> bool:
    """A piece of a page that renews itself keeps nobody signed in."""
    itself = request.headers.get("HX-Trigger", "")
    return request.method == "GET" and itself != "" and itself == request.headers.get("HX-Target")
