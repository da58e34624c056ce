"""Simulated carriers for one run, each a process of its own that ends with us."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xinfeng.campaigns.rehearsal.faults import VENDORS
from xinfeng.campaigns.rehearsal.stage import Credentials
from xinfeng.kernel.errors import Conflict

START_S = 20.0
END_S = 3.0
_KEPT = ("PATH", "PYTHONPATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
"""Of the environment: nothing that leads to a database or a key."""


class SimulatedCarrier:
    """A carrier's process. `log`: what it took, readable while this object lives."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log_fd: int) -> None:
        self.port = port
        self.log = Path(f"/dev/fd/{log_fd}")
        self._process = process

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def fail(self) -> None:
        """At once and for good, without a word to anybody; what it has taken is in its log."""
        self._process.terminate()


@contextmanager
def simulated_carrier(
    protocol: str,
    who: Credentials,
    *,
    behaviour: Mapping[str, Any],
    templates: Mapping[str, str] | None = None,
) -> Iterator[SimulatedCarrier]:
    """Start one and wait until it listens; end it with the block. Raises Conflict `rehearsal.no_carrier`."""
    log_fd = _memory()
    process = subprocess.Popen(
        [sys.executable, "-m", "xinfeng.campaigns.rehearsal.playing"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=(log_fd,),
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
        start_new_session=True,
    )
    try:
        given = {
            "protocol": protocol,
            "vendor": protocol in VENDORS,
            "name": who.name,
            "secret": who.secret,
            "listens_at": who.listens_at,
            "behaviour": dict(behaviour),
            "templates": dict(templates or {}),
            "log": log_fd,
        }
        yield SimulatedCarrier(process, _port(process, given), log_fd)
    finally:
        _end(process)
        os.close(log_fd)


def _port(process: subprocess.Popen[bytes], given: Mapping[str, Any]) -> int:
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(json.dumps(given).encode() + b"\n")
        process.stdin.flush()
        if select.select([process.stdout], [], [], START_S)[0] and (line := process.stdout.readline()):
            return int(line)
    except (BrokenPipeError, ValueError):
        pass  # it has ended, or says something else; said below
    raise Conflict("rehearsal.no_carrier", protocol=given["protocol"])


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None and process.stdout is not None
    with contextlib.suppress(BrokenPipeError):  # it has ended before
        process.stdin.close()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def _memory() -> int:
    """A file that no folder has, in memory where the system offers that."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("rehearsal")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
