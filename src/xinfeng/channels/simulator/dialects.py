"""What the simulated carrier must know of a protocol: how its end of a connection is made, and the ids it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from xinfeng.channels.simulator.clockwork import BcdIds, MessageIds, TextIds
from xinfeng.protocols import cmpp, sgip, smgp, smpp
from xinfeng.protocols.cmpp.messages import FLOW_CONTROL
from xinfeng.protocols.core import ServerSession
from xinfeng.protocols.session import Timers


class Ids(Protocol):
    """Gives ids that were never given before."""

    def take(self, count: int) -> list[bytes]: ...


class MakeSession(Protocol):
    def __call__(self, *, now: float, window: int, timers: Timers) -> ServerSession: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """`port` is the usual one; `account` and `secret` fit the protocol's fields. Statuses and results are those that a
    carrier of this protocol answers with."""

    port: int
    account: str
    secret: str
    make_session: MakeSession
    make_ids: Callable[[int], Ids]
    """Called with a gateway code of 1 to 4,095."""
    newest_version: int
    authentication_failed: int
    version_too_high: int
    flow_control: int
    empty_id: bytes
    """What stands in place of an id where nothing was accepted."""
    calls_back: bool = False
    """Reports and replies go over a connection that the carrier opens to the provider (SGIP)."""


DIALECTS: dict[str, Dialect] = {
    "cmpp": Dialect(
        port=7890,
        account="900001",
        secret="888888",
        make_session=cmpp.ServerSession,
        make_ids=MessageIds,
        newest_version=cmpp.Version.V30,
        authentication_failed=3,
        version_too_high=4,
        flow_control=FLOW_CONTROL,
        empty_id=bytes(8),
    ),
    "sgip": Dialect(
        port=8801,
        account="sgip",
        secret="888888",
        make_session=sgip.ServerSession,
        make_ids=MessageIds,
        newest_version=255,
        authentication_failed=1,
        version_too_high=4,
        flow_control=88,
        empty_id=b"",
        calls_back=True,
    ),
    "smgp": Dialect(
        port=8890,
        account="12345678",
        secret="888888",
        make_session=smgp.ServerSession,
        make_ids=BcdIds,
        newest_version=smgp.Version.V30,
        authentication_failed=21,
        version_too_high=22,
        flow_control=1,
        empty_id=bytes(10),
    ),
    "smpp": Dialect(
        port=2775,
        account="xinfeng",
        secret="888888",
        make_session=smpp.ServerSession,
        make_ids=TextIds,
        newest_version=0x34,
        authentication_failed=0x0E,
        version_too_high=0x0D,
        flow_control=0x58,
        empty_id=b"",
    ),
}
