"""Pictures are told by their octets, kept once, and shown by a template's 5G face."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xinfeng.content import reads
from xinfeng.content.actions import add_signature, save_rich, save_template
from xinfeng.content.models import RichMedia, TemplateVersion
from xinfeng.content.pictures import LONGEST_SIDE, Picture, add_picture, look_at, picture
from xinfeng.content.rich import read_rich, to_json, with_opt_out
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.protocols.maap.messages import LARGEST_IMAGE, Card, Media, Reply, RichMessage

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def png(width: int = 3, height: int = 2) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + bytes(width) for _ in range(height)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int = 3, height: int = 2) -> bytes:
    comment = b"\xff\xfe" + struct.pack(">H", 6) + b"abcd"
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 8, 8, height, width, 0)
    return b"\xff\xd8" + comment + b"\xff" + frame + b"\xff\xda\x00\x02\xff\xd9"


def claiming(width: int, height: int, rows: int) -> bytes:
    """A PNG whose head says one thing and whose pixels are another."""
    honest, other = png(width, height), png(width, rows)
    return honest[:33] + other[33:]


def test_a_picture_that_unfolds_to_more_or_less_than_it_says_is_none() -> None:
    bomb = claiming(10, 10, 1_000_000)
    assert len(bomb) < 20_000
    for octets in (bomb, claiming(10, 10, 9), claiming(10, 10, 11_000)):
        with pytest.raises(InvalidInput, match=r"picture\.unreadable"):
            look_at(octets)


def test_a_jpeg_with_something_behind_it_as_phones_write_is_a_picture() -> None:
    assert look_at(jpeg(640, 480) + b"motion photo") == Picture("image/jpeg", 640, 480)


def test_what_a_picture_is() -> None:
    assert look_at(png(640, 480)) == Picture("image/png", 640, 480)
    assert look_at(jpeg(640, 480)) == Picture("image/jpeg", 640, 480)


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "picture.unreadable"),
        (b"<svg onload=alert(1)>", "picture.unreadable"),
        (b"GIF89a" + bytes(40), "picture.unreadable"),
        (b"\xff\xd8\xff\xda\x00\x02", "picture.unreadable"),
        (b"\xff\xd8" + b"\xff\xfe\x00\x00" * 9, "picture.unreadable"),
        (png()[:30], "picture.unreadable"),
        (png(LONGEST_SIDE + 1, 1), "picture.too_wide"),
        (png(0, 1), "picture.too_wide"),
        (png(4001, 4000), "picture.too_many_pixels"),
        (png() + b"<script>alert(1)</script>", "picture.unreadable"),
        (png().replace(b"IDAT", b"iDAT"), "picture.unreadable"),
        (png()[:-1] + b"x", "picture.unreadable"),
        (
            b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>" + bytes(20) + b"IEND",
            "picture.unreadable",
        ),
        (
            b"\xff\xd8<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>\xff\xd9",
            "picture.unreadable",
        ),
        (jpeg()[:-2], "picture.unreadable"),
        (bytes(LARGEST_IMAGE + 1), "picture.too_large"),
    ],
)
def test_what_is_none_is_refused(octets: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        look_at(octets)
    assert caught.value.code == code


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n"]))
def test_no_octets_break_it(octets: bytes, head: bytes) -> None:
    try:
        assert look_at(head + octets).width > 0
    except InvalidInput as fault:
        assert fault.code.startswith("picture.")


@pytest.fixture
def version(db: None) -> TemplateVersion:
    signature = add_signature("信风商城", actor="amy")
    return save_template(
        name="新茶", purpose="marketing", signature_id=signature.pk, value="新茶到店", actor="amy"
    )


def face(digest: str) -> RichMessage:
    media = Media(f"media:{digest}", "image/png", len(png()))
    return RichMessage((Card("新茶", "满200减50", media, (Reply("预约", "xf:book:周六"),)),))


def test_a_picture_is_kept_once(db: None) -> None:
    first = add_picture(png(), name="a.png", actor="amy", now=NOW)
    assert add_picture(png(), name="b.png", actor="bob", now=NOW) == first
    assert RichMedia.objects.count() == 1 and bytes(picture(first.pk).octets) == png()
    with pytest.raises(NotFound):
        picture("0" * 64)


def test_a_face_is_a_version_of_its_own_and_stays_with_the_wording(version: TemplateVersion) -> None:
    kept = add_picture(png(), name="a.png", actor="amy", now=NOW)
    rich = save_rich(version.template_id, to_json(face(kept.pk)), actor="amy")
    assert (rich.number, rich.value) == (2, "新茶到店")
    assert read_rich(rich.rich) == with_opt_out(face(kept.pk), version.opt_out)
    assert save_rich(version.template_id, to_json(face(kept.pk)), actor="amy") == rich
    reworded = save_template(
        name="新茶",
        purpose="marketing",
        signature_id=rich.signature_id,
        value="新茶又到店",
        template_id=version.template_id,
        actor="amy",
    )
    assert (reworded.number, reworded.rich) == (3, rich.rich)
    bare = save_rich(version.template_id, None, actor="amy")
    assert (bare.number, bare.rich) == (4, None)
    assert reads.version(rich.pk).rich == rich.rich


def test_a_face_that_no_platform_takes_is_not_saved(version: TemplateVersion) -> None:
    with pytest.raises(InvalidInput) as caught:
        save_rich(version.template_id, to_json(face("0" * 64)), actor="amy")
    assert [fault["code"] for fault in caught.value.params["faults"]] == ["rich.media_unknown"]
    with pytest.raises(InvalidInput) as caught:
        save_rich(version.template_id, {"cards": [{"title": "{{ contact.name }}"}]}, actor="amy")
    assert [fault["code"] for fault in caught.value.params["faults"]] == ["template.default_missing"]
    assert reads.newest_version(version.template_id).number == 1
