"""`xinfeng up`: PostgreSQL, app and gateway under one roof. What dies is started again."""

from __future__ import annotations

import atexit
import errno
import fcntl
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from xinfeng.foundation.postgres import EmbeddedPostgres, PostgresFault
from xinfeng.foundation.settings import Settings
from xinfeng.kernel.errors import Conflict

log = logging.getLogger(__name__)

_BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_STOP_PATIENCE_S = 20.0


@dataclass
class Child:
    """One supervised process: how it is started, how often it fell in a row; `quiet` keeps its prints off the terminal."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    falls: int = 0
    started_at: float = 0.0
    start_after: float = 0.0
    quiet: bool = False


def xinfeng_child(name: str, *arguments: str, quiet: bool = False) -> Child:
    """A child that is one of Xinfeng's own commands."""
    return Child(name, [sys.executable, "-m", "xinfeng", *arguments, "--with-parent"], quiet=quiet)


class Supervisor:
    """Starts children, starts them again with growing patience when they fall, stops them in reverse order."""

    def __init__(self, settings: Settings, children: list[Child] | None = None) -> None:
        self._postgres = None if settings.database_url else EmbeddedPostgres(settings)
        self._children = children or [xinfeng_child("app", "app"), xinfeng_child("gateway", "gateway")]
        self._stopping = threading.Event()

    def run(self, *, ready: Callable[[], None]) -> None:
        """Blocks until `request_stop`, SIGINT or SIGTERM; `ready` is called once when all have been started."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.request_stop())
        try:
            for child in self._children:
                self._start(child)
            ready()
            while not self._stopping.wait(0.2):
                self._look()
        finally:
            self.stop()

    def request_stop(self) -> None:
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        for child in reversed(self._children):
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + _STOP_PATIENCE_S
        for child in reversed(self._children):
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("killed: did not stop in time", extra={"child": child.name})
                child.process.kill()
                child.process.wait()
        if self._postgres is not None:
            self._postgres.stop()

    def _look(self) -> None:
        if self._postgres is not None and self._postgres.pid() is None:
            log.error("PostgreSQL is gone; starting it again")
            try:
                self._postgres.start()
            except PostgresFault:
                log.exception("PostgreSQL did not start; trying again")
                return
        now = time.monotonic()
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                if now - child.started_at > 60:
                    child.falls = 0
                delay = _BACKOFF_S[min(child.falls, len(_BACKOFF_S) - 1)]
                log.error(
                    "fell", extra={"child": child.name, "code": child.process.returncode, "again_in_s": delay}
                )
                child.falls += 1
                child.process = None
                child.start_after = now + delay
            if child.process is None and now >= child.start_after:
                self._start(child)

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(
            child.arguments, start_new_session=True, stdout=subprocess.DEVNULL if child.quiet else None
        )
        child.started_at = time.monotonic()


@contextmanager
def only_one(data: Path) -> Iterator[None]:
    """One `xinfeng up` per data folder; raises Conflict `up.already_running` for a second one."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("up.already_running", folder=str(data)) from None
        yield


def check_port(host: str, port: int) -> None:
    """Raises Conflict `up.port_taken`, `up.address`: a person reads it, rather than the log of one fall after another."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as fault:
        raise Conflict("up.address", address=f"{host}:{port}", fault=fault.strerror) from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as fault:
            if fault.errno != errno.EADDRINUSE:
                raise Conflict("up.address", address=f"{host}:{port}", fault=fault.strerror) from None
            raise Conflict("up.port_taken", address=f"{host}:{port}") from None


def leave_with_parent() -> None:
    """End this process when its parent is gone, so that a killed `up` leaves no orphans behind."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="leave-with-parent", daemon=True).start()


def leave_now() -> NoReturn:
    """End after everything has been closed, without Python's teardown: DuckDB reports its own types as leaked there."""
    atexit._run_exitfuncs()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)
