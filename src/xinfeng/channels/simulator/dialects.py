"""What the simulated carrier must know of a protocol: how its end of a connection is made, and the ids it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from xinfeng.channels.simulator.clockwork import MessageIds
from xinfeng.protocols import cmpp
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
}
