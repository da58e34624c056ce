"""The plan against a provider in a process of its own: who is asked, how often, and what it may cost."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.factories import make_contact, make_contacts
from tests.hygiene.world import Simulator, make_provider

from xinfeng.contacts.models import Contact, ContactState
from xinfeng.contacts.records import ContactRecord
from xinfeng.contacts.sql import upsert_contacts
from xinfeng.filings.days import business_day_of
from xinfeng.foundation.database import bulk_transaction
from xinfeng.hygiene import plan, reads, runs, settings
from xinfeng.hygiene.actions import quarantine
from xinfeng.hygiene.models import LookupItem, LookupProvider, LookupRun, NumberState, RunState, State
from xinfeng.hygiene.providers.base import LookupFailure, Question
from xinfeng.hygiene.settings import PlanSettings, change_plan, plan_settings
from xinfeng.kernel.errors import Conflict, InvalidInput
from xinfeng.kernel.time import utc_now
from xinfeng.lens.engine import close_lens, lens

pytestmark = pytest.mark.usefixtures("committed_db")

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _let_go_of_the_lens() -> Any:
    yield
    close_lens()


_serial = itertools.count(1)


def people(count: int, *, joined_ago: int = 400, tail: int | None = None) -> list[int]:
    """Contacts who joined one day after the other, the first longest ago. `tail`: their numbers' last digits,
    from which the simulator's answer follows (none: valid)."""
    at = utc_now()
    records = [
        ContactRecord(
            phone=f"139{next(_serial):06d}55" if tail is None else f"138{place:06d}{tail:02d}",
            joined_at=at - timedelta(days=joined_ago - place),
        )
        for place in range(count)
    ]
    with bulk_transaction() as connection:
        done = upsert_contacts(connection, records, source_tags=(), actor="test", now=at)
    return [one.contact_id for one in done if one.contact_id is not None]


def go(now: datetime | None = None) -> Any:
    at = now or utc_now()
    return plan.revalidate(at, lens=lens(), clock=lambda: at)


def rate(now: datetime | None = None) -> reads.Rate:
    lens().refresh()
    return reads.rate(now or utc_now(), lens=lens())


def set_plan(**changes: Any) -> None:
    change_plan(PlanSettings(**{"per_month_fen": 0, **changes}), actor="test")


def all_at_once() -> datetime:
    """Noon of the last day of the present quarter: everything needed is due today."""
    last = reads.quarter_of(business_day_of(utc_now()))[1]
    return datetime(last.year, last.month, last.day, 4, tzinfo=utc_now().tzinfo)


def test_the_oldest_proof_of_life_is_asked_first_and_thirty_percent_are_reached(sim: Simulator) -> None:
    set_plan()
    make_provider(sim.port, config={"batch": 2})
    contacts = people(10)
    assert go(all_at_once()).looked_at == 3
    checked = set(NumberState.objects.exclude(checked_at=None).values_list("contact_id", flat=True))
    assert checked == set(contacts[:3])
    known = rate(all_at_once())
    assert (known.base, known.revalidated, known.by_lookup, known.target, known.needed) == (10, 3, 3, 3, 0)
    assert (known.share, known.obstacle) == (0.3, "")


def test_a_day_takes_its_even_share_and_asks_nobody_twice(sim: Simulator) -> None:
    set_plan(target_percent=100)
    make_provider(sim.port)
    people(30, tail=55)
    now = all_at_once() - 2 * DAY
    before = sum(sim.asked.values())
    assert [go(now).looked_at, go(now).looked_at] == [10, 0]
    assert go(now + DAY).looked_at == 10
    assert go(now + 2 * DAY).looked_at == 10
    assert sum(sim.asked.values()) - before == 30
    assert NumberState.objects.filter(asked_at__isnull=False).count() == 30


def test_answers_become_states(sim: Simulator) -> None:
    set_plan(target_percent=100)
    make_provider(sim.port)
    [empty] = people(1, tail=1)
    [fine] = people(1, tail=55)
    assert go(all_at_once()).quarantined == 1
    assert (reads.number_of(empty).state, reads.number_of(fine).state) == (State.NOT_EXISTING, State.VALID)
    assert LookupRun.objects.get().state == RunState.DONE
    assert not LookupItem.objects.exists()


def test_it_works_with_the_alibaba_shape_as_well(sim: Simulator) -> None:
    set_plan(target_percent=100)
    make_provider(sim.port, kind="aliyun")
    people(3, tail=1)
    assert go(all_at_once()).quarantined == 3


@pytest.mark.parametrize(
    ("limit", "expected"), [({"per_day": 4}, 4), ({"per_month": 3}, 3), ({"per_day_fen": 25}, 2)]
)
def test_the_budget_ends_the_day(sim: Simulator, limit: dict[str, int], expected: int) -> None:
    set_plan(target_percent=100, **limit)
    make_provider(sim.port, price_li=100)
    people(10)
    before = sum(sim.asked.values())
    go(all_at_once())
    go(all_at_once())
    assert sum(sim.asked.values()) - before == expected
    assert rate(all_at_once()).obstacle == "budget"


