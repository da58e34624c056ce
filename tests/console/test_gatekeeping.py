"""Who may send how much to the console, over a real socket and with the application as it is served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.console.people import signed_in
from tests.served import chunked, sent, served

from xinfeng.cli.processes.app import application
from xinfeng.console import gatekeeping
from xinfeng.console.contracts.views import contracts
from xinfeng.foundation.bodies import limit_bodies
from xinfeng.foundation.models import User
from xinfeng.intake import actions

LARGE = 6 * 1024 * 1024


class Counting:
    """Lets everything by to `app` and counts what came."""

    def __init__(self, app: Any) -> None:
        self.app, self.got = app, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def counted() -> Any:
            message = await receive()
            self.got += len(message.get("body", b""))
            return message

        await self.app(scope, counted, send)


@pytest.fixture
def django(monkeypatch: pytest.MonkeyPatch) -> Counting:
    from xinfeng.cli.processes import app

    counting = Counting(app.get_asgi_application())
    monkeypatch.setattr(app, "get_asgi_application", lambda: counting)
    return counting


@pytest.fixture
def port(committed_db: str, django: Counting) -> Iterator[int]:
    with served(application()) as found:
        yield found


def post(port: int, path: str, body: bytes, *headers: str, whole: bool = True) -> tuple[int, str]:
    length = f"Content-Length: {len(body)}" if whole else "Transfer-Encoding: chunked"
    head = "\n".join((f"POST {path} HTTP/1.1", length, *headers, ""))
    status, answer = sent(port, head, [body] if whole else chunked(body))
    return status, answer.decode(errors="replace")


def cookies(client: Client) -> str:
    return "Cookie: " + "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())


def upload(client: Client, port: int, path: str, file: bytes, **fields: str) -> tuple[int, str]:
    """A file as a browser sends it, with the token of the page."""
    token = "t" * 32
    client.cookies[settings.CSRF_COOKIE_NAME] = token
    parts = "".join(
        f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {"csrfmiddlewaretoken": token, **fields}.items()
    )
    start = parts + '--xx\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    body = start.encode() + file + b"\r\n--xx--\r\n"
    return post(port, path, body, cookies(client), "Content-Type: multipart/form-data; boundary=xx")


def test_who_has_not_signed_in_sends_no_more_than_a_login(port: int, django: Counting) -> None:
    for path in ("/login", "/", "/imports/new", "/nowhere", "//api/v1/events", "/static/x/y"):
        for whole in (True, False):
            django.got = 0
            status, answer = post(port, path, b"x" * LARGE, "Cookie: sessionid=made-up", whole=whole)
            assert status == 413 and "body.sign_in" in answer and "请先登录" in answer
            assert django.got <= gatekeeping.STRANGER_BYTES


def test_who_has_signed_out_is_a_stranger_again(port: int, django: Counting) -> None:
    client = signed_in("operator")
    before = cookies(client)
    client.logout()
    assert post(port, "/imports/new", b"x" * LARGE, before)[0] == 413
    assert django.got == 0


def test_who_was_switched_off_is_a_stranger_too(port: int, django: Counting) -> None:
    client = signed_in("operator")
    User.objects.update(is_active=False)
    assert post(port, "/imports/new", b"x" * LARGE, cookies(client))[0] == 413
    assert django.got == 0


def test_a_login_comes_through(port: int) -> None:
    status, answer = post(port, "/login", b"username=a&password=b")
    assert status == 403 and "csrf" not in answer[:20]


def test_who_has_signed_in_may_upload_what_an_import_takes(port: int, django: Counting) -> None:
    file = b"phone,name\n" + b"13800138000,someone\n" * (LARGE // 20)
    status, answer = upload(signed_in("operator"), port, "/imports/new", file, kind="contacts")
    assert status == 302 and "/columns" in answer
    assert django.got > LARGE


def test_a_form_without_a_file_ends_where_django_s_own_limit_is(port: int, django: Counting) -> None:
    status, answer = post(port, "/segments/new", b"x" * LARGE, cookies(signed_in("operator")))
    assert status == 413 and "body.too_large" in answer and django.got == 0


def test_who_may_not_import_uploads_no_import(port: int, django: Counting) -> None:
    assert post(port, "/imports/new", b"x" * LARGE, cookies(signed_in("reviewer")))[0] == 413
    assert django.got == 0


def test_each_view_takes_files_of_its_own_size(committed_db: str) -> None:
    signed_in("administrator")
    person = User.objects.get()
    room, form = gatekeeping.ROOM_BYTES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert gatekeeping._bytes_at("/imports/new", person) == actions.LARGEST_FILE + room
    assert gatekeeping._bytes_at("/contracts/new", person) == contracts.LARGEST_FILE + room
    assert gatekeeping._bytes_at("/segments/upload", person) == 50 * 2**20 + room
    assert gatekeeping._bytes_at("/forms/7/coupons", person) == 50 * 2**20 + room
    assert gatekeeping._bytes_at("/imports", person) == form
    assert gatekeeping._bytes_at("/nowhere", person) == form


def test_a_slow_sender_is_told_in_words(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from django.core.asgi import get_asgi_application

    door = replace(gatekeeping.DOOR, patience_s=0.2)
    with served(limit_bodies(get_asgi_application(), [door])) as port:
        status, answer = sent(
            port, "POST /login HTTP/1.1\nContent-Length: 50\nCookie: django_language=en\n", [b"x"]
        )
    assert status == 408 and "came too slowly" in answer.decode()
