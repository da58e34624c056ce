"""Pictures of cards at their public address."""

from __future__ import annotations

import struct
import zlib

import pytest
from django.test import Client

from xinfeng.content.pictures import add_picture
from xinfeng.kernel.time import utc_now
from xinfeng.pages import media

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture(autouse=True)
def _forget() -> None:
    media._found.cache_clear()


def png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0\0"))
        + chunk(b"IEND", b"")
    )


def test_a_picture_is_shown_to_everybody_who_knows_its_digest() -> None:
    kept = add_picture(png(), name="红包.png", actor="li", now=utc_now())
    visitor = Client(headers={"host": "localhost"})
    for _ in range(2):
        answer = visitor.get(f"/media/{kept.pk}.png")
        assert (answer.status_code, answer.content) == (200, png())
    assert answer["Content-Type"] == "image/png"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer["Cache-Control"]
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert "Set-Cookie" not in answer.headers
    assert visitor.head(f"/media/{kept.pk}.png").status_code == 200


def test_nothing_else_is_found() -> None:
    kept = add_picture(png(), name="红包.png", actor="li", now=utc_now())
    visitor = Client(headers={"host": "localhost"})
    for path in (f"{kept.pk}.jpg", f"{'0' * 64}.png", f"{kept.pk[:63]}.png"):
        answer = visitor.get(f"/media/{path}")
        assert answer.status_code in (302, 404) and answer.content != png()
    assert visitor.post(f"/media/{kept.pk}.png").status_code == 405
