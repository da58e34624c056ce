"""The process of one simulated carrier: `python -m xinfeng.campaigns.rehearsal.playing`.

What to play comes as one line of JSON on standard input (so no secret is on a command line); the port it listens on goes
out as one line. It ends when standard input ends: whoever holds the other end of that pipe may be killed in any way, at
any moment, and leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import threading
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import uvloop

LOOPBACK = "127.0.0.1"


def serve(given: dict[str, Any]) -> AbstractAsyncContextManager[Any]:
    """The carrier or vendor that was asked for."""
    log = Path(f"/dev/fd/{given['log']}")
    accounts = {given["name"]: given["secret"]}
    common: dict[str, Any] = {"host": LOOPBACK, "port": 0, "accounts": accounts, "log": log}
    if given["vendor"]:
        from xinfeng.channels.simulator import vendors

        behaviour = vendors.VendorBehaviour().changed(given["behaviour"])
        templates = given["templates"]
        return vendors.serving(
            vendors.VendorOptions(
                **common,
                protocol=given["protocol"],
                behaviour=behaviour,
                templates=templates,
                testify_all=True,
            )
        )
    from xinfeng.channels.simulator import Behaviour, Options, server

    return server.serving(
        Options(
            **common,
            protocol=given["protocol"],
            behaviour=Behaviour().changed(given["behaviour"]),
            provider=(LOOPBACK, given["listens_at"]),
        )
    )


def die(running: Any) -> None:
    """End at once, as a carrier does that fails: connections without a word. What it has taken stays testified."""
    carrier = running.carrier if hasattr(running, "carrier") else running.vendor
    carrier.log.flush()
    os._exit(0)


async def play(given: dict[str, Any]) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def wait() -> None:
        while sys.stdin.buffer.read(4096):
            pass
        loop.call_soon_threadsafe(ended.set)

    async with serve(given) as running:
        loop.add_signal_handler(signal.SIGTERM, lambda: die(running))
        sys.stdout.write(f"{running.port}\n")
        sys.stdout.flush()
        threading.Thread(target=wait, daemon=True).start()
        await ended.wait()
        threading.Timer(2.0, lambda: os._exit(0)).start()  # whatever a connection still waits for
    os._exit(0)


if __name__ == "__main__":
    uvloop.run(play(json.loads(sys.stdin.buffer.readline())))
