"""How the public's door answers: headers, and who may put the page in a frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt

from xinfeng.forms import rendering
from xinfeng.forms.design import Design
from xinfeng.kernel.errors import NotFound
from xinfeng.pages import assets

View = Callable[..., HttpResponse]

LARGEST_BODY = 64 * 1024
"""Bytes. Thirty fields of 2,000 characters do not fit, nobody fills in so much."""


def public(view: View) -> View:
    """A view without login and cookies. An unknown form is a page of its own; bodies are looked at first.

    Django's CSRF check needs a cookie, which frames of other sites don't get; the page's signed token and the check
    of `Origin` stand in its place, and there is no login that a forged request could use.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        fault = _fault_of(request)
        if fault is not None:
            return fault
        try:
            answer = view(request, *args, **kwargs)
        except NotFound:
            answer = page(say_plainly(request, "none"), status=404)
        if "Content-Security-Policy" not in answer.headers:
            seal(answer, None)
        return answer

    return login_not_required(csrf_exempt(guarded))


def address_of(request: HttpRequest) -> str:
    """Whose tries are counted together. One connection has a whole /64 of IPv6 to itself (RFC 6177), so limits go by
    that; an IPv4 address in IPv6 dress is the same address."""
    text = str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if isinstance(address, IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ip_network((address, 64), strict=False))


def _fault_of(request: HttpRequest) -> HttpResponse | None:
    if request.method != "POST":
        return None
    declared = request.headers.get("Content-Length", "")
    if (declared.isdigit() and int(declared) > LARGEST_BODY) or len(request.body) > LARGEST_BODY:
        return _short(413)
    if request.body and request.content_type != "application/x-www-form-urlencoded":
        return _short(415)
    return None


def _short(status: int) -> HttpResponse:
    return seal(HttpResponse(status=status, content_type="text/plain; charset=utf-8"), None)


def page(html: str, *, design: Design | None = None, status: int = 200) -> HttpResponse:
    """A page with its headers."""
    return seal(HttpResponse(html, status=status), design)


def seal(answer: HttpResponse, design: Design | None) -> HttpResponse:
    """The strictest headers that the page works with."""
    origins = " ".join(design.origins) if design and design.origins else "'none'"
    answer["Content-Security-Policy"] = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "form-action 'self'",
            f"frame-ancestors {origins}",
            "base-uri 'none'",
        )
    )
    if design and design.origins:
        answer.xframe_options_exempt = True  # frame-ancestors says who may
    answer.headers.setdefault("Cache-Control", "no-store")
    answer["Referrer-Policy"] = "same-origin"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def language_of(request: HttpRequest, design: Design | None) -> str:
    """What the address asks for, if the form speaks it; else the form's first language."""
    offered = design.languages if design else ("zh-hans", "en")
    asked = request.GET.get("lang", "")
    language = asked if asked in offered else offered[0]
    translation.activate(language)
    return language


def surroundings(
    request: HttpRequest,
    slug: str = "",
    *,
    design: Design | None = None,
    action: str = "",
    switch: bool = False,
) -> rendering.Surroundings:
    """Where the page stands. `switch`: offer the other languages."""
    language = language_of(request, design)
    languages: list[tuple[str, str]] = []
    if switch and design is not None:
        for code in design.languages:
            if code != language:
                query = request.GET.copy()
                query["lang"] = code
                languages.append((code, f"?{query.urlencode()}"))
    return rendering.Surroundings(
        css=assets.url("page.css"),
        look=assets.look_url(slug, design) if design else "",
        script=assets.url("page.js"),
        icon=assets.url("icon.svg"),
        action=action,
        languages=languages,
        embedded=request.GET.get("embed") == "1",
    )


def say_plainly(
    request: HttpRequest, what: str, *, slug: str = "", design: Design | None = None, **given: Any
) -> str:
    """A page that only says something."""
    around = surroundings(request, slug, design=design)
    return rendering.plain_page(what, language_of(request, design), around, design=design, **given)
