"""What a key may be allowed to do: the table of scopes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from xinfeng.kernel.errors import InvalidInput


class Scope(NamedTuple):
    """`name` stands in keys and in the API's description; the words are for people."""

    name: str
    zh: str
    en: str


SCOPES: tuple[Scope, ...] = (
    Scope("contacts:read", "查看客户（号码和姓名打码）", "Read contacts, numbers and names masked"),
    Scope("contacts:write", "写入客户、标签、属性", "Write contacts, tags and attributes"),
    Scope("contacts:reveal", "看到完整号码和姓名（记入审计）", "See whole numbers and names; audited"),
    Scope("events:write", "写入行为", "Write events"),
    Scope("consents:read", "查看授权和凭证", "Read consents and their proof"),
    Scope("consents:write", "记录授权和撤回", "Record grants and withdrawals"),
    Scope("suppressions:read", "查询屏蔽", "Look suppressions up"),
    Scope("suppressions:write", "屏蔽号码", "Suppress numbers"),
    Scope("complaints:write", "提交投诉", "Hand in complaints"),
    Scope("segments:read", "查看分群和成员编号", "Read segments and the ids of their members"),
    Scope("numbers:read", "查看号码状态", "Read the state of numbers"),
    Scope("privacy:write", "提交个人信息请求", "Hand in requests about personal data"),
    Scope("forms:read", "查看表单和统计", "Read forms and their statistics"),
    Scope("webhooks:read", "查看推送和投递记录", "Read webhooks and their deliveries"),
    Scope("webhooks:write", "设置推送、重新投递", "Set webhooks up and replay deliveries"),
)

NAMES = frozenset(scope.name for scope in SCOPES)


def check(names: Iterable[str]) -> list[str]:
    """The scopes in the table's order, each once. Raises InvalidInput `api_key.scopes` for none or unknown ones."""
    wanted = set(names)
    unknown = sorted(wanted - NAMES)
    if unknown or not wanted:
        raise InvalidInput("api_key.scopes", unknown=[name[:40] for name in unknown[:5]])
    return [scope.name for scope in SCOPES if scope.name in wanted]
