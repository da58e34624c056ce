"""A port to be bound a moment later, by whoever is told of it."""

from __future__ import annotations

import itertools
import os
import socket

_FIRST, _EACH = 21_000, 1_000
"""Below those that Linux gives to whoever asks for any (32768 and up), so that nobody gets it in between; workers of
one run have ranges of their own."""

_turns = itertools.count(os.getpid())


def free_port() -> int:
    """One on loopback that nobody has now, and that no other test is told of."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    begins = _FIRST + int(worker) % 10 * _EACH
    for _ in range(_EACH):
        port = begins + next(_turns) % _EACH
        with socket.socket() as probe:
            # As servers bind: a connection that has just ended does not hold it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no port is free from {begins} to {begins + _EACH - 1}")
