"""Pictures of 5G messages: what they are, told by their octets alone, and kept by their digest. JPEG and PNG."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from xinfeng.content.models import RichMedia
from xinfeng.foundation import audit
from xinfeng.kernel.errors import InvalidInput, NotFound
from xinfeng.protocols.maap.messages import LARGEST_IMAGE

LONGEST_SIDE = 8000
"""Pixels."""
_PNG = b"\x89PNG\r\n\x1a\n"
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
    """What the octets are. Raises InvalidInput `picture.unreadable`, `picture.too_large`, `picture.too_wide`."""
    if len(octets) > LARGEST_IMAGE:
        raise InvalidInput("picture.too_large", at_most=LARGEST_IMAGE, octets=len(octets))
    if octets.startswith(_PNG) and octets[12:16] == b"IHDR" and len(octets) >= 33 and b"IEND" in octets[-16:]:
        width, height = struct.unpack_from(">II", octets, 16)
        found = Picture("image/png", width, height)
    elif octets.startswith(b"\xff\xd8"):
        found = _jpeg(octets)
    else:
        raise InvalidInput("picture.unreadable")
    if not (0 < found.width <= LONGEST_SIDE and 0 < found.height <= LONGEST_SIDE):
        raise InvalidInput("picture.too_wide", at_most=LONGEST_SIDE)
    return found


def _jpeg(octets: bytes) -> Picture:
    at = 2
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
            return Picture("image/jpeg", width, height)
        if marker == 0xDA or length < 2:  # the picture begins without having said its size
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
