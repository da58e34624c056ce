"""How pushes are refused, how many were, and how many may be stored at once.

Figures are this process's own since it started: what is refused leaves no other trace, and a stranger must not be able
to fill a table with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock

from django.http import HttpResponse

AT_ONCE = 8
"""Pushes that hold a database connection at the same moment; those of one channel wait for one another anyway, and a
flood of them must leave connections to everybody else."""
PATIENCE_S = 5.0
"""For how long a push waits for its turn; then the vendor is asked to come again."""

_REASONS: Mapping[int, str] = {
    400: "unreadable",
    403: "wrong_signature",
    404: "unknown_address",
    405: "wrong_method",
    408: "too_slow",
    413: "too_long",
    429: "too_many",
    503: "not_stored",
}
_lock = Lock()
_refused: Counter[str] = Counter()
_turns = BoundedSemaphore(AT_ONCE)


def refused() -> dict[str, int]:
    """How many pushes were refused, by reason; every reason is named."""
    with _lock:
        return {reason: _refused[reason] for reason in _REASONS.values()}


def count(status: int) -> None:
    """One more was refused with this status."""
    with _lock:
        _refused[_REASONS[status]] += 1


def refuse(status: int, *, wait_s: int | None = None) -> HttpResponse:
    """An answer that says nothing but no."""
    count(status)
    response = HttpResponse(status=status)
    if wait_s is not None:
        response["Retry-After"] = str(wait_s)
    if status == 405:
        response["Allow"] = "POST"
    # Django would log the address of what it sees refused, and the address is a secret here.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


@contextmanager
def turn() -> Iterator[bool]:
    """A turn at the database; False: too many wait."""
    taken = _turns.acquire(timeout=PATIENCE_S)
    try:
        yield taken
    finally:
        if taken:
            _turns.release()
