"""The description of the API, for programs and for people."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from xinfeng.integrations.api.v1 import description


@login_not_required
@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document."""
    return JsonResponse(description(), json_dumps_params={"ensure_ascii": False})


@login_not_required
@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """The same for people: every operation with its fields, answers and an example."""
    return render(request, "integrations/reference.html", {"document": description()})
