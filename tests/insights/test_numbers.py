"""Live numbers, report, drill-down and export agree with each other and with the facts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from python_calamine import CalamineWorkbook
from tests.factories import make_contacts, phone

from xinfeng.channels import codes
from xinfeng.channels.models import Channel
from xinfeng.delivery import planning
from xinfeng.delivery.models import Chunk, Outcome, Plan
from xinfeng.delivery.outcomes import message_state
from xinfeng.delivery.planning import LeftOutContact, NewMessage, PlanTerms
from xinfeng.foundation.database import bulk_transaction
from xinfeng.insights import drill, printing
from xinfeng.insights.drill import Group, Selection
from xinfeng.insights.live import Count, live_numbers
from xinfeng.insights.report import report
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.kernel.ids import ChannelId
from xinfeng.lens.engine import close_lens

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
PRICE_LI = 40


@dataclass
class World:
    """Ten contacts: eight planned, two left out. Messages by position 0 … 7; even ones have two parts."""

    plan_id: int
    contacts: list[int]
    first: int

    def attempt(
        self,
        position: int,
        outcome: Outcome,
        code: str = "",
        *,
        part: int = 1,
        at: datetime = NOW,
        channel_id: int = 1,
    ) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
                " values (%s, %s, %s, %s, %s, %s, %s)",
                (self.first + position, part, channel_id, outcome, code, at, at),
            )

    def accept(self, position: int) -> None:
        for part in range(1, self.parts(position) + 1):
            self.attempt(position, Outcome.ACCEPTED, "0", part=part)

    def receipt(self, position: int, stat: str, *, part: int = 1, after: float = 3) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into receipt (id, received_at, channel_id, carrier_id, phone_index, stat, message_id, part)"
                " values ((select coalesce(max(id), 0) + 1 from receipt), %s, 1, '', '', %s, %s, %s)",
                (NOW + timedelta(seconds=after), stat, self.first + position, part),
            )

    def deliver(self, position: int, *, after: float = 3) -> None:
        self.accept(position)
        for part in range(1, self.parts(position) + 1):
            self.receipt(position, "DELIVRD", part=part, after=after)

    def withhold(self, position: int, reason: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into withheld (message_id, reason, at) values (%s, %s, %s)",
                (self.first + position, reason, NOW),
            )

    def reply(self, position: int, meaning: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into reply (id, received_at, channel_id, phone_sealed, phone_index, contact_id, message_id,"
                " plan_id, to_number, body_sealed, meaning) values ((select coalesce(max(id), 0) + 1 from reply),"
                " %s, 1, '', '', %s, %s, %s, '10690', '', %s)",
                (NOW, self.contacts[position], self.first + position, self.plan_id, meaning),
            )

    @staticmethod
    def parts(position: int) -> int:
        return 2 - position % 2


@pytest.fixture
def world(committed_db: str) -> Iterator[World]:
    channel = Channel.objects.create(
        pk=1,
        name="测试",
        kind="cmpp2",
        purpose="marketing",
        config={},
        secret_sealed=b"",
        rate_per_s=2,
        price_li=PRICE_LI,
    )
    contacts = [
        *make_contacts(4, province="浙江", level="金卡", name="=王小明"),
        *make_contacts(6, province="上海"),
    ]
    terms = PlanTerms(
        "marketing",
        ChannelId(channel.pk),
        {},
        [(NOW, NOW + timedelta(hours=1))],
        NOW + timedelta(hours=1),
        PRICE_LI,
    )
    with bulk_transaction() as raw:
        plan = planning.open_plan(raw, terms, at_most=8, now=NOW)
        messages = [
            NewMessage(contact_id, 0, 1, World.parts(position), b"x")
            for position, contact_id in enumerate(contacts[:8])
        ]
        planning.write_messages(raw, plan, messages)
        left_out = [LeftOutContact(contacts[8], "opted_out"), LeftOutContact(contacts[9], "daily_cap")]
        planning.write_left_out(raw, plan, left_out)
        planning.close_plan(raw, plan)
    Plan.objects.filter(pk=plan.id).update(state="running", started_at=NOW)
    yield World(plan.id, contacts, plan.first_id)
    close_lens()


def send_some_of_everything(world: World) -> None:
    """0, 1 delivered; 2 failed; 3 refused; 4 uncertain; 5 withheld; 6 on the wire; 7 waiting."""
    world.deliver(0, after=2)
    world.deliver(1, after=8)
    world.accept(2)
    world.receipt(2, "MK:0001")
    world.attempt(3, Outcome.THROTTLED, "8")
    world.attempt(3, Outcome.REFUSED, "13")
    world.attempt(4, Outcome.UNCERTAIN, "crash")
    world.withhold(5, "opted_out")
    Chunk.objects.filter(plan_id=world.plan_id).update(state="leased", intent_upto=world.first + 6)
    world.reply(0, "opt_out")
    world.reply(1, "other")
    world.reply(1, "other")


def test_the_same_code_over_channels_of_different_kinds_is_told_apart(world: World) -> None:
    """SMPP's 8 is a fault of the peer, CMPP's 8 flow control: a bare number means something else with each protocol."""
    Channel.objects.create(
        pk=2, name="国际", kind="smpp34", purpose="marketing", config={}, secret_sealed=b"", price_li=PRICE_LI
    )
    world.attempt(0, Outcome.REFUSED, "8")
    world.attempt(1, Outcome.REFUSED, "8", channel_id=2)
    world.attempt(3, Outcome.REFUSED, "8", channel_id=2)
    numbers = live_numbers(world.plan_id, now=NOW + timedelta(seconds=5))
    assert numbers.failed_by == (Count("8", 2, "smpp34"), Count("8", 1, "cmpp2"))
    over = Selection(Group.FAILED, code="8", kind="smpp34")
    page = drill.contacts(world.plan_id, over)
    assert (page.total, {row.kind for row in page.rows}) == (2, {"smpp34"})
    assert drill.contacts(world.plan_id, Selection(Group.FAILED, code="8")).total == 3
    rows = b"".join(drill.export_csv(world.plan_id, over, actor="li")).decode("utf-8-sig")
    assert codes.explain("smpp34", "8").meaning("zh") in rows
    assert codes.explain("cmpp2", "8").meaning("zh") not in rows


def test_a_fresh_plan_waits(world: World) -> None:
    numbers = live_numbers(world.plan_id, now=NOW)
    assert (numbers.audience, numbers.planned, numbers.left_out, numbers.waiting) == (10, 8, 2, 8)
    assert numbers.parts == 12
    assert numbers.left_out_by == (Count("daily_cap", 1), Count("opted_out", 1))
    assert numbers.forecast is not None
    assert numbers.forecast.finishes_at == NOW + timedelta(seconds=6)  # 12 parts at 2 a second
    assert numbers.delivered_share is None


def test_every_message_is_in_one_stage_and_they_add_up(world: World) -> None:
    send_some_of_everything(world)
    numbers = live_numbers(world.plan_id, now=NOW + timedelta(seconds=5))
    assert (numbers.waiting, numbers.on_wire, numbers.accepted, numbers.delivered) == (1, 1, 0, 2)
    assert (numbers.failed, numbers.uncertain, numbers.withheld) == (2, 1, 1)
    assert numbers.submitted + numbers.withheld + numbers.waiting + numbers.on_wire == numbers.planned
    assert numbers.failed_by == (Count("13", 1, "cmpp2"), Count("MK:0001", 1, "cmpp2"))
    assert numbers.withheld_by == (Count("opted_out", 1),)
    assert numbers.uncertain_by == (Count("crash", 1, "cmpp2"),)
    assert (numbers.replied, numbers.opted_out) == (2, 1)
    assert numbers.delivered_share == 0.5
    assert numbers.per_s == pytest.approx((2 + 1 + 2 + 1 + 1) / 10)  # parts tried within ten seconds
    assert numbers.cost_li == (2 + 1 + 2) * PRICE_LI


def test_an_uncertain_part_is_billed_once_its_receipt_shows_that_it_left(world: World) -> None:
    world.attempt(1, Outcome.UNCERTAIN, "crash")
    assert live_numbers(world.plan_id, now=NOW).cost_li == 0
    world.receipt(1, "DELIVRD")
    assert live_numbers(world.plan_id, now=NOW).cost_li == PRICE_LI


def test_a_chunk_that_is_done_has_nothing_on_the_wire(world: World) -> None:
    Chunk.objects.filter(plan_id=world.plan_id).update(state="done", intent_upto=world.first + 7)
    numbers = live_numbers(world.plan_id, now=NOW)
    assert (numbers.on_wire, numbers.waiting) == (0, 8)


def test_a_stopped_plan_predicts_no_end(world: World) -> None:
    Plan.objects.filter(pk=world.plan_id).update(state="stopped")
    assert live_numbers(world.plan_id, now=NOW).forecast is None


def test_an_unknown_plan(world: World) -> None:
    with pytest.raises(NotFound, match=r"plan\.unknown"):
        live_numbers(world.plan_id + 1, now=NOW)


def test_the_lines_of_each_breakdown_add_up_to_the_total(world: World) -> None:
    send_some_of_everything(world)
    made = report(world.plan_id, now=NOW)
    numbers = made.numbers
    for lines in (made.by_tier, made.by_province, made.by_carrier, made.by_level):
        assert sum(line.messages for line in lines) == numbers.planned
        assert sum(line.waiting for line in lines) == numbers.waiting + numbers.on_wire
        assert sum(line.cost_li for line in lines) == numbers.cost_li == 5 * PRICE_LI
        for stage in ("accepted", "delivered", "failed", "uncertain", "withheld", "replied", "opted_out"):
            assert sum(getattr(line, stage) for line in lines) == getattr(numbers, stage), stage
    assert {line.key: line.messages for line in made.by_province} == {"浙江": 4, "上海": 4}
    assert {line.key for line in made.by_level} == {"金卡", ""}


def test_the_report_judges_the_messages_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = []

    def judging(*given: Any, **named: Any) -> Any:
        judged.append(given)
        return message_state(*given, **named)

    monkeypatch.setattr("xinfeng.insights.report.message_state", judging)
    monkeypatch.setattr("xinfeng.insights.live.message_state", judging)
    send_some_of_everything(world)
    assert report(world.plan_id, now=NOW).numbers == live_numbers(world.plan_id, now=NOW)
    assert len(judged) == 2, "once for each"


def test_receipts_times_hours_and_benchmark(world: World) -> None:
    send_some_of_everything(world)
    made = report(world.plan_id, now=NOW)
    assert made.receipts_by_code == (("DELIVRD", 3), ("MK:0001", 1))
    assert made.delivery_time is not None
    assert (made.delivery_time.parts, made.delivery_time.median_s) == (3, 2)
    assert [
        (hour.starts, hour.submitted_parts, hour.delivered_parts, hour.replies) for hour in made.by_hour
    ] == [(NOW, 7, 3, 3)]
    assert (made.first_sent_at, made.last_sent_at, made.sent_per_s) == (NOW, NOW, 5)
    (benchmark,) = made.benchmarks
    assert (benchmark.figure, benchmark.met) == (0.5, False)
    assert all(benchmark.source)


def test_the_report_of_a_plan_that_has_sent_nothing(world: World) -> None:
    made = report(world.plan_id, now=NOW)
    assert (made.delivery_time, made.by_hour, made.sent_per_s) == (None, (), None)
    assert made.benchmarks[0].met is None


def test_the_printed_report_names_every_number(world: World) -> None:
    send_some_of_everything(world)
    made = report(world.plan_id, now=NOW)
    chinese = printing.as_text(made, title="双十一")
    for piece in ("双十一", "opted_out 已退订", "daily_cap", "MK:0001 空号", "DELIVRD", "50.0 %", "0.20"):
        assert piece in chinese, piece
    english = printing.as_text(made, language="en")
    for piece in ("opted_out Opted out", "MK:0001 no such number", "Delivered 50.0 %"):
        assert piece in english, piece


def test_the_report_rounds_a_cost_as_the_preflight_does(world: World) -> None:
    made = report(world.plan_id, now=NOW)
    dear = replace(made, numbers=replace(made.numbers, cost_li=27_965))
    assert "27.97" in printing.as_text(dear)


def test_behind_every_number_are_as_many_contacts(world: World) -> None:
    send_some_of_everything(world)
    numbers = live_numbers(world.plan_id, now=NOW)
    for group in Group:
        page = drill.contacts(world.plan_id, Selection(group))
        assert page.total == len(page.rows) == getattr(numbers, str(group)), group
        assert page.after is None
        assert drill.contact_ids(world.plan_id, Selection(group)) == [row.contact_id for row in page.rows]
        assert all("****" in row.phone for row in page.rows)


def reads(world: World) -> None:
    """0, 1 and 4 delivered, 0 and 4 of them read; an SMS went to 2 instead. Its channel tells such things."""
    channel_id = Plan.objects.get(pk=world.plan_id).channel_id
    Channel.objects.filter(pk=channel_id).update(
        kind="maap_csp", config={"host": "h", "account": "a", "chatbot": "sip:1@b.cn"}
    )
    with connection.cursor() as cursor:
        for position in (0, 1, 2, 4):
            cursor.execute(
                "insert into attempt (message_id, part, channel_id, outcome, code, sent_at, at)"
                " select %s, part, %s, %s, '0', %s, %s from generate_series(1, %s) part",
                (world.first + position, channel_id, Outcome.ACCEPTED, NOW, NOW, World.parts(position)),
            )
    for position, stat in ((0, "DISPLAYED"), (1, "DELIVRD"), (2, "FALLBACK"), (4, "DISPLAYED")):
        for part in range(1, World.parts(position) + 1):
            world.receipt(position, stat, part=part)


def test_who_read_it_and_whom_the_sms_went_to_can_be_looked_up(world: World) -> None:
    reads(world)
    numbers = live_numbers(world.plan_id, now=NOW)
    assert (numbers.displayed, numbers.fell_back, numbers.delivered) == (2, 1, 3)
    for group, positions in ((Group.DISPLAYED, [0, 4]), (Group.FELL_BACK, [2])):
        page = drill.contacts(world.plan_id, Selection(group))
        assert page.total == len(positions) == getattr(numbers, str(group))
        assert [row.contact_id for row in page.rows] == [world.contacts[one] for one in positions]
    assert drill.contact_ids(world.plan_id, Selection(Group.DISPLAYED, province="浙江")) == [
        world.contacts[0]
    ]


def test_the_lines_of_each_breakdown_say_how_many_read_it(world: World) -> None:
    reads(world)
    made = report(world.plan_id, now=NOW)
    of = made.numbers.displayed_of
    assert of == 3
    for lines in (made.by_tier, made.by_province, made.by_carrier, made.by_level):
        assert sum(line.displayed for line in lines) == made.numbers.displayed == 2
        assert sum(line.displayed_of for line in lines) == of
    shares = {line.key: line.displayed_share for line in made.by_province}
    assert shares == {"浙江": 0.5, "上海": 1.0}
    assert "已读" in printing.as_text(made)


def test_a_channel_that_cannot_know_has_no_share_of_readers(world: World) -> None:
    send_some_of_everything(world)
    made = report(world.plan_id, now=NOW)
    assert {line.displayed_share for line in made.by_tier} == {None}
    assert "已读" not in printing.as_text(made)


def test_pages_follow_each_other(world: World) -> None:
    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        page = drill.contacts(world.plan_id, Selection(Group.PLANNED), after=after, limit=3)
        assert page.total == 8
        seen += [row.contact_id for row in page.rows]
        after = page.after
    assert seen == sorted(world.contacts[:8])
    with pytest.raises(InvalidInput, match=r"insights\.limit"):
        drill.contacts(world.plan_id, Selection(Group.PLANNED), limit=0)


def test_a_selection_narrows(world: World) -> None:
    send_some_of_everything(world)
    found = drill.contacts(world.plan_id, Selection(Group.FAILED, code="13"))
    assert [row.contact_id for row in found.rows] == [world.contacts[3]]
    assert drill.contacts(world.plan_id, Selection(Group.PLANNED, province="浙江")).total == 4
    assert drill.contacts(world.plan_id, Selection(Group.DELIVERED, level="金卡", tier=0)).total == 2
    assert drill.contacts(world.plan_id, Selection(Group.DELIVERED, carrier=4)).total == 0
    left_out = drill.contacts(world.plan_id, Selection(Group.LEFT_OUT, code="daily_cap"))
    assert [(row.contact_id, row.message_id, row.code) for row in left_out.rows] == [
        (world.contacts[9], None, "daily_cap")
    ]


def audited() -> list[tuple[str, bool, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select actor, (detail ->> 'clear_numbers')::boolean, (detail ->> 'rows')::int"
            " from audit_entry where action = 'plan.export' order by id"
        )
        return list(cursor.fetchall())


def test_an_export_masks_numbers_unless_told_otherwise_and_is_audited(world: World) -> None:
    masked = b"".join(drill.export_csv(world.plan_id, Selection(Group.PLANNED), actor="li")).decode(
        "utf-8-sig"
    )
    with pytest.raises(InvalidInput, match=r"export\.reason"):
        drill.export_csv(world.plan_id, Selection(Group.PLANNED), actor="wang", clear_numbers=True)
    pieces = drill.export_csv(
        world.plan_id, Selection(Group.PLANNED), actor="wang", clear_numbers=True, reason="监管检查"
    )
    clear = b"".join(pieces).decode("utf-8-sig")
    assert masked.count("****") == 8
    assert "****" not in clear
    assert clear.count("\r\n") == 9
    assert audited() == [("li", False, 8), ("wang", True, 8)]


def test_no_cell_of_an_export_is_a_formula(world: World) -> None:
    make_contacts(1, phone=phone(), level="=HYPERLINK(1)", province="浙江")
    with connection.cursor() as cursor:
        cursor.execute(
            "update contact set level = '=cmd|1', city = '@SUM(1)' where id = %s", [world.contacts[0]]
        )
    target = io.BytesIO()
    drill.export_xlsx(target, world.plan_id, Selection(Group.PLANNED), actor="li")
    target.seek(0)
    sheet = CalamineWorkbook.from_filelike(target).get_sheet_by_index(0).to_python()
    assert len(sheet) == 9
    assert sheet[1][7:10] == ["浙江", "'@SUM(1)", "'=cmd|1"]
    text = b"".join(drill.export_csv(world.plan_id, Selection(Group.PLANNED), actor="li")).decode("utf-8-sig")
    assert ",'@SUM(1),'=cmd|1\r\n" in text
