"""What may be made to go wrong in a rehearsal, and how the simulated carrier is told. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Fault(StrEnum):
    NONE = ""
    FLOW = "flow"
    """The carrier takes less than the channel's rate and refuses the rest for flow control."""
    CUT = "cut"
    """It drops all connections once, with a third of the parts taken; they can be made again."""
    OUTAGE = "outage"
    """The busiest channel's carrier dies with a third taken, and does not come back."""
    SLOW = "slow"
    """It answers late, and its receipts come late."""
    PARTIAL = "partial"
    """It refuses some, and reports on others that they failed."""


FLOW_SHARE = 0.6
SLOW_ANSWER_MS = 300
SLOW_RECEIPT_MS = 6_000
USUAL_RECEIPT_MS = 200
REFUSED_SHARE = 0.05
FAILED_SHARE = 0.1

PROTOCOLS = {
    "cmpp2": "cmpp",
    "cmpp3": "cmpp",
    "sgip12": "sgip",
    "smgp30": "smgp",
    "smpp34": "smpp",
    "aliyun": "aliyun",
    "tencent": "tencent",
    "maap_csp": "maap_csp",
    "maap_mobile": "maap_mobile",
}
"""What the simulated carrier of a kind of channel speaks."""

BY_TEMPLATE = frozenset({"aliyun", "tencent"})
"""What is sent to these is a filed template and its values."""
PLATFORMS = frozenset({"maap_csp", "maap_mobile"})
"""5G messages."""
VENDORS = BY_TEMPLATE | PLATFORMS
"""Asked by HTTP; receipts come to the console, so that a rehearsal hears none."""

REFUSALS: dict[str, int | str] = {
    "cmpp": 13,
    "sgip": 23,
    "smgp": 34,
    "smpp": 11,
    "aliyun": "isv.MOBILE_NUMBER_ILLEGAL",
    "tencent": "InvalidParameterValue.IncorrectPhoneNumber",
    "maap_csp": "81000",
    "maap_mobile": "SVC0004",
}
"""A code of each by which it refuses one message, not all of them."""


def behaviour(
    fault: Fault, *, protocol: str, rate_per_s: int, parts: int, each_alone: bool = False
) -> dict[str, Any]:
    """Settings of the simulated carrier (`channels.simulator.behaviour`, or its vendors'), as JSON has them. `parts`: as
    many will come. `each_alone`: a request is about one message, as of cards that differ from reader to reader."""
    usual: dict[str, Any] = {"receipt_delay_ms": USUAL_RECEIPT_MS}
    match fault:
        case Fault.FLOW if protocol in VENDORS and not each_alone:
            return usual | {"rate_per_s": 1}  # requests, each with many numbers
        case Fault.FLOW:
            slack = {} if protocol in VENDORS else {"rate_slack": 0}
            return usual | slack | {"rate_per_s": max(1, int(rate_per_s * FLOW_SHARE))}
        case Fault.CUT:
            return usual | {"cut_after": third_of(parts)}
        case Fault.SLOW:
            return {"receipt_delay_ms": SLOW_RECEIPT_MS, "latency_ms": SLOW_ANSWER_MS}
        case Fault.PARTIAL:
            return usual | {
                "refuse": {str(REFUSALS[protocol]): REFUSED_SHARE},
                "receipts": {"DELIVRD": 1 - FAILED_SHARE, "UNDELIV": FAILED_SHARE},
            }
        case _:
            return usual


def third_of(parts: int) -> int:
    """After how many parts it happens."""
    return max(1, parts // 3)
