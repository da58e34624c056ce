"""What CMPP and SMGP have in common beyond the core: a link is tested, and parted from, by pairs of messages that are
nothing but a header, and a login decides which version is spoken.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from xinfeng.kernel.errors import RemoteProtocolError
from xinfeng.protocols.core import Session
from xinfeng.protocols.session import CloseReason, State
from xinfeng.protocols.traffic import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The messages of a protocol about the session itself; those that are made here take a `sequence`."""

    prefix: str
    """Of error codes, with its dot."""
    test: Callable[..., Any]
    test_answer: Callable[..., Any]
    farewell: Callable[..., Any]
    farewell_answer: Callable[..., Any]


def may_receive(
    *, always: Collection[int], first: Collection[int], then: Collection[int]
) -> dict[State, Collection[int]]:
    """What an end may receive: `first` until the login is done, `then` afterwards, `always` as soon as it is born."""
    return {
        State.NEW: frozenset(),
        State.BINDING: frozenset({*always, *first}),
        State.OPEN: frozenset({*always, *then}),
        State.CLOSING: frozenset({*always, *then}),
    }


class TestedEnd(Session):
    """Either end. Commands in the wrong direction or state are violations; unknown ones are passed over."""

    _words: Words
    _may_receive: dict[State, Collection[int]]

    def _take_control(self, message: Any, events: list[Event], now: float) -> None:
        words, kind = self._words, type(message)
        if kind is words.test:
            self._say(words.test_answer(sequence=message.sequence))
        elif kind is words.farewell:
            self._say(words.farewell_answer(sequence=message.sequence))
            self._end(CloseReason.REMOTE, events)
        elif kind is words.farewell_answer:
            if self._farewell is not None:
                self._end(CloseReason.LOCAL, events)
        elif kind is not words.test_answer:  # heard, and that is all that one is for
            self._take_login(message, events, now)

    def _test_link(self) -> None:
        self._say(self._words.test(sequence=self._next_sequence()))

    def _say_goodbye(self, sequence: int) -> None:
        self._say(self._words.farewell(sequence=sequence))

    @abstractmethod
    def _say(self, message: Any) -> None:
        """Put a message into `data_to_send`, in the version that is spoken."""

    def _unexpected(self, command: IntEnum) -> RemoteProtocolError:
        return RemoteProtocolError(f"{self._words.prefix}unexpected_command", command=command.name)
