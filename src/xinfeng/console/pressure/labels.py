"""Words for what the pressure screens and the campaign wizard both ask."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PRIORITIES = ((5, _("5 最高")), (4, _("4 较高")), (3, _("3 一般")), (2, _("2 较低")), (1, _("1 最低")))
