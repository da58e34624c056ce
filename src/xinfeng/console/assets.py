"""Static files, served by the app process itself: no second server, no build step, no collectstatic.

Every file is read once, and one hash over all of them is part of each address (`/static/<hash>/xinfeng/app.js`).
So a browser may keep a file for ever, relative addresses inside CSS and ES modules stay valid, and a new
version of Xinfeng is picked up at once.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

ICON = "xinfeng/logo.svg"
FOR_EVER = "public, max-age=31536000, immutable"
COMPRESSIBLE = frozenset({"text/css", "text/javascript", "image/svg+xml", "application/json"})
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json"}


@dataclass(frozen=True)
class Asset:
    """One static file: its bytes, the gzipped bytes where that helps, and its media type."""

    body: bytes
    zipped: bytes | None
    media_type: str


@dataclass(frozen=True)
class Shelf:
    """All static files by their path, and the hash over all of them (12 hex digits)."""

    version: str
    files: dict[str, Asset]


@cache
def shelf() -> Shelf:
    """Read every static file once; a restart picks up changes."""
    files: dict[str, Asset] = {}
    digest = hashlib.sha256()
    for root in settings.STATICFILES_DIRS:
        for file in sorted(path for path in Path(root).rglob("*") if path.is_file()):
            name = file.relative_to(root).as_posix()
            body = file.read_bytes()
            digest.update(name.encode() + b"\0" + hashlib.sha256(body).digest())
            media_type = TYPES.get(file.suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
            zipped = gzip.compress(body, 6, mtime=0) if media_type in COMPRESSIBLE else None
            files[name] = Asset(body, zipped, media_type)
    return Shelf(digest.hexdigest()[:12], files)


def asset_url(path: str) -> str:
    """The address of a static file; an unknown path is a mistake in a template and raises `LookupError`."""
    current = shelf()
    if path not in current.files:
        raise LookupError(f"no static file {path!r}")
    return reverse("asset", kwargs={"version": current.version, "path": path})


@login_not_required
@require_safe
def serve(request: HttpRequest, version: str, path: str) -> HttpResponse:
    """A static file. An address of an earlier version still answers, but may not be kept."""
    current = shelf()
    found = current.files.get(path)
    if found is None:
        raise Http404(path)
    accepts_gzip = "gzip" in request.headers.get("Accept-Encoding", "")
    zipped = found.zipped if accepts_gzip else None
    media_type = found.media_type
    if media_type.startswith("text/") or media_type in COMPRESSIBLE:
        media_type += "; charset=utf-8"
    response = HttpResponse(zipped if zipped is not None else found.body, content_type=media_type)
    if zipped is not None:
        response["Content-Encoding"] = "gzip"
    if found.zipped is not None:
        patch_vary_headers(response, ["Accept-Encoding"])
    response["Cache-Control"] = FOR_EVER if version == current.version else "no-cache"
    return response


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """The icon, for who asks at the old address instead of reading the page: bookmarks, feeds, crawlers."""
    answer = HttpResponse(shelf().files[ICON].body, content_type="image/svg+xml; charset=utf-8")
    answer["Cache-Control"] = "public, max-age=86400"
    return answer
