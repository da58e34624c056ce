"""Lines to a vendor that behaves, and to one that does not: what is known of each message, and what is never sent again."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from tests.channels.vendors.world import ACCOUNT, SECRET, items, number, world
from tests.patience import PATIENCE_S

from xinfeng.channels.lines import TakenBack
from xinfeng.channels.simulator import witness
from xinfeng.protocols.traffic import SubmitItem


def run(scenario: object) -> None:
    asyncio.run(scenario)  # type: ignore[arg-type]


def accepted(log: Path) -> list[tuple[str, str]]:
    return [(one.number, one.text) for one in witness.accepted(log)]


def test_a_batch_is_one_request_and_every_number_has_an_id_of_its_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as it:
            assert await it.send_all(items(250)) == [100, 100, 50]
            await it.until(lambda: len(it.ears.taken) == 250)
            assert it.ears.results == [0] * 250
            kept = {carrier_id for _, carrier_id, _ in it.ears.taken}
            assert len(kept) == 250 and all(len(one) <= 64 for one in kept)
            assert not any(number(index).encode() in one for index, one in enumerate(kept))
            assert it.vendor.vendor.counters.requests == 3
            assert it.line.round_trip_ms is not None and it.line.window_used == 0

    run(scenario())
    texts = accepted(tmp_path / "vendor.log")
    assert texts == [(number(n), f"【信风】第{n}位您好，今日到店有礼，拒收请回复R") for n in range(250)]


def test_a_request_is_about_one_template_and_at_tencent_about_one_text(tmp_path: Path) -> None:
    mixed = [*items(3), *items(4, code="SMS_2", first=3)]

    async def scenario() -> None:
        async with world(tmp_path) as it:
            assert await it.send_all(mixed) == [3, 4]
            await it.until(lambda: it.ears.results == [0] * 7)
        async with world(tmp_path, "tencent") as it:
            assert await it.send_all(mixed) == [1, 1, 1, 4]
            await it.until(lambda: it.ears.results == [0] * 7)
            assert await it.send_all(items(450, code="SMS_2", first=50)) == [200, 200, 50]

    run(scenario())


def test_what_goes_together_is_gathered_from_among_others(tmp_path: Path) -> None:
    short, long = items(6, code="SMS_2"), items(6)
    mixed = [one for pair in zip(short, long, strict=True) for one in pair]  # to each number both

    async def scenario() -> None:
        async with world(tmp_path) as it:
            assert it.sessions.gather(it.line, mixed, 100) == [0, 2, 4, 6, 8, 10]
            assert it.sessions.gather(it.line, mixed[1:], 2) == [0, 2]
            assert it.sessions.gather(it.line, [*short, *short], 100) == [0, 1, 2, 3, 4, 5]
        async with world(tmp_path, "tencent", window=4) as it:
            assert it.sessions.gather(it.line, mixed, 100) == [0, 2, 4, 6]
            assert it.sessions.gather(it.line, mixed[1:], 100) == [0]

    run(scenario())


def test_codes_that_begin_alike_are_not_alike(tmp_path: Path) -> None:
    odd = [items(1, code=code, first=n)[0] for n, code in enumerate(('SMS"', 'SMS",', "SMS", 'SMS"'))]

    async def scenario() -> None:
        async with world(tmp_path) as it:
            assert it.sessions.gather(it.line, odd, 100) == [0, 3]

    run(scenario())


def test_a_number_comes_once_in_a_request(tmp_path: Path) -> None:
    twice = [*items(2), *items(1)]

    async def scenario() -> None:
        async with world(tmp_path) as it:
            assert await it.send_all(twice) == [2, 1]
            await it.until(lambda: len({one for _, one, _ in it.ears.taken}) == 3)

    run(scenario())


@pytest.mark.parametrize("kind", ["aliyun", "tencent"])
def test_a_request_that_is_accepted_and_never_answered_is_uncertain(tmp_path: Path, kind: str) -> None:
    async def scenario() -> None:
        async with world(tmp_path, kind, behaviour={"silent": True}, response_timeout_s=1) as it:
            sent = it.send(items(5, code="SMS_2"))
            await it.until(lambda: len(it.ears.unknown) == sent)
            assert {code for _, code in it.ears.unknown} == {"timeout"}
            assert it.line.free_window == 0  # nothing new on a line whose answer is overdue
            assert not it.ears.taken and it.vendor.vendor.counters.accepted == sent

    run(scenario())


def test_an_answer_that_comes_late_settles_what_was_uncertain(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path, behaviour={"latency_ms": 3_500}, response_timeout_s=1) as it:
            it.send(items(3))
            await it.until(lambda: len(it.ears.late) == 3)
            assert len(it.ears.unknown) == 3 and not it.ears.taken
            assert [result for _, _, result in it.ears.late] == [0, 0, 0]
            await it.until(lambda: bool(it.sessions.ready()) and it.line.free_window > 0)

    run(scenario())


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        ({"cut_after": 1}, "lost"),
        ({"garbage_after": 1}, "lost"),
        ({"broken": 1.0}, "vendor.server_error"),
    ],
)
def test_a_cut_garbage_and_a_502_after_the_request_was_sent_leave_it_uncertain(
    tmp_path: Path, behaviour: dict[str, object], code: str
) -> None:
    async def scenario() -> None:
        async with world(tmp_path, behaviour=behaviour) as it:
            it.send(items(4))
            await it.until(lambda: len(it.ears.unknown) == 4)
            assert {reason for _, reason in it.ears.unknown} == {code}
            it.behave(broken=0.0, cut_after=0, garbage_after=0)
            await it.send_all(items(2, first=10))  # the channel goes on
            await it.until(lambda: it.ears.results == [0, 0])
        assert len({one for one, _ in accepted(tmp_path / "vendor.log")}) == 6

    run(scenario())


@pytest.mark.parametrize(
    ("kind", "code"), [("aliyun", "Throttling.User"), ("tencent", "RequestLimitExceeded")]
)
def test_flow_control_is_said_by_its_code(tmp_path: Path, kind: str, code: str) -> None:
    async def scenario() -> None:
        async with world(tmp_path, kind, behaviour={"rate_per_s": 1}) as it:
            await it.send_all(items(1))
            await it.until(lambda: len(it.ears.taken) == 1)
            await it.send_all(items(1, first=1))
            await it.until(lambda: len(it.ears.taken) == 2)
            assert it.ears.results == [0, code]

    run(scenario())


def test_a_batch_refused_for_one_number_is_taken_back_and_each_goes_on_its_own(tmp_path: Path) -> None:
    bad = number(1)

    async def scenario() -> None:
        refuse = {"refuse_numbers": {bad: "isv.BUSINESS_LIMIT_CONTROL"}}
        async with world(tmp_path, behaviour=refuse) as it:
            assert it.send(items(3)) == 3
            await it.until(lambda: len(it.ears.taken) == 3)
            assert all(isinstance(result, TakenBack) for result in it.ears.results)
            it.ears.taken.clear()
            assert await it.send_all([*items(3), *items(2, first=5)]) == [1, 1, 1, 2]
            await it.until(lambda: len(it.ears.taken) == 5)
            assert it.ears.results == [0, "isv.BUSINESS_LIMIT_CONTROL", 0, 0, 0]

    run(scenario())
    assert len(accepted(tmp_path / "vendor.log")) == 4


def test_at_tencent_one_number_is_refused_without_the_others(tmp_path: Path) -> None:
    async def scenario() -> None:
        code = "FailedOperation.PhoneNumberInBlacklist"
        async with world(tmp_path, "tencent", behaviour={"refuse_numbers": {number(1): code}}) as it:
            it.send(items(3, code="SMS_2"))
            await it.until(lambda: len(it.ears.taken) == 3)
            assert it.ears.results == [0, code, 0]

    run(scenario())


@pytest.mark.parametrize(
    ("kind", "code"),
    [("aliyun", "SignatureDoesNotMatch"), ("tencent", "AuthFailure.SignatureFailure")],
)
def test_an_account_that_is_refused_costs_no_message_and_is_not_hammered(
    tmp_path: Path, kind: str, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        async with world(tmp_path, kind, secret="not-the-secret-7391") as it:
            it.send(items(2, code="SMS_2"))
            await it.until(lambda: len(it.ears.taken) == 2)
            assert it.ears.results == [code, code]
            assert all(isinstance(result, TakenBack) for result in it.ears.results)
            await it.until(lambda: it.sessions.places[0].phase.value == "refused")
            assert it.sessions.places[0].detail == code
            await asyncio.sleep(0.3)
            assert it.vendor.vendor.counters.requests == 1
            shown = repr(it.sessions.account) + repr(it.ears) + repr(it.sessions.places)
            assert "not-the-secret-7391" not in shown

    with caplog.at_level(logging.DEBUG):
        run(scenario())
    assert "not-the-secret-7391" not in caplog.text


def test_a_vendor_that_cannot_be_reached_costs_no_message(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as gone:
            port = gone.vendor.port
        async with world(tmp_path, wait=False, port=port) as it:
            await it.until(lambda: it.sessions.places[0].detail.startswith("connect."))
            assert not it.sessions.ready() and not it.ears.unknown

    run(scenario())


@pytest.mark.parametrize("behaviour", [{"closing": True}, {}])
def test_a_connection_that_ends_between_requests_is_made_again_at_once(
    tmp_path: Path, behaviour: dict[str, object]
) -> None:
    async def scenario() -> None:
        async with world(tmp_path, behaviour=behaviour, keepalive_s=1) as it:
            await it.send_all(items(1))
            await it.until(lambda: it.ears.results == [0])
            if not behaviour:
                first = it.line
                await it.until(lambda: bool(it.sessions.ready()) and it.line is not first)
            await it.send_all(items(1, first=1))
            await it.until(lambda: it.ears.results == [0, 0])
            assert not it.ears.unknown

    run(scenario())


def test_neither_secret_nor_number_nor_text_is_ever_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given: list[SubmitItem] = items(3)

    async def scenario() -> None:
        for behaviour in (
            {"broken": 1.0},
            {"cut_after": 1},
            {"garbage_after": 1},
            {"refuse": {"isv.X": 1.0}},
        ):
            async with world(tmp_path, behaviour=behaviour) as it:
                it.send(given)
                await it.until(lambda: len(it.ears.unknown) + len(it.ears.taken) == 3)

    with caplog.at_level(logging.DEBUG):
        run(scenario())
    said = caplog.text + "".join(str(record.__dict__) for record in caplog.records)
    for secret in (SECRET, ACCOUNT, given[0][0], "到店有礼", "Signature", "ACS3"):
        assert secret not in said


def test_what_was_written_is_with_the_kernel_when_submit_returns(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path) as it:
            line = it.line
            it.send(items(100))
            assert not line.clogged
            await it.until(lambda: len(it.ears.taken) == 100)

    run(scenario())


def test_a_line_that_parts_waits_for_its_answer(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path, behaviour={"latency_ms": 200}) as it:
            it.send(items(2))
            await it.sessions.stop(patience_s=PATIENCE_S)
            assert it.ears.results == [0, 0] and not it.ears.unknown

    run(scenario())
