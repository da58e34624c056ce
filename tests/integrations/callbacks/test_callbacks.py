"""What vendors tell: taken once, whoever else knocks is turned away, and a "no" binds before they are thanked."""

from __future__ import annotations

import json
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from tests.factories import make_contact, phone

from xinfeng.channels.actions import save_channel
from xinfeng.channels.models import Channel
from xinfeng.delivery.models import ReplyMeaning
from xinfeng.integrations.callbacks import refusals, views
from xinfeng.integrations.callbacks.addresses import addresses_of, key_of, read_key
from xinfeng.integrations.callbacks.gatekeeping import LARGEST_BODY

pytestmark = pytest.mark.usefixtures("db")

SECRET = "the-access-key-secret"


@pytest.fixture(autouse=True)
def _fresh() -> None:
    views._buckets.forget()


def make_vendor(kind: str = "aliyun", *, channel_id: int | None = None, **config: Any) -> Channel:
    stated = {"account": "LTAI", **({"app_id": "1400006666"} if kind == "tencent" else {}), **config}
    found = save_channel(
        name=f"厂商 {kind}",
        kind=kind,
        purpose="marketing",
        config=stated,
        secret=SECRET,
        rate_per_s=100,
        price_li=35,
        actor="test",
        channel_id=channel_id,
    )
    return Channel.objects.get(pk=found)


def tell(path: str, told: Any, **more: Any) -> Any:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    return Client(raise_request_exception=False, headers={"host": "localhost"}).post(
        path, body, content_type="application/json", **more
    )


def report(number: str = "13800138000", *, reference: str = "900^0", success: bool = True) -> dict[str, Any]:
    return {
        "phone_number": number,
        "send_time": "2026-03-01 12:00:01",
        "report_time": "2026-03-01 12:00:05",
        "success": success,
        "err_code": "DELIVERED" if success else "MK:0001",
        "biz_id": reference,
        "out_id": "xf1",
    }


def reply(number: str, text: str, *, sequence: int = 1) -> dict[str, Any]:
    return {
        "phone_number": number,
        "send_time": "2026-03-01 12:00:01",
        "content": text,
        "dest_code": "9",
        "sequence_id": sequence,
    }


def rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def paths(channel: Channel) -> tuple[str, str]:
    found = addresses_of(channel)
    assert found is not None
    return found.receipts, found.replies


def test_receipts_are_stored_once_however_often_they_come() -> None:
    receipts, _ = paths(make_vendor())
    told = [report(), report(), report("13800138001"), report("13800138002", success=False)]
    for _ in range(3):
        answer = tell(receipts, told)
        assert answer.status_code == 200
        assert answer.json() == {"code": 0, "msg": "成功"}
    found = rows("select stat, count(*), count(distinct carrier_id) from receipt group by stat order by stat")
    assert found == [("DELIVRD", 2, 2), ("MK:0001", 1, 1)]
    [(kept,)] = rows("select carrier_id from receipt limit 1")
    assert b"138001380" not in bytes(kept)


def test_a_second_word_about_the_same_message_is_another_receipt() -> None:
    receipts, _ = paths(make_vendor())
    tell(receipts, [report(success=False)])
    tell(receipts, [report()])
    assert [row[0] for row in rows("select stat from receipt order by id")] == ["MK:0001", "DELIVRD"]


def test_a_receipt_is_about_every_part_of_its_message() -> None:
    channel = make_vendor("tencent")
    for part in (1, 2, 3):
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into attempt (message_id, part, channel_id, outcome, code, carrier_id, sent_at, at)"
                " values (77, %s, %s, 1, '0', %s, now(), now())",
                (part, channel.pk, b"5000:1"),
            )
    told = [
        {
            "mobile": "13800138000",
            "nationcode": "86",
            "report_status": "SUCCESS",
            "errmsg": "DELIVRD",
            "sid": "5000:1",
        }
    ]
    answer = tell(paths(channel)[0], told)
    assert answer.json() == {"result": 0, "errmsg": "OK"}
    tell(paths(channel)[0], told)
    assert rows("select message_id, part, stat from receipt_match order by part") == [
        (77, part, "DELIVRD") for part in (1, 2, 3)
    ]


@pytest.mark.parametrize(("kind", "text"), [("aliyun", "T"), ("tencent", "退订")])
def test_a_no_is_committed_as_an_opt_out_before_the_vendor_is_thanked(kind: str, text: str) -> None:
    number = phone()
    contact = make_contact(phone=number)
    _, replies = paths(make_vendor(kind))
    told: Any = [reply(number, text)]
    if kind == "tencent":
        told = {
            "extend": "9",
            "mobile": number,
            "nationcode": "86",
            "sign": "信风",
            "text": text,
            "time": 1772337605,
        }
    for _ in range(2):
        assert tell(replies, told).status_code == 200
    assert rows("select contact_id, meaning, to_number from reply") == [(contact, ReplyMeaning.OPT_OUT, "9")]
    assert rows("select scope, reason from suppression where lifted_at is null") == [("marketing", "opt_out")]
    assert rows(f"select count(*) from consent_entry where contact_id = {contact} and not granted") == [(1,)]


def test_other_words_reach_the_inbox_and_bind_nobody() -> None:
    number = phone()
    make_contact(phone=number)
    _, replies = paths(make_vendor())
    told = [
        reply(number, "几点开门？"),
        reply(number, "谢谢\u0000😀", sequence=2),
        reply(number, "\ud800", sequence=3),
    ]
    assert tell(replies, told).status_code == 200
    assert rows("select meaning, count(*) from reply group by meaning") == [("other", 3)]
    assert rows("select count(*) from suppression") == [(0,)]


