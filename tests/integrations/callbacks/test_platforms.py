"""What 5G platforms push: signed where that was agreed, taken once, and nothing from whoever only guesses."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from tests.factories import make_contact, phone

from xinfeng.channels.actions import save_channel
from xinfeng.channels.models import Channel
from xinfeng.contacts.models import EventKind
from xinfeng.foundation.vault import Kind, vault
from xinfeng.integrations.callbacks import platforms
from xinfeng.integrations.callbacks.addresses import addresses_of, key_of
from xinfeng.integrations.callbacks.gatekeeping import LARGEST_BODY

pytestmark = pytest.mark.usefixtures("db")

CHATBOT = "sip:106500@botplatform.rcs.example.cn"
TOKEN = "agreed-token"
RESPONSE = "application/vnd.gsma.botsuggestion.response.v1.0+json"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    platforms._buckets.forget()


def make_platform(kind: str = "maap_csp", *, secret: str = f"app-key\n{TOKEN}") -> Channel:
    found = save_channel(
        name=f"平台 {kind}",
        kind=kind,
        purpose="marketing",
        config={"host": "maap.example.com", "account": "app-1", "chatbot": CHATBOT},
        secret=secret,
        rate_per_s=100,
        price_li=60,
        actor="test",
    )
    return Channel.objects.get(pk=found)


def paths(channel: Channel) -> tuple[str, str]:
    found = addresses_of(channel)
    assert found is not None and found.receipts.startswith(found.notify + "/")
    return found.receipts, found.replies


def signed(token: str = TOKEN) -> dict[str, str]:
    digest = hashlib.sha256("".join(sorted((token, "1767225600000", "n0nce"))).encode()).hexdigest()
    return {"signature": digest, "timestamp": "1767225600000", "nonce": "n0nce"}


def tell(path: str, body: Any, *, headers: dict[str, str] | None = None) -> Any:
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    client = Client(raise_request_exception=False, headers={"host": "localhost"})
    return client.post(path, octets, content_type="application/json", headers=headers or {})


def status(number: str, said: str, *, reference: str = "m-1") -> dict[str, Any]:
    return {
        "deliveryInfoList": [
            {
                "messageId": reference,
                "dateTime": "2026-03-01T12:00:05+08:00",
                "status": said,
                "errorCode": 4 if said == "failed" else 0,
                "senderAddress": CHATBOT,
                "destinationAddress": f"tel:+86{number}",
            }
        ]
    }


def message(number: str, text: str, *, reference: str = "mo-1", data: str = "") -> dict[str, Any]:
    content: dict[str, Any] = {"contentType": "text/plain", "contentText": text}
    if data:
        tap = {"response": {"reply": {"displayText": text, "postback": {"data": data}}}}
        content = {"contentType": RESPONSE, "contentText": tap}
    return {
        "messageId": reference,
        "messageList": [content],
        "senderAddress": f"tel:+86{number}",
        "destinationAddress": CHATBOT,
    }


def rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def test_states_are_stored_once_each_and_know_the_reader_from_the_chatbot() -> None:
    receipts, _ = paths(make_platform())
    for _ in range(2):
        for said in ("sent", "delivered", "displayed", "deliveredToNetwork", "failed"):
            assert tell(receipts, status("13800138000", said), headers=signed()).status_code == 200
    found = rows("select stat, phone_index from receipt order by id")
    assert [row[0] for row in found] == ["ACCEPTD", "DELIVRD", "DISPLAYED", "FALLBACK", "MAAP:4"]
    assert {bytes(row[1]) for row in found} == {vault().phone_index("13800138000")}


@pytest.mark.parametrize("headers", [{}, signed("another"), {**signed(), "nonce": "other"}])
def test_nothing_is_taken_without_the_agreed_signature(headers: dict[str, str]) -> None:
    receipts, replies = paths(make_platform())
    assert tell(receipts, status("13800138000", "delivered"), headers=headers).status_code == 403
    assert tell(replies, message("13800138000", "TD"), headers=headers).status_code == 403
    assert rows("select count(*) from receipt") == rows("select count(*) from reply") == [(0,)]


def test_where_no_token_was_agreed_the_address_is_the_secret() -> None:
    receipts, _ = paths(make_platform(secret="app-key"))
    assert tell(receipts, status("13800138000", "delivered")).status_code == 200


def test_a_check_is_echoed_to_who_signs_and_to_nobody_else() -> None:
    channel = make_platform()
    found = addresses_of(channel)
    assert found is not None
    path = f"{found.notify}/notifyInfoNotification/{quote(CHATBOT, safe='')}/check"
    client = Client(headers={"host": "localhost"})
    answer = client.get(path, headers={**signed(), "echoStr": "hello-5g"})
    assert (answer.status_code, answer["echoStr"], answer["appId"]) == (200, "hello-5g", "app-1")
    assert client.get(path, headers={"echoStr": "hello-5g"}).status_code == 403
    assert client.get(path, headers={**signed(), "echoStr": "x" * 300}).status_code == 400
    assert tell(path, {}, headers=signed()).status_code == 405


@pytest.mark.parametrize("spoilt", ["key", "chatbot", "series", "kind"])
def test_an_address_that_we_did_not_give_is_none(spoilt: str) -> None:
    channel = make_platform()
    receipts, _ = paths(channel)
    if spoilt == "key":
        receipts = receipts.replace("/callbacks/", "/callbacks/9")
    elif spoilt == "chatbot":
        receipts = receipts.replace("106500", "106501")
    elif spoilt == "series":
        Channel.objects.filter(pk=channel.pk).update(config={**channel.config, "callback_series": 1})
    else:
        receipts = f"/callbacks/{key_of(channel.pk, 0)}/receipts"
    assert tell(receipts, status("13800138000", "delivered"), headers=signed()).status_code == 404
    assert rows("select count(*) from receipt") == [(0,)]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"[1]", b'{"deliveryInfoList": 7}', b"\xff\xfe", b"[" * 50_000]
)
def test_what_cannot_be_read_is_said_to_be_so(body: bytes) -> None:
    receipts, _ = paths(make_platform())
    assert tell(receipts, body, headers=signed()).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<a",
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b"<a>" * 100_000,
    ],
)
def test_xml_that_is_none_or_brings_entities_is_refused(body: bytes) -> None:
    receipts, replies = paths(make_platform("maap_mobile", secret="password"))
    for path in (receipts, replies):
        assert tell(path, body).status_code == 400


def test_a_body_has_its_limit() -> None:
    receipts, _ = paths(make_platform())
    assert tell(receipts, b" " * (LARGEST_BODY + 1), headers=signed()).status_code == 413


def test_who_floods_is_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platforms, "BURST", 3)
    monkeypatch.setattr(platforms, "PER_MINUTE", 1)
    receipts, _ = paths(make_platform())
    answers = [tell(receipts, status("13800138000", "delivered"), headers=signed()) for _ in range(6)]
    assert answers[-1].status_code == 429 and int(answers[-1]["Retry-After"]) > 0


def test_a_tapped_slot_is_one_booking_however_often_it_is_tapped_or_told() -> None:
    number = phone()
    contact = make_contact(phone=number)
    _, replies = paths(make_platform())
    for reference in ("mo-1", "mo-1"):
        told = message(number, "预约周六", reference=reference, data="xf:book:sat-10")
        assert tell(replies, told, headers=signed()).status_code == 200
    found = rows(
        f"select contact_id, item, properties ->> 'label' from event where kind = {EventKind.BOOKING.value}"
    )
    assert found == [(contact, "sat-10", "预约周六")]
    [(body,)] = rows("select body_sealed from reply")
    assert vault().open(Kind.REPLY, bytes(body)) == "预约周六"


def test_nobody_types_a_tap() -> None:
    number = phone()
    make_contact(phone=number)
    _, replies = paths(make_platform())
    tell(replies, message(number, "预约\x1fxf:book:sat-10"), headers=signed())
    tell(replies, message(number, "好\x1f退订", reference="mo-2"), headers=signed())
    assert rows(f"select count(*) from event where kind = {EventKind.BOOKING.value}") == [(0,)]
    assert rows("select meaning from reply order by id") == [("other",), ("opt_out",)]


@pytest.mark.parametrize(("text", "data"), [("退订", "xf:no"), ("TD", ""), ("拒收", "")])
def test_a_no_is_committed_before_the_platform_is_thanked(text: str, data: str) -> None:
    number = phone()
    contact = make_contact(phone=number)
    _, replies = paths(make_platform())
    assert tell(replies, message(number, text, data=data), headers=signed()).status_code == 200
    assert rows(f"select granted from standing where contact_id = {contact} and purpose = 'marketing'") in (
        [(False,)],
        [],
    )
    assert rows("select count(*) from suppression where lifted_at is null") == [(1,)]


def test_notices_are_thanked_and_change_nothing() -> None:
    channel = make_platform()
    found = addresses_of(channel)
    assert found is not None
    assert tell(f"{found.notify}/notice/rcsspam", {"a": 1}, headers=signed()).status_code == 200
