"""What Tencent Cloud answers and tells, and what of it can be relied on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.protocols.tencent import (
    Credentials,
    read_pulled_receipts,
    read_pulled_replies,
    read_receipts,
    read_replies,
    read_send,
    send,
)
from xinfeng.protocols.vendor import Sent, Templated

NUMBERS = ["13800138000", "13800138001", "13800138002"]
WHO = Credentials("AKID-test", "1400006666", "ap-guangzhou", "sms.tencentcloudapi.com", "a-secret")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def answer(**fields: Any) -> bytes:
    return json.dumps({"Response": {**fields, "RequestId": "r"}}).encode()


def status(number: str, code: str = "Ok", serial: str = "5000:1") -> dict[str, Any]:
    return {"PhoneNumber": f"+86{number}", "Code": code, "SerialNo": serial, "Fee": 1, "Message": ""}


def test_a_batch_names_its_numbers_with_their_country_and_values_in_order() -> None:
    request = send(
        WHO, NUMBERS, Templated("1234", "信风", ("1", "2"), ("甲", "乙")), extension="7", ours="x", now=NOW
    )
    body = json.loads(request.body)
    assert body["PhoneNumberSet"] == [f"+86{number}" for number in NUMBERS]
    assert (body["TemplateId"], body["SignName"], body["TemplateParamSet"]) == ("1234", "信风", ["甲", "乙"])
    assert (body["SmsSdkAppId"], body["ExtendCode"], body["SessionContext"]) == ("1400006666", "7", "x")
    assert dict(request.headers)["x-tc-region"] == "ap-guangzhou"


def test_every_number_has_an_answer_of_its_own_in_whatever_order() -> None:
    statuses = [
        status(NUMBERS[2], serial="5000:3"),
        status(NUMBERS[0], "LimitExceeded.PhoneNumberDailyLimit", ""),
    ]
    assert read_send(200, answer(SendStatusSet=statuses), NUMBERS) == [
        Sent("", "LimitExceeded.PhoneNumberDailyLimit"),
        Sent("", "vendor.unmentioned", known=False),
        Sent("5000:3", 0),
    ]


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("AuthFailure.SignatureFailure", True),
        ("RequestLimitExceeded", True),
        ("InternalError.Timeout", False),
    ],
)
def test_an_error_of_the_request_is_about_all_its_numbers(code: str, known: bool) -> None:
    assert read_send(200, answer(Error={"Code": code}), NUMBERS) == [Sent("", code, known)] * 3


@pytest.mark.parametrize(
    ("http", "body"),
    [
        (502, b""),
        (200, b"{}"),
        (200, b'{"Response": 1}'),
        (200, answer()),
        (200, answer(SendStatusSet={})),
        (200, b"[" * 100_000),
    ],
)
def test_an_answer_that_says_nothing_definite_leaves_the_numbers_unknown(http: int, body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        read_send(http, body, NUMBERS)


@pytest.mark.parametrize("entry", [{"Code": "Ok", "SerialNo": ""}, {"SerialNo": "5"}, {"Code": ["Ok"]}])
def test_a_number_is_unknown_where_its_entry_is_odd(entry: dict[str, Any]) -> None:
    statuses = [{"PhoneNumber": "+8613800138000", **entry}]
    [sent] = read_send(200, answer(SendStatusSet=statuses), NUMBERS[:1])
    assert not sent.known


def test_reports_and_replies_are_read() -> None:
    told = [
        {
            "user_receive_time": "2026-03-01 12:00:05",
            "nationcode": "86",
            "mobile": "13800138000",
            "report_status": "SUCCESS",
            "errmsg": "DELIVRD",
            "description": "用户短信送达成功",
            "sid": "5000:1",
        },
        {
            "nationcode": "86",
            "mobile": "13800138001",
            "report_status": "FAIL",
            "errmsg": "MBBLACK",
            "sid": "5000:2",
        },
        {"mobile": "13800138002", "report_status": "FAIL", "errmsg": "DELIVRD", "sid": "5000:3"},
        {"mobile": "13800138002", "report_status": "FAIL"},
    ]
    assert [(one.reference, one.number, one.stat, one.done) for one in read_receipts(told)] == [
        ("5000:1", "13800138000", "DELIVRD", "2603011200"),
        ("5000:2", "13800138001", "MBBLACK", ""),
        ("5000:3", "13800138002", "UNDELIV", ""),
    ]
    mo = {
        "extend": "12",
        "mobile": "13800138000",
        "nationcode": "86",
        "sign": "信风",
        "text": "T",
        "time": 1772337605,
    }
    [reply] = read_replies(mo)
    assert (reply.number, reply.to, reply.text, reply.id) == ("13800138000", "12", "T", "1772337605:12")
    [abroad] = read_replies(mo | {"nationcode": "65", "mobile": "81234567"})
    assert abroad.number == "+6581234567"


def test_pulled_reports_and_replies_are_read() -> None:
    receipts = answer(
        PullSmsSendStatusSet=[
            {
                "UserReceiveTime": 1772337605,
                "CountryCode": "86",
                "SubscriberNumber": "13800138000",
                "PhoneNumber": "+8613800138000",
                "SerialNo": "5000:1",
                "ReportStatus": "FAIL",
                "Description": "UNDELIV",
                "SessionContext": "xf-1",
            }
        ]
    )
    [receipt] = read_pulled_receipts(200, receipts)
    assert receipt == ("5000:1", "13800138000", "UNDELIV", "", "2603011200", "xf-1")
    replies = answer(
        PullSmsReplyStatusSet=[
            {
                "ExtendCode": "12",
                "CountryCode": "86",
                "PhoneNumber": "+8613800138000",
                "SubscriberNumber": "13800138000",
                "SignName": "信风",
                "ReplyContent": "TD",
                "ReplyTime": 1772337605,
            }
        ]
    )
    [reply] = read_pulled_replies(200, replies)
    assert (reply.number, reply.text, reply.id) == ("13800138000", "TD", "1772337605:12")
    with pytest.raises(RemoteProtocolError) as refused:
        read_pulled_receipts(200, answer(Error={"Code": "UnauthorizedOperation.RequestPermissionDeny"}))
    assert refused.value.params == {"vendor_code": "UnauthorizedOperation.RequestPermissionDeny"}


@given(st.integers(100, 599), st.binary(max_size=200))
def test_no_answer_is_taken_for_an_acceptance_that_is_none(http: int, body: bytes) -> None:
    try:
        sent = read_send(http, body, NUMBERS)
    except RemoteProtocolError:
        return
    assert all(one.result != 0 for one in sent)
