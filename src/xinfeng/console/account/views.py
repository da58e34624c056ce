"""One's own account: how one signs in, and where one is signed in."""

from __future__ import annotations

import io

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xinfeng.console.account import duties, recovery
from xinfeng.console.account.duties import account_of, open_to_all
from xinfeng.console.account.login import CodeForm, address_of
from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import need_proof
from xinfeng.foundation import audit, logins, second_factor, security, sessions
from xinfeng.foundation.models import RecoveryCode, SecondFactor, User
from xinfeng.kernel.errors import Conflict, NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now


@require_safe
@open_to_all
def page(request: HttpRequest) -> HttpResponse:
    user = account_of(request)
    stamp = sessions.stamp_of(request.session)
    rules = security.current()
    context = {
        "person": user,
        "on": second_factor.is_on(user),
        "asked": rules.asks_second_factor(user.role),
        "codes_left": second_factor.codes_left(user),
        "seats": [
            (seat, sessions.device_words(seat.device), stamp is not None and seat.id == stamp.id)
            for seat in sessions.seats([user.pk])
        ],
        "rules": rules,
        "idle_minutes": rules.idle_s(user.role) // 60,
    }
    return render(request, "account/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def set_up(request: HttpRequest) -> HttpResponse:
    """Scan the key, type a code of it; only then does it count. Asks for the password first if that was long ago."""
    need_proof(request)
    user = account_of(request)
    now = utc_now()
    if second_factor.is_on(user):
        return _pressed_twice(request, user) or redirect("account")
    enrolment = second_factor.begin(user, now=now)
    form = CodeForm(request.POST if request.method == "POST" else None)
    form.fields["code"].help_text = gettext("扫码之后，应用里显示的 6 位数字。")
    form.fields["code"].widget.attrs.pop("autofocus", None)  # the page begins with the QR code
    if request.method == "POST" and form.is_valid():
        try:
            with logins.trying(user.username, address_of(request), now=now, factor="code"):
                codes = second_factor.confirm(user, form.cleaned_data["code"], now=now)
        except XinfengError as fault:
            if fault.code == "second_factor.on":  # by the press before, a moment ago
                return _pressed_twice(request, user) or redirect("account")
            show_fault(form, fault, {"second_factor.wrong": "code"})
        else:
            sessions.proved(request.session, now=now)
            duties.settle(request)
            return recovery.hand_over(request, codes, first=True)
    context = {
        "form": form,
        "secret": enrolment.secret,
        "code": _drawn(enrolment.uri),
        "must": duties.place(request) == request.path,
    }
    return render(request, "account/second_factor.html", context)


def _pressed_twice(request: HttpRequest, user: User) -> HttpResponse | None:
    """The button of setting up was pressed twice: the browser follows this answer and drops the first, so this one
    leads to recovery codes of its own, and those of the first are void."""
    codes = second_factor.confirmed_again(user, request.POST.get("code", ""), now=utc_now())
    return None if codes is None else recovery.hand_over(request, codes, first=True)


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """POST makes new ones; GET shows what was made a moment ago, once, so that reloading makes nothing."""
    if request.method == "POST":
        need_proof(request)
        return recovery.hand_over(request, second_factor.renew_codes(account_of(request)), first=False)
    return recovery.show(request)


@require_POST
@open_to_all
def take_away(request: HttpRequest) -> HttpResponse:
    """For a new phone, or for good where the role allows it."""
    need_proof(request)
    user = account_of(request)
    if not SecondFactor.objects.filter(user=user).delete()[0]:
        raise Conflict("second_factor.off")
    RecoveryCode.objects.filter(user=user).delete()
    audit.record(actor=user.username, action="second_factor.off", kind="user", subject=user.pk)
    stamp = sessions.stamp_of(request.session)
    sessions.end_all(user.pk, actor=user.username, why="second_factor", but=stamp.id if stamp else None)
    must = duties.settle(request)
    if request.POST.get("again") or must == duties.SECOND_FACTOR:
        return redirect("account.second_factor")
    messages.success(request, gettext("两步验证已经关闭。"))
    return redirect("account")


@require_POST
@open_to_all
def end_session(request: HttpRequest, seat_id: int) -> HttpResponse:
    need_proof(request)
    user = account_of(request)
    sessions.end(seat_id, actor=user.username, owner=user.pk)
    messages.success(request, gettext("那台设备已经退出登录。"))
    return redirect("account")


@require_POST
@open_to_all
def end_others(request: HttpRequest) -> HttpResponse:
    need_proof(request)
    user = account_of(request)
    stamp = sessions.stamp_of(request.session)
    if stamp is None:
        raise NotAllowed("login.prove_again")
    ended = sessions.end_all(user.pk, actor=user.username, why="own", but=stamp.id)
    messages.success(request, gettext("其他 %(n)d 处登录已经退出。") % {"n": ended})
    return redirect("account")


def _drawn(uri: str) -> SafeString:
    """The QR code as SVG without styles; dark on white in every theme, because phones read it that way."""
    out = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(
        out,
        kind="svg",
        scale=5,
        border=4,
        light="#fff",
        xmldecl=False,
        svgns=False,
        svgclass="xf-qr",
        lineclass=None,
    )
    return mark_safe(out.getvalue().decode())
