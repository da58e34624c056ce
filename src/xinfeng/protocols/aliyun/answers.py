"""What Alibaba Cloud SMS answers and tells (reference, sections 7.3 and 7.4). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.protocols.aliyun.codes import is_ambiguous
from xinfeng.protocols.aliyun.requests import Detail
from xinfeng.protocols.vendor import (
    Sent,
    VendorReceipt,
    VendorReply,
    delivered_or,
    load_or_refusal,
    minute,
    objects,
    word,
)

WAITING, FAILED, DELIVERED = 1, 2, 3
"""SendStatus of QuerySendDetails."""


def read_send(status: int, body: bytes, numbers: Sequence[str]) -> list[Sent]:
    """What became of each number; one answer stands for all of a request. Raises RemoteProtocolError for an answer that
    says nothing definite: then any of them may have been sent to."""
    code, answer = _answer(status, body)
    if code == "OK":
        reference = word(answer, "BizId", at_most=47)
        if not reference:
            raise RemoteProtocolError("vendor.no_reference")
        return [Sent(reference, 0)] * len(numbers)
    return [Sent("", code, known=not is_ambiguous(code))] * len(numbers)


def read_details(status: int, body: bytes) -> list[Detail]:
    """The rows of QuerySendDetails. Raises RemoteProtocolError with the vendor's code as `vendor_code`."""
    code, answer = _answer(status, body)
    if code != "OK":
        raise RemoteProtocolError("vendor.refused", vendor_code=code)
    rows = answer.get("SmsSendDetailDTOs")
    found = rows.get("SmsSendDetailDTO") if isinstance(rows, Mapping) else rows
    return [_detail(one) for one in objects(found if found is not None else [])]


def _detail(row: Mapping[str, Any]) -> Detail:
    state = word(row, "SendStatus")
    status = int(state) if state in ("1", "2", "3") else WAITING
    error = word(row, "ErrCode", at_most=60)
    return Detail(
        number=word(row, "PhoneNum", at_most=30),
        status=status,
        stat="DELIVRD" if status == DELIVERED else delivered_or(error),
        sent=minute(word(row, "SendDate")),
        done=minute(word(row, "ReceiveDate")),
        ours=word(row, "OutId", at_most=256),
        content=word(row, "Content", at_most=4000),
    )


def read_receipts(told: Any) -> list[VendorReceipt]:
    """SmsReport, as parsed JSON. Raises RemoteProtocolError `vendor.shape`."""
    found = []
    for entry in objects(told):
        reference, number = word(entry, "biz_id", at_most=47), word(entry, "phone_number", at_most=30)
        if not (reference and number):
            continue
        code = word(entry, "err_code", at_most=60)
        success = entry.get("success")
        went = success if isinstance(success, bool) else word(entry, "success").lower() == "true"
        found.append(
            VendorReceipt(
                reference,
                number,
                "DELIVRD" if went else delivered_or(code),
                minute(word(entry, "send_time")),
                minute(word(entry, "report_time")),
                word(entry, "out_id", at_most=256),
            )
        )
    return found


def read_replies(told: Any) -> list[VendorReply]:
    """SmsUp, as parsed JSON. Raises RemoteProtocolError `vendor.shape`."""
    return [
        VendorReply(
            f"{word(entry, 'sequence_id')}:{word(entry, 'send_time')}",
            number,
            word(entry, "dest_code", at_most=30),
            word(entry, "content", at_most=20_000),
        )
        for entry in objects(told)
        if (number := word(entry, "phone_number", at_most=30))
    ]


def _answer(status: int, body: bytes) -> tuple[str, Mapping[str, Any]]:
    if status == 429:
        return "Throttling.HTTP429", {}
    if status >= 500:
        raise RemoteProtocolError("vendor.server_error", status=status)
    answer = load_or_refusal(status, body)
    if isinstance(answer, str):
        return answer, {}
    code = word(answer, "Code", at_most=60)
    if not code or (code == "OK" and status != 200):
        raise RemoteProtocolError("vendor.no_code", status=status)
    return code, answer
