"""What Tencent Cloud SMS answers and tells (reference, sections 8.2 and 8.3). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.kernel.time import SHANGHAI
from xinfeng.protocols.tencent.codes import is_ambiguous
from xinfeng.protocols.vendor import (
    Sent,
    VendorReceipt,
    VendorReply,
    delivered_or,
    load,
    load_or_refusal,
    matched,
    minute,
    objects,
    word,
)


def read_send(status: int, body: bytes, numbers: Sequence[str]) -> list[Sent]:
    """What became of each number. Raises RemoteProtocolError for an answer that says nothing definite: then any of them
    may have been sent to."""
    if status == 429:
        return [Sent("", "RequestLimitExceeded.HTTP429")] * len(numbers)
    loaded = load_or_refusal(status, body)
    if isinstance(loaded, str):
        return [Sent("", loaded)] * len(numbers)
    answer = _response(status, loaded)
    if code := _error(answer):
        return [Sent("", code, known=not is_ambiguous(code))] * len(numbers)
    statuses = answer.get("SendStatusSet")
    if not isinstance(statuses, list):
        raise RemoteProtocolError("vendor.shape")
    return matched(numbers, [_sent(one) for one in objects(statuses)])


def _sent(entry: Mapping[str, Any]) -> tuple[str, Sent]:
    number = _bare(word(entry, "PhoneNumber", at_most=30), "")
    code, serial = word(entry, "Code", at_most=60), word(entry, "SerialNo", at_most=64)
    if code.lower() == "ok":
        return number, Sent(serial, 0) if serial else Sent("", "vendor.no_reference", known=False)
    if not code:
        return number, Sent("", "vendor.no_code", known=False)
    return number, Sent("", code, known=not is_ambiguous(code))


def read_receipts(told: Any) -> list[VendorReceipt]:
    """The status callback, as parsed JSON. Raises RemoteProtocolError `vendor.shape`."""
    found = []
    for entry in objects(told):
        serial, number = word(entry, "sid", at_most=64), _number(entry, "mobile", "nationcode")
        if not (serial and number):
            continue
        went = word(entry, "report_status").upper() == "SUCCESS"
        stat = "DELIVRD" if went else delivered_or(word(entry, "errmsg", at_most=60))
        found.append(VendorReceipt(serial, number, stat, "", minute(word(entry, "user_receive_time"))))
    return found


def read_replies(told: Any) -> list[VendorReply]:
    """The callback of a reply, as parsed JSON. The vendor gives a reply no id: its second, number, extension and text are
    what it is known again by. Raises RemoteProtocolError `vendor.shape`."""
    return [
        VendorReply(
            f"{word(entry, 'time')}:{word(entry, 'extend')}",
            number,
            word(entry, "extend", at_most=30),
            word(entry, "text", at_most=20_000),
        )
        for entry in objects(told)
        if (number := _number(entry, "mobile", "nationcode"))
    ]


def read_pulled_receipts(status: int, body: bytes) -> list[VendorReceipt]:
    """What a pull of status reports brought. Raises RemoteProtocolError with the vendor's code as `vendor_code`."""
    found = []
    for entry in _pulled(status, body, "PullSmsSendStatusSet"):
        serial = word(entry, "SerialNo", at_most=64)
        number = _number(entry, "SubscriberNumber", "CountryCode") or _bare(word(entry, "PhoneNumber"), "")
        if not (serial and number):
            continue
        went = word(entry, "ReportStatus").upper() == "SUCCESS"
        stat = "DELIVRD" if went else delivered_or(_code_in(word(entry, "Description", at_most=60)))
        done = _minute_of(word(entry, "UserReceiveTime"))
        found.append(
            VendorReceipt(serial, number, stat, "", done, word(entry, "SessionContext", at_most=512))
        )
    return found


def read_pulled_replies(status: int, body: bytes) -> list[VendorReply]:
    """What a pull of replies brought. Raises as `read_pulled_receipts`."""
    return [
        VendorReply(
            f"{word(entry, 'ReplyTime')}:{word(entry, 'ExtendCode')}",
            number,
            word(entry, "ExtendCode", at_most=30),
            word(entry, "ReplyContent", at_most=20_000),
        )
        for entry in _pulled(status, body, "PullSmsReplyStatusSet")
        if (
            number := _number(entry, "SubscriberNumber", "CountryCode")
            or _bare(word(entry, "PhoneNumber"), "")
        )
    ]


def _pulled(status: int, body: bytes, name: str) -> list[Mapping[str, Any]]:
    answer = _response(status, load(body))
    if code := _error(answer):
        raise RemoteProtocolError("vendor.refused", vendor_code=code)
    return objects(answer.get(name) or [])


def _response(status: int, answer: Any) -> Mapping[str, Any]:
    if status != 200:
        raise RemoteProtocolError("vendor.server_error", status=status)
    response = answer.get("Response") if isinstance(answer, Mapping) else None
    if not isinstance(response, Mapping):
        raise RemoteProtocolError("vendor.shape")
    return response


def _error(response: Mapping[str, Any]) -> str:
    error = response.get("Error")
    if error is None:
        return ""
    return (word(error, "Code", at_most=60) if isinstance(error, Mapping) else "") or "vendor.no_code"


def _number(entry: Mapping[str, Any], name: str, country: str) -> str:
    return _bare(word(entry, name, at_most=30), word(entry, country, at_most=5))


def _bare(number: str, country: str) -> str:
    """A number of the mainland without its country; others keep theirs."""
    if country.lstrip("+") not in ("", "86"):
        return f"+{country.lstrip('+')}{number}" if number else ""
    return number.removeprefix("+86")


def _code_in(description: str) -> str:
    """The code in a description such as `用户短信送达失败:UNDELIV`; empty where there is none."""
    last = description.replace("：", ":").rpartition(":")[2].strip()
    return last if last.isascii() and last.isprintable() else ""


def _minute_of(stamp: str) -> str:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        return ""
    return f"{datetime.fromtimestamp(int(stamp), SHANGHAI):%y%m%d%H%M}"
