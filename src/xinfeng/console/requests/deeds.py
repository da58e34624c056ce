"""What is done with a request. Each is one action of privacy."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xinfeng.console.permissions import allowed
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import lens
from xinfeng.privacy import actions
from xinfeng.privacy.models import Outcome


@require_POST
@allowed("request.handle")
def identity(request: HttpRequest, request_id: int) -> HttpResponse:
    """How it was checked that it is she who asks."""
    ok = request.POST.get("result") == "ok"
    actions.check_identity(
        request_id,
        how=request.POST.get("how", ""),
        ok=ok,
        note=request.POST.get("note", ""),
        actor=request.user.get_username(),
        now=utc_now(),
    )
    if ok:
        messages.success(request, _("身份已核验，可以办理了。"))
    else:
        messages.warning(request, _("已记下没有通过。可以换一种方式再核验，或拒绝。"))
    return redirect("requests.detail", request_id)


@require_POST
@allowed("contact.erase")
def erase(request: HttpRequest, request_id: int) -> HttpResponse:
    """Erase the person. There is no way back."""
    if request.POST.get("confirmation", "").strip() not in ("删除", _("删除")):
        raise InvalidInput("request.not_confirmed")
    actions.erase(request_id, actor=request.user.get_username(), now=utc_now())
    lens().refresh()
    messages.success(request, _("已删除。号码已屏蔽，从现在起不再发送任何短信。请核对答复后寄出。"))
    return redirect("requests.detail", request_id)


@require_POST
@allowed("request.handle")
def do(request: HttpRequest, request_id: int, deed: str) -> HttpResponse:
    """One of `DEEDS`."""
    found = DEEDS.get(deed)
    if found is None:
        raise NotFound("request.unknown", id=request_id)
    messages.success(request, found(request, request_id))
    return redirect("requests.detail", request_id)


def _extend(request: HttpRequest, request_id: int) -> str:
    given = request.POST.get("days", "")
    days = int(given) if given.isascii() and given.isdigit() and len(given) < 4 else 0
    actions.extend(
        request_id, days=days, reason=request.POST.get("why", ""), actor=_actor(request), now=utc_now()
    )
    return _("期限已延长。请把原因告诉请求人。")


def _export(request: HttpRequest, request_id: int) -> str:
    actions.prepare_export(request_id, actor=_actor(request), now=utc_now())
    return _("正在整理，完成后自动出现在这里。")


def _switch_off(request: HttpRequest, request_id: int) -> str:
    done = actions.switch_off(request_id, actor=_actor(request), now=utc_now())
    if done.outcome == Outcome.NOTHING_HELD:
        return _("没有保存这个人的信息，答复已草拟。")
    return _("已经停止，立即生效。请核对答复后寄出。")


def _corrected(request: HttpRequest, request_id: int) -> str:
    actions.answer(request_id, outcome=Outcome.CORRECTED, actor=_actor(request), now=utc_now())
    return _("更正完成。请核对答复后寄出。")


def _explained(request: HttpRequest, request_id: int) -> str:
    actions.answer(
        request_id,
        outcome=Outcome.EXPLAINED,
        note=request.POST.get("note", ""),
        actor=_actor(request),
        now=utc_now(),
    )
    return _("说明已写进答复。请核对后寄出。")


def _nothing(request: HttpRequest, request_id: int) -> str:
    actions.answer(request_id, outcome=Outcome.NOTHING_HELD, actor=_actor(request), now=utc_now())
    return _("答复已草拟。请核对后寄出。")


def _refuse(request: HttpRequest, request_id: int) -> str:
    actions.refuse(
        request_id,
        refusal=request.POST.get("refusal", ""),
        note=request.POST.get("note", ""),
        actor=_actor(request),
        now=utc_now(),
    )
    return _("已拒绝。请核对答复后寄出。")


def _take_back(request: HttpRequest, request_id: int) -> str:
    actions.take_back(request_id, reason=request.POST.get("why", ""), actor=_actor(request), now=utc_now())
    return _("已记下本人撤回。")


def _letter(request: HttpRequest, request_id: int) -> str:
    actions.edit_letter(request_id, text=request.POST.get("letter", ""), actor=_actor(request), now=utc_now())
    return _("答复已保存。")


def _close(request: HttpRequest, request_id: int) -> str:
    actions.close(request_id, sent=request.POST.get("sent", ""), actor=_actor(request), now=utc_now())
    return _("已答复，请求完成。")


DEEDS: dict[str, Callable[[HttpRequest, int], str]] = {
    "extend": _extend,
    "export": _export,
    "switch_off": _switch_off,
    "corrected": _corrected,
    "explained": _explained,
    "nothing_held": _nothing,
    "refuse": _refuse,
    "take_back": _take_back,
    "letter": _letter,
    "close": _close,
}


def _actor(request: HttpRequest) -> str:
    return request.user.get_username()
