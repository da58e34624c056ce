"""Pictures of 5G messages: uploading one, and showing those that are kept."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from xinfeng.console.gatekeeping import takes_file
from xinfeng.console.permissions import allowed
from xinfeng.console.words import sentence, status
from xinfeng.content import pictures
from xinfeng.content.marks import MEDIA
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.maap.messages import LARGEST_IMAGE

_digest = re.compile("[0-9a-f]{64}").fullmatch


@require_POST
@allowed("template.edit")
@takes_file(LARGEST_IMAGE)
def upload(request: HttpRequest) -> HttpResponse:
    """Keep a picture; answers with its tile for the gallery, or JSON with the `words` of why not."""
    given = request.FILES.get("file")
    try:
        if given is None:
            raise InvalidInput("picture.unreadable")
        if (given.size or 0) > LARGEST_IMAGE:
            raise InvalidInput("picture.too_large", at_most=LARGEST_IMAGE, octets=given.size)
        kept = pictures.add_picture(
            given.read(), name=given.name or "", actor=request.user.get_username(), now=utc_now()
        )
    except InvalidInput as fault:
        return JsonResponse({"words": sentence(fault)}, status=status(fault))
    return render(request, "rich/picture.html", {"one": kept})


@require_safe
@allowed("template.view")
def show(request: HttpRequest, digest: str) -> HttpResponseBase:
    """The picture itself, which never changes."""
    if not _digest(digest):
        raise NotFound("picture.unknown")
    found = pictures.picture(digest)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=31536000, immutable"}
    return HttpResponse(bytes(found.octets), content_type=found.content_type, headers=headers)


def address_of(url: str) -> str:
    """Where the console shows a picture named `media:<digest>`; empty for anything else."""
    digest = url.removeprefix(MEDIA)
    return reverse("templates.picture", args=[digest]) if url.startswith(MEDIA) and _digest(digest) else ""
