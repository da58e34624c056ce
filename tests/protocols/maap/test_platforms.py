"""The carriers' two ways of sending a 5G message, and what their platforms tell of it."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.protocols.maap import csp, mobile
from xinfeng.protocols.maap.messages import RESPONSE, Card, OpenUrl, Reply, RichMessage
from xinfeng.protocols.maap.parcel import DISPLAYED, FALLEN_BACK, Parcel, bare, parcel_of
from xinfeng.protocols.vendor import HttpRequest, Sent, VendorReceipt, VendorReply

NOW = datetime(2026, 11, 20, 4, 30, tzinfo=UTC)
MESSAGE = RichMessage(
    (Card("新茶到店", "满200减50 <限今日> & ]]> 完"),), (Reply("预约", "book"), OpenUrl("看", "https://a.cn"))
)
PARCEL = parcel_of(MESSAGE, sms="【信风商城】新茶到店，拒收请回复R")
ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
TAPPED = {"response": {"reply": {"displayText": "预约", "postback": {"data": "book"}}}}
BOT = csp.Chatbot("maap.example.com", "sip:1069@botplatform.rcs.example", "app-1", "key-of-the-app")
CMCC = mobile.Chatbot("maap.example.com", "sip:1069@botplatform.rcs.example", "app-1", "pass-of-the-app")


def header(request: HttpRequest, name: str) -> str:
    return str(dict(request.headers)[name])


def test_a_parcel_survives_its_packing() -> None:
    assert Parcel.unpack(PARCEL.pack()) == PARCEL


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("tel:+8613800138000", "13800138000"),
        ("+8613800138000", "13800138000"),
        ("13800138000", "13800138000"),
        ("sip:1069@botplatform.rcs.example", "1069"),
        ("", ""),
        ("tel:abc", ""),
    ],
)
def test_numbers_are_read_in_any_form(address: str, number: str) -> None:
    assert bare(address) == number


# --- Telecom and Unicom --------------------------------------------------------------------------------------


def test_a_token_is_asked_for_and_read() -> None:
    asked = csp.ask_for_token(BOT, now=NOW)
    assert asked.target == "/bot/v1/sip%3A1069%40botplatform.rcs.example/accessToken"
    assert json.loads(asked.body) == {"appId": "app-1", "appKey": "key-of-the-app"}
    assert header(asked, "date") == "Fri, 20 Nov 2026 04:30:00 GMT"
    answer = json.dumps({"accessToken": "t-1", "expires": 7200, "errorCode": 0}).encode()
    assert csp.read_token(200, answer) == ("t-1", 7200)
    with pytest.raises(RemoteProtocolError) as caught:
        csp.read_token(200, b'{"errorCode": 48001, "errorMessage": "no"}')
    assert caught.value.params == {"vendor_code": "48001"}


def test_a_message_goes_with_its_chips_its_fallback_and_its_reports() -> None:
    request = csp.send(BOT, "t-1", ["13800138000", "13900139000"], PARCEL, message_id=ID, now=NOW)
    body = json.loads(request.body)
    assert header(request, "authorization") == "accessToken t-1"
    assert int(header(request, "content-length")) == len(request.body)
    assert body["destinationAddress"] == ["tel:+8613800138000", "tel:+8613900139000"]
    assert [one["contentType"] for one in body["messageList"]] == [
        "application/vnd.gsma.botmessage.v1.0+json",
        "application/vnd.gsma.botsuggestion.v1.0+json",
    ]
    assert (body["smsSupported"], body["smsContent"]) == (True, PARCEL.sms)
    assert "displayed" in body["reportRequest"] and body["trafficType"] == "advertisement"
    assert body["messageId"] == ID


def test_without_a_fallback_none_is_promised() -> None:
    body = json.loads(
        csp.send(BOT, "t", ["13800138000"], PARCEL._replace(sms=""), message_id=ID, now=NOW).body
    )
    assert body["smsSupported"] is False and "smsContent" not in body


@pytest.mark.parametrize(
    ("status", "body", "sent"),
    [
        (200, b'{"errorCode": 0}', Sent(ID, 0)),
        (200, b'{"errorCode": 42001}', Sent("", "42001")),
        (200, b'{"errorCode": -2}', Sent("", "-2", known=False)),
        (200, b"{}", Sent("", "vendor.no_code", known=False)),
        (401, b"", Sent("", "42001")),
        (429, b"", Sent("", "HTTP.429")),
    ],
)
def test_what_a_platform_answers(status: int, body: bytes, sent: Sent) -> None:
    assert csp.read_send(status, body, ["13800138000"], message_id=ID) == [sent]


@pytest.mark.parametrize(("status", "body"), [(502, b""), (200, b"<html>"), (200, b"[]")])
def test_an_answer_that_says_nothing_leaves_it_open(status: int, body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        csp.read_send(status, body, ["13800138000"], message_id=ID)


def test_reports_of_a_push() -> None:
    def entry(status: str, **more: object) -> dict[str, object]:
        return {
            "messageId": ID,
            "status": status,
            "dateTime": "2026-11-20T12:31:00+08:00",
            "senderAddress": "tel:+8613800138000",
            "destinationAddress": BOT.address,
            **more,
        }

    told = {
        "deliveryInfoList": [
            entry("delivered"),
            entry("displayed"),
            entry("deliveredToNetwork"),
            entry("failed", errorCode=3),
            entry("somethingNew"),
            {"status": "delivered"},
        ]
    }
    assert [(one.stat, one.done) for one in csp.read_receipts(told)] == [
        ("DELIVRD", "2611201231"),
        (DISPLAYED, "2611201231"),
        (FALLEN_BACK, "2611201231"),
        ("MAAP:3", "2611201231"),
        ("ACCEPTD", "2611201231"),
    ]
    assert csp.read_receipts(told)[0][:2] == (ID, "13800138000")


def test_texts_and_taps_of_a_push() -> None:
    tap = {"response": {"reply": {"displayText": "预约", "postback": {"data": "book"}}}}
    told = {
        "messageId": ID,
        "senderAddress": "tel:+8613800138000",
        "destinationAddress": "sip:1069@x",
        "messageList": [
            {"contentType": "text/plain", "contentText": "TD"},
            {
                "contentType": "application/vnd.gsma.botsuggestion.response.v1.0+json",
                "contentText": tap,
            },
            {"contentType": "application/vnd.gsma.rcs-ft-http", "contentText": []},
        ],
    }
    assert csp.read_replies(told) == [
        VendorReply(f"{ID}:0", "13800138000", "sip:1069@x", "TD"),
        VendorReply(f"{ID}:1", "13800138000", "sip:1069@x", "预约\x1fbook"),
    ]


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        ({"contentType": RESPONSE, "contentText": json.dumps(TAPPED)}, "预约\x1fbook"),
        ({"contentType": RESPONSE.upper() + "; charset=utf-8", "contentText": TAPPED}, "预约\x1fbook"),
        (
            {
                "contentType": RESPONSE,
                "contentEncoding": "base64",
                "contentText": base64.b64encode(json.dumps(TAPPED).encode()).decode(),
            },
            "预约\x1fbook",
        ),
        ({"contentType": "text/plain;charset=UTF-8", "contentText": "退订"}, "退订"),
        ({"contentText": "退订"}, "退订"),
        (
            {
                "contentType": "text/plain",
                "contentEncoding": "base64",
                "contentText": base64.b64encode("退订".encode()).decode(),
            },
            "退订",
        ),
        (
            {"contentType": "application/x-place", "contentText": {"at": "x\x1fy"}},
            '[application/x-place] {"at":"x\\u001fy"}',
        ),
        ({"contentType": RESPONSE, "contentText": "x\x1fy"}, f"[{RESPONSE}] x y"),
    ],
)
def test_whatever_a_handset_sent_is_kept_however_it_is_written(entry: dict[str, Any], text: str) -> None:
    told = {"messageId": ID, "senderAddress": "13800138000", "messageList": entry}
    assert [one.text for one in csp.read_replies(told)] == [text]


@pytest.mark.parametrize("status", ["DELIVERED", "Displayed", "deliveredToNetwork", "FAILED"])
def test_statuses_are_known_in_either_case(status: str) -> None:
    entry = {"messageId": ID, "senderAddress": "13800138000", "status": status, "errorCode": 4}
    [found] = csp.read_receipts({"deliveryInfoList": [entry]})
    assert found.stat in ("DELIVRD", DISPLAYED, FALLEN_BACK, "MAAP:4")


def test_a_push_proves_where_it_comes_from() -> None:
    proof = hashlib.sha256(b"123" + b"456" + b"abc").hexdigest()
    assert csp.is_genuine(proof.upper(), token="abc", timestamp="456", nonce="123")
    assert not csp.is_genuine(proof, token="abc", timestamp="457", nonce="123")
    assert not csp.is_genuine("假的", token="abc", timestamp="456", nonce="123")


# --- China Mobile ----------------------------------------------------------------------------------------------


def test_the_date_is_signed_with_the_hashed_password() -> None:
    date = "Fri, 20 Nov 2026 04:30:00 GMT"
    once = hashlib.sha256(b"pass-of-the-app").hexdigest()
    proof = hashlib.sha256((once + date).encode()).hexdigest()
    kind, _, encoded = mobile.authorization(CMCC, date).partition(" ")
    assert (kind, base64.b64decode(encoded).decode()) == ("Basic", f"app-1:{proof}")


def test_the_xml_says_the_same_and_nothing_breaks_out_of_it() -> None:
    request = mobile.send(CMCC, ["13800138000"], PARCEL, message_id=ID, now=NOW)
    root = ElementTree.fromstring(request.body)
    texts = {one.tag.rpartition("}")[2]: one.text or "" for one in root.iter()}
    assert request.target.endswith("/outbound/sip%3A1069%40botplatform.rcs.example/requests")
    assert texts["destinationAddress"] == "tel:+8613800138000"
    assert texts["smsBodyText"] == PARCEL.sms
    assert texts["contentType"] == 'multipart/mixed; boundary="next"'
    parts = texts["bodyText"].split("--next")
    card = json.loads(
        parts[1].split("\r\n\r\n", 1)[1] if "\r\n\r\n" in parts[1] else parts[1].split("\n\n", 1)[1]
    )
    assert card == PARCEL.message
    assert texts["clientCorrelator"] == texts["messageId"] == ID


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_written_comes_back(title: str, sms: str) -> None:
    parcel = parcel_of(RichMessage((Card(title or "题"),)), sms=sms)
    root = ElementTree.fromstring(mobile.send(CMCC, ["13800138000"], parcel, message_id=ID, now=NOW).body)
    body = next(one.text for one in root.iter() if one.tag == "bodyText")
    assert body is not None
    shown = json.loads(body)["message"]["generalPurposeCard"]["content"]["title"]
    assert [char for char in shown if char.isalnum()] == [char for char in title or "题" if char.isalnum()]


@pytest.mark.parametrize(
    ("status", "body", "sent"),
    [
        (201, b"", Sent(ID, 0)),
        (200, b'{"code": "SVC1000"}', Sent(ID, 0)),
        (400, b'{"code": "SVC0004"}', Sent("", "SVC0004")),
        (
            403,
            b"<requestError><policyException><messageId>POL0009</messageId></policyException></requestError>",
            Sent("", "POL0009"),
        ),
        (404, b"<html>", Sent("", "HTTP.404")),
        (429, b"", Sent("", "HTTP.429")),
    ],
)
def test_what_china_mobile_answers(status: int, body: bytes, sent: Sent) -> None:
    assert mobile.read_send(status, body, ["13800138000"], message_id=ID) == [sent]


def test_a_server_error_leaves_it_open() -> None:
    with pytest.raises(RemoteProtocolError):
        mobile.read_send(503, b"", ["13800138000"], message_id=ID)


def test_reports_in_xml() -> None:
    body = f"""<msg:deliveryInfoNotification xmlns:msg="urn:oma:xml:rest:netapi:messaging:1">
      <dateTime>2026-11-20T12:31:00+08:00</dateTime>
      <deliveryInfo><messageId>{ID}</messageId><address>tel:+8613800138000</address>
        <deliveryStatus>MessageDisplayed</deliveryStatus></deliveryInfo>
      <deliveryInfo><messageId>{ID}</messageId><address>tel:+8613900139000</address>
        <deliveryStatus>DeliveryImpossible</deliveryStatus><text>SVC0004</text></deliveryInfo>
    </msg:deliveryInfoNotification>""".encode()
    assert mobile.read_receipts(body) == [
        VendorReceipt(ID, "13800138000", DISPLAYED, "", "2611201231"),
        VendorReceipt(ID, "13900139000", "MAAP:SVC0004", "", "2611201231"),
    ]


def test_replies_in_xml_also_in_base64() -> None:
    def push(text: str, encoding: str) -> bytes:
        return (
            "<m><senderAddress>tel:+8613800138000</senderAddress><destinationAddress>sip:1069@x</destinationAddress>"
            f"<messageId>{ID}</messageId><contentType>text/plain</contentType>"
            f"<contentEncoding>{encoding}</contentEncoding><bodyText>{text}</bodyText></m>"
        ).encode()

    said = [VendorReply(ID, "13800138000", "sip:1069@x", "退订")]
    assert mobile.read_replies(push("退订", "utf8")) == said
    assert mobile.read_replies(push(base64.b64encode("退订".encode()).decode(), "base64")) == said
    lines = base64.encodebytes(("退订" * 40).encode()).decode()
    assert mobile.read_replies(push(lines, "Base64"))[0].text == "退订" * 40
    assert mobile.read_replies(push("退订", "base64")) == said, "announced wrongly, and not lost for it"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"\xff\xfe",
        b'<?xml encoding="nonsense"?><a/>',
    ],
)
def test_what_is_no_xml_or_brings_entities_is_refused(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        mobile.read_receipts(body)


@given(st.binary(max_size=300))
def test_no_push_breaks_anything(body: bytes) -> None:
    for read in (mobile.read_receipts, mobile.read_replies):
        with contextlib.suppress(RemoteProtocolError):
            read(body)


def test_no_secret_shows_itself() -> None:
    assert "key-of-the-app" not in repr(BOT) and "pass-of-the-app" not in repr(CMCC)
    request = csp.send(BOT, "token-1", ["13800138000"], PARCEL, message_id=ID, now=NOW)
    assert "token-1" not in repr(request) and "13800138000" not in repr(request)
