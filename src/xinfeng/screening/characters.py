"""What a character comes to when it is read by somebody who is looking for words: the table behind normalising.

Each character is decided alone (never by its neighbours), so that every normalised character comes from exactly
one that was typed: width and style (NFKC), digits in circles, brackets and superscript, letters that look like
Latin ones, upper case, traditional characters; what cannot be seen comes to nothing.
Order and traps: shared facts on evasion; NFKC alone turns ⑸ into "(5)" and leaves ➃ as it is.
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opencc import OpenCC

SEVERAL = "\uf8ff"
"""Stands in a first translation for a character that comes to none or to several: then offsets must be counted."""

_NOTHING_TO_SEE = frozenset("\u115f\u1160\u3164\uffa0\u2800")
"""Letters and a symbol by category, but blank on every screen (Hangul fillers, empty braille)."""

_UNREADABLE = "\ufffd"
"""In place of lone surrogates and private characters: they separate, and no word has them."""

_LOOK_ALIKES: dict[str, str] = dict(
    zip(
        # Cyrillic, Greek, Armenian and others, each above the Latin letter that a reader takes it for.
        "авсԁеһіјкӏмнорԛгѕтухѵԝуүԍΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεηικνορτυχωγϲϳհոսօցաքһꜱɡıʟɪɴʀʏᴀᴄᴅᴇᴋᴍᴏᴘᴛᴜᴠᴡᴢ",
        "abcdehijklmhopqrstyxvwyygabezhikmnoptyxaenikvoptuxwycjhnuogwqhsgilinryacdekmoptuvwz",
        strict=True,
    )
)
"""Only letters that are mistaken for Latin ones; in a text of Chinese and Latin nobody needs the originals."""

_TAKEN_FOR = {
    "蕞": "最",
    "発": "发",
    "亱": "夜",
    "囍": "喜",
    "気": "气",
    "価": "价",
    "対": "对",
    "図": "图",
    "丶": "·",
    "丨": "|",
}
"""Rare characters and Japanese forms that stand for a common one; `opencc` knows traditional characters only."""

_KEEP_AS_THEY_ARE = frozenset("…—·～￥¥")
"""Punctuation that NFKC would turn into several characters, or into one with another meaning."""


class _Table(dict[int, str]):
    """A table for `str.translate` that is filled as characters are met."""

    _MOST = 80_000  # more than all that is assigned in the first plane; a flood of rare ones is not kept

    def __missing__(self, point: int) -> str:
        found = normal(chr(point))
        value = found if len(found) == 1 else SEVERAL
        if len(self) < self._MOST:
            self[point] = value
        return value


TABLE = _Table()
"""From a code point to its normalised character; `SEVERAL` where it comes to none or to more than one."""


@lru_cache(maxsize=1 << 14)
def normal(character: str) -> str:
    """What one typed character comes to: usually one character, none if it is invisible, sometimes several."""
    if character.isascii():
        return character.lower() if character >= " " or character in "\t\n\r" else ""
    category = unicodedata.category(character)
    if category in ("Cf", "Mn", "Me", "Cc") or character in _NOTHING_TO_SEE:
        return ""
    if category in ("Cs", "Co"):
        return _UNREADABLE
    if category[0] == "Z":
        return " "
    if character in _KEEP_AS_THEY_ARE:
        return character
    return "".join(map(_plain, _composed(character, category)))


def _composed(character: str, category: str) -> str:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return str(digit)
    found = unicodedata.normalize("NFKC", character)
    if category in ("No", "So") and len(found) > 1:
        found = found.strip("().,〔〕")  # ⒜ ⒑ ㈠: letters and numbers in brackets or with a point
    return "".join(one for one in found if unicodedata.category(one) not in ("Mn", "Cf")) or character


def _plain(character: str) -> str:
    character = _LOOK_ALIKES.get(character, character).lower()
    if len(character) != 1:
        return character
    character = _LOOK_ALIKES.get(character, character)
    return simplified(character) if character >= "㐀" else character


@lru_cache(maxsize=1 << 15)
def simplified(character: str) -> str:
    """The simplified form of one traditional character (always one character)."""
    found: str = _TAKEN_FOR.get(character) or _converter().convert(character)
    return found if len(found) == 1 else character


def is_traditional(character: str) -> bool:
    """Whether a character has a simplified form of its own."""
    return character >= "㐀" and character not in _TAKEN_FOR and simplified(character) != character


@cache
def _converter() -> OpenCC:
    from opencc import OpenCC

    return OpenCC("t2s")
