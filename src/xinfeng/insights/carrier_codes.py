"""What a carrier's code means and whose fault it is. Pure.

Sources: CMPP 3.0.0 7.4.3.2 (results of a submit) and its status report (`Stat`); for the two-letter codes Huawei's SMSC and
infoX documents and the published tables of Tencent Cloud and Huawei Cloud, where they agree. Publishers
contradict each other on some, and vendors make up their own: what is not here, or disputed, is OTHER, never a
guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Whose fault a failure is."""

    NOBODY = "nobody"
    NUMBER = "number"
    """The number: does not exist, suspended, cancelled, ported."""
    HANDSET = "handset"
    """The handset: off, out of reach, full."""
    PERSON = "person"
    """The recipient has asked the carrier not to get such messages."""
    SENDER = "sender"
    """Us: text, signature, filing, account, too many to one person."""
    CARRIER = "carrier"
    """The carrier's own network, or its speed."""
    UNKNOWN = "unknown"


_FAULTS = {
    Fault.NOBODY: ("", ""),
    Fault.NUMBER: ("号码", "the number"),
    Fault.HANDSET: ("手机", "the handset"),
    Fault.PERSON: ("收件人", "the recipient"),
    Fault.SENDER: ("发送方", "the sender"),
    Fault.CARRIER: ("运营商", "the carrier"),
    Fault.UNKNOWN: ("不明", "unknown"),
}


@dataclass(frozen=True)
class Meaning:
    """One kind of failure."""

    category: str
    zh: str
    en: str
    fault: Fault

    def words(self, language: str = "zh") -> str:
        return self.en if language.startswith("en") else self.zh

    def whose(self, language: str = "zh") -> str:
        """Whose fault it is, in a word; empty for none."""
        return _FAULTS[self.fault][1 if language.startswith("en") else 0]


DELIVERED = Meaning("delivered", "已送达", "delivered", Fault.NOBODY)
DEAD = Meaning("dead", "空号、停机或销号", "no such number, suspended or cancelled", Fault.NUMBER)
PORTED = Meaning("ported", "已携号转网", "ported to another carrier", Fault.NUMBER)
OFF = Meaning("off", "关机或不在服务区", "switched off or out of reach", Fault.HANDSET)
DEVICE = Meaning("device", "手机或卡异常、存储已满", "handset or card trouble, memory full", Fault.HANDSET)
BLACKLIST = Meaning("blacklist", "运营商黑名单", "on the carrier's block list", Fault.PERSON)
CONTENT = Meaning("content", "内容被拦截", "content blocked", Fault.SENDER)
FREQUENCY = Meaning(
    "frequency", "超过对该号码的频次或发送限额", "over the limit for this number or sender", Fault.SENDER
)
FILING = Meaning("filing", "签名或模板未报备", "signature or template not filed", Fault.SENDER)
ACCOUNT = Meaning(
    "account", "账号、业务代码或参数不对", "account, service code or parameter wrong", Fault.SENDER
)
FLOW = Meaning("flow", "流量控制或拥塞", "flow control or congestion", Fault.CARRIER)
SYSTEM = Meaning("system", "运营商网络或系统故障", "trouble in the carrier's network", Fault.CARRIER)
UNDELIVERABLE = Meaning(
    "undeliverable", "无法送达（运营商未说明）", "undeliverable, no detail given", Fault.UNKNOWN
)
EXPIRED = Meaning(
    "expired",
    "有效期内未送达（多为长时间关机）",
    "validity ran out, usually a handset long off",
    Fault.HANDSET,
)
REJECTED = Meaning(
    "rejected",
    "被运营商拒绝（内容、黑名单或策略）",
    "rejected by the carrier (content, block list or policy)",
    Fault.UNKNOWN,
)
OTHER = Meaning("other", "其他（含义未公布或说法不一）", "other (not published, or disputed)", Fault.UNKNOWN)

_STATES = {
    "DELIVRD": DELIVERED,
    "DELIVERED": DELIVERED,
    "EXPIRED": EXPIRED,
    "DELETED": Meaning("deleted", "已被运营商删除", "deleted by the carrier", Fault.CARRIER),
    "UNDELIV": UNDELIVERABLE,
    "UNKNOWN": Meaning("unknown", "运营商不知道结果", "the carrier does not know", Fault.CARRIER),
    "REJECTD": REJECTED,
}

