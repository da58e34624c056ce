"""How much who may send to the API, over a real socket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.served import chunked, sent, served

from xinfeng.foundation.bodies import limit_bodies
from xinfeng.integrations.api import door
from xinfeng.integrations.bodies import BATCH_BYTES, SINGLE_BYTES
from xinfeng.integrations.gatekeeping import DOOR
from xinfeng.integrations.keys import create_key, revoke_key
from xinfeng.kernel.time import utc_now


class Behind:
    """Takes every body and counts it."""

    def __init__(self) -> None:
        self.got = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.got += len(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def port(committed_db: str, behind: Behind) -> Iterator[int]:
    door.failures.forget()
    with served(limit_bodies(behind, [DOOR])) as found:
        yield found
    door.failures.forget()


def post(port: int, body: bytes, *, token: str = "", whole: bool = True) -> tuple[int, bytes]:
    head = "POST /api/v1/events/batch HTTP/1.1\n"
    head += f"Content-Length: {len(body)}\n" if whole else "Transfer-Encoding: chunked\n"
    head += f"Authorization: Bearer {token}\n" if token else ""
    return sent(port, head, [body] if whole else chunked(body))


def code_of(answer: bytes) -> str:
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["code"])


def key(**changes: Any) -> Any:
    return create_key(name="till", scope_names=["events:write"], actor="test", now=utc_now(), **changes)


def test_without_a_key_no_batch_is_taken(port: int, behind: Behind) -> None:
    for token in ("", "nonsense", "xf_" + "a" * 12 + "_" + "b" * 43):
        for whole in (True, False):
            behind.got = 0
            status, answer = post(port, b"x" * BATCH_BYTES, token=token, whole=whole)
            assert (status, code_of(answer)) == (401, "api.unauthorized") and b"Bearer realm" in answer
            assert behind.got <= SINGLE_BYTES


def test_a_key_that_was_revoked_or_is_for_elsewhere_is_none(port: int, behind: Behind) -> None:
    revoked, elsewhere = key(), key(allowed_addresses=["192.0.2.0/24"])
    revoke_key(revoked.id, actor="test", now=utc_now())
    assert post(port, b"x" * BATCH_BYTES, token=revoked.token)[0] == 401
    assert post(port, b"x" * BATCH_BYTES, token=elsewhere.token)[0] == 401
    assert behind.got == 0


@pytest.mark.parametrize("whole", [True, False])
def test_with_a_key_a_batch_comes_through_up_to_its_limit(port: int, behind: Behind, whole: bool) -> None:
    token = key(expires_at=utc_now() + timedelta(days=1)).token
    assert post(port, b"x" * BATCH_BYTES, token=token, whole=whole)[0] == 200
    assert behind.got == BATCH_BYTES
    status, answer = post(port, b"x" * (BATCH_BYTES + 1), token=token, whole=whole)
    assert (status, code_of(answer)) == (413, "body.too_large") and str(BATCH_BYTES).encode() in answer


def test_what_anybody_may_send_is_looked_at_by_the_application(port: int, behind: Behind) -> None:
    assert post(port, b"x" * SINGLE_BYTES)[0] == 200
    assert behind.got == SINGLE_BYTES


@pytest.mark.usefixtures("at_once")
def test_trying_keys_with_large_bodies_counts_as_trying_keys(port: int, behind: Behind) -> None:
    body = b"x" * (SINGLE_BYTES + 1)
    for _ in range(door.FAILURES_PER_MINUTE):
        assert post(port, body, token="nonsense")[0] == 401
    status, answer = post(port, body, token=key().token)
    assert (status, code_of(answer)) == (429, "api.rate") and b"retry-after" in answer.lower()
    assert behind.got == 0


def test_a_body_that_never_ends_is_given_up(behind: Behind) -> None:
    with served(limit_bodies(behind, [replace(DOOR, patience_s=0.2)])) as port:
        status, answer = sent(port, "POST /api/v1/events HTTP/1.1\nContent-Length: 9\n", [b"{"])
    assert (status, code_of(answer)) == (408, "body.too_slow")
