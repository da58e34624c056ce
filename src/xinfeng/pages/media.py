"""Pictures of 5G messages at their public address, for the carriers' platforms and for handsets.

An address is the SHA-256 of the picture: nobody finds one by guessing, and what it names never changes, so it may be kept
for ever. There is no list of them.
"""

from __future__ import annotations

from functools import lru_cache

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from xinfeng.content.pictures import picture
from xinfeng.delivery.parcels import SUFFIXES
from xinfeng.kernel.errors import NotFound
from xinfeng.pages.assets import FOR_EVER

KEPT = 16
"""Pictures held in memory: a campaign's are asked for by many at once. At most 2 MB each."""


@lru_cache(maxsize=KEPT)
def _found(digest: str) -> tuple[str, bytes]:
    """Content type and octets. Raises NotFound."""
    kept = picture(digest)
    return kept.content_type, bytes(kept.octets)


@login_not_required
@require_safe
def serve(request: HttpRequest, digest: str, suffix: str) -> HttpResponse:
    """A picture, or 404."""
    try:
        content_type, octets = _found(digest)
    except NotFound:
        return HttpResponse(status=404)
    if SUFFIXES.get(content_type) != suffix:
        return HttpResponse(status=404)
    answer = HttpResponse(octets, content_type=content_type)
    answer["Cache-Control"] = FOR_EVER
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["X-Robots-Tag"] = "noindex"
    return answer
