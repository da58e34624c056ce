"""Bodies end at their limit before Django takes them to disk."""

from __future__ import annotations

import asyncio
import json

from xinfeng.integrations import gatekeeping
from xinfeng.integrations.bodies import BATCH_BYTES
from xinfeng.integrations.gatekeeping import limit_bodies


def ask(path: str, pieces: list[bytes], *, length: bytes | None = None):
    """What the application behind received, and what was sent back."""
    got: list[dict] = []
    sent: list[dict] = []
    waiting = [
        {"type": "http.request", "body": piece, "more_body": at + 1 < len(pieces)}
        for at, piece in enumerate(pieces)
    ]

    async def behind(scope, receive, send):
        while True:
            message = await receive()
            got.append(message)
            if message["type"] != "http.request" or not message["more_body"]:
                return

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    headers = [] if length is None else [(b"content-length", length)]
    scope = {"type": "http", "path": path, "headers": headers}
    asyncio.run(limit_bodies(behind)(scope, receive, send))
    return got, sent


def test_a_stated_length_is_refused_before_anything_is_read():
    for length in (str(BATCH_BYTES + 1).encode(), b"9" * 30, b"-1", b"x"):
        got, sent = ask("/api/v1/health", [b""], length=length)
        assert got == [] and sent[0]["status"] == 413
        assert json.loads(sent[1]["body"])["code"] == "body.too_large"


def test_an_unstated_length_ends_the_connection():
    got, _ = ask("/api/v1/events/batch", [b"x" * (4 * 1024 * 1024)] * 5)
    assert [one["type"] for one in got] == ["http.request", "http.request", "http.disconnect"]


def test_what_fits_and_what_is_not_ours_passes():
    got, sent = ask("/api/v1/events/batch", [b"x", b"y"], length=b"2")
    assert [one["body"] for one in got] == [b"x", b"y"] and not sent
    got, _ = ask("/imports/new", [b"x" * (9 * 1024 * 1024)], length=b"9437184")
    assert got[0]["type"] == "http.request"


def test_a_body_that_goes_too_far_is_answered_if_the_application_says_nothing():
    _, sent = ask("/api/v1/events/batch", [b"x" * (4 * 1024 * 1024)] * 5)
    assert sent[0]["status"] == 413 and json.loads(sent[1]["body"])["code"] == "body.too_large"


def test_a_body_that_never_ends_is_given_up(monkeypatch):
    monkeypatch.setattr(gatekeeping, "PATIENCE_S", 0.01)
    got: list[dict] = []
    sent: list[dict] = []

    async def behind(scope, receive, send):
        got.append(await receive())

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": "/api/v1/contacts/find", "headers": []}
    asyncio.run(limit_bodies(behind)(scope, receive, send))
    assert got == [{"type": "http.disconnect"}]
    assert sent[0]["status"] == 408 and json.loads(sent[1]["body"])["code"] == "body.too_slow"


def test_after_a_whole_body_there_is_no_hurry(monkeypatch):
    monkeypatch.setattr(gatekeeping, "PATIENCE_S", 0.01)
    got: list[dict] = []

    async def behind(scope, receive, send):
        got.extend([await receive(), await receive()])

    messages = iter([{"type": "http.request", "body": b"x"}, {"type": "http.disconnect"}])

    async def receive():
        message = next(messages)
        if message["type"] == "http.disconnect":
            await asyncio.sleep(0.05)
        return message

    async def send(message):
        raise AssertionError(message)

    scope = {"type": "http", "path": "/api/v1/contacts/find", "headers": []}
    asyncio.run(limit_bodies(behind)(scope, receive, send))
    assert [one["type"] for one in got] == ["http.request", "http.disconnect"]
