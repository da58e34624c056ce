"""A world for number hygiene: a simulated provider in a process of its own, and accounts with it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.patience import PATIENCE_S

from xinfeng.hygiene.models import LookupProvider
from xinfeng.hygiene.settings import save_provider


class Simulator:
    """The process, seen from the test."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.address = f"http://127.0.0.1:{port}"

    def fail(self, fault: str = "", *, times: int = 0, delay_ms: int = 0) -> None:
        told = json.dumps({"fault": fault, "times": times, "delay_ms": delay_ms}).encode()
        with urllib.request.urlopen(f"{self.address}/control", told, timeout=PATIENCE_S):
            pass

    def witness(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.address}/control", timeout=PATIENCE_S) as reply:
            told: dict[str, Any] = json.load(reply)
            return told

    @property
    def calls(self) -> int:
        return int(self.witness()["calls"])

    @property
    def asked(self) -> dict[str, int]:
        """How often each number was asked about, by `question:number`."""
        asked: dict[str, int] = self.witness()["asked"]
        return asked


@contextmanager
def simulator(*arguments: str) -> Iterator[Simulator]:
    """Start one on a free port; it ends with the block."""
    command = [sys.executable, "-m", "xinfeng.hygiene.simulator", "--port", "0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("listening on "), line
        yield Simulator(int(line.rsplit(":", 1)[1]))
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        assert process.stdout is not None
        process.stdout.close()


def config(port: int, **changes: Any) -> dict[str, Any]:
    return {
        "endpoint": f"http://127.0.0.1:{port}/v1/numbers",
        "key_id": "simulator",
        "private_network": True,
        "timeout_s": 60,
        **changes,
    }


def make_provider(port: int, *, kind: str = "generic", name: str = "sim", **terms: Any) -> LookupProvider:
    """An account with the simulated provider."""
    given = config(port, **terms.pop("config", {}))
    if kind == "aliyun":
        given["endpoint"] = f"http://127.0.0.1:{port}"
        given["auth_codes"] = {"status": "a", "carrier": "b", "reassigned": "c"}
    values = {"price_li": 100, "per_s": 10_000, "per_day": 0, "secret": "simulator-secret", **terms}
    provider_id = save_provider(name=name, kind=kind, config=given, actor="test", **values)
    return LookupProvider.objects.get(pk=provider_id)
