"""Pictures of 5G messages: what they are, told by their octets alone, and kept by their digest. JPEG and PNG."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from xinfeng.content.models import RichMedia
from xinfeng.foundation import audit
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.protocols.maap.messages import LARGEST_IMAGE

LONGEST_SIDE = 8000
"""Pixels."""
MOST_PIXELS = 16_000_000
"""A handset unfolds four octets for each: more would be refused by many, however small the file."""
_PNG = b"\x89PNG\r\n\x1a\n"
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By PNG's kind of colour: bits that a sample may have, samples of a pixel."""
_STEP = 1 << 20
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""JPEG markers that give the size (ITU-T T.81, B.2.2)."""
_LONE = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class Picture:
    """Sides in pixels."""

    content_type: str
    width: int
    height: int


def look_at(octets: bytes) -> Picture:
    """What the octets are: a whole picture that unfolds to no more than it says. Raises InvalidInput `picture.unreadable`,
    `picture.too_large`, `picture.too_wide`, `picture.too_many_pixels`."""
    if len(octets) > LARGEST_IMAGE:
        raise InvalidInput("picture.too_large", at_most=LARGEST_IMAGE, octets=len(octets))
    if octets.startswith(_PNG):
        found = _png_head(octets)
    elif octets.startswith(b"\xff\xd8"):
        found = _jpeg(octets)
    else:
        raise InvalidInput("picture.unreadable")
    if not (0 < found.width <= LONGEST_SIDE and 0 < found.height <= LONGEST_SIDE):
        raise InvalidInput("picture.too_wide", at_most=LONGEST_SIDE)
    if found.width * found.height > MOST_PIXELS:
        raise InvalidInput("picture.too_many_pixels", at_most=MOST_PIXELS, pixels=found.width * found.height)
    if found.content_type == "image/png":
        _whole_png(octets, found)
    return found


def _png_head(octets: bytes) -> Picture:
    if octets[8:16] != b"\0\0\0\rIHDR" or len(octets) < 33:
        raise InvalidInput("picture.unreadable")
    width, height = struct.unpack_from(">II", octets, 16)
    return Picture("image/png", width, height)


def _whole_png(octets: bytes, found: Picture) -> None:
    """Every chunk whole, the last one IEND with nothing behind it, and the pixels neither fewer nor more than the head
    says (PNG, 5.3 and 7.2): nothing else hides in it, and it unfolds to what it says."""
    depth, colours = octets[24], octets[25]
    if depth not in _DEPTHS.get(colours, ()):
        raise InvalidInput("picture.unreadable")
    bits = depth * _SAMPLES[colours]
    least = found.height * (1 + (found.width * bits + 7) // 8) if not octets[28] else found.height
    most = found.height * (1 + (found.width * bits + 7) // 8) * (2 if octets[28] else 1) + 64
    inflate, unfolded, at = zlib.decompressobj(), 0, 8
    try:
        while at + 12 <= len(octets):
            (length,) = struct.unpack_from(">I", octets, at)
            kind, data = octets[at + 4 : at + 8], octets[at + 8 : at + 8 + length]
            crc = octets[at + 8 + length : at + 12 + length]
            if len(crc) < 4 or zlib.crc32(kind + data) != struct.unpack(">I", crc)[0]:
                break
            at += 12 + length
            if kind == b"IDAT":
                while data and unfolded <= most:
                    unfolded += len(inflate.decompress(data, _STEP))
                    data = inflate.unconsumed_tail
            elif kind == b"IEND":
                if at == len(octets) and least <= unfolded <= most:
                    return
                break
    except zlib.error:
        pass  # said below
    raise InvalidInput("picture.unreadable")


def _jpeg(octets: bytes) -> Picture:
    at, found = 2, None
    while at + 4 <= len(octets):
        if octets[at] != 0xFF:
            break
        marker = octets[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _LONE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", octets, at + 2)
        if marker in _FRAMES and at + 9 <= len(octets) and length >= 7:
            height, width = struct.unpack_from(">HH", octets, at + 5)
            found = Picture("image/jpeg", width, height)
        if (
            marker == 0xDA and found is not None and octets.find(b"\xff\xd9", at) > 0
        ):  # its pixels, and its end
            return found
        if marker == 0xDA or length < 2:
            break
        at += 2 + length
    raise InvalidInput("picture.unreadable")


def add_picture(octets: bytes, *, name: str, actor: str, now: datetime) -> RichMedia:
    """Keep a picture; the same again is the one there is. Raises InvalidInput as `look_at`."""
    found = look_at(octets)
    digest = hashlib.sha256(octets).hexdigest()
    with transaction.atomic():
        kept, new = RichMedia.objects.get_or_create(
            pk=digest,
            defaults={
                "content_type": found.content_type,
                "size": len(octets),
                "width": found.width,
                "height": found.height,
                "octets": octets,
                "name": " ".join(name.split())[:120] or digest[:8],
                "added_by": actor,
                "added_at": now,
            },
        )
        if new:
            audit.record(actor=actor, action="content.picture_added", kind="picture", subject=digest[:16])
    return kept


def picture(digest: str) -> RichMedia:
    """Raises NotFound `picture.unknown`."""
    found = RichMedia.objects.filter(pk=digest).first()
    if found is None:
        raise NotFound("picture.unknown")
    return found


def recent(limit: int = 60) -> list[RichMedia]:
    """Those added last, newest first, without their octets."""
    return list(RichMedia.objects.defer("octets").order_by("-added_at", "pk")[:limit])
