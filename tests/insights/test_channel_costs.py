"""What a message costs is decided by the channel that carried it, not by the one it was planned for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from tests.campaigns.factories import make_channel
from tests.factories import make_contacts

from xinfeng.delivery import planning
from xinfeng.delivery.models import Outcome, Plan, PlanChannel
from xinfeng.delivery.outcomes import message_state
from xinfeng.delivery.planning import Lane, NewMessage, PlanTerms
from xinfeng.foundation.database import bulk_transaction
from xinfeng.insights.live import live_numbers
from xinfeng.insights.report import report
from xinfeng.insights.stages import Carried, by_channel
from xinfeng.kernel.ids import ChannelId
from xinfeng.lens.engine import close_lens, lens

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_lens(committed_db: str) -> Iterator[None]:
    yield
    close_lens()


def _plan(cheap: int, dear: int) -> int:
    """Four messages of one part planned for the cheap channel, two of two parts for the dear one."""
    hour = timedelta(hours=1)
    terms = PlanTerms(
        "marketing", ChannelId(cheap), {}, [(NOW, NOW + hour)], NOW + hour, price_li=30, route_id=1
    )
    with bulk_transaction() as line:
        plan = planning.open_plan(line, terms, at_most=6, now=NOW)
        contacts = make_contacts(6)
        plan.enter(Lane((cheap, dear), (30, 90)))
        planning.write_messages(line, plan, [NewMessage(one, 0, 1, 1, b"x") for one in contacts[:4]])
        plan.enter(Lane((dear, cheap), (90, 30)))
        planning.write_messages(line, plan, [NewMessage(one, 0, 1, 2, b"x") for one in contacts[4:]])
        planning.close_plan(line, plan)
    return int(plan.id)


def _took(message_id: int, channel_id: int, outcome: Outcome = Outcome.ACCEPTED, part: int = 1) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
            " values (%s, %s, %s, %s, '', %s, %s)",
            (message_id, part, channel_id, outcome, NOW, NOW),
        )


def test_what_finally_carried_it_decides_the_cost() -> None:
    cheap, dear = make_channel(price_li=30).pk, make_channel(price_li=90).pk
    plan_id = _plan(cheap, dear)
    first = Plan.objects.get(pk=plan_id).first_message_id
    assert first is not None
    _took(first, cheap)
    _took(first + 1, cheap, Outcome.THROTTLED)
    _took(first + 1, dear)
    _took(first + 2, dear)
    _took(first + 4, cheap, part=1)
    _took(first + 4, cheap, part=2)
    numbers = live_numbers(plan_id, now=NOW)
    assert numbers.cost_li == 30 + 90 + 90 + 2 * 30
    copy = lens()
    rows = {row["message_id"]: row for row in copy.rows(message_state(copy, [plan_id])).to_pylist()}
    assert [rows[first + at]["cost_li"] for at in range(6)] == [30, 90, 90, 30, 60, 180]
    assert [rows[first + at]["channel_id"] for at in range(6)] == [cheap, dear, dear, None, cheap, None]
    assert by_channel(plan_id, numbers.carried_by) == [Carried(cheap, 4, 2, 30), Carried(dear, 2, 2, 90)]
    assert sum(line.cost_li for line in report(plan_id, now=NOW).by_carrier) == numbers.cost_li


def test_a_price_that_changes_later_changes_no_report() -> None:
    cheap, dear = make_channel(price_li=30), make_channel(price_li=90)
    plan_id = _plan(cheap.pk, dear.pk)
    first = Plan.objects.get(pk=plan_id).first_message_id
    assert first is not None
    _took(first, cheap.pk)
    cheap.price_li = 500
    cheap.save()
    assert live_numbers(plan_id, now=NOW).cost_li == 30


def test_a_plan_of_before_there_were_routes_keeps_its_costs() -> None:
    cheap, dear = make_channel(price_li=30).pk, make_channel(price_li=90).pk
    plan_id = _plan(cheap, dear)
    with connection.cursor() as cursor:
        cursor.execute("alter table plan_channel disable trigger all")
        PlanChannel.objects.all().delete()
        cursor.execute("alter table plan_channel enable trigger all")
    first = Plan.objects.get(pk=plan_id).first_message_id
    assert first is not None
    _took(first, dear)
    assert live_numbers(plan_id, now=NOW).cost_li == 30
