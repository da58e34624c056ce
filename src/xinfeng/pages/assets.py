"""The few static files of the public's pages, and each form's colour as a style sheet."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from xinfeng.forms import reads, rendering
from xinfeng.forms.design import Design
from xinfeng.kernel.errors import NotFound

FOLDER = Path(__file__).resolve().parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
FOR_EVER = "public, max-age=31536000, immutable"


@cache
def files() -> dict[str, bytes]:
    """Read once; a restart picks up changes."""
    return {one.name: one.read_bytes() for one in sorted(FOLDER.iterdir()) if one.suffix in TYPES}


@cache
def version() -> str:
    """Part of every address, so that a browser may keep a file for ever."""
    return hashlib.sha256(b"\0".join(files().values())).hexdigest()[:12]


def url(name: str) -> str:
    return reverse("pages.asset", kwargs={"version": version(), "name": name})


def look_url(slug: str, design: Design) -> str:
    """The form's colours; the address changes with them."""
    return f"{reverse('pages.look', kwargs={'slug': slug})}?c={design.look.colour[1:]}"


@login_not_required
@require_safe
def serve(request: HttpRequest, version: str, name: str) -> HttpResponse:
    body = files().get(name)
    if body is None:
        raise Http404(name)
    answer = HttpResponse(body, content_type=TYPES[Path(name).suffix])
    answer["Cache-Control"] = FOR_EVER if version == globals()["version"]() else "no-cache"
    return answer


@login_not_required
@require_safe
def look(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        design = reads.shown(slug).design
    except NotFound:
        raise Http404(slug) from None
    answer = HttpResponse(rendering.look_css(design), content_type=TYPES[".css"])
    answer["Cache-Control"] = "public, max-age=300"
    return answer
