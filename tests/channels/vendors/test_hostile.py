"""A vendor, or what stands in its place, that answers with whatever it likes: what is known of each message then."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic

import pytest
from tests.channels.vendors.world import SECRET, Ears, account, items, number, quick
from tests.patience import PATIENCE_S

from xinfeng.channels.lines import Line, TakenBack
from xinfeng.channels.models import ConnectionPhase
from xinfeng.channels.vendors import VendorSessions
from xinfeng.channels.vendors.asking import ask
from xinfeng.channels.vendors.config import VendorConfig
from xinfeng.channels.vendors.encodings import LARGEST_ANSWER
from xinfeng.kernel.errors import ProviderFailure
from xinfeng.protocols.vendor import HttpRequest

Say = Callable[[asyncio.StreamWriter, int], object]
"""Answers on a connection; told which request of all it is, from 0."""


@dataclass
class Hostile:
    sessions: VendorSessions
    ears: Ears
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def line(self) -> Line:
        return self.sessions.ready()[0]

    async def until(self, holds: Callable[[], bool]) -> None:
        deadline = monotonic() + PATIENCE_S
        while not holds():
            assert monotonic() < deadline, (self.ears, self.sessions.places)
            await asyncio.sleep(0.005)

    async def send(self, count: int = 3) -> None:
        await self.until(lambda: bool(self.sessions.ready()) and self.line.free_window > 0)
        refs = [("chunk", index, 0) for index in range(count)]
        assert self.line.submit(items(count, code="SMS_2"), refs, monotonic()) == count

    async def fates(self, count: int = 3) -> list[str]:
        """Of each message: `accepted`, `back:CODE`, `refused:CODE`, `uncertain:CODE`."""
        await self.until(lambda: len(self.ears.taken) + len(self.ears.unknown) >= count)
        found = {index: f"uncertain:{code}" for (_, index, _), code in self.ears.unknown}
        for (_, index, _), _, result in self.ears.taken:
            assert index not in found
            word = "back" if isinstance(result, TakenBack) else "refused"
            found[index] = "accepted" if result == 0 else f"{word}:{result}"
        return [found[index] for index in sorted(found)]


@asynccontextmanager
async def hostile(say: Say, kind: str = "aliyun", **config: object) -> AsyncIterator[Hostile]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        it.connections += 1
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                it.requests.append(head + await reader.readexactly(length))
                said = say(writer, len(it.requests) - 1)
                if asyncio.iscoroutine(said):
                    await said
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    ears = Ears()
    at = account(server.sockets[0].getsockname()[1], kind, **{"response_timeout_s": 20, **config})
    it = Hostile(VendorSessions(at, ears, make_backoff=quick), ears)
    it.sessions.start()
    try:
        yield it
    finally:
        await it.sessions.stop(patience_s=0.5)
        server.close()


def answer(body: bytes | object, *, status: str = "200 OK", headers: str = "") -> bytes:
    octets = body if isinstance(body, bytes) else json.dumps(body).encode()
    return f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(octets)}\r\n\r\n".encode() + octets


def says(octets: bytes) -> Say:
    return lambda writer, _: writer.write(octets)


def ok(reference: str = "77^0") -> dict[str, str]:
    return {"Code": "OK", "Message": "OK", "BizId": reference, "RequestId": "R"}


def statuses(*codes: str) -> dict[str, object]:
    rows = [
        {
            "PhoneNumber": f"+86{number(index)}",
            "SerialNo": f"5000:{index}" if code == "Ok" else "",
            "Code": code,
            "Fee": 1,
        }
        for index, code in enumerate(codes)
    ]
    return {"Response": {"SendStatusSet": rows, "RequestId": "R"}}


PAGE = b"<html><body>Please sign in to the guest network</body></html>"
PRESSED = gzip.compress(json.dumps(ok()).encode())

ANSWERS: list[tuple[str, bytes, str]] = [
    ("a page with 200", answer(PAGE), "uncertain:vendor.not_json"),
    ("an empty 200", answer(b""), "uncertain:vendor.not_json"),
    ("only a number", answer(b"7"), "uncertain:vendor.not_json"),
    ("NaN for a code", answer(b'{"Code": NaN, "BizId": "7"}'), "uncertain:vendor.no_code"),
    ("two codes", answer(b'{"Code":"isv.X","Code":"OK","BizId":"7"}'), "uncertain:vendor.not_json"),
    ("one code twice", answer(b'{"Code":"OK","Code":"OK","BizId":"7"}'), "accepted"),
    ("nested without end", answer(b'{"Code":' + b"[" * 100_000), "uncertain:vendor.not_json"),
    ("a code that nobody knows", answer({"Code": "isv.NEW_IN_2027"}), "refused:isv.NEW_IN_2027"),
    ("accepted without a reference", answer({"Code": "OK"}), "uncertain:vendor.no_reference"),
    ("accepted, with 502", answer(ok(), status="502 Bad Gateway"), "uncertain:vendor.server_error"),
    ("accepted, with 202", answer(ok(), status="202 Accepted"), "uncertain:vendor.no_code"),
    ("our nonce was used", answer({"Code": "SignatureNonceUsed"}), "uncertain:SignatureNonceUsed"),
    ("a failure inside", answer({"Code": "isp.SYSTEM_ERROR"}), "uncertain:isp.SYSTEM_ERROR"),
    (
        "see other",
        answer(PAGE, status="303 See Other", headers="Location: /\r\n"),
        "uncertain:vendor.not_json",
    ),
    ("a redirection", answer(PAGE, status="307 T", headers="Location: https://evil/\r\n"), "back:http.307"),
    ("a firewall", answer(PAGE, status="403 Forbidden"), "back:http.403"),
    ("a proxy", answer(b"", status="407 Proxy Authentication Required"), "back:http.407"),
    ("too late for a front", answer(PAGE, status="408 Request Timeout"), "uncertain:vendor.not_json"),
    (
        "a wrong clock",
        answer({"Code": "InvalidTimeStamp.Expired"}, status="400 B"),
        "back:InvalidTimeStamp.Expired",
    ),
    ("pressed", answer(PRESSED, headers="Content-Encoding: gzip\r\n"), "accepted"),
    (
        "pressed and cut",
        answer(PRESSED[:-9], headers="Content-Encoding: gzip\r\n"),
        "uncertain:vendor.not_json",
    ),
    ("pressed otherwise", answer(PRESSED, headers="Content-Encoding: br\r\n"), "uncertain:vendor.not_json"),
    (
        "a bomb",
        answer(gzip.compress(b" " * (LARGEST_ANSWER + 1) + b"{}"), headers="Content-Encoding: gzip\r\n"),
        "uncertain:vendor.not_json",
    ),
    (
        "in pieces",
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n{"Code\r\n19\r\n": "OK", "BizId": "77^0"}\r\n0\r\n\r\n',
        "accepted",
    ),
    (
        "in broken pieces",
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"Code":"OK"}\r\n',
        "uncertain:lost",
    ),
    ("after a hint", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(ok()), "accepted"),
    ("too long a head", b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "uncertain:lost"),
    ("too long", answer(b" " * (LARGEST_ANSWER + 1)), "uncertain:lost"),
    ("another language", b"SSH-2.0-OpenSSH_9.6\r\n", "uncertain:timeout"),
]


@pytest.mark.parametrize(("said", "fate"), [one[1:] for one in ANSWERS], ids=[one[0] for one in ANSWERS])
def test_what_an_answer_makes_of_its_messages(said: bytes, fate: str) -> None:
    async def scenario() -> None:
        overdue = {"response_timeout_s": 1} if fate == "uncertain:timeout" else {}
        async with hostile(says(said), **overdue) as it:
            await it.send()
            assert await it.fates() == [fate] * 3
            assert len(it.requests) == 1

    asyncio.run(scenario())


def test_an_answer_that_ends_with_the_connection_is_whole() -> None:
    def say(writer: asyncio.StreamWriter, _: int) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + json.dumps(ok()).encode())
        writer.close()

    async def scenario() -> None:
        async with hostile(say) as it:
            await it.send()
            assert await it.fates() == ["accepted"] * 3

    asyncio.run(scenario())


@pytest.mark.parametrize("part", [0, 9, 30, 60], ids=["nothing", "status", "head", "body"])
def test_a_cut_in_any_part_of_an_answer_leaves_its_messages_uncertain(part: int) -> None:
    def say(writer: asyncio.StreamWriter, _: int) -> None:
        writer.write(answer(ok())[:part])
        writer.transport.close() if part else writer.transport.abort()

    async def scenario() -> None:
        async with hostile(say) as it:
            await it.send()
            assert await it.fates() == ["uncertain:lost"] * 3
            assert len(it.requests) == 1

    asyncio.run(scenario())


def test_an_answer_that_drips_is_overdue_and_settles_nothing_before_it_is_whole() -> None:
    async def say(writer: asyncio.StreamWriter, _: int) -> None:
        for octet in answer(ok()):
            writer.write(bytes([octet]))
            await asyncio.sleep(0.2)

    async def scenario() -> None:
        async with hostile(say, response_timeout_s=1) as it:
            await it.send()
            assert await it.fates() == ["uncertain:timeout"] * 3
            assert it.line.free_window == 0
            await it.until(lambda: not it.sessions.ready() or it.line.free_window > 0)
            assert not it.ears.taken and not it.ears.late

    asyncio.run(scenario())


@pytest.mark.parametrize("pause_s", [0.0, 0.05], ids=["at once", "after a moment"])
def test_a_second_answer_is_never_taken_for_the_next_requests(pause_s: float) -> None:
    async def say(writer: asyncio.StreamWriter, nr: int) -> None:
        if nr:
            writer.write(answer({"Code": "isv.SMS_TEMPLATE_ILLEGAL"}))
            return
        writer.write(answer(ok()))
        await asyncio.sleep(pause_s)
        writer.write(answer(ok()))

    async def scenario() -> None:
        async with hostile(say) as it:
            await it.send()
            assert await it.fates() == ["accepted"] * 3
            await it.until(lambda: it.connections == 2)
            it.ears.taken.clear()
            await it.send()
            assert await it.fates() == ["refused:isv.SMS_TEMPLATE_ILLEGAL"] * 3
            assert it.connections == 2

    asyncio.run(scenario())


def test_a_reference_that_comes_again_is_nobodys() -> None:
    async def scenario() -> None:
        async with hostile(says(answer(ok("77^0")))) as it:
            await it.send()
            assert await it.fates() == ["accepted"] * 3
            it.ears.taken.clear()
            await it.send()
            assert await it.fates() == ["uncertain:http.again"] * 3

    asyncio.run(scenario())


def test_nothing_is_written_to_a_vendor_that_has_just_hung_up() -> None:
    """It ends the connection with its answer, and says nothing of it."""

    def say(writer: asyncio.StreamWriter, nr: int) -> None:
        writer.write(answer(ok(f"{nr}^0")))
        writer.close()

    async def scenario() -> None:
        async with hostile(say) as it:
            for _ in range(5):
                it.ears.taken.clear()
                await it.send()
                assert await it.fates() == ["accepted"] * 3
                await it.until(
                    lambda: not it.sessions.ready() or not it.line.free_window or it.connections > 1
                )
                await asyncio.sleep(0.02)
            assert not it.ears.unknown

    asyncio.run(scenario())


def test_a_front_that_is_tired_of_waiting_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def say(writer: asyncio.StreamWriter, nr: int) -> None:
        writer.write(answer(ok(f"{nr}^0")))
        if not nr:
            await asyncio.sleep(0.02)
            writer.write(answer(PAGE, status="408 Request Time-out", headers="Connection: close\r\n"))
            writer.close()

    async def scenario() -> None:
        async with hostile(say) as it:
            await it.send()
            await it.fates()
            await it.until(lambda: it.connections == 2)
            it.ears.taken.clear()
            await it.send()
            assert await it.fates() == ["accepted"] * 3

    with caplog.at_level(logging.WARNING):
        asyncio.run(scenario())
    assert not caplog.records


def test_of_a_request_that_is_taken_in_part_each_number_has_its_own_fate() -> None:
    codes = (
        "Ok",
        "FailedOperation.PhoneNumberInBlacklist",
        "FailedOperation.InsufficientBalanceInSmsPackage",
    )

    async def scenario() -> None:
        async with hostile(says(answer(statuses(*codes))), "tencent") as it:
            await it.send()
            assert await it.fates() == ["accepted", f"refused:{codes[1]}", f"back:{codes[2]}"]
            await it.until(lambda: it.sessions.places[0].phase is ConnectionPhase.REFUSED)
            assert it.sessions.places[0].detail == codes[2]

    asyncio.run(scenario())


def test_numbers_that_are_not_ours_are_nobodys_and_ours_that_are_missing_are_uncertain() -> None:
    said = statuses("Ok", "Ok")
    said["Response"]["SendStatusSet"][1]["PhoneNumber"] = "+8613999999999"  # type: ignore[index]

    async def scenario() -> None:
        async with hostile(says(answer(said)), "tencent") as it:
            await it.send(2)
            assert await it.fates(2) == ["accepted", "uncertain:vendor.unmentioned"]

    asyncio.run(scenario())


def test_requests_say_how_they_want_their_answer() -> None:
    async def scenario() -> None:
        async with hostile(says(answer(ok()))) as it:
            await it.send()
            await it.fates()
            head = it.requests[0].lower()
            assert b"accept: application/json\r\n" in head and b"accept-encoding: identity\r\n" in head
            assert SECRET.encode() not in it.requests[0]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("say", "code", "timeout_s"),
    [
        (says(answer(b"{}" + b" " * LARGEST_ANSWER)), "vendor.too_long", PATIENCE_S),
        (lambda writer, _: writer.transport.abort(), "vendor.unreachable", PATIENCE_S),
        (lambda writer, _: None, "vendor.silent", 0.3),
        (lambda writer, _: _drip(writer), "vendor.silent", 0.3),
    ],
    ids=["too long", "cut", "silent", "drips"],
)
def test_a_question_ends_whatever_the_vendor_does(say: Say, code: str, timeout_s: float) -> None:
    async def scenario() -> None:
        async with hostile(say) as it:
            config = it.sessions.config
            assert isinstance(config, VendorConfig)
            request = HttpRequest("POST", "/", (("host", "x"), ("content-length", "0")), b"")
            with pytest.raises(ProviderFailure) as failed:
                await asyncio.to_thread(ask, config, request, timeout_s=timeout_s)
            assert failed.value.code == code

    asyncio.run(scenario())


async def _drip(writer: asyncio.StreamWriter) -> None:
    for octet in answer({"Code": "OK", "Message": "x" * 100}):
        writer.write(bytes([octet]))
        await asyncio.sleep(0.05)
