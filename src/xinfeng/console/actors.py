"""Who did something, in words: people by their user names, the machine by what it was doing.

Audit, tags, consents and the rest keep an actor as `lin`, `system:import`, `api:xf_ab12` or `form:double-11`.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

SYSTEM: dict[str, Promise] = {
    "codes": _("验证码"),
    "command": _("命令行"),
    "confirmation": _("短信确认"),
    "demo": _("示例数据"),
    "first": _("首次启动"),
    "forms": _("表单"),
    "import": _("文件导入"),
    "lookups": _("号码检测"),
    "receipts": _("运营商回执"),
    "replies": _("短信回复"),
    "schedule": _("定时任务"),
    "webhooks": _("推送"),
}
"""What the machine was doing, where naming it helps; all else is “系统”."""


def actor_words(actor: str | None) -> str:
    """`system:import` → `系统（文件导入）`, `api:xf_ab12` → `接口密钥 xf_ab12`; people as they are."""
    if not actor:
        return ""
    kind, colon, rest = actor.partition(":")
    if not colon:
        return actor
    if kind == "system":
        doing = SYSTEM.get(rest.partition("-")[0].partition("_")[0].partition(" ")[0])
        return gettext("系统（%(doing)s）") % {"doing": doing} if doing else gettext("系统")
    if kind == "api":
        return gettext("接口密钥 %(prefix)s") % {"prefix": rest}
    if kind == "form":
        return gettext("表单 %(slug)s") % {"slug": rest}
    if kind == "channel":
        return gettext("通道 %(number)s") % {"number": rest} if rest != "0" else ""
    return actor
