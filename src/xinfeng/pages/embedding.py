"""Bringing a form to where people are: the snippet for other sites, and QR codes for paper and shop windows."""

from __future__ import annotations

import io

import segno
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from xinfeng.forms import reads
from xinfeng.pages import assets
from xinfeng.pages.answers import public
from xinfeng.pages.sources import address_parameters


@login_not_required
@require_safe
def script(request: HttpRequest, slug: str) -> HttpResponse:
    """`<script src="…/f/<slug>/embed.js" async></script>`. Public: what it frames decides who may frame it."""
    answer = HttpResponse(assets.files()["embed.js"], content_type=assets.TYPES[".js"])
    answer["Cache-Control"] = "public, max-age=3600"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@public
@require_safe
def qr_svg(request: HttpRequest, slug: str) -> HttpResponse:
    """The form's address as a QR code; `?source=` goes into it, so that posters can be told apart."""
    out = io.BytesIO()
    _code(request, slug).save(
        out, kind="svg", scale=8, border=4, xmldecl=False, svgclass=None, lineclass=None
    )
    return HttpResponse(out.getvalue(), content_type="image/svg+xml")


@public
@require_safe
def qr_png(request: HttpRequest, slug: str) -> HttpResponse:
    """The same, for printing: 16 dots a module."""
    out = io.BytesIO()
    _code(request, slug).save(out, kind="png", scale=16, border=4)
    answer = HttpResponse(out.getvalue(), content_type="image/png")
    answer["Content-Disposition"] = f'inline; filename="{slug}.png"'
    return answer


def _code(request: HttpRequest, slug: str) -> segno.QRCode:
    reads.shown(slug)
    query = address_parameters(request.GET)
    address = request.build_absolute_uri(reverse("pages.form", kwargs={"slug": slug}))
    return segno.make(f"{address}?{query}" if query else address, error="m", micro=False)
