"""Whether the API answers."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router

from xinfeng import __version__
from xinfeng.integrations.api import shapes
from xinfeng.integrations.api.people import database_answers

router = Router(tags=["health"])


@router.get(
    "/health", auth=None, operation_id="health", summary="Whether the API answers", response=shapes.Health
)
def health(request: HttpRequest) -> dict[str, str]:
    """Needs no key; 503 when PostgreSQL does not answer."""
    database_answers()
    return {"status": "ok", "version": __version__}
