"""What the pages of the interfaces share: tabs, crumbs, words for scopes and kinds."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components import Crumb, Tab
from xinfeng.integrations.scopes import SCOPES
from xinfeng.integrations.webhooks.kinds import KINDS


def tabs(current: str) -> list[Tab]:
    """Keys, webhooks, and the API's own description."""
    pages = (
        (_("密钥"), "integrations"),
        (_("推送"), "integrations.webhooks"),
        (_("接口文档"), "api:docs"),
    )
    return [Tab(label, reverse(name), current=name == current) for label, name in pages]


def crumbs(*, webhooks: bool = False) -> list[Crumb]:
    """The way back."""
    found = [Crumb(_("接口"), reverse("integrations"))]
    return [*found, Crumb(_("推送"), reverse("integrations.webhooks"))] if webhooks else found


def english() -> bool:
    """Whether the reader reads English."""
    return (get_language() or "").startswith("en")


def scope_choices() -> list[tuple[str, str]]:
    """Every scope with its words."""
    return [(one.name, one.en if english() else one.zh) for one in SCOPES]


def kind_choices() -> list[tuple[str, str]]:
    """Every kind a webhook may ask for with its words."""
    return [(one.name, one.en if english() else one.zh) for one in KINDS]


def kind_words(name: str) -> str:
    """The words of a kind."""
    return {**dict(kind_choices()), "ping": "Test" if english() else "测试"}.get(name, name)
