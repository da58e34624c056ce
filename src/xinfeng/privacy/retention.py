"""What was kept of erased people because the law said so goes as soon as the law lets it.

A holding that has both a reason to keep and something to erase is asked again, for everybody who was erased within
the longest time such data is kept.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.personal import erasing, holdings
from xinfeng.foundation.retention import THREE_YEARS, Kept
from xinfeng.privacy.models import Erasure

ASK_FOR = timedelta(days=400)
"""The floors are six months (design checklist 8.4 of the law notes); more than a year covers what is set upward."""


def let_go_of_kept(*, now: datetime) -> int:
    """Erase what may go now; how many rows. One transaction a person, so nobody waits long for a lock."""
    partly_kept = [one for one in holdings() if one.erase is not None and one.kept_because]
    if not partly_kept:
        return 0
    rows = 0
    recent = Erasure.objects.filter(at__gt=now - ASK_FOR).order_by("pk")
    for contact_ids in recent.values_list("contact_ids", flat=True).iterator():
        with bulk_transaction() as connection:
            for holding in partly_kept:
                assert holding.erase is not None
                with erasing(connection):
                    rows += holding.erase(connection, contact_ids, now)
    return rows


RETENTION = (
    Kept(
        "requests",
        ("个人信息请求", "Personal-information requests"),
        ("请求、答复、期限和身份核验的记录；导出的文件按设置的天数删除", "requests, answers, deadlines, identity checks; exported files go after the days that are set"),
        ("个人信息保护法第 50、56 条：处理情况记录不少于三年", "PIPL, Art 50 and 56: records for at least three years"),
        THREE_YEARS,
        None,
        why=("已删除的人靠这些记录不再从备份里回来，所以保留", "they keep people who were erased from coming back with a backup"),
        order=60,
    ),
)  # fmt: skip
