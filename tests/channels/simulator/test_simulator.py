"""A real provider session over real sockets against the simulated carrier."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.patience import PATIENCE_S

from xinfeng.channels.simulator import Behaviour, Options, witness
from xinfeng.channels.simulator.server import Running, serving
from xinfeng.kernel.text import contents, decode_content, encoding_for, parse_udh
from xinfeng.kernel.time import utc_now
from xinfeng.protocols.cmpp import Account, ClientSession, SubmitConstants, Version
from xinfeng.protocols.cmpp.codec import encode
from xinfeng.protocols.cmpp.messages import Submit
from xinfeng.protocols.session import Closed, CloseReason, Refused
from xinfeng.protocols.traffic import (
    Event,
    Opened,
    Receipt,
    Receipts,
    Replies,
    Reply,
    StrayResponses,
    SubmitResponse,
    SubmitResponses,
)

NUMBERS = [f"138{index:08d}" for index in range(1000)]
T = TypeVar("T")


class Provider:
    """The client end: notes everything it hears; acknowledges only when `acknowledging`."""

    def __init__(self, *, version: Version, secret: str, acknowledging: bool, window: int) -> None:
        account = Account(source_addr="900001", secret=secret, version=version)
        self.session = ClientSession(
            account, SubmitConstants(msg_src="900001", src_id="106900"), window=window
        )
        self.acknowledging = acknowledging
        self.heard: list[Event] = []
        self.order: list[str] = []
        self.responses: dict[int, SubmitResponse] = {}
        self.receipts: list[Receipt] = []
        self.replies: list[Reply] = []
        self.sequences: dict[int, str] = {}
        self._news = asyncio.Event()

    async def join(self, port: int) -> Provider:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        self.session.connect(utc_now(), self._now())
        self._writer.write(self.session.data_to_send())
        self._reading = asyncio.create_task(self._read())
        return self

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(1 << 16):
                self._take(self.session.feed(data, self._now()))
        except ConnectionError:
            pass
        self._take(self.session.lost())

    def _take(self, events: list[Event]) -> None:
        for event in events:
            self.heard.append(event)
            if isinstance(event, SubmitResponses):
                self.responses.update((item[0], item) for item in event.items)
                self.order.append("responses")
            elif isinstance(event, Receipts | Replies):
                if isinstance(event, Receipts):
                    self.receipts.extend(event.items)
                    self.order.append("receipts")
                else:
                    self.replies.extend(event.items)
                if self.acknowledging:
                    taken = [(item[0], item[1]) for item in event.items]
                    self._writer.write(self.session.acknowledge(taken))
        self._writer.write(self.session.data_to_send())
        self._news.set()

    def submit(self, numbers: list[str], text: str = "hello") -> list[int]:
        encoding = encoding_for(text)
        parts = contents(text, encoding=encoding, reference=0x5A)
        items = [
            (number, content, int(encoding), len(parts), index)
            for number in numbers
            for index, content in enumerate(parts, start=1)
        ]
        data, sequences = self.session.submit_batch(items, self._now())
        assert len(sequences) == len(items), "the window of the test is too small"
        self.sequences.update(zip(sequences, (item[0] for item in items), strict=True))
        self._writer.write(data)
        return list(sequences)

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    def part(self) -> None:
        self.session.part(self._now())
        self.write(self.session.data_to_send())

    async def until(self, done: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not done():
                self._news.clear()
                await self._news.wait()

    @property
    def end(self) -> Closed | None:
        return next((event for event in self.heard if isinstance(event, Closed)), None)

    @property
    def results(self) -> list[int]:
        return [response[2] for response in self.responses.values()]

    async def leave(self) -> None:
        self._reading.cancel()
        self._writer.close()
        await asyncio.gather(self._reading, self._writer.wait_closed(), return_exceptions=True)


class World:
    """A running carrier, and providers that are cleaned up."""

    def __init__(self, running: Running, log: Path) -> None:
        self.running = running
        self.log = log
        self._providers: list[Provider] = []

    async def dial(
        self,
        *,
        version: Version = Version.V30,
        secret: str = "888888",
        acknowledging: bool = True,
        window: int = 5000,
    ) -> Provider:
        """A provider that has asked to be let in."""
        provider = Provider(version=version, secret=secret, acknowledging=acknowledging, window=window)
        self._providers.append(provider)
        return await provider.join(self.running.port)

    async def provider(self, *, version: Version = Version.V30, acknowledging: bool = True) -> Provider:
        """A provider that was let in."""
        provider = await self.dial(version=version, acknowledging=acknowledging)
        await provider.until(lambda: provider.heard)
        assert isinstance(provider.heard[0], Opened)
        return provider

    async def order(self, **order: Any) -> dict[str, Any]:
        """Say one thing to the control port."""
        assert self.running.control_port is not None
        reader, writer = await asyncio.open_connection("127.0.0.1", self.running.control_port)
        writer.write(json.dumps(order).encode() + b"\n")
        answer: dict[str, Any] = json.loads(await reader.readline())
        writer.close()
        await writer.wait_closed()
        return answer

    async def quiet(self) -> None:
        """Until everything submitted so far has been delivered and acknowledged."""
        async with asyncio.timeout(PATIENCE_S):
            stats = await self.order(do="stats")
            while not stats["accepted"] or any(
                stats[name] for name in ("scheduled", "waiting", "unacknowledged")
            ):
                await asyncio.sleep(0.01)
                stats = await self.order(do="stats")

    def written(self) -> Path:
        """The log, up to now."""
        self.running.carrier.log.flush()
        return self.log

    async def leave(self) -> None:
        for provider in self._providers:
            await provider.leave()


@asynccontextmanager
async def world(log: Path, behaviour: Behaviour | None = None, **options: Any) -> AsyncIterator[World]:
    settled = behaviour or Behaviour(receipt_delay_ms=0)
    async with serving(
        Options(port=0, control_port=0, log=log, behaviour=settled, seed=1, **options)
    ) as running:
        here = World(running, log)
        try:
            yield here
        finally:
            await here.leave()


Play = Callable[[World], Awaitable[None]]


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., None]:
    """Run a scene against a carrier."""

    def run(scene: Play, behaviour: Behaviour | None = None, **options: Any) -> None:
        async def go() -> None:
            async with world(tmp_path / "log.jsonl", behaviour, **options) as here:
                await scene(here)

        asyncio.run(go())

    return run


# --- the good days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V20, Version.V30])
def test_what_is_submitted_is_answered_reported_and_written_down(
    play: Callable[..., None], version: Version
) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider(version=version)
        provider.submit(NUMBERS[:200], "【信风】您好")
        await provider.until(lambda: len(provider.receipts) == 200 and len(provider.responses) == 200)
        ids = {response[1]: provider.sequences[response[0]] for response in provider.responses.values()}
        assert set(provider.results) == {0}
        assert len(ids) == 200
        assert {receipt[2]: receipt[6] for receipt in provider.receipts} == ids
        assert {receipt[3] for receipt in provider.receipts} == {"DELIVRD"}
        entries = list(witness.accepted(here.written()))
        assert {(entry.number, entry.text) for entry in entries} == {
            (n, "【信风】您好") for n in NUMBERS[:200]
        }
        assert {bytes.fromhex(entry.msg_id) for entry in entries} == set(ids)

    play(scene)


def test_every_part_of_a_long_message_has_its_own_id_and_report(play: Callable[..., None]) -> None:
    text = "长" * 150

    async def scene(here: World) -> None:
        provider = await here.provider()
        provider.submit(NUMBERS[:2], text)
        await provider.until(lambda: len(provider.receipts) == 6 and len(provider.responses) == 6)
        assert len({receipt[2] for receipt in provider.receipts}) == 6
        assert witness.deliveries_by_number(here.written()) == {n: {text: 1} for n in NUMBERS[:2]}

    play(scene)


def test_reports_follow_the_shares_asked_for(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        provider.submit(NUMBERS)
        await provider.until(lambda: len(provider.receipts) == 1000)
        stats = [receipt[3] for receipt in provider.receipts]
        assert set(stats) == {"DELIVRD", "UNDELIV", "MK:0001"}
        assert 400 < stats.count("DELIVRD") < 600

    play(scene, Behaviour(receipt_delay_ms=0, receipts={"DELIVRD": 0.5, "UNDELIV": 0.3, "MK:0001": 0.2}))


def test_handsets_answer_by_script_and_then_by_share(play: Callable[..., None]) -> None:
    question = "请问" + "这个" * 40

    async def scene(here: World) -> None:
        script = {NUMBERS[0]: ["退订"], NUMBERS[1]: [question]}
        await here.order(do="set", replies={"T": 1.0}, reply_script=script, reply_delay_ms=0)
        provider = await here.provider()
        for number, heard in ((NUMBERS[1], 2), (NUMBERS[1], 3), (NUMBERS[0], 4)):
            provider.submit([number])
            await provider.until(lambda heard=heard: len(provider.replies) == heard)
        texts: dict[str, str] = {}
        for _, _, number, dest_id, tp_udhi, msg_fmt, content, _ in provider.replies:
            assert dest_id == "106900"
            body = parse_udh(content)[1] if tp_udhi else content
            texts[number] = texts.get(number, "") + (decode_content(body, msg_fmt) or "")
        assert texts == {NUMBERS[0]: "退订", NUMBERS[1]: question + "T"}

    play(scene)


def test_a_long_message_is_answered_once(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        provider.submit(NUMBERS[:2], "长" * 150)
        await here.quiet()
        assert sorted(reply[2] for reply in provider.replies) == NUMBERS[:2]

    play(scene, Behaviour(replies={"T": 1.0}, reply_delay_ms=0, receipt_delay_ms=0))


def test_a_handset_writes_unasked(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        assert await here.order(do="reply", number="13800138000", dest_id="106900", text="TD") == {"ok": True}
        await provider.until(lambda: provider.replies)
        assert provider.replies[0][2:7] == ("13800138000", "106900", 0, 0, b"TD")

    play(scene)


def test_a_farewell_is_answered(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        provider.part()
        await provider.until(lambda: provider.end)
        assert provider.end is not None
        assert provider.end.reason is CloseReason.LOCAL

    play(scene)


def test_answers_take_their_time(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        provider.submit(NUMBERS[:1])
        await provider.until(lambda: provider.responses)
        assert provider.order == ["receipts", "responses"]

    play(scene, Behaviour(latency_ms=500, receipt_delay_ms=0))


def test_several_destinations_have_consecutive_ids_and_a_report_each(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        submit = Submit(sequence=77, dest_terminal_ids=tuple(NUMBERS[:3]), content=b"hi", msg_fmt=0)
        provider.write(encode(submit, Version.V30))
        await provider.until(lambda: len(provider.receipts) == 3)
        (stray,) = (event for event in provider.heard if isinstance(event, StrayResponses))
        first = int.from_bytes(stray.items[0][1], "big")
        assert {int.from_bytes(receipt[2], "big"): receipt[6] for receipt in provider.receipts} == {
            first + index: number for index, number in enumerate(NUMBERS[:3])
        }
        assert [entry.number for entry in witness.accepted(here.written())] == NUMBERS[:3]

    play(scene)


def test_who_asked_for_no_report_gets_none(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        for sequence, wanted in ((1, 0), (2, 1)):
            submit = Submit(
                sequence=sequence,
                dest_terminal_ids=(NUMBERS[sequence],),
                content=b"hi",
                registered_delivery=wanted,
            )
            provider.write(encode(submit, Version.V30))
        await provider.until(lambda: provider.receipts)
        await here.quiet()
        assert [receipt[6] for receipt in provider.receipts] == [NUMBERS[2]]

    play(scene)


def test_a_provider_that_talks_nonsense_is_dropped_and_the_others_stay(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        good, bad = await here.provider(), await here.provider()
        bad.write(b"GET / HTTP/1.1\r\n\r\n")
        await bad.until(lambda: bad.end)
        good.submit(NUMBERS[:3])
        await good.until(lambda: len(good.receipts) == 3)
        assert (await here.order(do="stats"))["violations"] == 1

    play(scene)


# --- login -------------------------------------------------------------------------------------------------


def test_a_wrong_secret_is_refused(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.dial(secret="wrong")
        await provider.until(lambda: provider.end)
        assert provider.heard[0] == Refused(3, "cmpp.login.authentication_failed")

    play(scene)


@pytest.mark.parametrize("status", [2, 4, 5])
def test_logins_are_refused_as_ordered(play: Callable[..., None], status: int) -> None:
    async def scene(here: World) -> None:
        provider = await here.dial()
        await provider.until(lambda: provider.end)
        refused = provider.heard[0]
        assert isinstance(refused, Refused)
        assert refused.status == status

    play(scene, Behaviour(refuse_login=status))


# --- faults ------------------------------------------------------------------------------------------------


def test_submits_are_refused_by_share(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        provider.submit(NUMBERS)
        await provider.until(lambda: len(provider.responses) == 1000)
        results = provider.results
        assert set(results) == {0, 8, 13}
        assert 200 < results.count(13) < 400
        await provider.until(lambda: len(provider.receipts) == results.count(0))
        assert witness.totals(here.written()).submits == results.count(0), "what was refused was not accepted"

    play(scene, Behaviour(receipt_delay_ms=0, refuse={13: 0.3, 8: 0.2}))


def test_above_the_rate_the_answer_is_flow_control(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        provider.submit(NUMBERS[:300])
        await provider.until(lambda: len(provider.responses) == 300)
        assert provider.results.count(0) == 100
        assert provider.results.count(8) == 200

    play(scene, Behaviour(rate_per_s=100, rate_slack=0.0))


def test_receipts_are_lost_and_doubled(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        provider.submit(NUMBERS)
        seen: dict[bytes, int] = {}
        await provider.until(lambda: len(provider.responses) == 1000)
        await here.quiet()
        for receipt in provider.receipts:
            seen[receipt[2]] = seen.get(receipt[2], 0) + 1
        counts = list(seen.values())
        assert 600 < len(seen) < 800
        assert 200 < counts.count(2) < 400
        assert max(counts) == 2

    play(scene, Behaviour(receipt_delay_ms=0, lose_receipts=0.3, double_receipts=0.3))


def test_a_receipt_may_come_before_its_response(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        (sequence,) = provider.submit(NUMBERS[:1])
        await provider.until(lambda: provider.responses)
        assert provider.order == ["receipts", "responses"]
        assert provider.receipts[0][2] == provider.responses[sequence][1]

    play(scene, Behaviour(early_receipts=1.0))


def test_late_receipts_come_after_the_others(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        provider.submit(NUMBERS[:1])
        await provider.until(lambda: provider.responses)
        await here.order(do="set", late_receipts=0.0, receipt_delay_ms=0)
        provider.submit(NUMBERS[1:2])
        await provider.until(lambda: len(provider.receipts) == 2)
        assert [receipt[6] for receipt in provider.receipts] == [NUMBERS[1], NUMBERS[0]]

    play(scene, Behaviour(receipt_delay_ms=0, late_receipts=1.0, late_by_ms=2000))


def test_silence_accepts_and_says_nothing(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        await here.order(do="set", silent=True)
        provider.submit(NUMBERS[:5])
        while (await here.order(do="stats"))["waiting"] < 5:
            await asyncio.sleep(0.01)
        assert provider.responses == {}
        assert provider.receipts == []
        assert witness.totals(here.written()).submits == 5
        await here.order(do="set", silent=False)
        await provider.until(lambda: len(provider.receipts) == 5)
        assert provider.responses == {}, "answers are lost; receipts settle what was uncertain"

    play(scene)


def test_a_cut_comes_after_so_many_submits_and_leaves_them_unanswered(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        sequences = provider.submit(NUMBERS[:30])
        await provider.until(lambda: provider.end)
        assert provider.end is not None
        assert (provider.end.reason, provider.end.pending) == (CloseReason.LOST, sequences)
        assert witness.totals(here.written()).submits == 20
        again = await here.provider()
        await again.until(lambda: len(again.receipts) == 20)
        again.submit(NUMBERS[30:60])
        await again.until(lambda: len(again.responses) == 30)

    play(scene, Behaviour(receipt_delay_ms=0, cut_after=20))


def test_a_cut_on_demand(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        assert await here.order(do="cut") == {"ok": True, "connections": 1}
        await provider.until(lambda: provider.end)
        assert provider.end is not None
        assert provider.end.reason is CloseReason.LOST

    play(scene)


@pytest.mark.parametrize("how", ["now", "after"])
def test_garbage_ends_in_a_violation(play: Callable[..., None], how: str) -> None:
    async def scene(here: World) -> None:
        provider = await here.provider()
        if how == "now":
            await here.order(do="garbage")
        else:
            await here.order(do="set", garbage_after=3)
            provider.submit(NUMBERS[:3])
        await provider.until(lambda: provider.end)
        assert provider.end is not None
        assert provider.end.reason is CloseReason.VIOLATION

    play(scene)


# --- nothing is lost ---------------------------------------------------------------------------------------


def test_what_is_not_acknowledged_is_delivered_again_and_survives_reconnects(
    play: Callable[..., None],
) -> None:
    async def scene(here: World) -> None:
        deaf = await here.provider(acknowledging=False)
        deaf.submit(NUMBERS[:3])
        await deaf.until(lambda: deaf.end)
        assert len(deaf.receipts) == 9, "three times each, then the connection is given up"
        better = await here.provider()
        await better.until(lambda: len(better.receipts) >= 3)
        assert {receipt[2] for receipt in better.receipts} == {receipt[2] for receipt in deaf.receipts}
        await here.quiet()

    play(scene, resend_s=0.2)


def test_reports_go_to_another_connection_of_the_account(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        first = await here.provider(acknowledging=False)
        first.submit(NUMBERS[:50])
        await first.until(lambda: len(first.responses) == 50)
        await first.leave()
        second = await here.provider()
        await second.until(lambda: len(second.receipts) == 50)

    play(scene, Behaviour(receipt_delay_ms=100))


def test_a_small_window_is_kept_until_acknowledged(play: Callable[..., None]) -> None:
    async def scene(here: World) -> None:
        deaf = await here.provider(acknowledging=False)
        deaf.submit(NUMBERS[:50])
        await deaf.until(lambda: len(deaf.receipts) == 10)
        assert (await here.order(do="stats"))["unacknowledged"] == 10

    play(scene, deliver_window=10)


# --- control and start -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"do": "dance"}, "simulator.unknown_order"),
        ({}, "simulator.unknown_order"),
        ({"do": "set", "mood": 1}, "simulator.unknown_setting"),
        ({"do": "set", "latency_ms": "soon"}, "simulator.bad_value"),
        ({"do": "set", "latency_ms": -1}, "simulator.negative"),
        ({"do": "set", "refuse": {"0": 0.5}}, "simulator.bad_result"),
        ({"do": "set", "refuse": {"8": 1.5}}, "simulator.bad_share"),
        ({"do": "set", "refuse": [8]}, "simulator.bad_value"),
        ({"do": "set", "receipts": {"DELIVRD": 0.6, "UNDELIV": 0.6}}, "simulator.shares_exceed_one"),
        ({"do": "set", "receipts": {"A WORD LONGER THAN ANY": 1}}, "simulator.bad_status_word"),
        ({"do": "set", "replies": {"\ud800": 1}}, "text.unencodable"),
        ({"do": "set", "reply_script": {"138": ["\ud800"]}}, "text.unencodable"),
        ({"do": "reply", "account": "nobody", "number": "1", "dest_id": "2"}, "simulator.no_such_account"),
        ({"do": "reply", "number": "1" * 22, "dest_id": "2"}, "simulator.bad_number"),
        ({"do": "reply", "number": "号", "dest_id": "2"}, "simulator.bad_number"),
        ({"do": "reply", "number": "1", "dest_id": "2", "text": "\ud800"}, "text.unencodable"),
    ],
)
def test_wrong_orders_change_nothing(play: Callable[..., None], order: dict[str, Any], code: str) -> None:
    async def scene(here: World) -> None:
        before = here.running.carrier.behaviour
        assert await here.order(**order) == {"ok": False, "error": code}
        assert here.running.carrier.behaviour == before

    play(scene)


def test_the_process_says_when_it_is_ready_and_keeps_its_log(tmp_path: Path) -> None:
    log = tmp_path / "日志 log.jsonl"
    command = [sys.executable, "-m", "xinfeng.channels.simulator", "--port", "0", "--control-port", "0"]
    options = ["--log", str(log), "--receipts", "DELIVRD=0.5,UNDELIV=0.5", "--receipt-delay-ms", "0"]
    with subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("control on 127.0.0.1:")
            ready = process.stdout.readline()
            assert ready.startswith("listening on 127.0.0.1:")
            port = int(ready.rpartition(":")[2])

            async def talk() -> None:
                provider = Provider(version=Version.V30, secret="888888", acknowledging=True, window=100)
                await provider.join(port)
                await provider.until(lambda: provider.heard)
                provider.submit(NUMBERS[:10])
                await provider.until(lambda: len(provider.receipts) == 10)
                await provider.leave()

            asyncio.run(talk())
            given_up = time.monotonic() + PATIENCE_S
            while witness.totals(log).submits < 10 and time.monotonic() < given_up:
                time.sleep(0.01)
            assert witness.totals(log).submits == 10, "the log is on disk while the process runs"
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0
    assert witness.totals(log) == witness.Totals(
        submits=10, messages=10, incomplete=0, numbers=10, duplicates=0
    )


@pytest.mark.parametrize(
    "arguments",
    [["--refuse", "8"], ["--receipts", "DELIVRD=2"], ["--reply-script", "/nowhere"], ["--refuse", "x=1"]],
)
def test_a_wrong_start_says_what_is_wrong(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "xinfeng.channels.simulator", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("simulator.")
    assert ended.stdout == ""


@pytest.mark.parametrize("which", ["--port", "--control-port"])
def test_a_taken_port_is_one_sentence_and_no_traceback(tmp_path: Path, which: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        arguments = [which, str(port)] if which == "--port" else ["--port", "0", which, str(port)]
        command = [sys.executable, "-m", "xinfeng", "simulate", "carrier", *arguments]
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env={**os.environ, "XINFENG_DATA": str(tmp_path)},
        )
    told = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert f"端口 {port} 已被占用" in told and f"port {port} is taken" in told
    assert "Traceback" not in told
