"""What became of a message, for every mixture of facts that carriers and crashes produce."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from xinfeng.delivery.models import Outcome
from xinfeng.delivery.outcomes import count_states, message_state
from xinfeng.lens.duck import DuckEngine
from xinfeng.lens.engine import Lens
from xinfeng.lens.feeds import Feed, declared

AT = datetime(2026, 5, 1, tzinfo=UTC)
FEEDS: dict[str, Feed] = {feed.name: feed for feed in declared()}
ACCEPTED, REFUSED, THROTTLED, UNCERTAIN = (
    Outcome.ACCEPTED.value,
    Outcome.REFUSED.value,
    Outcome.THROTTLED.value,
    Outcome.UNCERTAIN.value,
)


class World:
    """A lens that is filled by hand."""

    def __init__(self, folder: Path) -> None:
        self.engine = DuckEngine(folder / "lens.duckdb", memory_mb=256)
        self.lens = Lens(self.engine, tuple(FEEDS.values()))

    def add(self, table: str, **values: Any) -> None:
        feed = FEEDS[table]
        columns = [column for column in feed.columns if column.name in values]
        block = pa.table({column.name: [values[column.name]] for column in columns})
        with self.engine.writing() as writer, writer.loading(feed, columns, into_empty=True) as load:
            load.take(block)

    def message(self, message_id: int = 1, *, plan: int = 1, parts: int = 1) -> None:
        planned_at = AT + timedelta(days=message_id)
        contact_id = message_id + 100
        self.add(
            "message", id=message_id, plan_id=plan, contact_id=contact_id, parts=parts, planned_at=planned_at
        )

    def attempt(self, outcome: int, *, part: int = 1, code: str = "", message_id: int = 1) -> None:
        self.add("attempt", message_id=message_id, part=part, outcome=outcome, code=code, at=AT)

    def receipt(self, stat: str, *, part: int | None = 1, message_id: int | None = 1) -> None:
        self.add("receipt", id=1, stat=stat, message_id=message_id, part=part)

    def match(self, stat: str, *, part: int = 1, message_id: int = 1) -> None:
        self.add("receipt_match", receipt_id=1, stat=stat, message_id=message_id, part=part)

    def states(self, plans: list[int] | None = None) -> dict[int, tuple[str, str | None]]:
        rows = self.lens.rows(message_state(self.lens, plans)).to_pylist()
        return {row["message_id"]: (row["state"], row["code"]) for row in rows}

    @property
    def state(self) -> tuple[str, str | None]:
        counted = {state.value: count for state, count in count_states(self.lens).items() if count}
        assert counted == Counter(state for state, _ in self.states().values())
        assert self.states([1]) == {key: value for key, value in self.states().items() if key == 1}
        return self.states()[1]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    found = World(tmp_path)
    yield found
    found.engine.close()


def test_a_message_nobody_tried_is_planned(world: World) -> None:
    world.message()
    assert world.state == ("planned", None)


def test_flow_control_is_no_outcome(world: World) -> None:
    world.message()
    world.attempt(THROTTLED, code="8")
    assert world.state == ("planned", None)
    world.attempt(ACCEPTED)
    assert world.state == ("accepted", None)


def test_a_withheld_message_says_why(world: World) -> None:
    world.message()
    world.attempt(THROTTLED)
    world.add("withheld", message_id=1, reason="opted_out", at=AT)
    assert world.state == ("withheld", "opted_out")


@pytest.mark.parametrize("stat", ["UNDELIV", "EXPIRED", "REJECTD", "UNKNOWN", "MK:100C", "CMPPERR:12"])
def test_a_final_receipt_that_is_not_delivrd_fails_it(world: World, stat: str) -> None:
    world.message()
    world.attempt(ACCEPTED)
    world.receipt(stat)
    assert world.state == ("failed", stat)


@pytest.mark.parametrize("stat", ["ACCEPTD", "ENROUTE", "BUFFRED"])
def test_an_intermediate_receipt_ends_nothing(world: World, stat: str) -> None:
    world.message()
    world.attempt(ACCEPTED)
    world.receipt(stat)
    assert world.state == ("accepted", None)
    world.receipt("DELIVRD")
    assert world.state == ("delivered", "DELIVRD")


@pytest.mark.parametrize("order", [("UNDELIV", "DELIVRD"), ("DELIVRD", "UNDELIV"), ("DELIVRD", "DELIVRD")])
def test_one_delivrd_is_enough_whatever_else_was_reported(world: World, order: tuple[str, str]) -> None:
    world.message()
    world.attempt(ACCEPTED)
    for stat in order:
        world.receipt(stat)
    assert world.state == ("delivered", "DELIVRD")


def test_a_refused_message_failed_with_the_carriers_code(world: World) -> None:
    world.message()
    world.attempt(THROTTLED, code="8")
    world.attempt(REFUSED, code="9")
    assert world.state == ("failed", "9")


def test_an_uncertain_message_stays_so_until_a_receipt_finds_it(world: World) -> None:
    world.message()
    world.attempt(UNCERTAIN, code="connection_lost")
    assert world.state == ("uncertain", "connection_lost")
    world.receipt("DELIVRD", message_id=None, part=None)
    assert world.state == ("uncertain", "connection_lost")
    world.match("ACCEPTD")
    assert world.state == ("accepted", None)
    world.match("UNDELIV")
    assert world.state == ("failed", "UNDELIV")
    world.match("DELIVRD")
    assert world.state == ("delivered", "DELIVRD")


@pytest.mark.parametrize("late, state", [(ACCEPTED, "accepted"), (REFUSED, "failed")])
def test_a_response_that_came_after_all_settles_the_uncertainty(world: World, late: int, state: str) -> None:
    world.message()
    world.attempt(UNCERTAIN, code="connection_lost")
    world.attempt(late, code="9")
    assert world.state[0] == state


def test_a_long_message_is_delivered_with_its_last_part(world: World) -> None:
    world.message(parts=3)
    for part in (1, 2, 3):
        assert world.state[0] == ("planned" if part == 1 else "accepted")
        world.attempt(ACCEPTED, part=part)
    for part in (1, 2):
        world.receipt("DELIVRD", part=part)
        world.receipt("DELIVRD", part=part)
        assert world.state == ("accepted", None)
    world.match("DELIVRD", part=3)
    assert world.state == ("delivered", "DELIVRD")


@pytest.mark.parametrize(
    "second, expected",
    [
        ((REFUSED, "13", None), ("failed", "13")),
        ((UNCERTAIN, "lost", None), ("uncertain", "lost")),
        ((UNCERTAIN, "lost", "UNDELIV"), ("failed", "UNDELIV")),
        ((ACCEPTED, "", "EXPIRED"), ("failed", "EXPIRED")),
        ((THROTTLED, "8", None), ("accepted", None)),
    ],
)
def test_the_worst_part_decides(
    world: World, second: tuple[int, str, str | None], expected: tuple[str, str | None]
) -> None:
    world.message(parts=2)
    world.attempt(ACCEPTED, part=1)
    world.receipt("DELIVRD", part=1)
    outcome, code, stat = second
    world.attempt(outcome, part=2, code=code)
    if stat:
        world.receipt(stat, part=2)
    assert world.state == expected


def test_half_a_message_has_failed(world: World) -> None:
    world.message(parts=2)
    world.attempt(ACCEPTED, part=1)
    world.add("withheld", message_id=1, reason="opted_out", at=AT)
    assert world.state == ("failed", "opted_out")


def test_plans_are_kept_apart(world: World) -> None:
    for message_id, plan in ((1, 1), (2, 2), (3, 1)):
        world.message(message_id, plan=plan)
        world.attempt(ACCEPTED, message_id=message_id)
    world.receipt("DELIVRD", message_id=2)
    assert world.states([1]) == {1: ("accepted", None), 3: ("accepted", None)}
    assert world.states([2]) == {2: ("delivered", "DELIVRD")}
    assert world.states([1, 2]) == world.states()
    assert world.states([]) == {}
    assert world.states([9]) == {}


def test_a_question_about_recent_messages_leaves_the_others_out(world: World) -> None:
    for message_id in (1, 2, 3):
        world.message(message_id)
        world.attempt(ACCEPTED, message_id=message_id)
    found = world.lens.rows(message_state(world.lens, since=AT + timedelta(days=2))).to_pylist()
    assert sorted((row["message_id"], row["state"]) for row in found) == [(2, "accepted"), (3, "accepted")]
    since, until = AT + timedelta(days=2), AT + timedelta(days=3)
    found = world.lens.rows(message_state(world.lens, since=since, until=until)).to_pylist()
    assert [(row["message_id"], row["state"]) for row in found] == [(2, "accepted")]
    assert +Counter(count_states(world.lens, since=since, until=until)) == {"accepted": 1}
