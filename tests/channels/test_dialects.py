"""Every protocol over real sockets: our lines and the simulated carrier, which misbehaves alike in all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.patience import PATIENCE_S
from tests.ports import free_port

from xinfeng.channels.backoff import Backoff
from xinfeng.channels.kinds import open_sessions, read_config
from xinfeng.channels.lines import Answered, Line, Ref
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.probe import try_login
from xinfeng.channels.sessions import ChannelAccount, ChannelSessions
from xinfeng.channels.simulator import Behaviour, Options
from xinfeng.channels.simulator.dialects import DIALECTS
from xinfeng.channels.simulator.server import Running, serving
from xinfeng.kernel.text import Encoding, decode_content
from xinfeng.protocols.traffic import Receipt, Reply

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "cmpp": ("cmpp3", {"account": "900001"}),
    "sgip": (
        "sgip12",
        {"account": "sgip", "node_id": 3010012345, "corp_id": "12345", "listen_host": "127.0.0.1"},
    ),
    "smgp": ("smgp30", {"account": "12345678"}),
    "smpp": ("smpp34", {"system_id": "xinfeng"}),
}


@pytest.fixture(params=sorted(DIALECTS))
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Ear:
    """Hears what the lines tell; acknowledges what it is given."""

    def __init__(self) -> None:
        self.answers: list[Answered] = []
        self.late: list[Answered] = []
        self.without: list[tuple[Ref, str]] = []
        self.receipts: list[Receipt] = []
        self.replies: list[Reply] = []
        self.acknowledging = True

    def answered(self, _: Line, answers: list[Answered]) -> None:
        self.answers += answers

    def answered_late(self, _: Line, answers: list[Answered]) -> None:
        self.late += answers

    def unanswered(self, _: Line, refs: list[Ref], code: str) -> None:
        self.without += [(ref, code) for ref in refs]

    def received(self, line: Line, receipts: list[Receipt], replies: list[Reply]) -> None:
        self.receipts += receipts
        self.replies += replies
        if self.acknowledging:
            line.acknowledge([*(one[:2] for one in receipts), *(one[:2] for one in replies)])

    def changed(self, line: Line) -> None:
        assert line.phase in ConnectionPhase


@dataclass
class Scene:
    running: Running
    sessions: ChannelSessions
    ear: Ear
    protocol: str

    async def ready(self) -> Line:
        await until(lambda: bool(self.sessions.ready()))
        return self.sessions.ready()[0]

    def submit(self, line: Line, numbers: list[str], text: str = "您好，新茶到店") -> int:
        config = self.sessions.account.config
        items = [
            item for at, number in enumerate(numbers) for item in config.write(number, text, reference=at)
        ]
        refs = [("ref", index, 0) for index in range(len(items))]
        return line.submit(items, refs, asyncio.get_running_loop().time())

    @property
    def counters(self) -> Any:
        return self.running.carrier.counters


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.005)


def play(
    protocol: str,
    work: Callable[[Scene], Awaitable[None]],
    *,
    secret: str = "888888",
    behaviour: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    **config: Any,
) -> None:
    async def go() -> None:
        dialect, listen = DIALECTS[protocol], free_port()
        kind, own = KINDS[protocol]
        started = Options(
            protocol=protocol,
            port=0,
            provider=("127.0.0.1", listen),
            accounts={dialect.account: dialect.secret},
            behaviour=Behaviour().changed(
                {"receipt_delay_ms": 10, "reply_delay_ms": 10, **(behaviour or {})}
            ),
            **(options or {}),
        )
        async with serving(started) as running:
            given = {"host": "127.0.0.1", "port": running.port, "access_code": "10690001", **own, **config}
            if protocol == "sgip":
                given.setdefault("listen_port", listen)
            account = ChannelAccount(
                id=7, purpose="marketing", config=read_config(given, kind), rate_per_s=1000, secret=secret
            )
            ear = Ear()
            sessions = open_sessions(
                account, ear, make_backoff=lambda: Backoff(lambda: 0.0, first_s=0.05, refused_s=0.2)
            )
            sessions.start()
            try:
                await work(Scene(running, sessions, ear, protocol))
            finally:
                await sessions.stop()

    asyncio.run(go())


def test_every_protocol_of_the_simulator_is_played() -> None:
    assert set(KINDS) == set(DIALECTS)


def test_submits_are_answered_reported_and_acknowledged(protocol: str) -> None:
    numbers = [f"139{index:08d}" for index in range(5)]

    async def work(scene: Scene) -> None:
        assert scene.submit(await scene.ready(), numbers) == 5
        ear = scene.ear
        await until(lambda: len(ear.answers) == 5 and len(ear.receipts) == 5)
        ids = {id_: ref[1] for ref, id_, result in ear.answers if result == 0}
        assert len(ids) == 5
        assert {numbers[ids[one[2]]] for one in ear.receipts} == set(numbers)
        assert all(numbers[ids[one[2]]] == one[6] and one[3] == "DELIVRD" for one in ear.receipts)
        await until(lambda: scene.counters.deliveries_acknowledged == 5)

    play(protocol, work)


@pytest.mark.parametrize("text", ["您好" * 60 + "🍵", "short and plain", "退订" + "x" * 90])
def test_texts_arrive_as_they_were_written(protocol: str, text: str) -> None:
    async def work(scene: Scene) -> None:
        taken: list[Any] = []
        carrier = scene.running.carrier
        inner = carrier.take_submissions

        def note(link: Any, items: list[Any], now: float) -> None:
            taken.extend(items)
            inner(link, items, now)

        carrier.take_submissions = note  # type: ignore[method-assign, assignment]
        count = scene.submit(await scene.ready(), ["13912345678"], text)
        await until(lambda: len(scene.ear.answers) == count)
        pieces = []
        for _, numbers, source, _, total, part, udhi, coding, content, _ in taken:
            assert numbers == ("13912345678",) and source.startswith("10690001")
            assert (total > 1) == (count > 1) == bool(udhi)
            pieces.append(
                (part if total > 1 else 1, decode_content(content[6:] if udhi else content, Encoding(coding)))
            )
        assert "".join(str(words) for _, words in sorted(pieces)) == text

    play(protocol, work)


def test_a_reply_comes_with_its_number_its_place_and_its_words(protocol: str) -> None:
    async def work(scene: Scene) -> None:
        await scene.ready()
        account = DIALECTS[protocol].account
        for text in ("退订", "别再发了" * 30):
            assert scene.running.carrier.reply_now(
                account=account, number="13912345678", dest_id="1069000188", text=text
            )
        await until(lambda: len(scene.ear.replies) >= 3)
        for one in scene.ear.replies:
            assert (one[2], one[3], one[7]) == ("13912345678", "1069000188", False)
        assert any(
            decode_content(one[6], Encoding(one[5])) == "退订" for one in scene.ear.replies if not one[4]
        )

    play(protocol, work)


def test_flow_control_is_an_answer_of_its_own(protocol: str) -> None:
    async def work(scene: Scene) -> None:
        scene.submit(await scene.ready(), [f"139{index:08d}" for index in range(10)])
        await until(lambda: len(scene.ear.answers) == 10)
        results = [result for _, _, result in scene.ear.answers]
        assert results.count(0) == 2
        assert set(results) == {0, DIALECTS[protocol].flow_control}

    play(protocol, work, behaviour={"rate_per_s": 2, "rate_slack": 0})


def test_a_cut_leaves_what_was_under_way_unanswered(protocol: str) -> None:
    async def work(scene: Scene) -> None:
        count = scene.submit(await scene.ready(), [f"139{index:08d}" for index in range(6)])
        await until(lambda: len(scene.ear.without) + len(scene.ear.answers) == count)
        assert {code for _, code in scene.ear.without} == {"lost"}
        await until(lambda: bool(scene.sessions.ready()))

    play(protocol, work, behaviour={"cut_after": 6})


def test_a_silent_carrier_is_given_up(protocol: str) -> None:
    async def work(scene: Scene) -> None:
        line = await scene.ready()
        scene.running.carrier.behave(Behaviour().changed({"silent": True}))
        scene.submit(line, ["13912345678"])
        await until(lambda: bool(scene.ear.without))
        assert scene.ear.without[0][1] in ("timeout", "lost")

    play(protocol, work, response_timeout_s=1)


def test_garbage_ends_the_connection_and_another_is_made(protocol: str) -> None:
    async def work(scene: Scene) -> None:
        first = await scene.ready()
        scene.running.carrier.send_garbage()
        await until(lambda: first.phase is not ConnectionPhase.READY)
        assert first.detail.startswith(protocol) or first.detail == "lost"
        await until(lambda: bool(scene.sessions.ready()) and scene.sessions.ready()[0] is not first)

    play(protocol, work)


def test_a_wrong_secret_is_said_in_words_and_not_hammered(protocol: str) -> None:
    async def work(scene: Scene) -> None:
        place = scene.sessions.places[0]
        await until(lambda: place.phase is ConnectionPhase.REFUSED)
        assert place.detail.startswith(f"{protocol}.login.") and not place.detail.endswith(".other")
        refused = scene.counters.logins_refused
        await asyncio.sleep(0.1)
        assert scene.counters.logins_refused <= refused + 1

    play(protocol, work, secret="wrong")


def test_a_login_is_tried_out(protocol: str) -> None:
    async def work(scene: Scene) -> None:
        config = scene.sessions.account.config
        good = await asyncio.to_thread(try_login, config, "888888", timeout_s=PATIENCE_S)
        bad = await asyncio.to_thread(try_login, config, "wrong", timeout_s=PATIENCE_S)
        assert (good.ok, bad.ok) == (True, False)
        assert bad.code.startswith(f"{protocol}.login.")

    play(protocol, work)


def test_what_is_not_acknowledged_is_delivered_again(protocol: str) -> None:
    async def work(scene: Scene) -> None:
        scene.ear.acknowledging = False
        scene.submit(await scene.ready(), ["13912345678"])
        await until(lambda: len(scene.ear.receipts) >= 1)
        scene.ear.acknowledging = True
        await until(lambda: scene.counters.deliveries_acknowledged >= 1)
        assert len({one[2] for one in scene.ear.receipts}) == 1 < len(scene.ear.receipts)

    play(protocol, work, options={"resend_s": 0.3})


def test_a_receipt_may_come_before_its_answer(protocol: str) -> None:
    async def work(scene: Scene) -> None:
        scene.submit(await scene.ready(), ["13912345678"])
        await until(lambda: bool(scene.ear.answers and scene.ear.receipts))
        assert scene.ear.answers[0][1] == scene.ear.receipts[0][2]

    play(protocol, work, behaviour={"early_receipts": 1.0})


def test_a_carrier_calls_back_only_with_the_right_password() -> None:
    async def work(scene: Scene) -> None:
        scene.submit(await scene.ready(), ["13912345678"])
        await until(lambda: len(scene.ear.answers) == 1)
        port = scene.sessions.port
        assert port is not None
        await until(lambda: port.listening)
        await asyncio.sleep(0.5)
        assert not scene.ear.receipts

    play("sgip", work, secret="888888\nanother")
