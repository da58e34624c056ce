"""Doors for monitoring. `/metrics` answers only a scraper on the same host that came directly: it has no login,
and figures about a business are nobody else's. Behind a proxy every request looks local, so one that says it
was forwarded is refused; let the scraper ask the app's own address."""

from __future__ import annotations

from ipaddress import ip_address

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from xinfeng.console.operation.health import examine
from xinfeng.console.operation.metrics import exposition
from xinfeng.kernel.time import utc_now

FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-Ip")


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the house serves, else 503; which part is not well, and why, in JSON. `ok` false with 200: something
    needs a person, but a restart would not help (a channel, a backup)."""
    health = examine(now=utc_now())
    parts = {part.name: {"ok": part.ok, **part.detail} for part in health.parts}
    return JsonResponse({"ok": health.ok, "parts": parts}, status=200 if health.serves else 503)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not _from_here(request):
        return HttpResponse("metrics are for scrapers on this host\n", status=403, content_type="text/plain")
    return HttpResponse(exposition(now=utc_now()), content_type=CONTENT_TYPE_LATEST)


def _from_here(request: HttpRequest) -> bool:
    if any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False
