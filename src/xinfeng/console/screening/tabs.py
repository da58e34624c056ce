"""The pages of the section, as tabs."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components import Tab

PAGES = (
    ("screening", _("规则")),
    ("screening.words", _("自有词")),
    ("screening.try", _("试一试")),
    ("screening.domains", _("备案域名")),
)


def tabs(current: str) -> list[Tab]:
    """The pages, with `current` marked."""
    return [Tab(label, reverse(name), current=name == current) for name, label in PAGES]
