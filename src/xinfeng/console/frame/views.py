"""Login, password, language, theme."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xinfeng.console.context import THEME_COOKIE, THEMES
from xinfeng.console.words import sentence, status
from xinfeng.foundation import logins, people
from xinfeng.foundation.models import User
from xinfeng.kernel.errors import InvalidInput, NotAllowed
from xinfeng.kernel.time import utc_now

YEAR_S = 365 * 24 * 3600


@method_decorator(login_not_required, name="dispatch")
class Login(auth_views.LoginView):
    """Failures are counted and lock after a while (`foundation.logins`); both ends are audited."""

    template_name = "frame/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            logins.check(self._typed_name(), address_of(request), now=utc_now())
        except NotAllowed as locked:
            context = self.get_context_data(form=self.get_form_class()(request), locked=sentence(locked))
            return self.render_to_response(context, status=status(locked))
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_valid(form)
        logins.record_success(
            User.objects.get(username=self.request.user.get_username()), address_of(self.request)
        )
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        logins.record_failure(self._typed_name(), address_of(self.request), now=utc_now())
        return super().form_invalid(form)

    def _typed_name(self) -> str:
        return self.request.POST.get("username", "")[:150]


class PasswordChange(auth_views.PasswordChangeView):
    template_name = "frame/password.html"
    success_url = reverse_lazy("dashboard")

    def form_valid(self, form: forms.Form) -> HttpResponse:
        user = User.objects.get(username=self.request.user.get_username())
        people.set_password(
            username=user.get_username(),
            password=form.cleaned_data["new_password1"],
            actor=user.get_username(),
        )
        user.refresh_from_db()
        update_session_auth_hash(self.request, user)
        messages.success(self.request, _("密码已经更改。其他设备上的登录已经失效。"))
        return redirect(self.get_success_url())


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


def address_of(request: HttpRequest) -> str:
    """Where the request comes from; behind a proxy the server has put the client's address there."""
    return str(request.META.get("REMOTE_ADDR") or "")


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
