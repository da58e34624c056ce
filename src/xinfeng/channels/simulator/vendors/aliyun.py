"""Alibaba Cloud's interface: what is asked, answered and told (reference, section 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import time
from typing import Any
from urllib.parse import parse_qsl

from xinfeng.channels.simulator.vendors.vendor import Order, Said, Sent, Told, Vendor, is_mobile
from xinfeng.kernel.time import SHANGHAI
from xinfeng.protocols.aliyun.requests import LARGEST_BATCH, LARGEST_PAGE
from xinfeng.protocols.aliyun.signing import credential, proves

_CLOCK_S = 15 * 60
_MOST_FOR_ONE_TEXT = 1_000
RECEIPTS_AT_ONCE, REPLIES_AT_ONCE = 100, 100
OK = {"code": 0, "msg": "成功"}


class AliyunDesk:
    """Reads requests and writes answers."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor

    def answer(
        self, target: str, headers: Mapping[str, str], body: bytes, now: float
    ) -> tuple[int, dict[str, Any], int]:
        """Status, answer, and how many messages were accepted."""
        query = dict(parse_qsl(target.partition("?")[2], keep_blank_values=True))
        account = credential(headers.get("authorization", ""))
        if fault := self._fault(account, query, headers, body):
            self._vendor.counters.unsigned += 1
            return 400, {"Code": fault, "Message": fault, "RequestId": self._vendor.serial()}, 0
        if self._vendor.too_fast(account, now):
            return 400, {"Code": "Throttling.User", "Message": "Throttling", "RequestId": "0"}, 0
        given = {**query, **dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))}
        match headers.get("x-acs-action"):
            case "SendSms" | "SendBatchSms" as action:
                return self._send(account, action, given)
            case "QuerySendDetails":
                try:
                    return 200, self._details(given), 0
                except ValueError:
                    return 200, {"Code": "isv.INVALID_PARAMETERS", "Message": "", "RequestId": "0"}, 0
        return 404, {"Code": "InvalidAction.NotFound", "Message": "", "RequestId": "0"}, 0

    def _fault(self, account: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> str:
        secret = self._vendor.accounts.get(account)
        if secret is None:
            return "InvalidAccessKeyId.NotFound"
        if not proves("POST", secret=secret, query=query, headers=headers, body=body):
            return "SignatureDoesNotMatch"
        try:
            at = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            return "InvalidTimeStamp.Format"
        if abs(at.timestamp() - time()) > _CLOCK_S:
            return "InvalidTimeStamp.Expired"
        if self._vendor.used_before(headers["x-acs-signature-nonce"]):
            return "SignatureNonceUsed"
        return ""

    def _send(self, account: str, action: str, given: Mapping[str, str]) -> tuple[int, dict[str, Any], int]:
        try:
            orders, extension = _orders(action, given)
        except (ValueError, KeyError, TypeError, AttributeError):
            orders, extension = [], ""
        code = self._vendor.refusal() or self._look_at(orders, action)
        if code:
            self._vendor.counters.refused += max(1, len(orders))
            return 200, {"Code": code, "Message": code, "RequestId": self._vendor.serial()}, 0
        reference = f"{self._vendor.serial()}^0"
        ours = given.get("OutId", "")
        self._vendor.accept(account, orders, [reference] * len(orders), ours=ours, extension=extension)
        answer = {"Code": "OK", "Message": "OK", "BizId": reference, "RequestId": self._vendor.serial()}
        return 200, answer, len(orders)

    def _look_at(self, orders: Sequence[Order], action: str) -> str:
        most = LARGEST_BATCH if action == "SendBatchSms" else _MOST_FOR_ONE_TEXT
        if not orders:
            return "isv.INVALID_PARAMETERS"
        if len(orders) > most:
            return "isv.MOBILE_COUNT_OVER_LIMIT"
        for order in orders:
            if not is_mobile(order.number):
                return "isv.MOBILE_NUMBER_ILLEGAL"
            if code := self._vendor.behaviour.refuse_numbers.get(order.number):
                return code
            if not self._vendor.knows(order.code):
                return "isv.SMS_TEMPLATE_ILLEGAL"
            if self._vendor.text_of(order) is None:
                return "isv.TEMPLATE_MISSING_PARAMETERS"
        return ""

    def _details(self, given: Mapping[str, str]) -> dict[str, Any]:
        number, page = given.get("PhoneNumber", ""), int(given.get("CurrentPage", "1"))
        size = min(LARGEST_PAGE, int(given.get("PageSize", "10")))
        found = [
            one
            for one in self._vendor.sent
            if one.number == number
            and f"{_local(one.sent_at):%Y%m%d}" == given.get("SendDate")
            and given.get("BizId", one.reference) == one.reference
        ]
        rows = [_row(one) for one in found[(page - 1) * size : page * size]]
        return {
            "Code": "OK",
            "Message": "OK",
            "RequestId": self._vendor.serial(),
            "TotalCount": len(found),
            "SmsSendDetailDTOs": {"SmsSendDetailDTO": rows},
        }

    def push_headers(self) -> Sequence[tuple[str, str]]:
        """Besides the usual ones: none."""
        return ()

    def tell_receipts(self, told: Sequence[Told]) -> bytes:
        """The body of a push."""
        return json.dumps(
            [
                {
                    "phone_number": one.number,
                    "send_time": f"{_local(one.sent_at):%Y-%m-%d %H:%M:%S}",
                    "report_time": f"{_local(one.done_at):%Y-%m-%d %H:%M:%S}",
                    "success": one.code == "DELIVRD",
                    "err_code": "DELIVERED" if one.code == "DELIVRD" else one.code,
                    "err_msg": "",
                    "sms_size": str(one.parts),
                    "biz_id": one.reference,
                    "out_id": one.ours,
                }
                for one in told
            ]
        ).encode()

    def tell_replies(self, said: Sequence[Said]) -> bytes:
        """The body of a push."""
        return json.dumps(
            [
                {
                    "phone_number": one.number,
                    "send_time": f"{_local(one.at):%Y-%m-%d %H:%M:%S}",
                    "content": one.text,
                    "sign_name": one.signature,
                    "dest_code": one.extension,
                    "sequence_id": one.id,
                }
                for one in said
            ]
        ).encode()

    def taken(self, status: int, body: bytes) -> bool:
        """Whether the other side has what was pushed."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return status == 200 and isinstance(answer, dict) and type(answer.get("code")) is int

    receipts_at_once, replies_at_once = RECEIPTS_AT_ONCE, REPLIES_AT_ONCE


def _orders(action: str, given: Mapping[str, str]) -> tuple[list[Order], str]:
    code = given["TemplateCode"]
    if action == "SendSms":
        values = json.loads(given.get("TemplateParam") or "{}")
        numbers = given["PhoneNumbers"].split(",")
        orders = [Order(number, given["SignName"], code, _strings(values)) for number in numbers]
        return orders, given.get("SmsUpExtendCode", "")
    columns = [json.loads(given[name]) for name in ("PhoneNumberJson", "SignNameJson", "TemplateParamJson")]
    orders = [
        Order(number, signature, code, _strings(values))
        for number, signature, values in zip(*columns, strict=True)
    ]
    extensions = json.loads(given.get("SmsUpExtendCodeJson") or "[]")
    return orders, extensions[0] if extensions else ""


def _strings(values: Any) -> dict[str, str]:
    if not all(isinstance(value, str) for value in values.values()):
        raise ValueError("values of variables are strings")
    return dict(values)


def _row(one: Sent) -> dict[str, Any]:
    row = {
        "PhoneNum": one.number,
        "SendStatus": 1 if one.done is None else 3 if one.done.code == "DELIVRD" else 2,
        "TemplateCode": one.code,
        "Content": one.text,
        "SendDate": f"{_local(one.sent_at):%Y-%m-%d %H:%M:%S}",
        "OutId": one.ours,
    }
    if one.done is not None:
        row["ErrCode"] = "DELIVERED" if one.done.code == "DELIVRD" else one.done.code
        row["ReceiveDate"] = f"{_local(one.done.done_at):%Y-%m-%d %H:%M:%S}"
    return row


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(0, SHANGHAI) + timedelta(seconds=at)
