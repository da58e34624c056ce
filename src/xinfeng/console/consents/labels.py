"""Words and tabs that the screens of consent share."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xinfeng.consent.purposes import names
from xinfeng.console.components import Tab
from xinfeng.console.components.parts import Text

PAGES: tuple[tuple[str, Text], ...] = (
    ("consents", _("告知书")),
    ("consents.suppressions", _("屏蔽名单")),
    ("consents.proof", _("证据与账本")),
)


def tabs(current: str) -> list[Tab]:
    """The pages of this section, with `current` marked."""
    return [Tab(label, reverse(name), current=name == current) for name, label in PAGES]


def purposes() -> dict[str, str]:
    """What every purpose is called, in the reader's language."""
    return names(english=(get_language() or "").startswith("en"))
