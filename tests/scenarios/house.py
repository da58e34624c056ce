"""A whole deployment for a test: `xinfeng up` in a folder of its own, a simulated carrier, and the command line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from tests.patience import PATIENCE_S

from xinfeng.cli.demo.clock import zone_where_shops_send
from xinfeng.foundation.settings import read
from xinfeng.kernel.time import utc_now

ACCOUNT, SECRET = "900001", "a-secret-of-the-test"


@dataclass
class House:
    """`carrier_log` is the witness: what the carrier accepted."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    up: subprocess.Popen[str] | None = None
    carrier: subprocess.Popen[str] | None = None
    carrier_port: int = 0

    def __post_init__(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XINFENG_")}
        self.environment = kept | {
            "XINFENG_DATA": str(self.folder / "data"),
            "XINFENG_HTTP": "127.0.0.1:0",
            "XINFENG_TIME_ZONE": zone_where_shops_send(utc_now()),
            "XINFENG_LOG": "WARNING",
        }

    @property
    def carrier_log(self) -> Path:
        return self.folder / "carrier.jsonl"

    @property
    def dsn(self) -> str:
        return read({"XINFENG_DATA": self.environment["XINFENG_DATA"]}).dsn()

    def start(self, *carrier_options: str) -> None:
        self.carrier = self._spawn(
            *(
                "simulate",
                "carrier",
                "--port=0",
                f"--account={ACCOUNT}:{SECRET}",
                f"--log={self.carrier_log}",
            ),
            *carrier_options,
        )
        assert self.carrier.stdout is not None
        self.carrier_port = int(self.carrier.stdout.readline().rsplit(":", 1)[1])
        self.up = self._spawn("up")
        self.until(self._serves, "xinfeng up to serve")

    def stop(self) -> None:
        for process in (self.up, self.carrier):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(PATIENCE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if process is not None and process.stdout is not None:
                process.stdout.close()

    def run(self, *arguments: str, code: int = 0) -> str:
        """Run a command and return what it printed; its exit code must be `code`."""
        done = subprocess.run(
            [sys.executable, "-m", "xinfeng", *arguments],
            env=self.environment | {"COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=PATIENCE_S * 2,
            check=False,
        )
        assert done.returncode == code, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def number_in(self, *arguments: str) -> int:
        """The first number a command printed: the id of what it made."""
        found = re.search(r"\d+", self.run(*arguments))
        assert found is not None
        return int(found.group())

    def ask(self, question: str, *values: object) -> tuple[object, ...]:
        """One row from PostgreSQL."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(question, values).fetchone()
        assert row is not None
        return row

    def children(self) -> dict[str, int]:
        """Pids of app and gateway, as they are now."""
        assert self.up is not None
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.up.pid:
                found |= {name: int(entry.name) for name in ("app", "gateway") if name.encode() in words}
        return found

    def postgres_pid(self) -> int | None:
        try:
            lines = (self.folder / "data" / "postgres" / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        return int(lines[0]) if lines else None

    @staticmethod
    def until(done: Callable[[], bool], what: str, *, seconds: float = PATIENCE_S) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
            time.sleep(0.1)

    def _serves(self) -> bool:
        assert self.up is not None
        assert self.up.poll() is None, "xinfeng up has ended"
        return read({"XINFENG_DATA": self.environment["XINFENG_DATA"]}).door_socket.exists()

    def _spawn(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "xinfeng", *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
