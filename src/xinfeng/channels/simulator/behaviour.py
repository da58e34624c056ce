"""How the carrier behaves, well or badly. Everything here may change while it runs."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from itertools import accumulate, chain
from random import Random
from typing import Any

from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.text import encoding_for, split_parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Shares are between 0 and 1 and drawn for each message; times are milliseconds."""

    rate_per_s: int = 0
    """Submits an account may send within any second; above it flow control. 0: no limit."""
    rate_slack: float = 0.05
    """How far above the rate is tolerated: arrival is never as even as sending."""
    latency_ms: int = 0
    """Before a submit is answered."""
    receipt_delay_ms: int = 200
    """From acceptance to the status report."""
    receipts: Mapping[str, float] = field(default_factory=lambda: {"DELIVRD": 1.0})
    """Status words and their shares; what is missing to 1 gets no report."""
    replies: Mapping[str, float] = field(default_factory=dict)
    """Texts that handsets answer with, and the share of messages that are answered so."""
    reply_script: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By number: the answers to its first, second … message. Goes before `replies`."""
    reply_delay_ms: int = 500

    refuse: Mapping[int, float] = field(default_factory=dict)
    """Results other than 0, and the share of submits refused with each."""
    refuse_login: int = 0
    """Status that every login is refused with; 0: none."""
    lose_receipts: float = 0.0
    double_receipts: float = 0.0
    late_receipts: float = 0.0
    late_by_ms: int = 5_000
    early_receipts: float = 0.0
    """Share of submits whose report is sent before their response."""
    silent: bool = False
    """Read and accept, but say nothing at all; reports wait until it ends, answers are lost."""
    cut_after: int = 0
    """Cut all connections, without an answer, when so many more submits have been accepted; once."""
    garbage_after: int = 0
    """Send octets that are no message when so many more submits have been accepted; once."""

    def __post_init__(self) -> None:
        for name in ("receipts", "replies", "refuse"):
            shares = getattr(self, name)
            for share in shares.values():
                _check_share(name, share)
            if sum(shares.values()) > 1 + 1e-9:
                raise InvalidInput("simulator.shares_exceed_one", field=name)
        for name in ("lose_receipts", "double_receipts", "late_receipts", "early_receipts"):
            _check_share(name, getattr(self, name))
        for word in self.receipts:
            if not (word.isascii() and word.isprintable() and 1 <= len(word) <= 20):
                raise InvalidInput("simulator.bad_status_word", word=word[:20])
        for result in self.refuse:
            if not 1 <= result <= 255:
                raise InvalidInput("simulator.bad_result", result=result)
        for text in (*self.replies, *chain.from_iterable(self.reply_script.values())):
            split_parts(text, encoding_for(text))  # raises for what no handset could send
        if not 0 <= self.refuse_login <= 255:
            raise InvalidInput("simulator.bad_result", result=self.refuse_login)
        for name in _COUNTS:
            if getattr(self, name) < 0:
                raise InvalidInput("simulator.negative", field=name)

    def changed(self, changes: Mapping[str, Any]) -> Behaviour:
        """With values as JSON has them. Raises InvalidInput for unknown names and unfit values."""
        return replace(self, **{name: _read_value(name, value) for name, value in changes.items()})


_COUNTS = (
    "rate_per_s",
    "rate_slack",
    "latency_ms",
    "receipt_delay_ms",
    "reply_delay_ms",
    "late_by_ms",
    "cut_after",
    "garbage_after",
)
_DEFAULTS = {field_.name: field_ for field_ in fields(Behaviour)}


def _check_share(name: str, share: float) -> None:
    if not (math.isfinite(share) and 0 <= share <= 1):
        raise InvalidInput("simulator.bad_share", field=name)


def _read_value(name: str, value: Any) -> Any:
    if name not in _DEFAULTS:
        raise InvalidInput("simulator.unknown_setting", field=name)
    try:
        match name:
            case "receipts" | "replies":
                return {str(word): float(share) for word, share in value.items()}
            case "refuse":
                return {int(result): float(share) for result, share in value.items()}
            case "reply_script":
                return {str(number): tuple(map(str, texts)) for number, texts in value.items()}
            case "silent":
                return bool(value)
            case _ if name.endswith("_receipts") or name == "rate_slack":
                return float(value)
            case _:
                return int(value)
    except (TypeError, ValueError, AttributeError):
        raise InvalidInput("simulator.bad_value", field=name) from None


class Dice:
    """Draws one of several keys by share; None for what is missing to 1."""

    __slots__ = ("_edges", "_keys", "_random", "only")

    def __init__(self, shares: Mapping[Any, float], random: Random) -> None:
        weighed = {key: share for key, share in shares.items() if share > 0}
        self._keys = [*weighed, None]
        self._edges = list(accumulate(weighed.values()))
        self._random = random.random
        self.only = self._keys[0] if len(self._edges) == 1 and self._edges[0] >= 1 else None
        """The one key that is always drawn, if so."""

    def __bool__(self) -> bool:
        """Whether anything but None can come out."""
        return bool(self._edges)

    def draw(self) -> Any:
        """One key, or None."""
        return self.only or self._keys[bisect_right(self._edges, self._random())]