def test_a_price_that_no_budget_covers_asks_nothing(sim: Simulator) -> None:
    set_plan(target_percent=100, per_day_fen=5)
    make_provider(sim.port, price_li=100)
    people(3)
    assert go(all_at_once()).looked_at == 0
    assert not LookupRun.objects.exists()


def test_a_process_that_dies_while_asking_pays_for_nobody_twice(
    sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_plan(target_percent=100)
    make_provider(sim.port, config={"batch": 4})
    people(10)

    def die(*_: object, **__: object) -> None:
        raise SystemExit("kill -9")

    before = sim.asked
    with monkeypatch.context() as killed, pytest.raises(SystemExit):
        killed.setattr(runs, "learn_from_lookup", die)
        go(all_at_once())
    assert go(all_at_once()).looked_at == 6
    counts = {name: times - before.get(name, 0) for name, times in sim.asked.items()}
    assert sorted(times for times in counts.values() if times) == [1] * 10
    run = LookupRun.objects.get()
    assert (run.asked, run.answered, run.state) == (10, 6, RunState.DONE)


@pytest.mark.parametrize("fault", ["throttle", "no_balance", "unauthorized"])
def test_a_refusal_costs_nothing_and_the_same_numbers_go_again(sim: Simulator, fault: str) -> None:
    set_plan(target_percent=100)
    make_provider(sim.port)
    people(5)
    sim.fail(fault)
    now = all_at_once()
    assert go(now).looked_at == 0
    run = LookupRun.objects.get()
    assert (run.asked, run.cost_li) == (0, 0)
    assert run.fault == {"throttle": "lookup.throttled"}.get(fault, f"lookup.{fault}")
    assert NumberState.objects.exclude(asked_at=None).count() == 0
    sim.fail()
    if fault == "throttle":
        assert go(now).looked_at == 0, "it waits a quarter of an hour"
        assert go(now + timedelta(minutes=16)).looked_at == 5
    else:
        assert run.state == RunState.STOPPED
        runs.resume_run(run.pk, actor="lin")
        assert go(now).looked_at == 5


@pytest.mark.parametrize("fault", ["garbage", "hang", "missing", "strangers", "frequency"])
def test_what_may_have_been_paid_for_is_not_asked_again(sim: Simulator, fault: str) -> None:
    set_plan(target_percent=100)
    make_provider(sim.port, config={"timeout_s": 0.3 if fault == "hang" else 60, "batch": 5})
    people(5)
    before = sim.asked
    sim.fail(fault)
    now = all_at_once()
    go(now)
    sim.fail()
    go(now + timedelta(minutes=30))
    assert all(times - before.get(name, 0) <= 1 for name, times in sim.asked.items())
    run = LookupRun.objects.get()
    assert (run.asked, run.answered + run.unanswered) == (5, 5)


def test_paused_means_nothing_is_asked(sim: Simulator) -> None:
    make_provider(sim.port)
    people(5)
    set_plan(enabled=False)
    before = sim.calls
    assert go(all_at_once()).looked_at == 0
    assert sim.calls == before
    assert rate().obstacle == "paused"
    set_plan(target_percent=100)
    assert go(all_at_once()).looked_at == 5


def test_without_a_provider_the_rate_says_so(sim: Simulator) -> None:
    set_plan()
    people(10)
    assert (go().looked_at, rate().obstacle) == (0, "no_provider")
    row = make_provider(sim.port)
    settings.switch_provider(row.pk, enabled=False, actor="lin")
    assert rate().obstacle == "no_provider"


def test_what_is_left_in_the_evening_is_up_to_the_next_day(sim: Simulator) -> None:
    set_plan(target_percent=100)
    make_provider(sim.port)
    people(6)
    now = all_at_once() - DAY
    sim.fail("throttle")
    go(now)
    sim.fail()
    assert go(now + DAY).looked_at == 6
    assert sorted(LookupRun.objects.values_list("state", flat=True)) == ["done", "stopped"]


def test_who_was_shut_by_hand_and_who_was_delivered_to_is_not_asked_about(sim: Simulator) -> None:
    set_plan(target_percent=100)
    make_provider(sim.port)
    shut, alive, waiting = people(3)
    now = all_at_once()
    quarantine(shut, reason="x", actor="lin", now=utc_now())
    NumberState.objects.create(contact_id=alive, state=State.VALID, alive_at=now - DAY, since=now - DAY)
    assert go(now).looked_at == 1
    assert reads.number_of(waiting).checked_at is not None


def test_a_number_back_from_the_dead_is_asked_whose_it_is(sim: Simulator) -> None:
    set_plan()
    make_provider(sim.port, config={"questions": ["status", "reassigned"]})
    hers, gone = people(1, tail=55) + people(1, tail=91)
    for contact in (hers, gone):
        NumberState.objects.create(contact_id=contact, state=State.VALID, since=utc_now(), recheck=True)
    go()
    assert reads.number_of(hers).recheck is False
    assert reads.number_of(gone).state is State.REASSIGNED
    assert LookupRun.objects.get(why="recheck").answered == 2


def test_before_a_send_those_long_silent_are_asked_about(sim: Simulator) -> None:
    set_plan(enabled=False)
    make_provider(sim.port)
    people(3, tail=55)
    make_contacts(2, at=utc_now())
    lens().refresh()
    audience = lens().table("contact").select(contact_id="id")
    assert reads.unproven(lens(), audience, utc_now()) == 3
    run = plan.ask_before_send(audience, lens=lens(), actor="lin", now=utc_now())
    assert run.wanted == 3
    assert go().looked_at == 3
    lens().refresh()
    assert reads.unproven(lens(), audience, utc_now()) == 0
    with pytest.raises(Conflict, match=r"lookup\.nobody_silent"):
        plan.ask_before_send(audience, lens=lens(), actor="lin", now=utc_now())


def test_one_number_at_a_persons_request(sim: Simulator) -> None:
    make_provider(sim.port)
    [contact] = people(1, tail=5)
    card = plan.check_one(contact, actor="lin", now=utc_now())
    assert card.state is State.OUT_OF_SERVICE
    with pytest.raises(Conflict, match=r"lookup\.asked_lately"):
        plan.check_one(contact, actor="lin", now=utc_now())
    with pytest.raises(Conflict, match=r"lookup\.no_provider"):
        plan.check_one(contact, question=Question.REASSIGNED, actor="lin", now=utc_now())


def test_one_number_when_the_provider_refuses(sim: Simulator) -> None:
    make_provider(sim.port)
    [contact] = people(1)
    sim.fail("no_balance")
    with pytest.raises(LookupFailure, match=r"lookup\.no_balance"):
        plan.check_one(contact, actor="lin", now=utc_now())
    sim.fail()
    assert plan.check_one(contact, actor="lin", now=utc_now()).state is State.VALID


def test_trying_an_account_learns_nothing(sim: Simulator) -> None:
    row = make_provider(sim.port)
    result = plan.try_provider(row.pk, "138 0013 8001", actor="lin", now=utc_now())
    assert result.code == "not_existing"
    assert not NumberState.objects.exists()
    assert LookupRun.objects.get().cost_li == 100


def test_secrets_go_in_and_never_out(sim: Simulator) -> None:
    row = make_provider(sim.port)
    assert b"simulator-secret" not in bytes(row.secret_sealed)
    same = {"name": row.name, "kind": row.kind, "secret": None, "price_li": 1, "per_s": 1, "per_day": 0}
    settings.save_provider(config=row.config, actor="lin", provider_id=row.pk, **same)
    moved = {**row.config, "endpoint": "http://127.0.0.1:9/elsewhere"}
    with pytest.raises(InvalidInput) as refused:
        settings.save_provider(config=moved, actor="lin", provider_id=row.pk, **same)
    assert refused.value.params["faults"] == {"secret": "again"}
    with pytest.raises(Conflict, match=r"lookup\.name_taken"):
        make_provider(sim.port)
    assert LookupProvider.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("target_percent", 0), ("target_percent", 101), ("cool_down_days", 0), ("per_day", -1)],
)
def test_plans_that_cannot_be_are_refused(field: str, value: int) -> None:
    with pytest.raises(InvalidInput, match=r"number_plan\.bounds") as refused:
        set_plan(**{field: value})
    assert list(refused.value.params["faults"]) == [field]
    assert plan_settings() == PlanSettings()


def test_the_command_says_whose_number_it_tells_of(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    from xinfeng.cli import numbers

    survivor, absorbed = make_contact(phone="13800000001"), make_contact(phone="13800000002")
    Contact.objects.filter(pk=absorbed).update(state=ContactState.MERGED, merged_into=survivor)
    numbers.check("13800000002", ask=False)
    told = capsys.readouterr().out
    assert "138****0002 随合并而来" in told
    assert f"138****0001 · 客户 contact {survivor}" in told
    numbers.check("13800000001", ask=False)
    assert "随合并而来" not in capsys.readouterr().out


def test_commands_tell_rate_number_and_providers(sim: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
    from xinfeng.cli import numbers

    set_plan(target_percent=100)
    make_provider(sim.port, name="号段通")
    [contact] = people(1, tail=1)
    plan.check_one(contact, actor="lin", now=utc_now())
    numbers.show_rate()
    numbers.show_providers()
    numbers.check("13800000001", ask=False)
    told = capsys.readouterr().out
    assert "1 (100.0%)" in told
    assert "号段通" in told
    assert "138****0001" in told and "13800000001" not in told
    assert "空号" in told and "not_existing" in told
