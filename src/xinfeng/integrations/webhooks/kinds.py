"""What a webhook may be told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from xinfeng.kernel.errors import InvalidInput


class Kind(NamedTuple):
    """`name` stands in events; `fields` are those of each change; the words are for people."""

    name: str
    fields: tuple[str, ...]
    zh: str
    en: str


CREATED, UPDATED, MERGED, ERASED = "contact.created", "contact.updated", "contact.merged", "contact.erased"
GRANTED, WITHDRAWN, TIER, PING = "consent.granted", "consent.withdrawn", "tier.changed", "ping"

KINDS: tuple[Kind, ...] = (
    Kind(CREATED, ("contact_id",), "有了新客户", "A contact is new"),
    Kind(UPDATED, ("contact_id",), "客户资料变了", "A contact was changed"),
    Kind(MERGED, ("contact_id", "merged_into"), "客户被合并", "A contact was merged into another"),
    Kind(ERASED, ("contact_id",), "客户的个人信息已删除", "A contact's data was erased"),
    Kind(GRANTED, ("contact_id", "purpose", "seq", "at"), "记录了同意", "A consent was recorded"),
    Kind(WITHDRAWN, ("contact_id", "purpose", "seq", "at"), "记录了撤回", "A withdrawal was recorded"),
    Kind(TIER, ("contact_id", "before", "tier", "at"), "分层变了", "A contact came into another tier"),
)
NAMES = frozenset(kind.name for kind in KINDS)


def check(names: Iterable[str]) -> list[str]:
    """The kinds in the table's order, each once. Raises InvalidInput `webhook.kinds` for none or unknown ones."""
    wanted = set(names)
    unknown = sorted(wanted - NAMES)
    if unknown or not wanted:
        raise InvalidInput("webhook.kinds", unknown=[name[:40] for name in unknown[:5]])
    return [kind.name for kind in KINDS if kind.name in wanted]
