"""What is past its time goes, month by month, and everything else stays whole; the law's floor holds, and so do holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import connection
from tests.factories import make_contacts, make_event

from xinfeng.delivery import planning
from xinfeng.delivery.models import Outcome, Plan, PlanTotals
from xinfeng.delivery.outcomes import message_state
from xinfeng.delivery.planning import LeftOutContact, NewMessage, PlanTerms
from xinfeng.foundation import database, holds, retention, seals
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.models import AuditEntry
from xinfeng.foundation.partitions import cover
from xinfeng.foundation.seal_verifying import verify
from xinfeng.insights.live import live_numbers
from xinfeng.insights.report import report
from xinfeng.insights.totals import totals as totals_of
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.ids import ChannelId
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens, lens

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
OLD = datetime(2024, 3, 10, 4, 0, tzinfo=UTC)
FACTS = ("receipt_match", "receipt", "attempt", "withheld", "left_out", "reply", "message")


@dataclass
class World:
    old: int
    young: int
    contacts: list[int]
    old_first: int


def make_plan(contacts: list[int], at: datetime) -> tuple[int, int]:
    """Five messages: three delivered, one refused, one withheld; one contact left out; one reply."""
    terms = PlanTerms(
        "marketing", ChannelId(1), {}, [(at, at + timedelta(hours=1))], at + timedelta(hours=1), 40
    )
    with bulk_transaction() as raw:
        for table in FACTS:
            cover(raw, table, at.date(), at.date())
        plan = planning.open_plan(raw, terms, at_most=5, now=at)
        planning.write_messages(raw, plan, [NewMessage(one, 0, 1, 1, b"x") for one in contacts[:5]])
        planning.write_left_out(raw, plan, [LeftOutContact(contacts[5], "opted_out")])
        planning.close_plan(raw, plan)
        first = plan.first_id
        for number in range(4):
            outcome = Outcome.ACCEPTED if number < 3 else Outcome.REFUSED
            raw.execute(
                "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at) values (%s,1,1,%s,%s,%s,%s)",
                (first + number, outcome, "0" if number < 3 else "13", at, at),
            )
            if number < 3:
                raw.execute(
                    "insert into receipt (id, received_at, channel_id, carrier_id, stat, message_id, part)"
                    " values ((select coalesce(max(id),0)+1 from receipt),%s,1,'','DELIVRD',%s,1)",
                    (at, first + number),
                )
        raw.execute(
            "insert into withheld (message_id, reason, at) values (%s, 'opted_out', %s)", (first + 4, at)
        )
        raw.execute(
            "insert into reply (id, received_at, channel_id, phone_sealed, phone_index, contact_id, message_id, plan_id,"
            " to_number, body_sealed, meaning) values ((select coalesce(max(id),0)+1 from reply),%s,1,'','',%s,%s,%s,'1','','opt_out')",
            (at, contacts[0], first, plan.id),
        )
    Plan.objects.filter(pk=plan.id).update(state="finished", planned_at=at, started_at=at)
    with database.connect(autocommit=True) as raw:
        raw.execute("update chunk set state = 'done' where plan_id = %s", (plan.id,))
    return plan.id, first


@pytest.fixture
def world(committed_db: str) -> Iterator[World]:
    seals.head_path().unlink(missing_ok=True)
    contacts = make_contacts(6)
    old, first = make_plan(contacts, OLD)
    young, _ = make_plan(contacts, NOW - timedelta(days=3))
    lens().refresh()
    yield World(old, young, contacts, first)
    close_lens()
    seals.head_path().unlink(missing_ok=True)


def count(table: str, plan_id: int | None = None) -> int:
    where = "" if plan_id is None else f" where plan_id = {plan_id}"
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}{where}")
        return int(cursor.fetchone()[0])


def counts() -> dict[str, int]:
    return {table: count(table) for table in FACTS}


def in_lens(table: str) -> int:
    return int(lens().scalar(lens().table(table).count()))


def outcome_of(kind: str, found: list[retention.Outcome]) -> retention.Outcome:
    return next(one for one in found if one.kind == kind)


def test_nothing_is_kept_shorter_than_the_law_allows(db: None) -> None:
    with pytest.raises(InvalidInput) as refused:
        retention.configure("messages", 150, actor="he")  # five months were enough until May 2026
    assert refused.value.code == "retention.below_floor"
    assert refused.value.params["floor_days"] == 184 and "74" in refused.value.params["source"]
    for kind, days, code in (
        ("audit", 183, "retention.below_floor"),
        ("proofs", 1000, "retention.below_floor"),
        ("messages", 0, "retention.below_floor"),
        ("messages", -5, "retention.below_floor"),
        ("messages", 10**6, "retention.too_long"),
        ("consents", 4000, "retention.fixed"),
    ):
        with pytest.raises(InvalidInput) as refused:
            retention.configure(kind, days, actor="he")
        assert refused.value.code == code, kind
    with pytest.raises(NotFound, match=r"retention\.unknown"):
        retention.configure("nonsense", 400, actor="he")
    retention.configure("messages", 184, actor="he")
    days = {one.kept.kind: one.days for one in retention.settings()}
    assert days["messages"] == 184 and days["consents"] is None
    assert AuditEntry.objects.filter(action="retention.change", object_id="messages").count() == 1


def test_a_stored_value_below_a_floor_that_rose_counts_as_the_floor(db: None) -> None:
    from xinfeng.foundation import stored

    stored.write(retention.STORED_KEY, {"messages": 150, "consents": 1}, actor="test")
    days = {one.kept.kind: one.days for one in retention.settings()}
    assert days["messages"] == 184 and days["consents"] is None


def test_every_kind_says_what_it_is_and_where_its_floor_comes_from(db: None) -> None:
    for kept in retention.kinds():
        assert all(kept.label) and all(kept.covers) and all(kept.source), kept.kind
        if kept.fixed:
            assert all(kept.why) and kept.default_days is None, kept.kind
        else:
            assert kept.default_days is not None and kept.default_days >= kept.floor_days, kept.kind


def test_a_plan_says_what_would_go_and_changes_nothing(world: World) -> None:
    before = counts()
    found = outcome_of("messages", retention.plan(now=NOW))
    names = {one.name for one in found.portions}
    assert {"message_202403", "attempt_202403", "receipt_202403"} <= names
    assert not any(name.endswith("202611") for name in names)
    assert all(one.bytes > 0 for one in found.portions if one.name.endswith("202403"))
    assert counts() == before and in_lens("message") == 10


def test_a_month_goes_and_everything_else_lives(world: World) -> None:
    report_before = {row["state"] for row in lens().rows(message_state(lens(), [world.young])).to_pylist()}
    found = outcome_of("messages", retention.run(now=NOW))
    assert found.rows >= 5 + 4 + 3 + 1 + 1 + 1
    assert counts() == {
        "receipt_match": 0,
        "receipt": 3,
        "attempt": 4,
        "withheld": 1,
        "left_out": 1,
        "reply": 1,
        "message": 5,
    }
    assert count("message", world.old) == 0 and count("message", world.young) == 5
    assert {name: in_lens(name) for name in ("message", "attempt", "receipt", "withheld", "left_out", "reply")} == {
        "message": 5, "attempt": 4, "receipt": 3, "withheld": 1, "left_out": 1, "reply": 1,
    }  # fmt: skip
    assert {
        row["state"] for row in lens().rows(message_state(lens(), [world.young])).to_pylist()
    } == report_before
    lens().rebuild()
    assert in_lens("message") == 5
    totals = PlanTotals.objects.get(pk=world.old)
    assert (totals.messages, totals.delivered, totals.failed, totals.withheld) == (5, 3, 1, 1)
    assert (totals.left_out, totals.failed_by) == ({"opted_out": 1}, {"13": 1})
    assert (totals.replied, totals.opted_out) == (1, 1)
    numbers = live_numbers(world.old, now=NOW)  # old reports stay readable
    assert (numbers.planned, numbers.delivered, numbers.left_out, numbers.opted_out) == (5, 3, 1, 1)
    assert numbers.kept_from is not None and live_numbers(world.young, now=NOW).kept_from is None
    assert report(world.old, now=NOW).numbers.delivered == 3
    assert totals_of([world.old, world.young])[world.old].delivered == 3
    entry = AuditEntry.objects.get(action="retention.drop", object_id="messages")
    assert entry.detail["rows"]["message_202403"] == 5
    again = outcome_of("messages", retention.run(now=NOW))
    assert again.rows == 0 and not again.fault
    make_plan(world.contacts, NOW - timedelta(days=1))  # and life goes on
    lens().refresh()
    assert in_lens("message") == 10


def test_messages_within_their_time_stay_to_the_day(world: World) -> None:
    retention.configure("messages", 980, actor="he")  # 2024-03-15: the month has not ended by then
    retention.run(now=NOW)
    assert count("message", world.old) == 5
    assert not PlanTotals.objects.exists()


def test_a_held_period_stays_as_a_whole_until_the_hold_is_lifted(world: World) -> None:
    hold = holds.place_on_period(date(2024, 3, 31), date(2024, 4, 2), reason="法院调取", actor="he", now=NOW)
    found = outcome_of("messages", retention.run(now=NOW))
    assert found.rows == 0 and {one.held for one in found.portions} == {"period"}
    assert count("message", world.old) == 5 and in_lens("message") == 10
    holds.lift(hold.pk, reason="已结案", actor="he", now=NOW)
    with pytest.raises(NotFound, match=r"hold\.unknown"):
        holds.lift(hold.pk, reason="again", actor="he", now=NOW)
    assert outcome_of("messages", retention.run(now=NOW)).rows > 0
    assert count("message", world.old) == 0


def test_a_held_person_keeps_her_rows_while_all_others_go(world: World) -> None:
    held = holds.place_on(
        holds.CONTACT, [world.contacts[0]], label="客户", reason="12321 核查", actor="he", now=NOW
    )
    retention.run(now=NOW)
    assert count("message", world.old) == 1
    assert counts() == {
        "receipt_match": 0,
        "receipt": 4,
        "attempt": 5,
        "withheld": 1,
        "left_out": 1,
        "reply": 2,
        "message": 6,
    }
    assert in_lens("message") == 6 and in_lens("attempt") == 5 and in_lens("reply") == 2
    retention.run(now=NOW)  # it is not forgotten on the next night either
    assert count("message", world.old) == 1
    holds.lift(held.pk, reason="已结案", actor="he", now=NOW)
    retention.run(now=NOW)
    assert count("message", world.old) == 0 and in_lens("message") == 5


def test_a_held_plan_keeps_all_that_is_about_it(world: World) -> None:
    holds.place_on(holds.PLAN, [world.old], label="活动", reason="12321 核查", actor="he", now=NOW)
    before = counts()
    retention.run(now=NOW)
    assert counts() == before
    assert in_lens("message") == 10 and in_lens("left_out") == 2


def test_a_hold_needs_a_reason_and_something_to_hold(db: None) -> None:
    with pytest.raises(InvalidInput, match=r"hold\.no_reason"):
        holds.place_on_period(date(2026, 1, 1), date(2026, 1, 2), reason=" ", actor="he", now=NOW)
    with pytest.raises(InvalidInput, match=r"hold\.period"):
        holds.place_on_period(date(2026, 1, 2), date(2026, 1, 1), reason="x", actor="he", now=NOW)
    with pytest.raises(InvalidInput, match=r"hold\.nothing"):
        holds.place_on(holds.CONTACT, [], label="", reason="x", actor="he", now=NOW)


def test_a_table_in_use_puts_its_kind_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "_LOCK_TIMEOUT", "100ms")
    with database.connect() as reader:
        reader.execute("select 1 from receipt limit 1")
        found = outcome_of("messages", retention.run(now=NOW))
    assert found.fault == "in_use" and count("message", world.old) == 5
    assert outcome_of("messages", retention.run(now=NOW)).rows > 0


def test_the_audit_log_drops_a_month_and_still_verifies(world: World) -> None:
    old = datetime(2023, 3, 30, tzinfo=UTC)
    with database.connect(autocommit=True) as raw:
        cover(raw, "audit_entry", old.date(), old.date())
        raw.execute(
            "insert into audit_entry (at, actor, action) select %s, 'li', 'login' from generate_series(1, 4)",
            (old,),
        )
    seals.seal(now=utc_now())
    found = outcome_of("audit", retention.run(now=utc_now()))
    assert found.rows == 4
    report = verify()
    assert report.whole and report.dropped == ("2023-03",)


def test_a_month_of_the_audit_log_goes_only_if_it_is_sealed_and_whole(world: World) -> None:
    old = datetime(2023, 3, 30, tzinfo=UTC)
    with database.connect(autocommit=True) as raw:
        cover(raw, "audit_entry", old.date(), old.date())
        raw.execute(
            "insert into audit_entry (at, actor, action) select %s, 'li', 'login' from generate_series(1, 3)",
            (old,),
        )
    assert outcome_of("audit", retention.run(now=NOW)).fault == "audit.unsealed"
    seals.seal(now=utc_now())
    with database.connect(autocommit=True) as raw:
        raw.execute("set session_replication_role = replica")
        raw.execute(
            "delete from audit_entry where ctid = (select ctid from audit_entry where at = %s limit 1)",
            (old,),
        )
    found = retention.run(now=NOW)  # dropping would hide that an entry is missing
    assert outcome_of("audit", found).fault == "audit.incomplete"
    assert AuditEntry.objects.filter(at=old).count() == 2
    assert AuditEntry.objects.filter(action="retention.refused").count() == 2
    assert outcome_of("events", found).fault == ""  # one kind does not stop the others


def test_events_go_with_their_keys_and_out_of_the_lens(world: World) -> None:
    old = datetime(2022, 5, 5, tzinfo=UTC)
    with bulk_transaction() as raw:
        cover(raw, "event", old.date(), old.date())
    make_event(world.contacts[0], at=old)
    make_event(world.contacts[0], at=NOW)
    lens().refresh()
    retention.run(now=NOW)
    assert count("event") == 1 and in_lens("event") == 1 and count("event_key") == 1


def test_facts_are_still_facts_for_everybody_else(world: World) -> None:
    with database.connect() as raw, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
        raw.execute("delete from message")
