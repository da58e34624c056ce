"""What the consent slice holds about a person. All of it is kept: it is the proof that she agreed, or that she said no.

The entries name her by a number only that means nothing once her contact is erased, and their evidence is a
reference that identifies nobody (`consent.evidence`). Suppressions hold a keyed hash of the number, so that nobody
writes to it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xinfeng.consent.models import ConsentEntry, Notice, Suppression
from xinfeng.contacts.models import Contact
from xinfeng.foundation.personal import Holding, Ids

_LAW = "通信短信息服务管理规定（2026）第21条；个人信息保护法 第47条第2款、第69条"


def _entries(ids: Ids) -> Iterator[Mapping[str, Any]]:
    notices = {one.pk: f"{one.key} {one.version}" for one in Notice.objects.only("pk", "key", "version")}
    for one in ConsentEntry.objects.filter(contact_id__in=list(ids)).order_by("seq").iterator():
        yield {
            "entry": one.seq,
            "purpose": one.purpose,
            "granted": one.granted,
            "at": one.at.isoformat(),
            "recorded_at": one.recorded_at.isoformat(),
            "source": one.source,
            "notice": notices.get(one.notice_id, "") if one.notice_id is not None else "",
            "evidence": one.evidence,
        }


def _suppressions(ids: Ids) -> Iterator[Mapping[str, Any]]:
    indexes = Contact.objects.filter(pk__in=list(ids), phone_index__isnull=False).values_list(
        "phone_index", flat=True
    )
    for one in Suppression.objects.filter(phone_index__in=list(indexes)).order_by("pk"):
        yield {
            "scope": one.scope,
            "reason": one.reason,
            "source": one.source,
            "at": one.at.isoformat(),
            "lifted_at": one.lifted_at.isoformat() if one.lifted_at else None,
            "lifted_because": one.lifted_reason,
        }


HOLDINGS = (
    Holding(
        "consents",
        "授权记录",
        "Consent entries",
        _entries,
        None,
        kept_because=f"同意与撤回的证明，只留编号和凭证出处（{_LAW}）",
        kept_because_en=f"Proof of consent and of its withdrawal, by number and reference only ({_LAW})",
    ),
    Holding(
        "suppressions",
        "屏蔽记录",
        "Suppressions",
        _suppressions,
        None,
        kept_because=f"保证不再给这个号码发短信，只留号码的加密摘要（{_LAW}）",
        kept_because_en=f"Keeps the number from being written to again; only its keyed hash is left ({_LAW})",
    ),
)
