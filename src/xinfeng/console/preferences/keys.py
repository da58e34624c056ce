"""The keys everything is sealed with: which there are, how much hangs on each, and a rotation while it runs."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from procrastinate.exceptions import AlreadyEnqueued

from xinfeng.console.middleware import wants_fragment
from xinfeng.console.permissions import allowed
from xinfeng.console.preferences.tabs import tabs
from xinfeng.foundation import jobs, keys, rotation
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.foundation.keys import Key
from xinfeng.foundation.models import KeyHolder, Rotation
from xinfeng.foundation.vault import vault
from xinfeng.kernel.errors import Conflict
from xinfeng.kernel.time import utc_now

PLACES: dict[str, Promise] = {
    "contact": _("客户"),
    "former_number": _("曾用号码"),
    "merge": _("合并记录"),
    "message": _("短信正文"),
    "reply": _("客户回复"),
    "submission": _("表单提交"),
    "coupon_code": _("券码"),
    "import_rejection": _("未导入的行"),
    "segment_list_miss": _("名单里没对上的行"),
    "privacy_request": _("个人信息请求"),
    "privacy_exports": _("个人信息副本（到期自动删除）"),
    "filing_document_piece": _("报备材料"),
    "channel": _("通道密钥"),
    "webhook": _("推送密钥"),
    "lookup_provider": _("检测服务商密钥"),
    "second_factor": _("两步验证密钥"),
}


@dataclass(frozen=True)
class Line:
    """A key and what hangs on it. `values`: None while nobody has counted."""

    key: Key
    values: int | None
    ciphers: str
    places: list[tuple[Promise | str, int]]


@require_safe
@allowed("settings.view")
def page(request: HttpRequest) -> HttpResponse:
    running = rotation.unfinished()
    context = {"running": running} | (_progress(running) if running else {})
    if wants_fragment(request):
        return render(request, "preferences/keys_progress.html", context)
    at, counts = rotation.counted()
    now = utc_now()
    active = keys.active_id()
    holders = keys.living(now=now)
    context |= {
        "tabs": tabs("settings.keys"),
        "lines": [_line(key, counts, counted=at is not None) for key in keys.known_keys()],
        "counted_at": at,
        "cipher": vault().cipher,
        "other_cipher": any(one.cipher != vault().cipher for one in counts),
        "holders": [(one, one.active == active) for one in holders],
        "waiting": _waiting(holders),
        "last": Rotation.objects.filter(finished_at__isnull=False).order_by("-finished_at").first(),
    }
    return render(request, "preferences/keys.html", context)


@require_POST
@allowed("key.rotate")
def rotate(request: HttpRequest) -> HttpResponse:
    """A new key, or, with `reseal`, what is not under the present one. A job goes on once every process knows it."""
    actor = request.user.get_username()
    if rotation.unfinished() is not None:
        raise Conflict("key.rotating")
    if request.POST.get("reseal"):
        rotation.start(actor=actor, now=utc_now())
        jobs.again()
        messages.success(request, gettext("开始重新加密，可以继续工作。"))
        return redirect("settings.keys")
    key_id = keys.add(xinfeng_settings.load().key_file, actor=actor)
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        jobs.change_key.defer(key_id=key_id, actor=actor)
    told = gettext("密钥 %(key)d 已生成。所有进程都拿到之后自动启用，并在后台重新加密旧内容。")
    messages.success(request, told % {"key": key_id})
    return redirect("settings.keys")


@require_POST
@allowed("key.rotate")
def count(request: HttpRequest) -> HttpResponse:
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        jobs.count_sealed.defer()
    messages.success(request, gettext("正在清点，过一会儿刷新这一页。"))
    return redirect("settings.keys")


def _line(key: Key, counts: list[rotation.Count], *, counted: bool) -> Line:
    mine = [one for one in counts if one.key_id == key.id]
    places: dict[str, int] = {}
    for one in mine:
        table = one.place.partition(".")[0]
        places[table] = places.get(table, 0) + one.values
    named = sorted(((PLACES.get(name, name), many) for name, many in places.items()), key=lambda one: -one[1])
    ciphers = " ".join(sorted({one.cipher for one in mine}))
    return Line(key, sum(places.values()) if counted else None, ciphers, named)


def _waiting(holders: list[KeyHolder]) -> list[tuple[int, str]]:
    """New keys that are not in use yet, and who doesn't know them."""
    now = utc_now()
    return [
        (key.id, "、".join(keys.who_lacks(key.id, now=now)))
        for key in keys.known_keys()
        if key.activated_at is None and key.retired_at is None and holders
    ]


def _progress(running: Rotation) -> dict[str, object]:
    done = rotation.progress(running)
    return {
        "steps": [(PLACES.get(one.table, one.table), one) for one in done],
        "looked": sum(one.looked_at for one in done),
        "total": max(sum(one.total for one in done), 1),
    }
