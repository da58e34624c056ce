"""What Alibaba Cloud answers and tells, and what of it can be relied on."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.protocols.aliyun import Credentials, read_details, read_receipts, read_replies, read_send, send
from xinfeng.protocols.vendor import Sent, Templated, carrier_id, reference_of

NUMBERS = ["13800138000", "13800138001"]
WHO = Credentials("LTAI-test", "dysmsapi.aliyuncs.com", "a-secret")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_batch_has_numbers_signatures_and_values_of_the_same_length_in_its_body() -> None:
    texts = [(number, Templated("SMS_1", "信风", ("1", "2"), (number[-1], "礼&=%"))) for number in NUMBERS]
    request = send(WHO, texts, extension="9", ours="xf-7", now=NOW, nonce="n")
    body = dict(parse_qsl(request.body.decode()))
    assert json.loads(body["PhoneNumberJson"]) == NUMBERS
    assert json.loads(body["SignNameJson"]) == ["信风", "信风"]
    assert json.loads(body["TemplateParamJson"]) == [{"1": "0", "2": "礼&=%"}, {"1": "1", "2": "礼&=%"}]
    assert json.loads(body["SmsUpExtendCodeJson"]) == ["9", "9"]
    assert dict(request.headers)["x-acs-action"] == "SendBatchSms"
    assert dict(parse_qsl(request.target.partition("?")[2])) == {"TemplateCode": "SMS_1", "OutId": "xf-7"}


def test_one_number_goes_by_the_action_for_one() -> None:
    texts = [(NUMBERS[0], Templated("SMS_1", "信风", (), ()))]
    request = send(WHO, texts, extension="", ours="xf-7", now=NOW, nonce="n")
    query = dict(parse_qsl(request.target.partition("?")[2]))
    assert (request.body, query["PhoneNumbers"]) == (b"", NUMBERS[0])
    assert "TemplateParam" not in query and dict(request.headers)["x-acs-action"] == "SendSms"


def answer(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


def test_one_reference_stands_for_all_numbers_of_a_request() -> None:
    body = answer(Code="OK", Message="OK", BizId="900619746936498440^0", RequestId="r")
    assert read_send(200, body, NUMBERS) == [Sent("900619746936498440^0", 0)] * 2


@pytest.mark.parametrize(
    ("status", "code", "known"),
    [
        (200, "isv.BUSINESS_LIMIT_CONTROL", True),
        (400, "Throttling.User", True),
        (400, "SignatureDoesNotMatch", True),
        (200, "isp.SYSTEM_ERROR", False),
    ],
)
def test_a_code_is_a_refusal_unless_the_vendor_failed_at_work(status: int, code: str, known: bool) -> None:
    assert read_send(status, answer(Code=code), NUMBERS) == [Sent("", code, known)] * 2


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, b"<html>bad gateway"),
        (503, answer(Code="ServiceUnavailable")),
        (200, b""),
        (200, b"\xff\xfe"),
        (200, b"[" * 100_000),
        (200, b"[]"),
        (200, answer(Message="OK")),
        (200, answer(Code="OK")),
        (404, answer(Code="OK", BizId="1")),
    ],
)
def test_an_answer_that_says_nothing_definite_leaves_the_numbers_unknown(status: int, body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        read_send(status, body, NUMBERS)


@given(st.integers(100, 599), st.binary(max_size=200))
def test_no_answer_is_taken_for_an_acceptance_that_is_none(status: int, body: bytes) -> None:
    try:
        sent = read_send(status, body, NUMBERS)
    except RemoteProtocolError:
        return
    assert all(one.result != 0 for one in sent)


def test_reports_name_request_number_and_code() -> None:
    told = [
        {
            "phone_number": "13800138000",
            "send_time": "2026-03-01 12:00:01",
            "report_time": "2026-03-01 12:00:05",
            "success": True,
            "err_code": "DELIVERED",
            "err_msg": "用户接收成功",
            "sms_size": "1",
            "biz_id": "900^0",
            "out_id": "xf-7",
        },
        {"phone_number": "13800138001", "success": False, "err_code": "MK:0001", "biz_id": "900^0"},
        {"phone_number": "13800138002", "success": False, "err_code": "DELIVERED", "biz_id": "900^0"},
        {"phone_number": "13800138003", "success": True},
        "nothing",
        {"phone_number": {"a": 1}, "success": True, "biz_id": "900^0"},
    ]
    found = read_receipts(told)
    assert [(one.reference, one.number, one.stat) for one in found] == [
        ("900^0", "13800138000", "DELIVRD"),
        ("900^0", "13800138001", "MK:0001"),
        ("900^0", "13800138002", "UNDELIV"),
    ]
    assert (found[0].submitted, found[0].done, found[0].ours) == ("2603011200", "2603011200", "xf-7")
    assert found[1].done == ""


def test_replies_are_known_again_by_their_sequence() -> None:
    told = [
        {
            "phone_number": "13800138000",
            "send_time": "2026-03-01 12:00:01",
            "content": "T",
            "sign_name": "信风",
            "dest_code": "9",
            "sequence_id": 1234567890,
        }
    ]
    [reply] = read_replies(told)
    assert (reply.id, reply.number, reply.to, reply.text) == (
        "1234567890:2026-03-01 12:00:01",
        "13800138000",
        "9",
        "T",
    )


def test_details_tell_delivered_failed_and_waiting() -> None:
    rows = [
        {"PhoneNum": "13800138000", "SendStatus": 3, "ErrCode": "DELIVERED", "OutId": "xf-7"},
        {"PhoneNum": "13800138000", "SendStatus": 2, "ErrCode": "MK:0001"},
        {"PhoneNum": "13800138000", "SendStatus": 1},
    ]
    body = answer(Code="OK", SmsSendDetailDTOs={"SmsSendDetailDTO": rows}, TotalCount=3)
    assert [(one.status, one.stat) for one in read_details(200, body)] == [
        (3, "DELIVRD"),
        (2, "MK:0001"),
        (1, "UNDELIV"),
    ]
    with pytest.raises(RemoteProtocolError):
        read_details(200, answer(Code="isp.RAM_PERMISSION_DENY"))


def test_a_carrier_id_tells_numbers_of_one_request_apart_and_keeps_its_reference() -> None:
    kept = carrier_id("900619746936498440^0", bytes(range(16)))
    assert kept == b"900619746936498440^0.0001020304050607"
    assert reference_of(kept) == "900619746936498440^0"
    assert len(carrier_id("9" * 100, bytes(16))) == 64
    assert carrier_id("serial", b"") == b"serial"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
entries = st.dictionaries(
    st.sampled_from(
        ["phone_number", "biz_id", "success", "err_code", "report_time", "content", "sequence_id"]
    ),
    json_values,
)


@given(st.lists(entries | json_values, max_size=4))
def test_whatever_is_told_is_read_or_left_out(told: list[Any]) -> None:
    for receipt in read_receipts(told):
        assert receipt.number and receipt.reference and receipt.stat
        assert len(receipt.stat) <= 60
    for reply in read_replies(told):
        assert reply.number
