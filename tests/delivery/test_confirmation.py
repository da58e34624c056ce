"""Telling people once that their opt-out was taken."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection as django_connection
from tests.campaigns.factories import make_channel, make_template
from tests.delivery import world
from tests.delivery.world import ask, one
from tests.factories import make_contact

from xinfeng.consent.actions import grant
from xinfeng.content.models import Signature
from xinfeng.delivery import actions, confirmation
from xinfeng.delivery.confirmation import LATEST, save_settings, send_queued
from xinfeng.delivery.replies import Assembly, read, store
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def make_person(consent: tuple[str, ...] = ("marketing", "service")) -> int:
    return make_contact(consent=consent, at=utc_now() - timedelta(days=3))


def switch_on(**changes: Any) -> None:
    channel = changes.pop("channel_id", None) or make_channel(purpose="service").pk
    signature, _ = Signature.objects.get_or_create(text="信风商城")
    save_settings(
        {"enabled": True, "channel_id": channel, "signature_id": signature.pk, **changes}, actor="admin"
    )


def reply(contact_id: int, text: str, *, serial: int, now: datetime | None = None) -> int:
    sealed = one("select phone_sealed from contact where id = %s", contact_id)
    number = vault().open(Kind.PHONE, bytes(sealed))
    delivered = (
        serial,
        serial.to_bytes(8, "big"),
        number,
        "10690001",
        0,
        8,
        text.encode("utf-16-be"),
        False,
    )
    whole = Assembly().add(1, read(delivered, None, 0.0))
    assert whole is not None
    with bulk_transaction() as connection:
        return store(connection, [whole], now=now or utc_now())


def planned() -> list[tuple[Any, ...]]:
    return ask("select contact_id from message order by id")


def test_an_opt_out_is_confirmed_once_over_the_service_channel() -> None:
    switch_on(text="您已退订。")
    person = make_person()
    reply(person, "T", serial=1)
    plan_id = send_queued(now=utc_now())
    assert planned() == [(person,)]
    assert ask("select purpose, state, channel_id from plan where id = %s", plan_id) == [
        ("service", "running", confirmation.current_settings().channel_id)
    ]
    body = one("select body_sealed from message")
    assert vault().open(Kind.BODY, bytes(body)) == "【信风商城】您已退订。"
    assert one(
        "select e.purpose from message m join consent_entry e on e.seq = m.consent_seq and e.granted"
    ) == ("service")
    assert send_queued(now=utc_now()) is None


def test_who_says_no_again_is_not_told_again() -> None:
    switch_on()
    person = make_person()
    reply(person, "T", serial=1)
    reply(person, "退订", serial=2)
    send_queued(now=utc_now())
    reply(person, "我说了退订！", serial=3)
    assert send_queued(now=utc_now()) is None
    assert planned() == [(person,)]


def test_who_agreed_again_in_between_is_told_again() -> None:
    switch_on()
    person = make_person()
    reply(person, "T", serial=1)
    send_queued(now=utc_now())
    grant(
        person,
        "marketing",
        at=utc_now(),
        source="form:again",
        notice_id=None,
        evidence="ticked",
        actor="test",
        now=utc_now(),
        lifts_opt_out=True,
    )
    reply(person, "T", serial=2)
    send_queued(now=utc_now())
    assert planned() == [(person,), (person,)]


def test_without_service_consent_she_is_left_out_and_the_reason_kept() -> None:
    switch_on()
    person, other = make_person(("marketing",)), make_person()
    reply(person, "T", serial=1)
    reply(other, "T", serial=2)
    plan_id = send_queued(now=utc_now())
    assert planned() == [(other,)]
    assert ask("select contact_id, reason from left_out where plan_id = %s", plan_id) == [
        (person, "no_consent")
    ]
    assert send_queued(now=utc_now()) is None


def test_switched_off_nothing_is_queued() -> None:
    person = make_person()
    reply(person, "T", serial=1)
    assert one("select count(*) from opt_out_confirmation") == 0
    assert send_queued(now=utc_now()) is None


def test_switched_off_later_what_waits_is_dropped() -> None:
    switch_on()
    reply(make_person(), "T", serial=1)
    save_settings({"enabled": False}, actor="admin")
    assert send_queued(now=utc_now()) is None
    switch_on()
    assert send_queued(now=utc_now()) is None
    assert planned() == []


def test_replies_of_another_meaning_and_of_strangers_are_not_confirmed() -> None:
    switch_on()
    person = make_person()
    reply(person, "几点开门", serial=1)
    stranger = (9, (9).to_bytes(8, "big"), "13700000009", "10690001", 0, 0, b"T", False)
    whole = Assembly().add(1, read(stranger, None, 0.0))
    assert whole is not None
    with bulk_transaction() as connection:
        store(connection, [whole], now=utc_now())
    assert one("select count(*) from suppression") == 1
    assert one("select count(*) from opt_out_confirmation") == 0


def test_with_the_channel_out_of_use_it_waits_but_not_for_days() -> None:
    channel = make_channel(purpose="service")
    switch_on(channel_id=channel.pk)
    first, second = make_person(), make_person()
    reply(first, "T", serial=1)
    channel.enabled = False
    channel.save()
    assert send_queued(now=utc_now()) is None
    reply(second, "T", serial=2, now=utc_now() + LATEST / 2)
    channel.enabled = True
    channel.save()
    send_queued(now=utc_now() + LATEST)
    assert planned() == [(second,)]


def test_a_crash_before_the_plan_commits_loses_and_doubles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    switch_on()
    person = make_person()
    reply(person, "T", serial=1)

    class Crashed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Crashed

    with monkeypatch.context() as broken, pytest.raises(Crashed):
        broken.setattr(actions, "start_plan", die)
        send_queued(now=utc_now())
    django_connection.close()
    assert planned() == []
    assert one("select count(*) from plan") == 0
    send_queued(now=utc_now())
    assert planned() == [(person,)]


def test_it_reaches_the_handset(tmp_path: Path) -> None:
    with world.carrier_and_gateway(tmp_path) as running:
        channel = world.make_channel(running.port, purpose="service")
        switch_on(channel_id=channel)
        reply(make_person(), "TD", serial=1)
        plan_id = send_queued(now=utc_now())
        assert plan_id is not None
        world.finished(plan_id)
    assert world.fates(plan_id) == {"accepted": 1}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"enabled": "yes"}, "opt_out.confirmation_setting"),
        ({"colour": "red"}, "opt_out.confirmation_setting"),
        ({"text": "您好{{ contact.name }}"}, "template.default_missing"),
        ({"text": "您已退订。" * 20}, "opt_out.confirmation_text"),
        ({"text": " "}, "template.empty"),
        ({"channel_id": None}, "opt_out.confirmation_incomplete"),
    ],
)
def test_an_unfit_setting_is_refused_and_nothing_changes(changes: dict[str, Any], code: str) -> None:
    make_template()
    switch_on()
    before = confirmation.current_settings()
    with pytest.raises(InvalidInput) as refused:
        save_settings(changes, actor="admin")
    assert refused.value.code == code
    assert confirmation.current_settings() == before


def test_a_text_may_fill_one_message_to_its_last_character() -> None:
    signature = len("【信风商城】")
    switch_on(text="退" * (70 - signature))
    with pytest.raises(InvalidInput, match="opt_out.confirmation_text"):
        save_settings({"text": "退" * (71 - signature)}, actor="admin")


def test_a_marketing_channel_and_things_out_of_use_are_refused() -> None:
    switch_on()
    with pytest.raises(InvalidInput) as wrong:
        save_settings({"channel_id": make_channel().pk}, actor="admin")
    assert wrong.value.code == "opt_out.confirmation_channel"
    with pytest.raises(NotFound):
        save_settings({"signature_id": 999_999}, actor="admin")
    unused = Signature.objects.create(text="旧品牌", enabled=False)
    with pytest.raises(Conflict):
        save_settings({"signature_id": unused.pk}, actor="admin")
