"""A request that is under way on a vendor's line, and what the line needs to know of its account and its channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from xinfeng.channels.lines import Ref
from xinfeng.protocols.traffic import SubmitItem


class Timing(Protocol):
    """What a line needs of its account."""

    @property
    def keepalive_s(self) -> float: ...

    @property
    def response_timeout_s(self) -> float: ...

    @property
    def window(self) -> int: ...


class Owner(Protocol):
    """What all lines of a channel remember together: messages that must be written on their own, and those of which
    nobody knows whether the vendor took them, with what we called their request."""

    def is_apart(self, item: SubmitItem) -> bool: ...

    def set_apart(self, items: Sequence[SubmitItem]) -> None: ...

    def doubt(self, ours: str, numbers: Sequence[str]) -> None: ...


@dataclass(slots=True)
class Request:
    """What is in flight."""

    items: list[SubmitItem]
    refs: list[Ref]
    began: float
    ours: str
    late: bool = False

    @property
    def numbers(self) -> list[str]:
        return [item[0] for item in self.items]
