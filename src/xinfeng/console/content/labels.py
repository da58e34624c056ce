"""Purposes and trades in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from xinfeng.console.components.parts import Text

PURPOSES: dict[str, Text] = {"marketing": _("营销短信"), "service": _("服务短信")}

TRADES: dict[str, Text] = {
    "retail": _("零售"),
    "education": _("教育"),
    "catering": _("餐饮"),
    "finance": _("金融"),
    "government": _("政务"),
    "baby": _("母婴"),
    "medicine": _("医药"),
    "property": _("房产"),
    "other": _("其他"),
}
