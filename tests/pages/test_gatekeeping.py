"""What the public may send, over a real socket."""

from __future__ import annotations

from dataclasses import replace

from django.core.asgi import get_asgi_application
from tests.served import chunked, sent, served

from xinfeng.foundation.bodies import limit_bodies
from xinfeng.pages.answers import LARGEST_BODY
from xinfeng.pages.gatekeeping import DOOR

HEAD = "POST /f/nothing HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n"


def post(*headers: str, pieces=(), patience_s: float = 20.0) -> int:
    app = limit_bodies(get_asgi_application(), [replace(DOOR, patience_s=patience_s)])
    with served(app) as port:
        return sent(port, HEAD + "\n".join((*headers, "")), pieces)[0]


def test_a_page_filled_in_reaches_the_view(committed_db: str) -> None:
    assert post("Content-Length: 8", pieces=[b"a=1&", b"b=22"]) == 404


def test_more_than_a_page_does_not(committed_db: str) -> None:
    body = b"a" * (LARGEST_BODY + 1)
    assert post(f"Content-Length: {len(body)}", pieces=[body]) == 413
    assert post("Transfer-Encoding: chunked", pieces=chunked(body)) == 413


def test_who_sends_a_byte_and_no_more_does_not_hold_the_connection(committed_db: str) -> None:
    assert post("Content-Length: 8", pieces=[b"a"], patience_s=0.2) == 408
