"""What every answer of the console has in common: language, security headers, errors in the reader's words."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render, resolve_url
from django.utils import translation
from django.utils.translation import gettext

from xinfeng.console.permissions import ProofNeeded
from xinfeng.console.words import sentence, status
from xinfeng.kernel.errors import NotAllowed, XinfengError

log = logging.getLogger(__name__)

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
STAY = "XF-Stay"
"""A header of forms that keep what was typed when they are refused: `dialog` says it there, `toast` above the page. What
they are redirected to, the browser opens."""

PERMISSIONS_POLICY = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


class ConsoleMiddleware:
    """Innermost, so that it knows the user and also sees redirects to the login and error pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        translation.activate(language_of(request))
        request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        if _is_blank_refusal(request, response):
            blank, response = response, render(request, "errors/405.html", status=405)
            response.headers["Allow"] = blank.headers.get("Allow", "")
        if wants_fragment(request):
            response = _leave_for_login(request, response)
            if STAY in request.headers and response.status_code == 302:
                response = _go_on(response.headers["Location"])
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A kernel error becomes a page, or for htmx a message above the page that stays as it is."""
        if not isinstance(exception, XinfengError) or isinstance(exception, ProofNeeded):
            return None
        code = status(exception)
        if isinstance(exception, NotAllowed):
            view = request.resolver_match.view_name if request.resolver_match else ""
            who = request.user.get_username()
            log.warning("not allowed", extra={"code": exception.code, "user": who, "view": view})
        if request.headers.get(STAY) == "dialog" and wants_fragment(request):
            return _said_in_dialog(HttpResponse(status=code), exception)
        if wants_fragment(request):
            return with_toast(HttpResponse(status=code), sentence(exception), tone="danger")
        return render(
            request,
            "errors/refused.html",
            {"words": sentence(exception), "code": exception.code, "back": came_from(request)},
            status=code,
        )


def _is_blank_refusal(request: HttpRequest, response: HttpResponseBase) -> bool:
    """An address that takes only what a form sends was opened by itself: from the history, or after signing in again in
    the middle of it. Django answers with nothing."""
    return (
        response.status_code == 405
        and request.method == "GET"
        and request.user.is_authenticated
        and not wants_fragment(request)
        and not getattr(response, "content", b"")
    )


def came_from(request: HttpRequest) -> str:
    """The page of ours that led here, to go back to; empty when there was none, or it is this very page."""
    there = urlsplit(request.headers.get("Referer", ""))
    if (
        there.netloc != request.headers.get("Host")
        or not there.path.startswith("/")
        or there.path.startswith("//")
    ):
        return ""
    back = there.path + (f"?{there.query}" if there.query else "")
    return "" if back == request.get_full_path() and request.method == "GET" else back


def language_of(request: HttpRequest) -> str:
    """The reader's own choice, else that of this browser, else Chinese; what the browser accepts is no choice."""
    known = {code for code, _ in settings.LANGUAGES}
    cookie = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    chosen = request.user.language if request.user.is_authenticated else cookie
    return chosen if chosen in known else settings.LANGUAGE_CODE


def wants_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a piece of a page. A boosted or restored page is asked for as a whole."""
    htmx = request.headers.get("HX-Request") == "true"
    return (
        htmx and "HX-Boosted" not in request.headers and "HX-History-Restore-Request" not in request.headers
    )


def with_toast(response: HttpResponse, text: str, *, tone: str = "success") -> HttpResponse:
    """Let htmx show `text` as a message; with an error status the page itself is left alone."""
    response["HX-Trigger"] = json.dumps({"xf:toast": {"text": text, "tone": tone, "close": gettext("关闭")}})
    if response.status_code >= 400:
        response["HX-Reswap"] = "none"
    return response


def _said_in_dialog(response: HttpResponse, fault: XinfengError) -> HttpResponse:
    """Let the dialog that posted say what was refused (`confirm.js`); it and the page stay as they are."""
    response["HX-Trigger"] = json.dumps({"xf:fault": {"code": fault.code, "text": sentence(fault)}})
    response["HX-Reswap"] = "none"
    return response


def _go_on(target: str) -> HttpResponse:
    """Let htmx leave for another page, as a browser follows a redirect."""
    answer = HttpResponse(status=200)
    answer["HX-Redirect"] = target
    return answer


def _leave_for_login(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """When the session has ended, htmx must leave the page instead of putting the login into a piece of it."""
    login = resolve_url(settings.LOGIN_URL)
    target = response.headers.get("Location", "")
    if response.status_code != 302 or urlsplit(target).path != login:
        return response
    current = urlsplit(request.headers.get("HX-Current-URL", ""))
    back = current.path + (f"?{current.query}" if current.query else "")
    return _go_on(f"{login}?{urlencode({'next': back})}" if back else login)
