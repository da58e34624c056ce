"""How answers are wanted, and made plain again where somebody on the way did not care."""

from __future__ import annotations

import zlib

LARGEST_ANSWER = 2 * 1024 * 1024
"""Octets, before and after."""
WANTED = (("accept-encoding", "identity"), ("user-agent", "xinfeng"))
"""Said with every request: there are fronts that press answers together, and some that turn away who gives no name."""


def plain(body: bytes | bytearray, encoding: str) -> bytes:
    """An answer as it was before it was pressed together; empty for what can't be undone, is cut or too long."""
    match encoding.strip().lower():
        case "" | "identity":
            return bytes(body)
        case "gzip" | "x-gzip" | "deflate":
            return _inflated(body)
        case _:
            return b""


def _inflated(body: bytes | bytearray) -> bytes:
    undo = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        found = undo.decompress(body, LARGEST_ANSWER)
    except zlib.error:
        return b""
    return found if undo.eof else b""