def test_only_the_address_that_we_gave_is_heard() -> None:
    channel = make_vendor()
    receipts, replies = paths(channel)
    key = receipts.split("/")[2]
    other = key_of(channel.pk + 1, 0)
    forged = [
        f"/callbacks/{key[:-1]}{'A' if key[-1] != 'A' else 'B'}/receipts",
        f"/callbacks/{channel.pk}-0-{'A' * 22}/receipts",
        f"/callbacks/{channel.pk}-1-{key.rsplit('-', 1)[-1]}/receipts",
        f"/callbacks/{other}/receipts",
        f"/callbacks/{'9' * 40}-0-{'A' * 22}/receipts",
        "/callbacks/x/receipts",
    ]
    for path in forged:
        assert tell(path, [report()]).status_code == 404, path
    assert rows("select count(*) from receipt") == [(0,)]
    assert Client(headers={"host": "localhost"}).get(receipts).status_code == 405
    assert read_key(key) == (channel.pk, 0)


def test_a_forged_address_asks_no_database() -> None:
    def refuse(*_: Any) -> Any:
        raise AssertionError("asked the database")

    with connection.execute_wrapper(refuse):
        assert tell(f"/callbacks/1-0-{'A' * 22}/receipts", [report()]).status_code == 404


def test_a_new_series_ends_the_old_addresses() -> None:
    channel = make_vendor()
    old, _ = paths(channel)
    channel = make_vendor(channel_id=channel.pk, callback_series=1)
    new, _ = paths(channel)
    assert old != new
    assert tell(old, [report()]).status_code == 404
    assert tell(new, [report()]).status_code == 200


def test_a_channel_with_a_connection_of_its_own_has_no_address() -> None:
    channel = make_vendor()
    receipts, _ = paths(channel)
    Channel.objects.filter(pk=channel.pk).update(kind="cmpp3")
    channel.refresh_from_db()
    assert addresses_of(channel) is None
    assert tell(receipts, [report()]).status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 50_000, b"\xff", b"7", b'"x"'])
def test_what_cannot_be_read_is_refused(body: bytes) -> None:
    receipts, replies = paths(make_vendor())
    assert tell(receipts, body).status_code == 400
    assert tell(replies, body).status_code == 400


def test_what_is_too_long_is_refused_unread() -> None:
    receipts, _ = paths(make_vendor())
    assert tell(receipts, b"[" + b" " * LARGEST_BODY + b"]").status_code == 413


def test_a_flood_is_slowed_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "BURST", 3)
    monkeypatch.setattr(views, "PER_MINUTE", 1)
    channel = make_vendor()
    receipts, _ = paths(channel)
    codes = [tell(receipts, [report(reference=str(n))]).status_code for n in range(5)]
    assert codes == [200, 200, 200, 429, 429]
    assert int(tell(receipts, []).headers["Retry-After"]) > 0


def test_refusals_are_counted_by_reason() -> None:
    channel = make_vendor()
    receipts, _ = paths(channel)
    before = refusals.refused()
    forged = receipts.replace(f"/{channel.pk}-0-", f"/{channel.pk}-0-x")
    assert [tell(forged, []).status_code, tell(receipts, b"{").status_code] == [404, 400]
    after = refusals.refused()
    more = {reason: after[reason] - before[reason] for reason in after if after[reason] != before[reason]}
    assert more == {"unknown_address": 1, "unreadable": 1}


@pytest.mark.parametrize("spoilt", ["/receipts/", "/receipt", "/", "", "/receipts?x=1/../y"])
def test_a_right_key_in_a_mistyped_address_is_logged_nowhere(
    spoilt: str, caplog: pytest.LogCaptureFixture
) -> None:
    receipts, _ = paths(make_vendor())
    key = receipts.split("/")[2]
    with caplog.at_level("DEBUG"):
        assert tell(f"/callbacks/{key}{spoilt}", [report()]).status_code in (404, 200)
    assert key not in caplog.text


def test_a_flood_leaves_connections_to_everybody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "PATIENCE_S", 0.01)
    receipts, _ = paths(make_vendor())
    with ExitStack() as stack:
        assert all(stack.enter_context(refusals.turn()) for _ in range(refusals.AT_ONCE))
        answer = tell(receipts, [report()])
        assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
    assert tell(receipts, [report()]).status_code == 200


def test_nobody_is_thanked_for_what_could_not_be_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> int:
        raise psycopg.OperationalError("the disk is full")

    monkeypatch.setattr(views, "take_receipts", fail)
    receipts, _ = paths(make_vendor())
    answer = tell(receipts, [report()])
    assert answer.status_code == 503 and answer.content == b""


def test_no_answer_and_no_log_says_a_number_or_the_address(caplog: pytest.LogCaptureFixture) -> None:
    channel = make_vendor()
    receipts, replies = paths(channel)
    token = receipts.split("/")[2].split("-", 2)[2]
    with caplog.at_level("DEBUG", logger="xinfeng"), caplog.at_level("DEBUG", logger="django.request"):
        tell(receipts, [report()])
        tell(replies, [reply("13800138000", "您好")])
        tell(receipts, b"nonsense 13800138000")
    said = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    assert "13800138000" not in said and token not in said and SECRET not in said
    assert "vendor.not_json" in said
