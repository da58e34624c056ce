"""Addresses under /api/."""

from __future__ import annotations

from django.urls import path, re_path

from xinfeng.integrations import docs
from xinfeng.integrations.api.door import nothing_here, on_doorstep
from xinfeng.integrations.api.v1 import api

app_name = "api"
urlpatterns = [
    path("v1/openapi.json", docs.openapi, name="openapi"),
    path("v1/docs", docs.reference, name="docs"),
    *(
        path(f"v1/{pattern.pattern}", pattern.callback, name=pattern.name)
        for pattern in api.patterns()
        if pattern.name not in ("openapi-json", "api-root")
    ),
    re_path(r"^(?P<rest>.*)$", on_doorstep(nothing_here)),
]
