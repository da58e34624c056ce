"""Writing a plan: complete or not at all, in chunks, with exact counts; and what people do to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from xinfeng.delivery import actions, planning
from xinfeng.delivery.models import Chunk, Plan, PlanState
from xinfeng.delivery.planning import LeftOutContact, NewMessage, OpenPlan, PlanTerms
from xinfeng.foundation.database import bulk_transaction
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import Conflict, InvalidInput, NotFound
from xinfeng.kernel.ids import ChannelId

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def terms(**changes: Any) -> PlanTerms:
    fields: dict[str, Any] = {
        "purpose": "marketing",
        "channel_id": ChannelId(7),
        "policy": {"windows": "as they were"},
        "windows": [(NOW, NOW + timedelta(hours=2))],
        "deadline": NOW + timedelta(hours=2),
        "price_li": 35,
    }
    return PlanTerms(**(fields | changes))


def bodies(count: int, *, parts: int = 1) -> list[NewMessage]:
    sealed = vault().seal_many(Kind.BODY, [f"【信风】第{number}位客户，您好" for number in range(count)])
    return [NewMessage(1000 + at, 0, 5000 + at, parts, body) for at, body in enumerate(sealed)]


def make(
    count: int, *, left_out: int = 0, batch: int = 700, parts: int = 1, **changes: Any
) -> tuple[OpenPlan, Any]:
    with bulk_transaction() as raw:
        plan = planning.open_plan(raw, terms(**changes), at_most=count, now=NOW)
        messages = bodies(count, parts=parts)
        with planning.message_copy(raw, plan) as copy:
            for start in range(0, count, batch):
                copy.write(messages[start : start + batch])
        planning.write_left_out(raw, plan, [LeftOutContact(10 + at, "opted_out") for at in range(left_out)])
        counts = planning.close_plan(raw, plan)
    return plan, counts


def ask(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def test_a_plan_is_written_whole_with_consecutive_ids_in_chunks(db: None) -> None:
    plan, counts = make(2500, left_out=3, parts=2)
    assert counts == planning.PlanCounts(audience=2503, messages=2500, parts=5000, left_out=3, chunks=3)
    stored = Plan.objects.get(pk=plan.id)
    assert stored.state == PlanState.READY
    assert (stored.audience, stored.messages, stored.parts) == (2503, 2500, 5000)
    assert stored.last_message_id - stored.first_message_id == 2499
    chunks = list(Chunk.objects.filter(plan_id=plan.id).order_by("first_id"))
    assert [chunk.last_id - chunk.first_id + 1 for chunk in chunks] == [1000, 1000, 500]
    assert [chunk.first_id for chunk in chunks] == [
        stored.first_message_id + 1000 * number for number in range(3)
    ]
    assert {chunk.planned_at for chunk in chunks} == {NOW}


def test_every_column_arrives_as_it_was_given(db: None) -> None:
    plan, _ = make(2, left_out=1, parts=3)
    rows = ask("select * from message where plan_id = %s order by id", plan.id)
    first, planned_at, plan_id, contact_id, variant, consent_seq, parts, cost_li, body, _xid = rows[0]
    assert (first, planned_at, plan_id) == (plan.first_id, NOW, plan.id)
    assert (contact_id, variant, consent_seq, parts, cost_li) == (1000, 0, 5000, 3, 105)
    assert vault().open(Kind.BODY, bytes(body)) == "【信风】第0位客户，您好"
    assert ask("select plan_id, contact_id, reason, at from left_out") == [(plan.id, 10, "opted_out", NOW)]


def test_nothing_is_left_of_a_plan_whose_transaction_failed(committed_db: str) -> None:
    class Crash(Exception):
        pass

    def half() -> Iterator[None]:
        with bulk_transaction() as raw:
            plan = planning.open_plan(raw, terms(), at_most=100, now=NOW)
            planning.write_messages(raw, plan, bodies(100))
            raise Crash
        yield

    with pytest.raises(Crash):
        list(half())
    for table in ("plan", "chunk", "message", "left_out"):
        assert ask(f"select count(*) from {table}") == [(0,)]


def test_an_error_while_copying_comes_out_and_keeps_nothing(committed_db: str) -> None:
    with pytest.raises(ZeroDivisionError), bulk_transaction() as raw:
        plan = planning.open_plan(raw, terms(), at_most=10, now=NOW)
        with planning.message_copy(raw, plan) as copy:
            copy.write(bodies(5))
            _ = 1 / 0
    assert ask("select count(*) from message") == [(0,)]


def test_more_messages_than_announced_are_refused(db: None) -> None:
    with pytest.raises(InvalidInput, match=r"plan\.too_many"), bulk_transaction() as raw:
        plan = planning.open_plan(raw, terms(), at_most=2, now=NOW)
        planning.write_messages(raw, plan, bodies(1))
        planning.write_messages(raw, plan, bodies(2))


def test_fewer_messages_than_announced_leave_no_gap_in_the_counts(db: None) -> None:
    with bulk_transaction() as raw:
        plan = planning.open_plan(raw, terms(), at_most=1500, now=NOW)
        planning.write_messages(raw, plan, bodies(1001))
        counts = planning.close_plan(raw, plan)
        with pytest.raises(Conflict, match=r"plan\.closed"):
            planning.close_plan(raw, plan)
    assert (counts.messages, counts.chunks) == (1001, 2)
    assert ask("select last_id from chunk order by id desc limit 1") == [(plan.first_id + 1000,)]


def test_a_plan_without_messages_has_no_chunk(db: None) -> None:
    plan, counts = make(0, left_out=2)
    assert (counts.messages, counts.chunks, counts.audience) == (0, 0, 2)
    assert Plan.objects.get(pk=plan.id).first_message_id is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"windows": []}, "plan.no_window"),
        ({"windows": [(NOW, NOW)]}, "plan.windows_order"),
        (
            {
                "windows": [
                    (NOW + timedelta(hours=1), NOW + timedelta(hours=2)),
                    (NOW, NOW + timedelta(hours=1)),
                ]
            },
            "plan.windows_order",
        ),
        ({"deadline": NOW}, "plan.deadline_past"),
        ({"rate_per_s": 0}, "plan.rate"),
    ],
)
def test_terms_that_cannot_be_kept_are_refused(db: None, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make(1, **changes)
    assert caught.value.code == code


def test_start_pause_resume(db: None) -> None:
    plan, _ = make(10)
    actions.start_plan(plan.id, actor="li", now=NOW)
    actions.pause_plan(plan.id, "person", actor="li", now=NOW)
    assert (Plan.objects.get(pk=plan.id).state, Plan.objects.get(pk=plan.id).reason) == ("paused", "person")
    actions.resume_plan(plan.id, actor="li", now=NOW)
    stored = Plan.objects.get(pk=plan.id)
    assert (stored.state, stored.reason, stored.started_at) == ("running", "", NOW)
    done = [row[0] for row in ask("select action from audit_entry where object_kind = 'plan' order by id")]
    assert done == ["plan.start", "plan.pause", "plan.resume"]


def test_moves_out_of_turn_are_refused(db: None) -> None:
    plan, _ = make(10)
    with pytest.raises(Conflict, match=r"plan\.state"):
        actions.pause_plan(plan.id, "person", actor="li", now=NOW)
    with pytest.raises(NotFound, match=r"plan\.unknown"):
        actions.start_plan(plan.id + 1, actor="li", now=NOW)
    actions.stop_plan(plan.id, "person", actor="li", now=NOW)
    with pytest.raises(Conflict, match=r"plan\.state"):
        actions.start_plan(plan.id, actor="li", now=NOW)


def test_a_stop_withholds_what_no_gateway_holds_and_nothing_else(db: None) -> None:
    plan, _ = make(3000)
    actions.start_plan(plan.id, actor="li", now=NOW)
    handed_back, untouched, leased = Chunk.objects.filter(plan_id=plan.id).order_by("id")
    Chunk.objects.filter(pk=handed_back.pk).update(intent_upto=handed_back.first_id + 9)
    Chunk.objects.filter(pk=leased.pk).update(state="leased", leased_by="gw1")
    actions.stop_plan(plan.id, "person", actor="li", now=NOW)
    jobs = ask("select task_name, (args ->> 'plan_id')::bigint from procrastinate_jobs")
    assert jobs == [("delivery.withhold_stopped", plan.id)]
    assert actions.withhold_queued(plan.id, now=NOW) == 990 + 1000
    assert ask("select min(message_id), max(message_id), count(*), min(reason) from withheld") == [
        (handed_back.first_id + 10, untouched.last_id, 1990, "stopped")
    ]
    assert dict(Chunk.objects.values_list("pk", "state")) == {
        handed_back.pk: "done",
        untouched.pk: "done",
        leased.pk: "leased",
    }
    assert actions.withhold_queued(plan.id, now=NOW) == 0


def test_only_a_stopped_plan_is_withheld(db: None) -> None:
    plan, _ = make(10)
    with pytest.raises(Conflict, match=r"plan\.state"):
        actions.withhold_queued(plan.id, now=NOW)


def test_a_plan_finishes_with_its_last_chunk(db: None) -> None:
    plan, _ = make(2000)
    actions.start_plan(plan.id, actor="li", now=NOW)
    first, second = Chunk.objects.filter(plan_id=plan.id).order_by("id")
    Chunk.objects.filter(pk=first.pk).update(state="done")
    assert not actions.finish_if_done(plan.id, now=NOW)
    Chunk.objects.filter(pk=second.pk).update(state="done")
    assert actions.finish_if_done(plan.id, now=NOW)
    assert not actions.finish_if_done(plan.id, now=NOW)
    assert Plan.objects.get(pk=plan.id).state == "finished"
