"""The buttons of the desk: each posts one deed to its action."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xinfeng.campaigns import text_watch
from xinfeng.console.permissions import allowed, may
from xinfeng.console.reviews.version import context_of
from xinfeng.console.words import sentence, status
from xinfeng.content import comments, review
from xinfeng.kernel.errors import Conflict, InvalidInput, NotAllowed
from xinfeng.kernel.time import utc_now

PERMISSIONS = {
    "ask": "template.edit",
    "take-back": "template.edit",
    "approve": "template.approve",
    "return": "template.approve",
    "block": "template.approve",
}


@require_POST
@allowed("template.view")
def decide(request: HttpRequest, version_id: int, deed: str) -> HttpResponse:
    """Do it, say so, and go on to what waits next. A refusal is shown on the page, with the comment kept."""
    if deed not in PERMISSIONS:
        raise Http404(deed)
    if not may(request.user, PERMISSIONS[deed]):
        raise NotAllowed("permission.missing", permission=PERMISSIONS[deed])
    comment = request.POST.get("comment", "").strip()[: review.LONGEST_COMMENT]
    try:
        said = _do(deed, version_id, comment, request.user.get_username())
    except (Conflict, InvalidInput) as fault:
        context = context_of(request, version_id) | {"refused": sentence(fault), "comment": comment}
        return render(request, "reviews/version.html", context, status=status(fault))
    messages.success(request, said)
    if deed in ("ask", "take-back"):
        return redirect("reviews.version", version_id)
    return redirect("reviews")


def _do(deed: str, version_id: int, comment: str, actor: str) -> str:
    now = utc_now()
    if deed == "ask":
        review.ask_for_review(version_id, actor=actor, now=now, comment=comment)
        return _("已送审。审核人会在“审核”里看到它。")
    if deed == "take-back":
        review.take_back(version_id, actor=actor, now=now)
        return _("已撤回，仍是草稿。")
    if deed == "approve":
        review.approve_version(version_id, actor=actor, now=now, comment=comment)
        return _("已通过。之后任何改动都是新的一版，要重新审核。")
    if deed == "return":
        review.return_version(version_id, actor=actor, now=now, comment=comment)
        return _("已退回给作者。")
    held = text_watch.block(version_id, actor=actor, now=now, comment=comment)
    if held:
        return _("已禁用，用着它的活动（%(n)s 个）已暂停。") % {"n": len(held)}
    return _("已禁用，用着它的活动不能开始。")


@require_POST
@allowed("template.view")
def comment(request: HttpRequest, version_id: int) -> HttpResponse:
    """A word about it."""
    if not (may(request.user, "template.edit") or may(request.user, "template.approve")):
        raise NotAllowed("permission.missing", permission="template.edit")
    comments.add_comment(
        version_id, request.POST.get("text", ""), actor=request.user.get_username(), now=utc_now()
    )
    return redirect(reverse("reviews.version", args=[version_id]) + "#thread")
