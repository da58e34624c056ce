"""The gateway against a simulated carrier, with real commits: what it sends, to whom, how often, and what it knows."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.delivery.world import (
    agreed,
    ask,
    carrier_and_gateway,
    fates,
    finished,
    make_channel,
    make_plan,
    most_within,
    one,
    plan_state,
    wait_until,
)

from xinfeng.channels import actions as channel_actions
from xinfeng.channels.simulator import witness
from xinfeng.consent.actions import withdraw
from xinfeng.delivery import gateway
from xinfeng.delivery.actions import pause_plan, resume_plan, start_plan, stop_plan
from xinfeng.foundation.vault import vault
from xinfeng.kernel.time import utc_now

pytestmark = pytest.mark.usefixtures("committed_db")

MATCHED = "select count(distinct message_id) from receipt where message_id is not null"
SETTLED = """
select count(*) from (
  select message_id from receipt where message_id is not null union select message_id from receipt_match
) found
"""


def test_a_plan_is_sent_once_to_everybody_and_every_receipt_finds_its_message(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        plan = make_plan(agreed(2500), make_channel(world.port, connections=2, window=100))
        finished(plan)
        assert fates(plan) == {"accepted": 2500}
        wait_until(SETTLED, 2500)
    totals = witness.totals(tmp_path / "carrier.log")
    assert (totals.messages, totals.numbers, totals.duplicates) == (2500, 2500, 0)
    assert one("select count(*) from chunk where state <> 'done'") == 0


def test_long_texts_arrive_whole_and_every_part_has_its_attempt(tmp_path: Path) -> None:
    text = "【信风】" + "周末到店满三百减一百，会员再享九折，" * 8 + "拒收请回复R"
    with carrier_and_gateway(tmp_path) as world:
        plan = make_plan(
            agreed(200), make_channel(world.port, window=7), text=lambda index: f"{text}{index:04d}"
        )
        finished(plan)
        parts = one("select max(parts) from message")
        assert one("select count(*) from attempt where outcome = 1") == 200 * parts
    whole = witness.deliveries_by_number(tmp_path / "carrier.log")
    assert len(whole) == 200
    assert all(list(texts.values()) == [1] for texts in whole.values())
    assert {next(iter(texts)) for texts in whole.values()} == {f"{text}{index:04d}" for index in range(200)}


@pytest.mark.parametrize("kind", ["cmpp2", "cmpp3"])
def test_both_versions_are_spoken(tmp_path: Path, kind: str) -> None:
    with carrier_and_gateway(tmp_path) as world:
        plan = make_plan(agreed(50), make_channel(world.port, kind=kind))
        finished(plan)
        wait_until(SETTLED, 50)


def test_only_those_with_consent_in_force_at_that_moment_are_written_to(tmp_path: Path) -> None:
    contacts = agreed(300)
    for contact_id in contacts[:40]:
        withdraw(
            contact_id, "marketing", at=utc_now(), source="form:test", evidence="t", actor="t", now=utc_now()
        )
    with carrier_and_gateway(tmp_path) as world:
        plan = make_plan(contacts, make_channel(world.port))
        finished(plan)
    assert fates(plan) == {"accepted": 260, "withheld:opted_out": 40}
    assert witness.totals(tmp_path / "carrier.log").numbers == 260


def test_a_marketing_plan_never_leaves_on_a_service_channel(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        plan = make_plan(agreed(5), make_channel(world.port, purpose="service"))
        wait_until("select state from plan where id = %s", "paused", plan)
        assert plan_state(plan) == ("paused", "channel_purpose")
    assert witness.totals(tmp_path / "carrier.log").submits == 0


def test_nothing_that_reaches_the_wire_after_an_opt_outs_commit_goes_to_that_number(tmp_path: Path) -> None:
    contacts = agreed(3000)
    numbers = dict(ask("select id, phone_index from contact"))
    with carrier_and_gateway(tmp_path, latency_ms=2) as world:
        plan = make_plan(contacts, make_channel(world.port, connections=2, window=16, rate_per_s=600))
        wait_until("select count(*) > 100 from attempt", True)
        told: dict[int, datetime] = {}
        for contact_id in contacts[2990:600:-10]:
            withdraw(
                contact_id,
                "marketing",
                at=utc_now(),
                source="form:test",
                evidence="t",
                actor="t",
                now=utc_now(),
            )
            told[contact_id] = utc_now()
            sent = one("select count(*) from attempt")
            if sent > 2200:
                break
            # Where saying no takes long, the carrier takes its time too: most must still be queued.
            world.behave(latency_ms=400 if sent > 12 * len(told) else 2)
        world.behave(latency_ms=2)
        finished(plan)
    written_at = dict(
        ask("select m.contact_id, a.sent_at from attempt a join message m on m.id = a.message_id")
    )
    assert [one_ for one_, committed in told.items() if written_at.get(one_, committed) > committed] == []
    took = {
        bytes(vault().phone_index(entry.number)): entry.at
        for entry in witness.accepted(tmp_path / "carrier.log")
    }
    assert took.keys() == {bytes(numbers[contact_id]) for contact_id in written_at}
    # The carrier's own word. It reads what was written before the commit, at most a window, a little later.
    reading = timedelta(seconds=5)
    assert not [
        one_
        for one_, committed in told.items()
        if took.get(bytes(numbers[one_]), 0.0) > (committed + reading).timestamp()
    ]
    counts = fates(plan)
    assert counts.get("withheld:opted_out", 0) > 50
    assert sum(counts.values()) == 3000
    assert counts.keys() <= {"accepted", "withheld:opted_out"}


def test_an_idle_gateway_is_told_of_work_and_need_not_look_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "IDLE_POLL_S", 3600.0)
    with carrier_and_gateway(tmp_path) as world:
        channel = make_channel(world.port, rate_per_s=200)
        wait_until("select max(phase) from connection_state", "ready")
        plan = make_plan(agreed(300), channel)
        world.wait_for_submits(20)
        pause_plan(plan, "manual", actor="test", now=utc_now())
        wait_until("select count(*) from chunk where state = 'leased'", 0)
        resume_plan(plan, actor="test", now=utc_now())
        finished(plan)
    assert fates(plan) == {"accepted": 300}


def test_pause_resume_and_stop_act_at_once_and_the_numbers_stay_exact(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        plan = make_plan(agreed(2400), make_channel(world.port, rate_per_s=80, window=100))
        wait_until("select count(*) > 60 from attempt", True)
        pause_plan(plan, "person", actor="test", now=utc_now())
        wait_until("select count(*) from chunk where state = 'leased'", 0)
        held = one("select count(*) from attempt")
        assert held < 2400
        time.sleep(0.5)
        assert one("select count(*) from attempt") == held
        resume_plan(plan, actor="test", now=utc_now())
        wait_until("select count(*) > %s from attempt", True, held + 100)
        stop_plan(plan, "person", actor="test", now=utc_now())
        wait_until("select count(*) from chunk where state <> 'done'", 0)
        sent = one("select count(*) from attempt")
    assert held + 100 < sent < 2400
    assert fates(plan) == {"accepted": sent, "withheld:stopped": 2400 - sent}
    totals = witness.totals(tmp_path / "carrier.log")
    assert (totals.submits, totals.duplicates) == (sent, 0)


def test_outside_its_window_a_plan_waits_and_past_its_deadline_it_ends(tmp_path: Path) -> None:
    now = utc_now()
    later = [(now + timedelta(hours=1), now + timedelta(hours=2))]
    with carrier_and_gateway(tmp_path) as world:
        channel = make_channel(world.port, rate_per_s=100)
        wait_until("select max(phase) from connection_state", "ready")
        waiting = make_plan(agreed(20), channel, windows=later, deadline=later[0][1])
        ending = make_plan(agreed(1500), channel, start=False)
        soon = utc_now() + timedelta(seconds=6)
        open_ = json.dumps([[(now - timedelta(hours=1)).isoformat(), soon.isoformat()]])
        ask(
            "update plan set windows = %s::jsonb, deadline = %s where id = %s returning 1",
            open_,
            soon,
            ending,
        )
        start_plan(ending, actor="test", now=utc_now())
        finished(ending)
    assert fates(waiting) == {"planned": 20}
    counts = fates(ending)
    assert counts.keys() == {"accepted", "withheld:deadline"}
    assert sum(counts.values()) == 1500
    assert one("select max(sent_at) from attempt") <= soon
    assert witness.totals(tmp_path / "carrier.log").submits == counts["accepted"]


def test_the_rate_holds_over_any_second_and_all_connections(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        plan = make_plan(agreed(700), make_channel(world.port, connections=3, rate_per_s=200))
        finished(plan)
    assert witness.totals(tmp_path / "carrier.log").submits == 700
    assert most_within(1.0) <= 200


def test_flow_control_slows_the_channel_and_loses_nobody(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path, rate_per_s=80) as world:
        plan = make_plan(agreed(400), make_channel(world.port, rate_per_s=1000, connections=2, window=50))
        finished(plan)
        assert one("select count(*) from attempt where outcome = 3") > 0
    assert fates(plan) == {"accepted": 400}
    assert witness.totals(tmp_path / "carrier.log").duplicates == 0


def test_a_carrier_that_refuses_everything_pauses_the_plan_with_the_reason(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path, refuse={"10": 1.0}) as world:
        plan = make_plan(agreed(2000), make_channel(world.port))
        wait_until("select state from plan where id = %s", "paused", plan)
        assert plan_state(plan)[1] == "carrier_refuses:10"
        wait_until("select count(*) from chunk where state = 'leased'", 0)
        refused = fates(plan)["refused"]
        assert 50 <= refused < 400
        world.behave(refuse={})
        resume_plan(plan, actor="test", now=utc_now())
        finished(plan)
    assert fates(plan) == {"refused": refused, "accepted": 2000 - refused}


def test_bad_numbers_do_not_pause_a_plan(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path, refuse={"13": 1.0}) as world:
        plan = make_plan(agreed(400), make_channel(world.port))
        finished(plan)
    assert fates(plan) == {"refused": 400}


def test_a_silent_carrier_leaves_what_was_sent_uncertain_and_the_rest_waits_for_it(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        plan = make_plan(
            agreed(600), make_channel(world.port, rate_per_s=150, window=10, response_timeout_s=5)
        )
        wait_until("select count(*) > 50 from attempt", True)
        world.behave(silent=True)
        wait_until("select count(*) > 0 from attempt where outcome = 4", True)
        wait_until("select count(*) from connection_state where phase = 'ready'", 0)
        assert plan_state(plan) == ("running", "")
        world.behave(silent=False)
        finished(plan)
    counts = fates(plan)
    assert 1 <= counts["uncertain"] <= 10
    assert counts["accepted"] + counts["uncertain"] == 600
    assert witness.totals(tmp_path / "carrier.log").duplicates == 0


def test_a_carrier_that_cuts_without_ever_answering_pauses_the_plan(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path, latency_ms=60_000) as world:
        plan = make_plan(agreed(200), make_channel(world.port, window=10))
        for occasion in (1, 2, 3):
            world.wait_for_submits(10 * occasion)
            world.cut()
            wait_until("select count(*) from attempt where outcome = 4", 10 * occasion)
        wait_until("select state from plan where id = %s", "paused", plan)
    assert plan_state(plan) == ("paused", "carrier_cuts")
    assert fates(plan) == {"uncertain": 30, "planned": 170}


def test_cut_connections_leave_the_unanswered_uncertain_and_receipts_settle_them(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path, latency_ms=30) as world:
        plan = make_plan(agreed(1200), make_channel(world.port, connections=2, window=20, rate_per_s=900))
        for _ in range(3):
            before = one("select count(*) from attempt where outcome = 4")
            world.behave(cut_after=100)
            wait_until("select count(*) > %s from attempt where outcome = 4", True, before)
        finished(plan)
        assert sum(fates(plan).values()) == 1200
        uncertain = one("select count(*) from attempt where outcome = 4")
        assert uncertain > 0
        taken = witness.totals(tmp_path / "carrier.log").submits
        wait_until(SETTLED, taken)
    totals = witness.totals(tmp_path / "carrier.log")
    assert totals.duplicates == 0
    assert 1200 - uncertain <= totals.submits <= 1200


def test_receipts_doubled_lost_early_and_late_each_find_their_message(tmp_path: Path) -> None:
    with carrier_and_gateway(
        tmp_path, double_receipts=0.3, early_receipts=0.3, late_receipts=0.2, late_by_ms=1500, latency_ms=20
    ) as world:
        plan = make_plan(agreed(600), make_channel(world.port, window=50))
        finished(plan)
        wait_until(SETTLED, 600)
        assert one("select count(*) from receipt_match") > 0
    per_message = ask(
        "select count(distinct message_id) from ("
        " select carrier_id, message_id from receipt where message_id is not null union all"
        " select r.carrier_id, x.message_id from receipt_match x join receipt r on r.id = x.receipt_id) t"
        " group by carrier_id"
    )
    assert {row[0] for row in per_message} == {1}


def test_lost_receipts_leave_messages_accepted(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path, lose_receipts=1.0) as world:
        plan = make_plan(agreed(50), make_channel(world.port))
        finished(plan)
    assert fates(plan) == {"accepted": 50}
    assert one("select count(*) from receipt") == 0


def test_a_refused_login_is_on_screen_and_the_plan_waits(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path, refuse_login=3) as world:
        plan = make_plan(agreed(10), make_channel(world.port))
        wait_until("select max(phase) from connection_state", "refused")
    assert fates(plan) == {"planned": 10}
    assert plan_state(plan)[0] == "running"


def test_two_gateways_share_the_work_and_the_rate_and_send_nothing_twice(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path, gateways=2) as world:
        channel = make_channel(world.port, rate_per_s=2000, window=50)
        wait_until("select count(*) from connection_state where phase = 'ready'", 2)
        time.sleep(2.0)
        plan = make_plan(agreed(6000), channel)
        finished(plan)
        assert fates(plan) == {"accepted": 6000}
    totals = witness.totals(tmp_path / "carrier.log")
    assert (totals.numbers, totals.duplicates) == (6000, 0)


def test_a_stopping_gateway_hands_back_and_another_goes_on(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        plan = make_plan(agreed(2500), make_channel(world.port, rate_per_s=500, window=50))
        first = world.gateways[0][0]
        wait_until("select count(*) > 300 from attempt", True)
        world.stop_gateway(first)
        assert one("select count(*) from chunk where state = 'leased'") == 0
        assert one("select count(*) from attempt where outcome = 4") == 0
        assert one("select count(*) from connection_state") == 0
        world.start_gateway()
        finished(plan)
    assert fates(plan) == {"accepted": 2500}
    assert witness.totals(tmp_path / "carrier.log").duplicates == 0


def test_a_channel_switched_off_lets_the_plan_wait_and_on_again_goes_on(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        channel = make_channel(world.port, rate_per_s=200)
        plan = make_plan(agreed(1000), channel)
        wait_until("select count(*) > 100 from attempt", True)
        channel_actions.disable_channel(channel, actor="test")
        wait_until("select count(*) from chunk where state = 'leased'", 0)
        assert plan_state(plan)[0] == "running"
        channel_actions.enable_channel(channel, actor="test")
        finished(plan)
    assert fates(plan) == {"accepted": 1000}


def test_plans_on_one_channel_take_turns(tmp_path: Path) -> None:
    with carrier_and_gateway(tmp_path) as world:
        channel = make_channel(world.port, rate_per_s=300)
        first, second = make_plan(agreed(900), channel), make_plan(agreed(100), channel)
        finished(first)
        finished(second)
    last = dict(
        ask(
            "select m.plan_id, max(a.sent_at) from attempt a join message m on m.id = a.message_id group by 1"
        )
    )
    assert last[second] < last[first]
