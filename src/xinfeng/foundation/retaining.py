"""What the foundation keeps, and how long: the audit log and what signing in leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial

from xinfeng.foundation import seals
from xinfeng.foundation.database import Connection
from xinfeng.foundation.retention import SIX_MONTHS, THREE_YEARS, Cut, Kept, Months, MonthTable

LOGS = (
    "网络安全法（2026 年修正）第 23 条第（三）项：网络日志留存不少于六个月；GB/T 22239-2019 8.1.4.3",
    "Cybersecurity Law (2026), Art 23(3): network logs for at least six months; GB/T 22239-2019 8.1.4.3",
)


def _check_sealed(connection: Connection, month: date, cut: Cut) -> None:
    seals.check_month(connection, f"{month:%Y-%m}")


def _seal_drop(connection: Connection, month: date, rows: int, cut: Cut) -> Callable[[], None]:
    """The chain of seals says that the month went; see `seals.note_drop`."""
    because = f"retention before {cut.before:%Y-%m-%d}"
    newest = seals.note_drop(connection, month=f"{month:%Y-%m}", entries=rows, because=because, now=cut.now)
    return partial(seals.deposit_head, newest)


RETENTION = (
    Kept(
        "audit",
        ("审计日志", "Audit log"),
        ("谁在什么时候从哪里做了什么，含登录和查看个人信息", "who did what, when and from where; sign-ins, sights of personal data"),
        LOGS,
        SIX_MONTHS,
        THREE_YEARS,
        Months((MonthTable("audit_entry", rest=False),), before_drop=_check_sealed, after_drop=_seal_drop),
        order=90,
    ),
    Kept(
        "sign_ins",
        ("登录会话和失败次数", "Sessions and failed sign-ins"),
        ("正在进行的会话、锁定前的失败次数；登录本身记在审计日志里", "sessions under way, failures before a lock-out; sign-ins themselves are in the audit log"),
        ("个人信息保护法第 19 条：保存期限应为实现目的所必要的最短时间", "PIPL, Art 19: the shortest time the purpose needs"),
        0,
        None,
        why=("会话结束或失败次数不再计数时自动删除", "removed by itself when a session ends or a failure no longer counts"),
        order=95,
    ),
    Kept(
        "seals",
        ("审计日志的封签", "Seals of the audit log"),
        ("每分钟一个摘要和签名，不含个人信息", "a digest and a signature a minute; no personal data"),
        LOGS,
        SIX_MONTHS,
        None,
        why=("封签一环扣一环，少一环就不能核验其余，所以不删除", "each seal follows from the one before, so none can go"),
        order=96,
    ),
)  # fmt: skip
