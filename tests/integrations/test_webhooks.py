"""Webhooks: everything that committed is told, signed, until it has arrived."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from tests.factories import make_contact, make_contacts
from tests.integrations.receiver import Receiver, receiver

from xinfeng.consent.actions import withdraw
from xinfeng.contacts.actions import edit_contact
from xinfeng.contacts.models import Contact, Event
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.tiers import recompute_tiers_of
from xinfeng.foundation.database import bulk_transaction, connect
from xinfeng.foundation.ids import take_block
from xinfeng.foundation.models import AuditEntry
from xinfeng.integrations.models import Webhook, WebhookDelivery, WebhookEvent, WebhookPosition
from xinfeng.integrations.webhooks import actions, gathering, kinds, schedule, signature
from xinfeng.integrations.webhooks.delivering import deliver_due, record
from xinfeng.integrations.webhooks.gathering import gather
from xinfeng.integrations.webhooks.posting import Answer
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.time import utc_now


@pytest.fixture
def hook(committed_db: str) -> Iterator[tuple[Receiver, actions.MadeWebhook]]:
    """A webhook for everything, whose receiver listens; the facts so far have been seen."""
    with receiver() as kept:
        made = actions.add_webhook(
            name="crm",
            url=kept.url,
            kind_names=sorted(kinds.NAMES),
            allow_private=True,
            actor="test",
            now=utc_now(),
        )
        gather(now=utc_now())
        yield kept, made


def told(kept: Receiver) -> list[tuple[str, dict[str, object]]]:
    """Every change with its kind, in the order in which they came."""
    events = [json.loads(body) for _, _, body in kept.got]
    return [(one["kind"], change) for one in events for change in one["changes"]]


def later(hours: float = 0, seconds: float = 0):
    moment = utc_now() + timedelta(hours=hours, seconds=seconds)
    return lambda: moment


def test_what_changed_is_told_once_signed_and_without_identifiers(hook):
    kept, made = hook
    contact_id = make_contact(phone="13900001234", name="王小明", external_id="M1")
    assert gather(now=utc_now()) == 2
    assert deliver_due() == 2
    assert told(kept)[0] in (("contact.created", {"contact_id": contact_id}), told(kept)[0])
    assert {kind for kind, _ in told(kept)} == {"contact.created", "consent.granted"}
    path, headers, body = kept.got[0]
    assert path == "/hook?x=1" and headers["host"].startswith("127.0.0.1:")
    assert signature.verify(made.secret, body, headers["x-xinfeng-signature"], now=int(utc_now().timestamp()))
    assert not signature.verify("other", body, headers["x-xinfeng-signature"], now=int(utc_now().timestamp()))
    for _, _, sent in kept.got:
        assert b"1390000" not in sent and "王".encode() not in sent and b"M1" not in sent
    assert gather(now=utc_now()) == 0 and deliver_due() == 0


def test_an_update_a_withdrawal_and_a_tier_are_told_apart(hook):
    kept, _ = hook
    contact_id = make_contact()
    gather(now=utc_now())
    deliver_due()
    kept.got.clear()
    now = utc_now()
    for level in ("银卡", "金卡"):
        edit_contact(contact_id, ContactRecord(level=level), actor="test", now=utc_now())
    withdraw(contact_id, "marketing", at=now, source="desk", evidence="call", actor="test", now=now)
    with bulk_transaction() as raw:
        raw.execute(
            "insert into tier_fact (contact_id, before, tier, at, cause) values (%s, 1, 2, now(), 'test')",
            (contact_id,),
        )
    gather(now=utc_now())
    deliver_due()
    found = dict(told(kept))
    assert found["contact.updated"] == {"contact_id": contact_id}
    assert [kind for kind, _ in told(kept)].count("contact.updated") == 1
    assert found["consent.withdrawn"]["purpose"] == "marketing"
    assert (found["tier.changed"]["before"], found["tier.changed"]["tier"]) == ("new", "active")


def test_merged_and_erased_contacts_are_told_as_such(hook):
    kept, _ = hook
    one, two, three = make_contacts(3, consent=())
    gather(now=utc_now())
    deliver_due()
    kept.got.clear()
    with bulk_transaction() as raw:
        raw.execute("update contact set state = 1, merged_into = %s where id = %s", (one, two))
        raw.execute("update contact set state = 2 where id = %s", (three,))
    gather(now=utc_now())
    deliver_due()
    assert sorted(told(kept)) == [
        ("contact.erased", {"contact_id": three}),
        ("contact.merged", {"contact_id": two, "merged_into": one}),
    ]


def test_a_long_transaction_is_neither_missed_nor_in_the_way(hook):
    kept, _ = hook
    slow = connect()
    try:
        slow.execute(
            "insert into tier_fact (contact_id, before, tier, at, cause) values (7, 1, 2, now(), 'slow')"
        )
        quick = make_contact(consent=())
        gather(now=utc_now())
        deliver_due()
        assert told(kept) == [("contact.created", {"contact_id": quick})]
        slow.commit()
    finally:
        slow.close()
    gather(now=utc_now())
    deliver_due()
    assert told(kept)[1][0] == "tier.changed" and told(kept)[1][1]["contact_id"] == 7


def test_many_changes_go_in_batches_of_500(hook):
    kept, _ = hook
    make_contacts(1201, consent=())
    assert gather(now=utc_now()) == 1201
    deliver_due()
    sizes = [len(json.loads(body)["changes"]) for _, _, body in kept.got]
    assert sizes == [500, 500, 201]


def test_a_failed_delivery_is_tried_again_later_and_the_receiver_left_alone_meanwhile(hook):
    kept, made = hook
    kept.answers = [500]
    make_contact()
    gather(now=utc_now())
    assert deliver_due() == 1
    assert deliver_due() == 0
    webhook = Webhook.objects.get(pk=made.id)
    assert (webhook.state, webhook.failures) == ("failing", 1)
    assert deliver_due(clock=later(seconds=60)) == 2
    webhook.refresh_from_db()
    assert (webhook.state, webhook.failures) == ("ok", 0)
    failed = WebhookDelivery.objects.get(attempts=2)
    assert [one["status"] for one in failed.history] == [500, 200] and failed.state == "delivered"
    assert kept.got[0][2] in (kept.got[1][2], kept.got[2][2])


def test_redirects_are_not_followed(hook):
    kept, _ = hook
    kept.answers = [302]
    make_contact(consent=())
    gather(now=utc_now())
    assert deliver_due() == 1 and len(kept.got) == 1
    assert WebhookDelivery.objects.get().history[0]["error"] == "redirect"


def test_only_the_beginning_of_an_answer_is_read(hook):
    kept, _ = hook
    kept.body = b"x" * 3_000_000
    make_contact(consent=())
    gather(now=utc_now())
    deliver_due()
    assert len(WebhookDelivery.objects.get().excerpt) == 500


@pytest.mark.parametrize("draw", [0.0, 0.5, 1.0])
def test_a_dead_webhook_is_stopped_after_a_day_and_keeps_what_waits(hook, monkeypatch, draw):
    monkeypatch.setattr("random.random", lambda: draw)
    kept, made = hook
    kept.answers = [500] * 60
    make_contact(consent=())
    gather(now=utc_now())
    hours = 0.0
    while Webhook.objects.get(pk=made.id).enabled and hours < 60:
        deliver_due(clock=later(hours=hours))
        hours += 0.5
    webhook = Webhook.objects.get(pk=made.id)
    assert webhook.state == "stopped" and 24 <= hours <= 48
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"waiting"}
    assert AuditEntry.objects.filter(action="webhook.stop").count() == 1
    kept.answers = []
    make_contact(consent=())
    gather(now=utc_now())
    assert deliver_due(clock=later(hours=80)) == 0
    actions.switch_webhook(made.id, on=True, actor="test", now=utc_now())
    first = utc_now() - timedelta(hours=1)
    assert actions.replay_span(made.id, first=first, last=utc_now(), actor="test", now=utc_now()) >= 1
    deliver_due(clock=later(hours=80))
    assert len({json.loads(body)["id"] for _, _, body in kept.got}) == 2


def test_a_receiver_that_is_gone_is_stopped_at_once(hook):
    kept, made = hook
    kept.answers = [410]
    actions.ping(made.id, actor="test", now=utc_now())
    deliver_due()
    assert Webhook.objects.get(pk=made.id).state == "stopped"
    with pytest.raises(Conflict):
        actions.ping(made.id, actor="test", now=utc_now())


def test_a_replayed_delivery_is_the_same_event(hook):
    kept, made = hook
    delivery = actions.ping(made.id, actor="test", now=utc_now())
    with pytest.raises(Conflict):
        actions.replay(made.id, delivery.pk, actor="test", now=utc_now())
    deliver_due()
    actions.replay(made.id, delivery.pk, actor="test", now=utc_now())
    deliver_due()
    assert kept.got[0][2] == kept.got[1][2] and len(kept.got) == 2


def test_a_webhook_hears_only_what_it_asked_for(hook):
    kept, made = hook
    actions.edit_webhook(made.id, kind_names=["tier.changed"], actor="test", now=utc_now())
    make_contact()
    assert gather(now=utc_now()) == 0 and not WebhookEvent.objects.exists()


def test_without_webhooks_nothing_is_kept(committed_db):
    make_contact()
    assert gather(now=utc_now()) == 0
    assert not WebhookPosition.objects.exists()


def test_a_restored_database_begins_anew(hook):
    WebhookPosition.objects.update(identity="another")
    make_contact()
    assert gather(now=utc_now()) == 0
    make_contact(consent=())
    assert gather(now=utc_now()) == 1


def test_two_looks_at_once_do_not_tell_twice(hook):
    make_contacts(3, consent=())
    with connect() as other:
        other.execute("select pg_advisory_xact_lock(%s)", (gathering._LOCK,))
        assert gather(now=utc_now()) == 0
    assert gather(now=utc_now()) == 3


def test_old_events_are_forgotten(hook):
    make_contact()
    gather(now=utc_now())
    assert actions.forget_old(now=utc_now()) == 0
    assert actions.forget_old(now=utc_now() + timedelta(days=31)) > 0
    assert not WebhookDelivery.objects.exists()


def test_retries_outlast_the_day_after_which_a_webhook_is_stopped_and_then_end():
    delays = [schedule.next_delay(n, draw=0.0) for n in range(1, schedule.MOST_ATTEMPTS)]
    before_the_last = sum(delays[:-1], timedelta())
    assert schedule.GIVE_UP_AFTER < before_the_last < timedelta(hours=48) and delays == sorted(delays)
    assert schedule.next_delay(schedule.MOST_ATTEMPTS, draw=0.5) is None
    assert schedule.next_delay(1, draw=0.0) < schedule.next_delay(1, draw=1.0)
    assert schedule.hold(50, draw=0.5) <= timedelta(minutes=15)


@pytest.mark.parametrize(
    "header", ["", "t=,v1=", "t=1,v1=00", "v1=00", "t=99999999999999,v1=00", "t=é,v1=é", "a"]
)
def test_signatures_that_are_none_are_refused(header):
    assert not signature.verify("s", b"{}", header, now=1_000)


def test_an_old_signature_is_refused():
    header = signature.sign("s", b"{}", at=1_000)
    assert signature.verify("s", b"{}", header, now=1_200)
    assert not signature.verify("s", b"{}", header, now=2_000)
    assert not signature.verify("s", b"{} ", header, now=1_200)


def test_names_kinds_and_spans_are_checked(db):
    given = {"name": "x", "url": "https://example.com/", "kind_names": ["tier.changed"], "actor": "t"}
    for wrong in ({"name": " "}, {"kind_names": []}, {"kind_names": ["all"]}, {"url": "ftp://example.com/"}):
        with pytest.raises(InvalidInput):
            actions.add_webhook(**{**given, **wrong}, now=utc_now())
    made = actions.add_webhook(**given, now=utc_now())
    with pytest.raises(InvalidInput):
        actions.replay_span(made.id, first=utc_now(), last=utc_now() - timedelta(1), actor="t", now=utc_now())


def test_series_of_contacts_commit_in_their_order(committed_db):
    """What makes `id >= next` mean "new": a block of ids is held until its transaction ends."""
    first = connect()
    try:
        take_block(first, "contact", 5)
        with connect() as second, pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute("set lock_timeout = '50ms'")
            take_block(second, "contact", 1)
    finally:
        first.close()
    assert not Contact.objects.exists() and not Event.objects.exists()
    assert isinstance(utc_now(), datetime)


def test_a_tier_alone_is_no_change_of_the_contact(hook):
    kept, _ = hook
    contact_id = make_contact(consent=(), at=utc_now() - timedelta(days=1))
    gather(now=utc_now())
    deliver_due()
    kept.got.clear()
    with bulk_transaction() as raw:
        assert recompute_tiers_of(raw, [contact_id], now=utc_now()) == 1
    assert gather(now=utc_now()) == 1
    deliver_due()
    assert [kind for kind, _ in told(kept)] == ["tier.changed"]
    edit_contact(contact_id, ContactRecord(level="金卡"), actor="test", now=utc_now())
    assert gather(now=utc_now()) == 1


def test_an_attempt_that_is_written_down_meanwhile_does_not_make_a_look_fail(hook, monkeypatch):
    _, made = hook
    make_contacts(3)
    whole = gathering.payload_of

    waits = actions.ping(made.id, actor="test", now=utc_now())

    def slow(*given, **named):
        record(made.id, waits.pk, Answer(500, "", "", 1), now=utc_now(), draw=0.5)
        return whole(*given, **named)

    monkeypatch.setattr(gathering, "payload_of", slow)
    assert gather(now=utc_now()) == 6
    assert Webhook.objects.get(pk=made.id).failures > 0
    assert gather(now=utc_now()) == 0


def test_old_events_go_in_steps_with_their_deliveries(hook, monkeypatch):
    monkeypatch.setattr(actions, "_AT_ONCE", 2)
    _, made = hook
    for _ in range(5):
        actions.ping(made.id, actor="test", now=utc_now() - timedelta(days=31))
    actions.ping(made.id, actor="test", now=utc_now())
    assert actions.forget_old(now=utc_now()) == 5
    assert (WebhookEvent.objects.count(), WebhookDelivery.objects.count()) == (1, 1)