_RESULTS = {
    1: ACCOUNT,  # message structure
    2: ACCOUNT,  # command word
    3: ACCOUNT,  # sequence repeated
    4: ACCOUNT,  # message length
    5: ACCOUNT,  # tariff code
    6: CONTENT,  # longer than allowed
    7: ACCOUNT,  # service code
    8: FLOW,
    9: ACCOUNT,  # the gateway does not serve this source
    10: ACCOUNT,  # Src_Id
    11: ACCOUNT,  # Msg_src
    12: DEAD,  # Fee_terminal_Id
    13: DEAD,  # Dest_terminal_Id
}

_CODES: dict[Meaning, str] = {
    DEAD: (
        "MK:0001 MK:0002 MK:0003 MK:0005 MK:0075 MI:0012 MI:0019 MI:0051 MN:0011 MN:0012 MN:0013 MN:0022 MN:0050 MN:0054 "
        "MN:0056 MB:1043 MB:1051 CB:0001 CB:0005 CB:0007 CB:0053 DB:0100 DB:0101 DB:0102 DB:0103 ID:0020 ID:0021"
    ),
    PORTED: "MB:1048 MB:1049 MB:1050 DB:0126 DB:0129 IB:0012 IB:0168 ID:0043",
    OFF: (
        "MK:0008 MK:0009 MK:0010 MK:0023 MK:0024 MK:0029 MI:0010 MI:0052 MI:0056 MI:0090 MN:0036 MN:0059 MC:0001 MC:0055 "
        "MC:0151 IB:0064 IB:0194 IC:0001 IC:0055 IC:0151 IC:0154"
    ),
    DEVICE: (
        "MK:0015 MK:0017 MK:0020 MK:0022 MK:0208 MK:0209 MK:0210 MI:0017 MI:0099 MI:0208 MI:0209 MN:0017 MN:0099"
    ),
    BLACKLIST: (
        "MK:100C MK:100D MK:1010 MB:1076 MB:1077 DB:0141 DB:0144 DB:0145 DB:0146 DB:0164 ID:0069 ID:0096 ID:0097 ID:0141"
    ),
    CONTENT: "MK:0118 MN:0000 MN:0174 MN:0999 MB:1079 MB:1083 DB:0309 DB:0318 ID:0076 ID:0318",
    FREQUENCY: (
        "MK:0078 MK:0079 MK:1041 MI:0079 MI:0094 MI:0196 MB:1041 MB:1042 DB:0139 DB:0142 DB:0143 ID:0045 ID:0046 "
        "ID:0047 ID:0048 ID:0049"
    ),
    ACCOUNT: "DB:0104 DB:0105 DB:0106 DB:0107 DB:0108 DB:0114 DB:0115 DB:0116 DB:0117 DB:0118",
    FLOW: (
        "MK:0018 MK:0061 MK:0062 MI:0018 MI:0061 MI:0062 MI:0192 MB:0019 MB:0069 MB:0088 MB:1026 MB:1031 MB:1070 "
        "DB:9007 IB:0008"
    ),
    SYSTEM: (
        "MK:0045 MK:0065 MK:0066 MK:0067 MK:0068 MK:0069 MK:0077 MK:0192 MK:0194 MK:0255 MA:0051 MA:0052 MA:0053 MA:0054 "
        "MB:0008 MB:1078 CA:0051 CA:0052 CA:0054 CA:0111 DA:0051 DA:0052 DA:0053 DA:0054 DB:0500 DB:0501 DB:0502 DB:0503 "
        "DB:0504 DB:0505 DB:0506 DB:9001 IA:0051 IA:0052 IA:0053 IA:0054 IA:0073 ID:0051 ID:0052 ID:0053 ID:0054 "
        "ID:0055 ID:0056 ID:0070 ID:0072 ID:0073"
    ),
    FILING: " ".join(f"ID:{number}" for number in (*range(1240, 1252), *range(6150, 6154))),
}

_BY_CODE = {code: meaning for meaning, codes in _CODES.items() for code in codes.split()}


def meaning_of(code: str) -> Meaning:
    """What a result of a submit (`13`) or a state of a receipt (`MK:0001`, `UNDELIV`) means."""
    if code.isdecimal():
        return _RESULTS.get(int(code), OTHER)
    return _STATES.get(code) or _BY_CODE.get(code, OTHER)
