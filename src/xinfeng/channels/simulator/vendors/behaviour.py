"""How a simulated vendor behaves, well or badly. Everything here may change while it runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from xinfeng.kernel.errors import InvalidInput


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorBehaviour:
    """Shares are between 0 and 1; times are milliseconds."""

    rate_per_s: int = 0
    """Requests an account may make within any second; above it the vendor's code for flow control. 0: no limit."""
    latency_ms: int = 0
    """Before a request is answered."""
    receipt_delay_ms: int = 200
    receipts: Mapping[str, float] = field(default_factory=lambda: {"DELIVRD": 1.0})
    """Codes of status reports and their shares; what is missing to 1 gets no report."""
    replies: Mapping[str, float] = field(default_factory=dict)
    """Texts that handsets answer with, and the share of messages that are answered so."""
    reply_script: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By number: the answers to its first, second … message. Goes before `replies`."""
    reply_delay_ms: int = 500
    refuse: Mapping[str, float] = field(default_factory=dict)
    """Codes, and the share of requests refused with each."""
    refuse_numbers: Mapping[str, str] = field(default_factory=dict)
    """By number: the code that it is refused with. Alibaba Cloud refuses the whole request for it."""
    lose_receipts: float = 0.0
    double_receipts: float = 0.0
    late_receipts: float = 0.0
    late_by_ms: int = 5_000
    broken: float = 0.0
    """Share of requests that are accepted and answered with 502."""
    silent: bool = False
    """Accept, and never answer."""
    cut_after: int = 0
    """Accept so many more messages and cut all connections, without an answer to the last request; once."""
    garbage_after: int = 0
    """Answer with what is no HTTP after so many more messages; once."""
    closing: bool = False
    """End the connection after every answer."""
    single_token: bool = False
    """Of 5G platforms: a new token ends the account's older ones."""

    def __post_init__(self) -> None:
        for name in ("receipts", "replies", "refuse"):
            shares = getattr(self, name)
            if sum(shares.values()) > 1 + 1e-9:
                raise InvalidInput("simulator.shares_exceed_one", field=name)
            for share in shares.values():
                _check_share(name, share)
        for name in _SHARES:
            _check_share(name, getattr(self, name))
        for name in _COUNTS:
            if getattr(self, name) < 0:
                raise InvalidInput("simulator.negative", field=name)

    def changed(self, changes: Mapping[str, Any]) -> VendorBehaviour:
        """With values as JSON has them. Raises InvalidInput for unknown names and unfit values."""
        return replace(self, **{name: _read_value(name, value) for name, value in changes.items()})


_SHARES = ("lose_receipts", "double_receipts", "late_receipts", "broken")
_COUNTS = ("rate_per_s", "latency_ms", "receipt_delay_ms", "reply_delay_ms", "late_by_ms", "cut_after")
_NAMES = frozenset(field_.name for field_ in fields(VendorBehaviour))


def _check_share(name: str, share: float) -> None:
    if not (math.isfinite(share) and 0 <= share <= 1):
        raise InvalidInput("simulator.bad_share", field=name)


def _read_value(name: str, value: Any) -> Any:
    if name not in _NAMES:
        raise InvalidInput("simulator.unknown_setting", field=name)
    try:
        match name:
            case "receipts" | "replies" | "refuse":
                return {str(word): float(share) for word, share in value.items()}
            case "refuse_numbers":
                return {str(number): str(code) for number, code in value.items()}
            case "reply_script":
                return {str(number): tuple(map(str, texts)) for number, texts in value.items()}
            case "silent" | "closing":
                return bool(value)
            case _ if name in _SHARES:
                return float(value)
            case _:
                return int(value)
    except (TypeError, ValueError, AttributeError):
        raise InvalidInput("simulator.bad_value", field=name) from None
