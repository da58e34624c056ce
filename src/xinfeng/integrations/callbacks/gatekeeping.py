"""How bodies come in from vendors: next to nothing from whoever does not know the address of a channel."""

from __future__ import annotations

from xinfeng.foundation.bodies import Door, Refusal, Scope
from xinfeng.integrations.callbacks.addresses import PREFIX, read_key
from xinfeng.integrations.callbacks.refusals import count

LARGEST_BODY = 1024 * 1024
"""Thousands of status reports in one push; vendors push hundreds."""
STRANGER_BYTES = 1024
PATIENCE_S = 15.0


def _refuse(scope: Scope, status: int, at_most: int) -> Refusal:
    count(status)
    return Refusal(status)


async def _may_send(scope: Scope) -> int | Refusal:
    key = scope["path"].removeprefix(PREFIX).partition("/")[0]
    if read_key(key) is not None:
        return LARGEST_BODY
    count(404)
    return Refusal(404)


DOOR = Door(PREFIX, STRANGER_BYTES, PATIENCE_S, _refuse, _may_send)
