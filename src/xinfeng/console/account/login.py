"""Signing in: the password, then a code of the second factor where there is one.

Between the two nobody is signed in: the session only remembers whose password was right, for ten minutes.
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as begin_session
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from xinfeng.console.account import duties
from xinfeng.console.components.faults import show_fault
from xinfeng.console.words import sentence, status
from xinfeng.foundation import logins, people, second_factor
from xinfeng.foundation.models import User
from xinfeng.kernel.errors import NotAllowed
from xinfeng.kernel.time import utc_now

PENDING = "xf_pending"
PENDING_S = 600
AT_ONCE, ROOM_WAITS_S = 6, 2.0
"""How many passwords of people who sign in are judged at the same time, and how long one more waits."""
_ROOM = BoundedSemaphore(AT_ONCE)
BACKEND = "django.contrib.auth.backends.ModelBackend"


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("验证码"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false"}
        ),
        help_text=_("手机应用里的 6 位数字。手机不在身边？填一个恢复码。"),
    )


@method_decorator(login_not_required, name="dispatch")
class Login(auth_views.LoginView):
    """Failures are counted and lock after a while (`foundation.logins`); both ends are audited."""

    template_name = "frame/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Not many at once: judging a password takes 16 MB and much of a core, and strangers may send as many as they
        like. Who is one too many is told so at once, before anything is asked of the database."""
        if not _ROOM.acquire(timeout=ROOM_WAITS_S):
            return self._refused(NotAllowed("login.busy"), 503)
        try:
            logins.begin(self._typed_name(), address_of(request), now=utc_now())
            return super().post(request, *args, **kwargs)
        except NotAllowed as locked:
            return self._refused(locked, status(locked))
        finally:
            _ROOM.release()

    def _refused(self, why: NotAllowed, code: int) -> HttpResponse:
        context = self.get_context_data(form=self.get_form_class()(self.request), locked=sentence(why))
        return self.render_to_response(context, status=code)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = User.objects.get(username=form.get_user().get_username())
        logins.give_back(self._typed_name(), address_of(self.request), now=utc_now())
        people.check_initial_password(user, now=utc_now())
        if second_factor.is_on(user):
            self.request.session.cycle_key()
            self.request.session[PENDING] = {
                "user": user.pk,
                "at": int(utc_now().timestamp()),
                "password": user.get_session_auth_hash(),
            }
            return redirect(f"{reverse('login.code')}?{urlencode({'next': self.get_redirect_url()})}")
        return _enter(self.request, user, self.get_success_url(), factor="password")

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        logins.record_failure(self._typed_name(), address_of(self.request), now=utc_now())
        return super().form_invalid(form)

    def _typed_name(self) -> str:
        return self.request.POST.get("username", "")[:150]


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The second step."""
    user = _pending(request)
    if user is None:
        request.session.pop(PENDING, None)
        return redirect("login")
    form = CodeForm(request.POST or None)
    now, address = utc_now(), address_of(request)
    answer_status = 200
    if request.method == "POST" and form.is_valid():
        try:
            with logins.trying(user.username, address, now=now, factor="code"):
                given = second_factor.check(user, form.cleaned_data["code"], now=now)
        except NotAllowed as fault:
            show_fault(form, fault, {"second_factor.wrong": "code"})
            answer_status = status(fault)
        else:
            return _enter(request, user, safe_next(request), factor=given.value)
    context = {"form": form, "next": safe_next(request), "who": user.get_full_name()}
    return render(request, "account/code.html", context, status=answer_status)


def safe_next(request: HttpRequest) -> str:
    """Where to go on, within this site; the dashboard if nowhere is named."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else resolve_url(settings.LOGIN_REDIRECT_URL)


def address_of(request: HttpRequest) -> str:
    """Where the request comes from; behind a proxy the server has put the client's address there."""
    return str(request.META.get("REMOTE_ADDR") or "")


def _pending(request: HttpRequest) -> User | None:
    """Whose password was right a moment ago, and still is."""
    said: dict[str, Any] = request.session.get(PENDING) or {}
    if not said or utc_now().timestamp() - said["at"] > PENDING_S:
        return None
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    return user if user is not None and user.get_session_auth_hash() == said["password"] else None


def _tell_since(request: HttpRequest, user: User) -> None:
    """What happened to the account since its owner was here: she may know that it was not her."""
    if user.last_login is None:
        return
    news = logins.since(user, user.last_login)
    if news.failures or news.changes:
        told = gettext(
            "您上次登录是 %(at)s。那以后有 %(failures)d 次登录失败，账号的密码或两步验证改过 %(changes)d 次。"
        )
        at = timezone.localtime(user.last_login).strftime("%Y-%m-%d %H:%M")
        words = told % {"at": at, "failures": news.failures, "changes": news.changes}
        messages.warning(request, words + gettext("不是您本人的话，请马上更改密码并告诉管理员。"))


def _enter(request: HttpRequest, user: User, where: str, *, factor: str) -> HttpResponse:
    request.session.pop(PENDING, None)
    _tell_since(request, user)
    begin_session(request, user, backend=BACKEND)
    logins.record_success(user, address_of(request), factor=factor)
    must = duties.settle(request)
    return redirect(where if must is None else duties.PLACES[must])
