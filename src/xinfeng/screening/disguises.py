"""How the characters of a hit were disguised. Wide punctuation is how Chinese is written, and no disguise."""

from __future__ import annotations

import unicodedata

from xinfeng.screening.characters import is_traditional, normal

_NATURAL_WIDE = frozenset("，。！？：；（）％＋－　．／～＆＝“”‘’")


def ways(text: str, start: int, end: int) -> tuple[str, ...]:
    """The disguises within `text[start:end]`, each once, sorted: `invisible`, `width`, `look_alike`, `style`,
    `traditional`. Empty for a hit that is written as anybody would write it.

    A text that is traditional elsewhere too is written for people who read it, and evades nothing.
    """
    found = {way for character in text[start:end] if (way := _way(character))}
    if "traditional" in found and any(map(is_traditional, text[:start] + text[end:])):
        found.discard("traditional")
    return tuple(sorted(found))


def _way(character: str) -> str:
    if character.isascii() or character in _NATURAL_WIDE:
        return ""
    plain = normal(character)
    if plain == character:
        return ""
    if not plain:
        return "invisible"
    if not any(one.isalnum() for one in plain):
        return ""
    if is_traditional(character):
        return "traditional"
    if "！" <= character <= "～":
        return "width"
    if unicodedata.category(character) in ("Ll", "Lu", "Lo") and plain != character.lower():
        composed = unicodedata.normalize("NFKC", character)
        return "look_alike" if composed == character else "style"
    return "" if plain == character.lower() else "style"
