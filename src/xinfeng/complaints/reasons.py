"""Why a row of a file was not taken, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xinfeng.intake import reasons

_WORDS: dict[str, tuple[str, str]] = {
    "complaint.source": ("不认识这个投诉来源", "Not a source of complaints we know"),
    "complaint.in_future": ("投诉时间在将来", "The time of the complaint lies in the future"),
    "complaint.too_old": ("投诉时间太早了", "The complaint is too long ago"),
    "complaint.too_long": ("有内容太长或含不能保存的字符", "Something is too long or cannot be kept"),
}


def in_words(code: str, params: Mapping[str, Any], *, language: str) -> str:
    """One short line."""
    known = _WORDS.get(code)
    if known is not None:
        return known[language.startswith("en")]
    return reasons.in_words(code, params, language=language)
