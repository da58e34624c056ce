"""What of a body reaches the application behind its door, over a real socket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.served import chunked, sent, served

from xinfeng.foundation import bodies
from xinfeng.foundation.bodies import Door, Refusal, Scope, limit_bodies

SMALL, LARGE = 10_000, 1_000_000


def _say(scope: Scope, status: int, at_most: int) -> Refusal:
    return Refusal(status, body=f"at most {at_most}".encode())


class Behind:
    """The application: how much it got, how often a body came whole, and how often somebody was asked about."""

    def __init__(self) -> None:
        self.got = self.whole = self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.got += len(message["body"])
            more = message["more_body"]
        self.whole += 1
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def who(self, scope: Scope) -> int | Refusal:
        self.asked += 1
        who = bodies.header(scope, b"x-who")
        return LARGE if who == "friend" else SMALL if who == "guest" else Refusal(401, body=b"who are you")


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def post(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(bodies, "LINGER_S", 0.2)

    def ask(*headers: str, pieces: Any = (), patience_s: float = 20.0, between_s: float = 0.0) -> Any:
        door = Door("/in/", SMALL, patience_s, _say, behind.who, slowest_per_s=SMALL)
        with served(limit_bodies(behind, [door])) as port:
            return sent(port, "\n".join(("POST /in/x HTTP/1.1", *headers, "")), pieces, between_s=between_s)

    return ask


Post = Callable[..., tuple[int, bytes]]
CHUNKED = "Transfer-Encoding: chunked"


def test_what_anybody_may_send_comes_through_and_nobody_is_asked_about(post: Post, behind: Behind) -> None:
    assert post(f"Content-Length: {SMALL}", pieces=[b"x" * SMALL])[0] == 200
    assert post(CHUNKED, pieces=chunked(b"x" * SMALL))[0] == 200
    assert post()[0] == 200
    assert (behind.got, behind.whole, behind.asked) == (2 * SMALL, 3, 0)


def test_a_stranger_s_large_body_is_refused_by_its_stated_length(post: Post, behind: Behind) -> None:
    status, answer = post(f"Content-Length: {LARGE}", pieces=[b"x" * 1000] * 1000)
    assert status == 401 and answer.endswith(b"who are you")
    assert (behind.got, behind.asked) == (0, 1)


def test_a_stranger_s_body_of_unknown_length_ends_at_the_limit(post: Post, behind: Behind) -> None:
    status, _ = post(CHUNKED, pieces=chunked(b"x" * LARGE, size=1_000))
    assert (status, behind.whole, behind.asked) == (401, 0, 1)
    assert behind.got <= SMALL


def test_who_is_known_may_send_more_up_to_a_limit(post: Post, behind: Behind) -> None:
    assert post("X-Who: friend", f"Content-Length: {LARGE}", pieces=[b"x" * LARGE])[0] == 200
    assert post("X-Who: friend", CHUNKED, pieces=chunked(b"x" * LARGE))[0] == 200
    assert (behind.got, behind.asked) == (2 * LARGE, 2)
    status, answer = post("X-Who: friend", f"Content-Length: {LARGE + 1}", pieces=[b"x" * (LARGE + 1)])
    assert status == 413 and answer.endswith(b"at most 1000000")
    assert post("X-Who: friend", CHUNKED, pieces=chunked(b"x" * (LARGE + 1)))[0] == 413
    assert behind.whole == 2


def test_to_be_known_is_not_to_be_allowed_more(post: Post, behind: Behind) -> None:
    status, answer = post("X-Who: guest", f"Content-Length: {SMALL + 1}", pieces=[b"x" * (SMALL + 1)])
    assert status == 413 and answer.endswith(b"at most 10000") and behind.got == 0


def test_a_refusal_is_heard_by_who_sends_all_before_listening(post: Post) -> None:
    status, answer = post("X-Who: guest", f"Content-Length: {50 * LARGE}", pieces=[b"x" * LARGE] * 3)
    assert status == 413 and answer.endswith(b"at most 10000")


def test_who_waits_to_be_asked_is_refused_without_sending(post: Post, behind: Behind) -> None:
    _, answer = post(f"Content-Length: {LARGE}", "Expect: 100-continue")
    assert answer.startswith(b"HTTP/1.1 401") and b"100 Continue" not in answer and behind.got == 0


@pytest.mark.parametrize("stated", ["9" * 30, "-1", "x", "1e3", "+5"])
def test_a_length_that_is_none_reaches_nobody(post: Post, behind: Behind, stated: str) -> None:
    assert post(f"Content-Length: {stated}", pieces=[b"x"])[0] in (400, 413)
    assert (behind.got, behind.whole) == (0, 0)


def test_more_than_was_stated_is_not_part_of_the_body(post: Post, behind: Behind) -> None:
    post("Content-Length: 5", pieces=[b"x" * LARGE])
    assert behind.got <= 5


def test_less_than_was_stated_is_waited_for_but_not_for_ever(post: Post, behind: Behind) -> None:
    status, answer = post("Content-Length: 5000", pieces=[b"x" * 10], patience_s=0.2)
    assert status == 408 and answer.endswith(b"at most 10000") and behind.whole == 0


def test_a_length_and_chunks_at_once_are_counted_as_they_come(post: Post, behind: Behind) -> None:
    status, _ = post("Content-Length: 5", CHUNKED, pieces=chunked(b"x" * LARGE, size=1_000))
    assert status in (400, 401) and behind.got <= SMALL and behind.whole == 0


def test_who_sends_a_byte_now_and_then_does_not_hold_the_connection(post: Post, behind: Behind) -> None:
    pieces = (b"1\r\nx\r\n" for _ in range(1000))
    assert post(CHUNKED, pieces=pieces, patience_s=0.3, between_s=0.05)[0] == 408
    assert behind.whole == 0


def test_who_is_known_and_then_slow_does_not_hold_it_either(post: Post, behind: Behind) -> None:
    def pieces() -> Any:
        yield from (b"x" * SMALL, b"x" * SMALL)  # which buys one second more
        yield from (b"x" for _ in range(1000))

    headers = ("X-Who: friend", f"Content-Length: {LARGE}")
    assert post(*headers, pieces=pieces(), patience_s=0.3, between_s=0.05)[0] == 408
    assert behind.whole == 0 and behind.got >= 2 * SMALL


def test_what_is_large_may_take_longer_than_what_is_small(post: Post, behind: Behind) -> None:
    headers = ("X-Who: friend", f"Content-Length: {15 * SMALL}")
    assert post(*headers, pieces=[b"x" * SMALL] * 15, patience_s=1.0, between_s=0.1)[0] == 200
    assert behind.got == 15 * SMALL


def test_the_first_door_that_fits_counts_and_others_are_let_by(behind: Behind) -> None:
    doors = [Door("/in/", 5, 9.0, _say), Door("/in", SMALL, 9.0, _say)]
    head = "POST {} HTTP/1.1\nContent-Length: 6\n"
    with served(limit_bodies(behind, doors)) as port:
        assert sent(port, head.format("/in/x"), [b"x" * 6])[0] == 413
        assert sent(port, head.format("/inn"), [b"x" * 6])[0] == 200
        assert sent(port, "POST /out HTTP/1.1\nContent-Length: 20000\n", [b"x" * 20_000])[0] == 200
