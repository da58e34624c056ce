"""How people sign in and for how long."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import ROLE_LABELS, allowed, may, need_proof
from xinfeng.console.preferences.tabs import tabs
from xinfeng.foundation import second_factor, security, sessions
from xinfeng.foundation.models import User
from xinfeng.foundation.security import RANGES, SecuritySettings
from xinfeng.kernel.errors import NotAllowed, XinfengError

NUMBERS: dict[str, tuple[Promise, Promise]] = {
    "prove_minutes": (
        _("再次确认身份的有效期（分钟）"),
        _("查看完整号码、导出、改权限和密钥之前要确认一次。"),
    ),
    "privileged_idle_minutes": (
        _("重要角色不动多久后退出（分钟）"),
        _("管理员、合规、审核、开发。OWASP ASVS 3.3.2：30 分钟。"),
    ),
    "idle_minutes": (_("其他角色不动多久后退出（分钟）"), _("自动刷新的页面不算动过。")),
    "life_hours": (_("登录后最长多久（小时）"), _("到时一定要重新登录。OWASP ASVS 3.3.2：12 小时。")),
    "most_sessions": (_("每人最多同时登录几处"), _("再多时，最早的一处退出。")),
    "password_days": (
        _("密码最长用多少天"),
        _("0 为不限。等保 2.0 要求定期更换，未写天数；NIST 与 ASVS 2.1.10 不建议无故更换，所以默认不限。"),
    ),
    "stale_days": (
        _("多少天没有登录算闲置"),
        _("闲置账号在用户列表里标出。等保 2.0：及时停用多余、过期账号。"),
    ),
    "reason_from_rows": (_("导出超过多少行要写用途"), _("含完整号码的导出总是要写用途。")),
}


class SecurityForm(forms.Form):
    """All of `SecuritySettings`."""

    second_factor_roles = forms.MultipleChoiceField(
        label=_("必须两步验证的角色"),
        choices=list(ROLE_LABELS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text=_("还没有设置的人，下次登录时会先被带去设置；勾选后他们现有的登录会退出。"),
    )
    disable_stale = forms.BooleanField(
        label=_("自动停用闲置账号"), required=False, help_text=_("每天凌晨检查；最后一位管理员不会被停用。")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, (label, help_text) in NUMBERS.items():
            lowest, highest = RANGES[name]
            self.fields[name] = forms.IntegerField(
                label=str(label), help_text=str(help_text), min_value=lowest, max_value=highest
            )
        self.order_fields(["second_factor_roles", *NUMBERS, "disable_stale"])


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("settings.view")
def page(request: HttpRequest) -> HttpResponse:
    before = security.current()
    form = SecurityForm(_posted(request), initial=asdict(before))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data | {"second_factor_roles": tuple(form.cleaned_data["second_factor_roles"])}
        after = replace(before, **given)
        try:
            security.save(after, actor=request.user.get_username())
        except XinfengError as fault:
            show_fault(form, fault)
        else:
            _ask_at_once(before, after, actor=request.user.get_username())
            messages.success(request, gettext("已保存。时限从下一次登录起按新的算。"))
            return redirect("settings.security")
    return render(request, "preferences/security.html", {"form": form, "tabs": tabs("settings.security")})


def _ask_at_once(before: SecuritySettings, after: SecuritySettings, *, actor: str) -> None:
    """Who has to have a second factor from now on, and has none, signs in again and is led to it."""
    roles = set(after.second_factor_roles) - set(before.second_factor_roles)
    for user in User.objects.filter(role__in=roles, is_active=True).exclude(username=actor):
        if not second_factor.is_on(user):
            sessions.end_all(user.pk, actor=actor, why="second_factor")


def _posted(request: HttpRequest) -> Any:
    """What was posted, from somebody who may change it."""
    if request.method != "POST":
        return None
    if not may(request.user, "security.edit"):
        raise NotAllowed("permission.missing", permission="security.edit")
    need_proof(request)
    return request.POST
