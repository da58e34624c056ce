"""A tag on a whole segment, put on or taken off in the background, with progress."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.permissions import allowed
from xinfeng.kernel.errors import NotFound
from xinfeng.segments import actions, jobs
from xinfeng.segments.models import Tagging, TaggingState


@require_POST
@allowed("contact.edit")
def start(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Ask for it; the segment's page shows how far it has come."""
    with transaction.atomic():
        asked = actions.tag_segment(
            segment_id,
            tag=request.POST.get("tag", ""),
            added=request.POST.get("how") != "take",
            actor=request.user.get_username(),
            reason=request.POST.get("reason", "")[:200],
        )
        jobs.run_tagging.defer(tagging_id=asked.pk)
    return redirect("segments.detail", segment_id)


@require_safe
@allowed("segment.view")
def progress(request: HttpRequest, tagging_id: int) -> HttpResponse:
    """How far it has come; asked every second until it is done."""
    asked = Tagging.objects.select_related("tag").filter(pk=tagging_id).first()
    if asked is None:
        raise NotFound("tagging.unknown", id=tagging_id)
    return render(request, "segments/tagging.html", {"asked": asked, "running": is_running(asked)})


def is_running(asked: Tagging) -> bool:
    """Whether there is something to wait for."""
    return asked.state in (TaggingState.QUEUED, TaggingState.RUNNING)
