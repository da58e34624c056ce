"""From rows of messages to what goes on the wire: numbers and bodies unsealed, texts cut into parts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from xinfeng.delivery.chunks import Lease, LoadedChunk
from xinfeng.foundation.vault import Kind, vault
from xinfeng.kernel.errors import InvalidInput
from xinfeng.protocols.maap.parcel import RICH
from xinfeng.protocols.traffic import SubmitItem
from xinfeng.protocols.vendor import TEMPLATED

UNREADABLE = "unreadable"
"""Withheld: its seal can't be opened, or its text can't be written as a short message."""

TEXT_NOT_FILED = "text_not_filed"
"""Withheld: the channel sends by filed templates only, and none that is in force is this text. Also the code of the
InvalidInput that says so."""

_STEP = 250
"""Messages between two looks at what else the event loop has to do."""

Row = tuple[int, int, bytes, bytes, bytes, int]
"""Id, contact id, phone index, sealed number, sealed body, planned parts."""


class Writer(Protocol):
    """Cuts a text into parts, as its channel wants them."""

    def __call__(self, number: str, text: str, *, reference: int) -> list[SubmitItem]: ...


async def load(
    lease: Lease, found: Sequence[tuple[Any, ...]], *, write: Writer
) -> tuple[LoadedChunk, list[tuple[int, str]]]:
    """The chunk, and the messages that can't be sent with their reasons."""
    items: list[SubmitItem] = []
    ids: list[int] = []
    contacts: list[int] = []
    numbers: list[bytes] = []
    whole: dict[int, int] = {}
    bad: list[tuple[int, str]] = []
    for start in range(0, len(found), _STEP):
        step = found[start : start + _STEP]
        for row, number, text in _unseal(step, bad):
            try:
                parts = write(number, text, reference=row[0])
            except InvalidInput as fault:
                bad.append((row[0], TEXT_NOT_FILED if fault.code == TEXT_NOT_FILED else UNREADABLE))
                continue
            if parts[0][2] in (TEMPLATED, RICH) and row[5] > 1:
                whole[row[0]] = row[5]
            for item in parts:
                items.append(item)
                ids.append(row[0])
                contacts.append(row[1])
                numbers.append(row[2])
        await asyncio.sleep(0)
    chunk = LoadedChunk(lease, items=items, ids=ids, contacts=contacts, numbers=numbers, whole=whole)
    return chunk, bad


def _unseal(
    found: Sequence[tuple[Any, ...]], bad: list[tuple[int, str]]
) -> list[tuple[tuple[Any, ...], str, str]]:
    """Rows with number and text in the clear; those that can't be opened go to `bad`."""
    safe = vault()
    try:
        numbers = safe.open_many(Kind.PHONE, [row[3] for row in found])
        texts = safe.open_many(Kind.BODY, [row[4] for row in found])
    except InvalidInput:
        if len(found) == 1:
            bad.append((found[0][0], UNREADABLE))
            return []
        half = len(found) // 2
        return _unseal(found[:half], bad) + _unseal(found[half:], bad)
    return list(zip(found, numbers, texts, strict=True))
