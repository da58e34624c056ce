"""Downloads through a real server: piece by piece, as fast as the reader reads, and over when she leaves."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import request_finished
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import override_settings
from django.urls import path
from tests.patience import PATIENCE_S
from tests.served import served

from xinfeng.console.streaming import BLOCK, stream, stream_file
from xinfeng.kernel.errors import NotFound

PIECE = b"x" * (1 << 16)
PIECES = 3_200
AHEAD = 32 << 20
"""Octets that may be on their way in buffers of the server and of the kernel; a sixth of the whole."""


class Source:
    """What the views below send, and what became of it."""

    def __init__(self) -> None:
        self.made = 0
        self.fails_at = PIECES + 1
        self.closed = threading.Event()
        self.finished = threading.Event()
        self.threads: set[int] = set()
        self.file = Path()
        self.open_files: list[Any] = []

    def pieces(self) -> Iterator[bytes]:
        try:
            for number in range(PIECES):
                if number == self.fails_at:
                    raise OSError("the disk is gone")
                self.made += len(PIECE)
                self.threads.add(threading.get_ident())
                yield PIECE
        finally:
            self.closed.set()


source = Source()


def made(request: HttpRequest) -> HttpResponseBase:
    source.threads.add(threading.get_ident())
    size = PIECES * len(PIECE) if request.GET.get("sized") else None
    return stream(source.pieces(), name="a.csv", content_type="text/csv", size_bytes=size)


def kept(request: HttpRequest) -> HttpResponseBase:
    file = source.file.open("rb")
    source.open_files.append(file)
    return stream_file(file, name="名单.zip", content_type="application/zip")


urlpatterns = [path("made", made), path("kept", kept)]


@pytest.fixture
def port() -> Iterator[int]:
    from xinfeng.cli.processes.app import application

    global source
    source = Source()

    def finished(**_: Any) -> None:
        source.finished.set()

    request_finished.connect(finished)
    try:
        with (
            override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[], ALLOWED_HOSTS=["*"]),
            served(application()) as number,
        ):
            yield number
    finally:
        request_finished.disconnect(finished)


@contextmanager
def asked(port: int, address: str) -> Iterator[http.client.HTTPResponse]:
    """The answer; leaving the block leaves the server."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    line.request("GET", address)
    with closing(line), line.getresponse() as answer:
        yield answer


def test_pieces_are_made_as_they_are_read(port: int) -> None:
    read = most_ahead = 0
    with asked(port, "/made") as answer:
        while piece := answer.read(1 << 20):
            read += len(piece)
            most_ahead = max(most_ahead, source.made - read)

    assert read == PIECES * len(PIECE)
    assert most_ahead < AHEAD
    assert len(source.threads) == 1  # where the view's database connection is
    assert source.finished.wait(PATIENCE_S)


def test_a_file_is_read_as_it_is_fetched_and_closed(port: int, tmp_path: Path) -> None:
    source.file = tmp_path / "big"
    with source.file.open("wb") as file:
        file.truncate(PIECES * len(PIECE) + 17)

    read = most_ahead = 0
    with asked(port, "/kept") as answer:
        assert answer.headers["Content-Length"] == str(PIECES * len(PIECE) + 17)
        assert "filename*=utf-8''%E5%90%8D%E5%8D%95.zip" in answer.headers["Content-Disposition"]
        [file] = source.open_files
        while piece := answer.read(1 << 20):
            read += len(piece)
            most_ahead = max(most_ahead, _position(file) - read)

    assert read == PIECES * len(PIECE) + 17
    assert most_ahead < AHEAD
    assert source.finished.wait(PATIENCE_S)
    assert file.closed


def _position(file: Any) -> int:
    try:
        return int(file.tell())
    except ValueError:  # closed meanwhile
        return 0


def test_who_leaves_ends_it(port: int) -> None:
    with asked(port, "/made") as answer:
        answer.read(1 << 20)

    assert source.closed.wait(PATIENCE_S)
    assert source.finished.wait(PATIENCE_S)
    assert source.made < PIECES * len(PIECE)


@pytest.mark.parametrize("address", ["/made", "/made?sized=1"])
def test_a_fault_midway_never_looks_complete(port: int, address: str) -> None:
    source.fails_at = 100
    with asked(port, address) as answer, pytest.raises((http.client.IncompleteRead, ConnectionResetError)):
        answer.read()

    assert source.closed.wait(PATIENCE_S)
    assert source.finished.wait(PATIENCE_S)


def test_a_fault_before_the_first_piece_is_the_views_own() -> None:
    own = Source()

    def pieces() -> Iterator[bytes]:
        if own.made == 0:
            raise NotFound("export.unknown")
        yield PIECE

    with pytest.raises(NotFound):
        stream(pieces(), name="a.csv", content_type="text/csv")


def test_what_is_never_sent_is_closed_all_the_same() -> None:
    own = Source()
    stream(own.pieces(), name="a.csv", content_type="text/csv").close()
    assert own.closed.is_set()


def test_a_name_stays_inside_its_header() -> None:
    answer = stream([b"a"], name='a"\r\nSet-Cookie: b=c', content_type="text/csv")
    assert b"".join(answer) == b"a"
    assert "\n" not in answer["Content-Disposition"]


def test_an_empty_file_and_one_from_the_middle(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"")
    assert b"".join(stream_file(file.open("rb"), name="a", content_type="a/b")) == b""
    file.write_bytes(b"12345" * BLOCK)
    opened = file.open("rb")
    opened.seek(5)
    answer = stream_file(opened, name="a", content_type="a/b")
    assert answer["Content-Length"] == str(5 * BLOCK - 5)
    assert b"".join(answer) == b"12345" * (BLOCK - 1)


def test_no_door_answers_with_pieces_in_another_way() -> None:
    """Django's own classes gather everything first."""
    root = Path(__file__).parents[2] / "src" / "xinfeng"
    users = {
        one.relative_to(root).as_posix()
        for one in root.rglob("*.py")
        if {"StreamingHttpResponse", "FileResponse"}
        & set(one.read_text(encoding="utf-8").replace("(", " ").split())
    }
    assert users == {"console/streaming.py"}
