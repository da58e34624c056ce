"""What follows from codes: each once, in force at once, and never another message."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.delivery.test_number_news import _World
from tests.delivery.world import ask

from xinfeng.channels import codes
from xinfeng.channels.codes.own import OwnCode, remove_code, set_codes
from xinfeng.consent.actions import lift_suppression
from xinfeng.delivery import number_news
from xinfeng.foundation.database import connect
from xinfeng.hygiene.models import NumberState
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _codes_as_shipped() -> Iterator[None]:
    yield
    codes.lookup.install([], None)


def _suppressions() -> list[tuple[Any, ...]]:
    return ask("select scope, reason, source, lifted_at is null from suppression order by id")


def _refused(world: _World, message: int, code: str) -> None:
    with connect(autocommit=True) as connection:
        connection.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
            " select %s, 1, id, 2, %s, now(), now() from channel limit 1",
            (world.messages[message], code),
        )


def _messages_and_attempts() -> tuple[Any, ...]:
    return ask("select (select count(*) from message), (select count(*) from chunk)")[0]


@pytest.mark.parametrize("code", ["DB:0141", "MB:1077", "SGIP:69", "MBBLACK", "ID:0096"])
def test_a_number_that_the_carrier_bars_gets_no_more_marketing(code: str) -> None:
    world = _World()
    before = _messages_and_attempts()
    world.receipt(0, code)
    number_news.hand_on(now=utc_now())
    assert _suppressions() == [("marketing", "carrier", f"receipt:{code}", True)]
    granted = ask("select purpose from standing where suppressed <> '' and purpose = 'marketing'")
    assert granted, "it binds at once"
    assert _messages_and_attempts() == before, "nothing is sent again because of a receipt"


def test_a_duplicate_teaches_nothing_twice_even_after_a_person_lifted_it() -> None:
    world = _World()
    world.receipt(0, "DB:0141")
    number_news.hand_on(now=utc_now())
    world.receipt(0, "DB:0141")
    number_news.hand_on(now=utc_now())
    assert len(_suppressions()) == 1
    [(suppression,)] = ask("select id from suppression")
    lift_suppression(suppression, reason="她来电确认愿意接收", actor="boss", now=utc_now())
    world.receipt(0, "DB:0141")
    number_news.hand_on(now=utc_now())
    assert _suppressions() == [("marketing", "carrier", "receipt:DB:0141", False)]


@pytest.mark.parametrize("code", ["UNDELIV", "DB:0140", "MK:0000", "601", "XX:9999", "KEYWORD", "MK:0010"])
def test_what_is_disputed_unknown_or_about_something_else_bars_nobody(code: str) -> None:
    world = _World()
    world.receipt(0, code)
    world.receipt(1, code, at=utc_now() + timedelta(days=1))
    number_news.hand_on(now=utc_now() + timedelta(days=1, hours=1))
    assert _suppressions() == []
    assert not NumberState.objects.filter(quarantined=True).exists()


def test_a_refused_submit_is_a_lesson_too_and_read_as_one() -> None:
    world = _World()
    ask_kind = "update channel set kind = 'tencent'"
    with connect(autocommit=True) as connection:
        connection.execute(ask_kind)
    _refused(world, 0, "FailedOperation.PhoneNumberInBlacklist")
    number_news.hand_on(now=utc_now())
    number_news.hand_on(now=utc_now())
    assert [row[2] for row in _suppressions()] == ["receipt:FailedOperation.PhoneNumberInBlacklist"]


def test_a_number_of_another_network_counts_as_ported_until_somebody_knows_better() -> None:
    world = _World()
    world.receipt(0, "MB:1048")
    number_news.hand_on(now=utc_now())
    state = world.state()
    assert (state.ported, state.carrier_now, state.quarantined) == (True, 0, False)
    facts = "select code, detail from number_fact"
    assert ask(facts) == [("MB:1048", "ported")]
    world.receipt(0, "MB:1048")
    number_news.hand_on(now=utc_now())
    assert len(ask(facts)) == 1


def test_a_receipt_about_a_number_she_no_longer_has_bars_nobody() -> None:
    world = _World()
    world.receipt(0, "DB:0141")
    with connect(autocommit=True) as connection:
        connection.execute(
            "insert into number_state (contact_id, phone_index, number_since) select id, phone_index, now()"
            " from contact on conflict (contact_id) do update set number_since = now()"
        )
    number_news.hand_on(now=utc_now())
    assert _suppressions() == []


def test_what_an_operator_says_of_a_code_holds_from_the_next_receipt_on() -> None:
    world = _World()
    entry = OwnCode("QX:0007", "*", "receipt", "blacklist", "平台黑名单")
    set_codes([entry], why="服务商书面答复", actor="boss", now=utc_now())
    codes.refresh(at_once=True)
    world.receipt(0, "QX:0007")
    number_news.hand_on(now=utc_now())
    assert [row[2] for row in _suppressions()] == ["receipt:QX:0007"]
    remove_code("QX:0007", "*", "receipt", actor="boss")
    codes.refresh(at_once=True)
    assert codes.explain("cmpp3", "QX:0007").category == "unlisted"
