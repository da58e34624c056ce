"""Who asks and what is answered, sealed at rest."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Requester:
    """What the person gave: her name, the number or external id the request is about, where the answer goes, and
    what she said."""

    name: str = ""
    phone: str = ""
    external_id: str = ""
    contact: str = ""
    words: str = ""


LONGEST = {"name": 60, "phone": 40, "external_id": 100, "contact": 200, "words": 2_000}


def check(requester: Requester) -> Requester:
    """Tidied. Raises InvalidInput `request.unfit` (field, longest) for text that can't be kept."""
    tidied = {}
    for field, longest in LONGEST.items():
        value = getattr(requester, field).strip()
        if len(value) > longest or "\x00" in value:
            raise InvalidInput("request.unfit", field=field, longest=longest)
        tidied[field] = value
    return Requester(**tidied)


def seal_requester(requester: Requester) -> bytes:
    return vault().seal(Kind.REQUEST, json.dumps(asdict(requester), ensure_ascii=False))


def open_requester(sealed: bytes | memoryview | None) -> Requester:
    """An empty one where it was erased."""
    if sealed is None:
        return Requester()
    return Requester(**json.loads(vault().open(Kind.REQUEST, bytes(sealed))))


def seal_letter(text: str) -> bytes:
    return vault().seal(Kind.REQUEST, text)


def open_letter(sealed: bytes | memoryview | None) -> str:
    """Empty where there is none (any more)."""
    return "" if sealed is None else vault().open(Kind.REQUEST, bytes(sealed))
