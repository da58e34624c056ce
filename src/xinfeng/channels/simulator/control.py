"""The control port: change the behaviour of the running carrier. JSON lines over TCP, loopback only.

Each line is an object with `do`, each answer one with `ok`; a failed one has `error`, a stable code:

    {"do": "set", "refuse": {"8": 0.5}, "latency_ms": 100}     any field of Behaviour
    {"do": "cut"}                                              drop all connections now
    {"do": "garbage"}                                          send what is no message
    {"do": "reply", "number": "138…", "text": "TD", "dest_id": "1069", "account": "900001"}
    {"do": "stats"}                                            counters, and what is under way
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any, Protocol

from xinfeng.kernel.errors import InvalidInput, NotFound, XinfengError

LONGEST_LINE = 1 << 20
LONGEST_NUMBER = 21
"""Characters; what the narrower layout of CMPP has room for."""


class Controlled(Protocol):
    """What can be told to behave differently: a carrier, or a vendor."""

    @property
    def behaviour(self) -> Any: ...
    @property
    def accounts(self) -> Mapping[str, Any]: ...
    def behave(self, behaviour: Any) -> None: ...
    def cut(self) -> int: ...
    def send_garbage(self) -> int: ...
    def reply_now(self, *, account: str, number: str, dest_id: str, text: str) -> bool: ...
    def stats(self) -> dict[str, Any]: ...


def obey(carrier: Controlled, line: bytes) -> dict[str, Any]:
    """Do what one line says. Raises InvalidInput or NotFound; then nothing was changed."""
    try:
        order = json.loads(line)
    except ValueError:
        raise InvalidInput("simulator.not_json") from None
    if not isinstance(order, dict):
        raise InvalidInput("simulator.not_an_object")
    match order.pop("do", None):
        case "set":
            carrier.behave(carrier.behaviour.changed(order))
            return {}
        case "cut":
            return {"connections": carrier.cut()}
        case "garbage":
            return {"connections": carrier.send_garbage()}
        case "reply":
            return _reply(carrier, order)
        case "stats":
            return carrier.stats()
    raise InvalidInput("simulator.unknown_order")


def _reply(carrier: Controlled, order: dict[str, Any]) -> dict[str, Any]:
    account = str(order.get("account", next(iter(carrier.accounts))))
    number, dest_id, text = (str(order.get(name, "")) for name in ("number", "dest_id", "text"))
    if not all(field.isascii() and 1 <= len(field) <= LONGEST_NUMBER for field in (number, dest_id)):
        raise InvalidInput("simulator.bad_number")
    if not carrier.reply_now(account=account, number=number, dest_id=dest_id, text=text):
        raise NotFound("simulator.no_such_account", account=account)
    return {}


async def serve_control(carrier: Controlled, port: int) -> asyncio.Server:
    """Listen on loopback; port 0 takes any."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                try:
                    answer = {"ok": True, **obey(carrier, line)}
                except XinfengError as error:
                    answer = {"ok": False, "error": error.code}
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass  # gone, or a line without end: nobody to answer
        finally:
            writer.close()

    return await asyncio.start_server(converse, "127.0.0.1", port, limit=LONGEST_LINE)
