"""The pages of the settings, as tabs."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xinfeng.console.components import Tab

PAGES = (
    ("settings", _("用户")),
    ("settings.roles", _("角色权限")),
    ("settings.security", _("登录安全")),
    ("settings.keys", _("密钥")),
    ("settings.backups", _("备份")),
    ("settings.windows", _("发送时段")),
    ("settings.caps", _("频次上限")),
    ("settings.confirmation", _("退订确认")),
    ("settings.calendar", _("日历")),
    ("settings.attributes", _("自定义属性")),
    ("settings.about", _("关于")),
)


def tabs(current: str) -> list[Tab]:
    """All pages, with `current` marked."""
    return [Tab(label, reverse(name), current=name == current) for name, label in PAGES]
