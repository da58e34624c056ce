"""Tencent Cloud's interface: what is asked, answered and told (reference, section 8)."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from time import time
from typing import Any, TypeVar

from xinfeng.channels.simulator.vendors.vendor import Order, Said, Told, Vendor, is_mobile
from xinfeng.kernel.text import billed_parts
from xinfeng.kernel.time import SHANGHAI
from xinfeng.protocols.tencent.requests import LARGEST_BATCH, LARGEST_PULL, SERVICE
from xinfeng.protocols.tencent.signing import credential, proves

_CLOCK_S = 5 * 60
OK = {"result": 0, "errmsg": "OK"}
T = TypeVar("T")


class TencentDesk:
    """Reads requests and writes answers; every answer has status 200."""

    receipts_at_once, replies_at_once = 100, 1

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor

    def answer(
        self, target: str, headers: Mapping[str, str], body: bytes, now: float
    ) -> tuple[int, dict[str, Any], int]:
        """Status, answer, and how many messages were accepted."""
        account = credential(headers.get("authorization", ""))
        if fault := self._fault(account, headers, body):
            self._vendor.counters.unsigned += 1
            return 200, self._error(fault), 0
        if self._vendor.too_fast(account, now):
            return 200, self._error("RequestLimitExceeded"), 0
        try:
            given = json.loads(body)
            match headers.get("x-tc-action"):
                case "SendSms":
                    return self._send(account, given)
                case "PullSmsSendStatus":
                    return 200, self._pull_receipts(given), 0
                case "PullSmsReplyStatus":
                    return 200, self._pull_replies(given), 0
                case "PullSmsSendStatusByPhoneNumber":
                    return 200, self._asked_about(given), 0
        except (ValueError, KeyError, TypeError, AttributeError):
            return 200, self._error("InvalidParameter"), 0
        return 200, self._error("InvalidAction"), 0

    def _fault(self, account: str, headers: Mapping[str, str], body: bytes) -> str:
        secret = self._vendor.accounts.get(account)
        if secret is None:
            return "AuthFailure.SecretIdNotFound"
        if not proves(secret=secret, service=SERVICE, headers=headers, body=body):
            return "AuthFailure.SignatureFailure"
        if abs(int(headers["x-tc-timestamp"]) - time()) > _CLOCK_S:
            return "AuthFailure.SignatureExpire"
        return ""

    def _error(self, code: str) -> dict[str, Any]:
        return {"Response": {"Error": {"Code": code, "Message": code}, "RequestId": self._vendor.serial()}}

    def _send(self, account: str, given: Mapping[str, Any]) -> tuple[int, dict[str, Any], int]:
        if code := self._vendor.refusal():
            self._vendor.counters.refused += len(given["PhoneNumberSet"])
            return 200, self._error(code), 0
        if not given["PhoneNumberSet"]:
            return 200, self._error("MissingParameter.EmptyPhoneNumberSet"), 0
        if len(given["PhoneNumberSet"]) > LARGEST_BATCH:
            return 200, self._error("LimitExceeded.PhoneNumberCountLimit"), 0
        values = {str(n): str(value) for n, value in enumerate(given.get("TemplateParamSet") or (), start=1)}
        statuses, orders, references = [], [], []
        for written in given["PhoneNumberSet"]:
            order = Order(written.removeprefix("+86"), given["SignName"], given["TemplateId"], values)
            if code := self._look_at(order):
                self._vendor.counters.refused += 1
                statuses.append(_status(written, code, "", 0))
                continue
            reference = f"5000:{self._vendor.serial()}"
            orders.append(order)
            references.append(reference)
            parts = billed_parts(self._vendor.text_of(order) or "")
            statuses.append(_status(written, "Ok", reference, parts))
        self._vendor.accept(
            account,
            orders,
            references,
            ours=given.get("SessionContext", ""),
            extension=given.get("ExtendCode", ""),
        )
        answer = {"Response": {"SendStatusSet": statuses, "RequestId": self._vendor.serial()}}
        return 200, answer, len(orders)

    def _look_at(self, order: Order) -> str:
        if not is_mobile(order.number):
            return "InvalidParameterValue.IncorrectPhoneNumber"
        if code := self._vendor.behaviour.refuse_numbers.get(order.number):
            return code
        if not self._vendor.knows(order.code):
            return "FailedOperation.TemplateUnapprovedOrNotExist"
        if self._vendor.text_of(order) is None:
            return "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"
        return ""

    def _pull_receipts(self, given: Mapping[str, Any]) -> dict[str, Any]:
        taken = _take(self._vendor.receipts, min(LARGEST_PULL, int(given["Limit"])))
        self._vendor.counters.pulled += len(taken)
        return self._pulled("PullSmsSendStatusSet", [_pulled_receipt(one) for one in taken])

    def _pull_replies(self, given: Mapping[str, Any]) -> dict[str, Any]:
        taken = _take(self._vendor.replies, min(LARGEST_PULL, int(given["Limit"])))
        self._vendor.counters.pulled += len(taken)
        rows = [
            {
                "ExtendCode": one.extension,
                "CountryCode": "86",
                "PhoneNumber": f"+86{one.number}",
                "SubscriberNumber": one.number,
                "SignName": one.signature,
                "ReplyContent": one.text,
                "ReplyTime": int(one.at),
            }
            for one in taken
        ]
        return self._pulled("PullSmsReplyStatusSet", rows)

    def _asked_about(self, given: Mapping[str, Any]) -> dict[str, Any]:
        number = given["PhoneNumber"].removeprefix("+86")
        rows = [
            _pulled_receipt(one.done)
            for one in self._vendor.sent
            if one.number == number and one.done is not None and one.sent_at >= given["BeginTime"]
        ]
        return self._pulled("PullSmsSendStatusSet", rows[: int(given["Limit"])])

    def _pulled(self, name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
        return {"Response": {name: rows, "RequestId": self._vendor.serial()}}

    def push_headers(self) -> Sequence[tuple[str, str]]:
        """Besides the usual ones: none."""
        return ()

    def tell_receipts(self, told: Sequence[Told]) -> bytes:
        """The body of a push."""
        return json.dumps(
            [
                {
                    "user_receive_time": f"{datetime.fromtimestamp(one.done_at, SHANGHAI):%Y-%m-%d %H:%M:%S}",
                    "nationcode": "86",
                    "mobile": one.number,
                    "report_status": "SUCCESS" if one.code == "DELIVRD" else "FAIL",
                    "errmsg": one.code,
                    "description": "",
                    "sid": one.reference,
                }
                for one in told
            ]
        ).encode()

    def tell_replies(self, said: Sequence[Said]) -> bytes:
        """The body of a push: one reply."""
        [one] = said
        return json.dumps(
            {
                "extend": one.extension,
                "mobile": one.number,
                "nationcode": "86",
                "sign": one.signature,
                "text": one.text,
                "time": int(one.at),
            }
        ).encode()

    def taken(self, status: int, body: bytes) -> bool:
        """Whether the other side has what was pushed."""
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return status == 200 and isinstance(answer, dict) and answer.get("result") == 0


def _status(number: str, code: str, reference: str, fee: int) -> dict[str, Any]:
    return {
        "SerialNo": reference,
        "PhoneNumber": number,
        "Fee": fee,
        "SessionContext": "",
        "Code": code,
        "Message": code,
        "IsoCode": "CN",
    }


def _pulled_receipt(one: Told) -> dict[str, Any]:
    return {
        "UserReceiveTime": int(one.done_at),
        "CountryCode": "86",
        "SubscriberNumber": one.number,
        "PhoneNumber": f"+86{one.number}",
        "SerialNo": one.reference,
        "ReportStatus": "SUCCESS" if one.code == "DELIVRD" else "FAIL",
        "Description": one.code,
        "SessionContext": one.ours,
    }


def _take(queue: deque[T], most: int) -> list[T]:
    return [queue.popleft() for _ in range(min(most, len(queue)))]
