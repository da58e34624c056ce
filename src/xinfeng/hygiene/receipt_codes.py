"""What a receipt's code says about the number it was sent to. Data, and how to look into it. Pure.

Only codes on whose meaning the publishers agree count as permanent: publishers contradict one another on many (MK:0000, MK:0012,
MK:0013, MK:0115, the MA and MI families, Unicom's small numbers, Telecom's 601), and a wrong quarantine costs a
customer. `UNDELIV` alone is no verdict: a handset that is off gives it as well as a number that is none. Sources
are named in each row; tables in shared protocols reference 6.1 to 6.4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from xinfeng.hygiene.models import State
from xinfeng.hygiene.states import Verdict


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of the table: codes that say the same. A code ending in `*` is a prefix."""

    codes: tuple[str, ...]
    verdict: Verdict
    state: State
    zh: str
    en: str
    source: str

    def words(self, language: str = "zh") -> str:
        return self.en if language.startswith("en") else self.zh


_MAP = "GSM MAP 错误，华为短信中心文档；腾讯云状态码表"
_MOBILE = "中国移动网关状态码；腾讯云、华为云公布的状态码表（一致者）"


def _row(codes: str, verdict: Verdict, state: State, zh: str, en: str, source: str) -> Meaning:
    return Meaning(tuple(codes.split()), verdict, state, zh, en, source)


TABLE: tuple[Meaning, ...] = (
    _row("DELIVRD DELIVERED", Verdict.ALIVE, State.VALID, "已送达", "delivered", "CMPP 2.0/3.0 Stat；SMPP 3.4"),
    _row(
        "MK:0001 MK:0002 MK:0003 MK:0075 MI:0012 MN:0011 MN:0012 MN:0013 CB:0001 CB:0053 DB:0100 DB:0101 ID:0021 "
        "MB:1043 MB:1051",
        Verdict.PERMANENT, State.NOT_EXISTING, "空号或已销号", "no such number, or cancelled", f"{_MAP}；{_MOBILE}",
    ),
    _row(
        "MK:0005 MI:0019 MI:0051 CB:0005 CB:0007 DB:0102 DB:0103 ID:0020",
        Verdict.PERMANENT, State.OUT_OF_SERVICE, "停机、欠费或被暂停", "suspended or in arrears", f"{_MAP}；{_MOBILE}",
    ),
    _row(
        "MK:0008 MK:0009 MK:0010 MK:0023 MK:0024 MK:0029 MI:0010 MI:0052 MI:0056 MI:0090 MN:0036 MN:0059 MC:0001 "
        "MC:0055 MC:0151 IB:0064 IB:0194 IC:0001 IC:0055 IC:0151 IC:0154 EXPIRED EXPIRED*",
        Verdict.HANDSET, State.POWERED_OFF, "关机、不在服务区或长时间无应答", "off, out of reach, or silent past the validity",
        f"{_MAP}；{_MOBILE}",
    ),
    _row(
        "MK:0015 MK:0017 MK:0020 MK:0022 MK:0208 MK:0209 MK:0210 MI:0017 MI:0099 MI:0208 MI:0209 MN:0017 MN:0099",
        Verdict.HANDSET, State.UNKNOWN, "手机或卡异常、存储已满", "handset or card trouble, memory full", f"{_MAP}；{_MOBILE}",
    ),
    _row(
        "MK:100C MK:100D MK:1010 MB:1076 MB:1077 DB:0140 DB:0141 DB:0144 DB:0145 DB:0146 DB:0164 ID:0069 ID:0096 "
        "ID:0097 ID:0141",
        Verdict.NOTHING, State.UNKNOWN, "运营商黑名单，与号码是否可用无关", "on a block list: says nothing about the number", _MOBILE,
    ),
    _row(
        "MB:1048 MB:1049 MB:1050 DB:0126 DB:0129 IB:0012 IB:0168 ID:0043",
        Verdict.NOTHING, State.UNKNOWN, "已携号转网，通道不支持", "ported away; this channel cannot reach it", _MOBILE,
    ),
    _row(
        "UNDELIV UNDELIV* REJECTD REJECTD* UNKNOWN DELETED ACCEPTD ENROUTE BUFFRED",
        Verdict.NOTHING, State.UNKNOWN, "没有说明原因", "no reason given", "CMPP 2.0/3.0 Stat",
    ),
)  # fmt: skip
"""Rows in the order in which they are looked through; a whole code goes before a prefix."""

UNLISTED = Meaning(
    (),
    Verdict.NOTHING,
    State.UNKNOWN,
    "含义未公布或说法不一，不据此判断",
    "not published, or disputed: no verdict",
    "",
)

_EXACT = {code: row for row in TABLE for code in row.codes if not code.endswith("*")}
_PREFIXES = [(code[:-1], row) for row in TABLE for code in row.codes if code.endswith("*")]
_readable = re.compile(r"[0-9A-Z:_-]{1,20}").fullmatch


@lru_cache(maxsize=4096)
def meaning_of(code: str) -> Meaning:
    """The row for a receipt's `stat`; UNLISTED for what nobody published, garbage included."""
    cleaned = code.strip("\x00 ").upper()
    if not _readable(cleaned):
        return UNLISTED
    if found := _EXACT.get(cleaned):
        return found
    return next((row for prefix, row in _PREFIXES if cleaned.startswith(prefix)), UNLISTED)
