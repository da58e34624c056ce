"""What every template of the console may use: navigation, theme, languages."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from xinfeng.console.navigation import items_for
from xinfeng.console.permissions import may, role_label

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "xinfeng_theme"


def console(request: HttpRequest) -> dict[str, Any]:
    """`xf_nav` (list of `navigation.Item`), `xf_theme`, `xf_languages`, `xf_search_url`, `xf_here`, `xf_role`."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "xf_nav": items_for(request, user) if signed_in else [],
        "xf_theme": theme_of(request),
        "xf_themes": THEMES,
        "xf_languages": settings.LANGUAGES,
        "xf_search_url": reverse("contacts.find") if signed_in and may(user, "contact.view") else "",
        "xf_here": request.get_full_path(),
        "xf_role": role_label(user.role) if signed_in and user is not None else "",
    }


def theme_of(request: HttpRequest) -> str:
    """`auto`, `light` or `dark`: the person's own choice, else that of this browser."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        chosen = user.theme
    else:
        chosen = request.COOKIES.get(THEME_COOKIE, "auto")
    return chosen if chosen in THEMES else "auto"
