"""Backups that make themselves: how often, into which folder, how many, and what came of the last one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from xinfeng.console.components.faults import show_fault
from xinfeng.console.permissions import allowed, may
from xinfeng.console.preferences.tabs import tabs
from xinfeng.console.words import sentence
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.backups import schedule
from xinfeng.foundation.backups.schedule import MOST_HOURS, MOST_KEPT, Schedule
from xinfeng.kernel.errors import NotAllowed, XinfengError
from xinfeng.kernel.time import utc_now

WHY: dict[str, Promise] = {
    "backup.folder": _("文件夹不在了，或不能写入。"),
    "backup.no_room": _("磁盘空间不够。"),
    "backup.cannot_write": _("写不进去：磁盘满了，或没有权限。"),
    "backup.changed_meanwhile": _("做备份时表结构变了，半小时后会再做。"),
    "backup.file_exists": _("同名的文件已经存在。"),
}
"""Why the last one failed; the audit log has the particulars."""


MOST_LISTED = 12


class BackupForm(forms.Form):
    """A `Schedule`."""

    every_h = forms.IntegerField(
        label=_("每几小时备份一次"), min_value=0, max_value=MOST_HOURS, help_text=_("0 为不做定时备份。")
    )
    folder = forms.CharField(
        label=_("放到哪个文件夹"),
        required=False,
        max_length=500,
        help_text=_("app 所在主机上的绝对路径，要已存在、可写入。最好在另一块磁盘上，并从那里再拷到别处。"),
    )
    keep = forms.IntegerField(
        label=_("保留最近几份"), min_value=1, max_value=MOST_KEPT, help_text=_("更早的会自动删除。")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@allowed("settings.view")
def page(request: HttpRequest) -> HttpResponse:
    form = BackupForm(request.POST if request.method == "POST" else None, initial=_initial())
    if request.method == "POST":
        if not may(request.user, "settings.edit"):
            raise NotAllowed("permission.missing", permission="settings.edit")
        if form.is_valid() and _saved(request, form):
            return redirect("settings.backups")
    standing = schedule.standing(now=utc_now())
    context = {
        "tabs": tabs("settings.backups"),
        "form": form,
        "standing": standing,
        "why": WHY.get(standing.fault, standing.fault),
        "under_way": schedule.is_under_way(),
        "lying": schedule.lying(most=MOST_LISTED) if may(request.user, "settings.edit") else [],
        "most": MOST_LISTED,
        "keys": xinfeng_settings.load().key_file.parent,
    }
    return render(request, "preferences/backups.html", context, status=400 if form.errors else 200)


@require_POST
@allowed("settings.edit")
def now(request: HttpRequest) -> HttpResponse:
    """One more, in the background."""
    try:
        schedule.ask_now(actor=request.user.get_username())
    except XinfengError as fault:
        if fault.code == "backup.folder":
            messages.error(request, gettext("先填好放到哪个文件夹，保存之后再备份。"))
        else:
            messages.error(request, sentence(fault))
    else:
        messages.success(request, gettext("已经开始，做好后会出现在下面。系统照常运行。"))
    return redirect("settings.backups")


def _saved(request: HttpRequest, form: BackupForm) -> bool:
    given = form.cleaned_data
    try:
        schedule.save(
            Schedule(given["every_h"], given["folder"].strip(), given["keep"]),
            actor=request.user.get_username(),
        )
    except XinfengError as fault:
        show_fault(form, fault, {"backup.folder": "folder", "backup.every": "every_h", "backup.keep": "keep"})
        return False
    messages.success(request, gettext("已保存。"))
    return True


def _initial() -> dict[str, Any]:
    rules = schedule.current()
    return {"every_h": rules.every_h, "folder": rules.folder, "keep": rules.keep}
