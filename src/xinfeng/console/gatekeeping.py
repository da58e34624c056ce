"""How bodies come in at the console: who has not signed in sends a login, who has sends forms, and files where a view
takes them (`takes_file`) and the person may use it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.db import connections
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from django.template.loader import get_template
from django.urls import Resolver404, resolve
from django.utils import translation

from xinfeng.console.middleware import CONTENT_SECURITY_POLICY
from xinfeng.console.permissions import View, may
from xinfeng.console.words import sentence
from xinfeng.foundation.bodies import TOO_LARGE, Door, Refusal, Scope, header
from xinfeng.kernel.errors import InvalidInput, NotAllowed, XinfengError

STRANGER_BYTES = 64 * 1024
PATIENCE_S = 30.0
"""For what a stranger may send. More must come at `SLOWEST_PER_S`: a file of 1 GB has four hours and a half."""
SLOWEST_PER_S = 64 * 1024
ROOM_BYTES = 1024 * 1024
"""For the fields beside a file, and for what multipart/form-data puts around them."""


def takes_file(at_most: int) -> Callable[[View], View]:
    """A view to which files of up to `at_most` bytes are sent. Innermost, under `@allowed`."""

    def decorate(view: View) -> View:
        view.takes_bytes = at_most + ROOM_BYTES  # type: ignore[attr-defined]
        return view

    return decorate


def _may_send(scope: Scope) -> int | Refusal:
    request = HttpRequest()
    request.COOKIES = parse_cookie(header(scope, b"cookie"))
    store = import_module(settings.SESSION_ENGINE).SessionStore
    request.session = store(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    try:
        user = get_user(request)
    finally:
        connections.close_all()
    if not user.is_authenticated:
        return _page(scope, 413, NotAllowed("body.sign_in"))
    return _bytes_at(scope["path"], user)


def _bytes_at(path: str, user: Any) -> int:
    try:
        view = resolve(path).func
    except Resolver404:
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    permission = getattr(view, "permission", "")
    takes = getattr(view, "takes_bytes", 0) if permission and may(user, permission) else 0
    return max(takes, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _refuse(scope: Scope, status: int, at_most: int) -> Refusal:
    if status == TOO_LARGE:
        return _page(scope, status, InvalidInput("body.too_large", at_most=at_most))
    return _page(scope, status, InvalidInput("body.too_slow"))


def _page(scope: Scope, status: int, error: XinfengError) -> Refusal:
    cookies = parse_cookie(header(scope, b"cookie"))
    chosen = cookies.get(settings.LANGUAGE_COOKIE_NAME, "")
    known = {code for code, _ in settings.LANGUAGES}
    with translation.override(chosen if chosen in known else settings.LANGUAGE_CODE):
        context = {"words": sentence(error), "code": error.code, "xf_theme": "auto"}
        page = get_template("errors/refused.html").render(context)
    headers = (("content-security-policy", CONTENT_SECURITY_POLICY),)
    return Refusal(status, "text/html; charset=utf-8", page.encode(), headers)


DOOR = Door(
    "",
    STRANGER_BYTES,
    PATIENCE_S,
    _refuse,
    sync_to_async(_may_send, thread_sensitive=False),
    slowest_per_s=SLOWEST_PER_S,
)
