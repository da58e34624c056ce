"""What runs here: versions, stores, and how they fare."""

from __future__ import annotations

import platform
from importlib import metadata

import django
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from xinfeng import __version__
from xinfeng.console.components.parts import Text
from xinfeng.console.operation.health import examine
from xinfeng.console.permissions import allowed
from xinfeng.console.preferences.tabs import tabs
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.time import utc_now

HEALTH: dict[str, Text] = {
    "database": _("数据库"),
    "migrations": _("数据库结构"),
    "lens": _("分析镜像"),
    "worker": _("后台任务"),
    "gateway": _("运营商网关"),
    "channels": _("通道连接"),
    "backup": _("备份"),
    "disk": _("磁盘空间"),
}


@require_safe
@allowed("settings.view")
def page(request: HttpRequest) -> HttpResponse:
    settings = xinfeng_settings.load()
    server = connection.cursor().connection.info.server_version
    context = {
        "tabs": tabs("settings.about"),
        "version": __version__,
        "parts": [
            ("Python", platform.python_version()),
            ("Django", django.get_version()),
            ("PostgreSQL", f"{server // 10000}.{server % 10000}"),
            ("DuckDB", metadata.version("duckdb")),
        ],
        "settings": settings,
        "embedded": settings.database_url is None,
        "health": [(HEALTH[part.name], part.ok) for part in examine(now=utc_now()).parts],
    }
    return render(request, "preferences/about.html", context)
