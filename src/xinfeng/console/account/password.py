"""Changing one's own password."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from xinfeng.console.account import duties
from xinfeng.console.account.duties import account_of, open_to_all
from xinfeng.console.account.login import address_of
from xinfeng.console.components.faults import show_fault
from xinfeng.foundation import logins, people, sessions
from xinfeng.foundation.passwords import LONGEST
from xinfeng.kernel.errors import NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now

RULES: tuple[Promise, ...] = (
    _("至少 12 个字符，最多 128 个；可以是一句话，空格和汉字也可以。"),
    _("不要求大小写、数字或符号：长比复杂更有用。可以粘贴，也可以用密码管理器。"),
    _("不能是常见或泄露过的密码，也不能是它们加上数字、重复几遍或换成相似的符号。"),
    _("不能包含您的用户名、姓名或产品的名字。"),
)
FIELDS = {
    "login.password_wrong": "old_password",
    "user.same_password": "new_password1",
    "password.short": "new_password1",
    "password.long": "new_password1",
    "password.common": "new_password1",
    "password.repeats": "new_password1",
    "password.own": "new_password1",
}


class ChangeForm(forms.Form):
    """Names as password managers and Django know them. Too long a password is refused, never cut."""

    old_password = forms.CharField(
        label=_("现在的密码"),
        strip=False,
        max_length=1024,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
    new_password1 = forms.CharField(
        label=_("新密码"),
        strip=False,
        max_length=4 * LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "data-strength": "1"}),
    )
    new_password2 = forms.CharField(
        label=_("再输一次"),
        strip=False,
        max_length=4 * LONGEST,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean_new_password2(self) -> str:
        again = str(self.cleaned_data["new_password2"])
        if again != self.cleaned_data.get("new_password1"):
            raise forms.ValidationError(gettext("两次输入的不一样。"))
        return again


@require_http_methods(["GET", "HEAD", "POST"])
@open_to_all
def change(request: HttpRequest) -> HttpResponse:
    """The old one is asked for, and guessing it is limited like signing in."""
    user = account_of(request)
    form = ChangeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        now, address = utc_now(), address_of(request)
        new = form.cleaned_data["new_password1"]
        stamp = sessions.stamp_of(request.session)
        try:
            with logins.trying(user.username, address, now=now):
                if not user.check_password(form.cleaned_data["old_password"]):
                    raise NotAllowed("login.password_wrong")
            people.set_password(
                username=user.username,
                password=new,
                actor=user.username,
                keep_session=stamp.id if stamp else None,
            )
        except XinfengError as fault:
            show_fault(form, fault, FIELDS)
        else:
            user.refresh_from_db()
            update_session_auth_hash(request, user)
            sessions.follow(request.session)
            messages.success(request, gettext("密码已经更改。其他设备上的登录已经失效。"))
            must = duties.settle(request)
            return redirect("dashboard" if must is None else duties.PLACES[must])
    context = {"form": form, "rules": RULES, "must": duties.place(request) == request.path}
    return render(request, "frame/password.html", context)
