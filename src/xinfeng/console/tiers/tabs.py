"""The pages of the section, as tabs."""

from __future__ import annotations

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components import Tab

PAGES = (
    ("tiers", _("分层")),
    ("tiers.rules", _("分层规则")),
    ("tiers.traits", _("行为特征")),
    ("tiers.tags", _("标签")),
)


def tabs(current: str) -> list[Tab]:
    """The pages there are, with `current` marked."""
    found = []
    for name, label in PAGES:
        try:
            found.append(Tab(label, reverse(name), current=name == current))
        except NoReverseMatch:
            continue
    return found
