"""The words of a complaint: what was said, and the message as the complainant quotes it. Sealed together."""

from __future__ import annotations

import json
from dataclasses import dataclass

from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput

LONGEST_WORDS = 2_000
LONGEST_QUOTED = 1_000
LONGEST_NOTE = 4_000


@dataclass(frozen=True, slots=True)
class Words:
    """Both may be empty."""

    said: str = ""
    quoted: str = ""


def clean(text: str, *, longest: int, field: str) -> str:
    """The text without what no database keeps. Raises InvalidInput `complaint.too_long`."""
    kept = "".join(one for one in text if one in "\n\t" or one.isprintable() or one == "\u3000").strip()
    if len(kept) > longest:
        raise InvalidInput("complaint.too_long", field=field, longest=longest)
    return kept


def sealed(words: Words) -> bytes | None:
    """None where there is nothing to seal."""
    if not words.said and not words.quoted:
        return None
    return vault().seal(Kind.COMPLAINT, _json(words))


def sealed_many(many: list[Words]) -> list[bytes | None]:
    """`sealed`, for many."""
    full = [(at, words) for at, words in enumerate(many) if words.said or words.quoted]
    found: list[bytes | None] = [None] * len(many)
    for (at, _), one in zip(
        full, vault().seal_many(Kind.COMPLAINT, [_json(words) for _, words in full]), strict=True
    ):
        found[at] = one
    return found


def opened(text: bytes | memoryview | None) -> Words:
    """What was sealed."""
    if text is None:
        return Words()
    return Words(**json.loads(vault().open(Kind.COMPLAINT, bytes(text))))


def seal_note(text: str) -> bytes | None:
    """A note or a letter."""
    return vault().seal(Kind.COMPLAINT, text) if text else None


def open_note(text: bytes | memoryview | None) -> str:
    """What `seal_note` sealed."""
    return "" if text is None else vault().open(Kind.COMPLAINT, bytes(text))


def _json(words: Words) -> str:
    return json.dumps({"said": words.said, "quoted": words.quoted}, ensure_ascii=False)
