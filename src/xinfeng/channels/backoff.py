"""How long to wait before connecting again. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

PASSING = frozenset(
    {"other", "busy", "throttled", "system_error", "too_many_connections", "already_bound", "repeated"}
)
"""What passes by itself, as the last word of a refusal's code. All else (address, secret, version, account) stays as it
is until somebody acts, and trying again soon makes carriers lock the account (practice of several gateways)."""

PASSES_WITHIN = 10
"""Tries (some minutes) after which what should have passed by itself is taken for a refusal like any other."""


@dataclass
class Backoff:
    """Doubles from `first_s` to `longest_s`, spread by up to a half so that connections don't return in step.

    `chance` gives a number in [0, 1). After an account was refused the wait is `refused_s`, doubling to five
    times that.
    """

    chance: Callable[[], float]
    first_s: float = 1.0
    longest_s: float = 60.0
    refused_s: float = 120.0
    failures: int = 0
    refusals: int = 0

    def succeeded(self) -> None:
        """The connection proved useful: something was accepted or delivered."""
        self.failures = self.refusals = 0

    def failed(self) -> float:
        """Seconds to wait after a connection that could not be made, or was lost."""
        self.failures += 1
        wait = min(self.longest_s, self.first_s * 2.0 ** min(self.failures - 1, 16))
        return wait * (0.5 + 0.5 * self.chance())

    def refused(self, code: str) -> float:
        """Seconds to wait after a login was refused; `code` as in `smgp.login.busy`."""
        if code.rpartition(".")[2] in PASSING and self.failures < PASSES_WITHIN:
            return self.failed()
        self.refusals += 1
        wait = min(5 * self.refused_s, self.refused_s * 2.0 ** min(self.refusals - 1, 8))
        return wait * (1.0 + 0.25 * self.chance())
