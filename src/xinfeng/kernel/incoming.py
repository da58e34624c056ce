"""Reading what handsets wrote, where a gateway says the wrong thing about how it is written.

`decode_content` takes a coding at its word. What comes from handsets through other people's gateways is, at times,
UCS-2 in the other byte order without a mark, UTF-8 announced as the default alphabet, or plain letters announced as
binary; read by the word, somebody's no would be lost. A guess is made only where what was announced makes no sense
and the guess makes plain sense.
"""

from __future__ import annotations

import re
import unicodedata

from xinfeng.kernel.text import UCS2_FORMATS, Encoding, decode_content

_PLAIN = (
    r"\t\n\r -~·×°‐-•…‰′″※€℃①-⑳■-◿★-☆☎☺♀♂♥✓✔❤️"
    r"\u3000-\u3020\u4e00-\u9fff\ufe0f\uff01-\uff5e\uffe5\U0001f300-\U0001faff"
)
_is_plain = re.compile(f"[{_PLAIN}]+").fullmatch
"""What people in China write: Chinese, Latin letters, the signs of both, emoji."""
_strange = re.compile(f"[^{_PLAIN}]")
_HAN = re.compile("[\u4e00-\u9fff]")
_is_latin = re.compile(r"[ -~]+").fullmatch
_is_written = re.compile(r"[\t\n\r -~]+").fullmatch
_NAMES = """LATIN GREEK CYRILLIC ARABIC HEBREW TIBETAN MONGOLIAN YI HANGUL HIRAGANA KATAKANA BOPOMOFO THAI LAO KHMER
    MYANMAR TAI DEVANAGARI BENGALI TAMIL"""
_SCRIPTS = frozenset(_NAMES.split())
"""Whose letters may be meant: those written in China and around it. One of them at a time."""


def read_incoming(content: bytes, msg_fmt: int) -> str | None:
    """As `decode_content`, with better guesses at what is announced wrongly; None where it is binary after all."""
    text = decode_content(content, msg_fmt)
    if text is None:
        return content.decode("ascii") if _is_written(content.decode("latin-1")) else None
    if msg_fmt in UCS2_FORMATS:
        return _other_order(content, text)
    if msg_fmt in (Encoding.ASCII, Encoding.GBK) and not content.isascii():
        return _by_utf8(content) or text
    return text


def _other_order(content: bytes, text: str) -> str:
    """UCS-2 with its octets the other way round, where only that makes sense."""
    if len(content) % 2 or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return text
    swapped = content.decode("utf-16-le", "replace").replace("\x00", "")
    if _is_latin(swapped) and not any(content[1::2]) and text.strip("一"):
        return swapped  # letters of Latin: T is 5400, a character that nobody writes
    if not _is_plain(swapped) or not (strange := _strange.findall(text)):
        return text
    scripts = {unicodedata.name(one, "").partition(" ")[0] for one in strange}
    meant = len(scripts) == 1 and scripts <= _SCRIPTS
    return text if meant and not ("HANGUL" in scripts and _HAN.search(text)) else swapped


def _by_utf8(content: bytes) -> str:
    """UTF-8, where it is that without a fault and in Chinese; empty where not. GBK does not read as such by chance:
    each three octets would have to be of a kind all through (two are: 路 is the octets of a middle dot)."""
    try:
        text = content.decode("utf-8").replace("\x00", "")
    except UnicodeDecodeError:
        return ""
    return text if _is_plain(text) and all(one.isascii() or one > "\u2000" for one in text) else ""
