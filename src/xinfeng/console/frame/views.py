"""Language and theme."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from xinfeng.console.context import THEME_COOKIE, THEMES
from xinfeng.kernel.errors import InvalidInput

YEAR_S = 365 * 24 * 3600


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the reader's language: on the person when signed in, and in this browser."""
    language = request.POST.get("language", "")
    if language not in {code for code, _ in settings.LANGUAGES}:
        raise InvalidInput("request.filter", name="language")
    _remember(request, "language", language)
    answer = _back(request)
    _keep(answer, settings.LANGUAGE_COOKIE_NAME, language)
    return answer


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or auto: on the person when signed in, and in this browser."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        raise InvalidInput("request.filter", name="theme")
    _remember(request, "theme", theme)
    answer = _back(request)
    _keep(answer, THEME_COOKIE, theme)
    return answer


def _remember(request: HttpRequest, field: str, value: str) -> None:
    if request.user.is_authenticated:
        setattr(request.user, field, value)
        request.user.save(update_fields=[field])


def _keep(answer: HttpResponse, name: str, value: str) -> None:
    answer.set_cookie(
        name, value, max_age=YEAR_S, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )


def _back(request: HttpRequest) -> HttpResponseRedirect:
    """To the page the switch was on, never to another site."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target if safe else resolve_url(settings.LOGIN_REDIRECT_URL))
