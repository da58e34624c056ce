"""What a text file that people bring may be written in. Pure."""

from __future__ import annotations

import codecs


def candidates(head: bytes) -> tuple[str, ...]:
    """Encodings to try, in this order, by how a file begins; the first that fits all of it is the one.

    A mark says which it is. Without one it is UTF-8, or what spreadsheets write in China: GB18030, which contains GBK
    and GB2312, and in which nearly everything would fit, so it comes last.
    """
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    return ("utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8", "gb18030")
