"""A snapshot of a segment, made in the background, with progress."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.permissions import allowed
from xinfeng.console.words import sentence
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.segments import actions, jobs
from xinfeng.segments.models import Freezing, TaggingState


@require_POST
@allowed("segment.edit")
def start(request: HttpRequest, segment_id: int) -> HttpResponse:
    """Keep who is in it now as a segment of its own; the segment's page shows when it is there."""
    with transaction.atomic():
        asked = actions.ask_to_freeze(
            segment_id, name=request.POST.get("name", ""), actor=request.user.get_username()
        )
        jobs.run_freezing.defer(freezing_id=asked.pk)
    return redirect("segments.detail", segment_id)


@require_safe
@allowed("segment.view")
def progress(request: HttpRequest, freezing_id: int) -> HttpResponse:
    """Whether it is there; asked every second until it is."""
    found = Freezing.objects.select_related("snapshot").filter(pk=freezing_id).first()
    if found is None:
        raise NotFound("freezing.unknown", id=freezing_id)
    return render(request, "segments/freezing.html", shown_freezing(found))


def shown_freezing(one: Freezing) -> dict[str, Any]:
    """What the template needs: the snapshot asked for, whether to wait, and what is wrong."""
    fault = sentence(InvalidInput(one.fault["code"], **one.fault["params"])) if one.fault else ""
    waiting = one.state in (TaggingState.QUEUED, TaggingState.RUNNING)
    return {"freezing": one, "freezing_waits": waiting, "freezing_fault": fault}
