"""The pages of contact pressure, as tabs."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components import Tab

PAGES = (
    ("pressure", _("疲劳度")),
    ("pressure.between", _("活动之间")),
    ("pressure.trial", _("试一试规则")),
    ("pressure.strategies", _("策略")),
)


def tabs(current: str) -> list[Tab]:
    """All pages, with `current` marked."""
    return [Tab(label, reverse(name), current=name == current) for name, label in PAGES]
