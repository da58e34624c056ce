"""The process around the simulated carrier: sockets, signals, and the line that says it is ready."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvloop

from xinfeng.channels.simulator.carrier import Carrier
from xinfeng.channels.simulator.connection import Connection
from xinfeng.channels.simulator.control import serve_control
from xinfeng.channels.simulator.options import Options

_TICK_S = 0.05
"""How long the log may stay in memory."""


@dataclass(frozen=True, slots=True)
class Running:
    """A carrier that serves, and where."""

    carrier: Carrier
    port: int
    control_port: int | None


@asynccontextmanager
async def serving(options: Options) -> AsyncIterator[Running]:
    """Serve in the running loop until the block ends; then say goodbye and close the log."""
    loop = asyncio.get_running_loop()
    carrier = Carrier(options)
    server = await loop.create_server(lambda: Connection(carrier), options.host, options.port)
    control = None if options.control_port is None else await serve_control(carrier, options.control_port)
    ticking = loop.create_task(_tick(carrier))
    try:
        yield Running(carrier, _port(server), _port(control) if control else None)
    finally:
        ticking.cancel()
        for listener in filter(None, (server, control)):
            listener.close()
        for connection in list(carrier.connections):
            connection.part()
        await asyncio.sleep(0)
        carrier.cut()
        carrier.log.close()


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


async def _tick(carrier: Carrier) -> None:
    loop = asyncio.get_running_loop()
    while True:
        carrier.tick(loop.time())
        await asyncio.sleep(_TICK_S)


async def _serve_until_told(options: Options) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with serving(options) as running:
        if running.control_port is not None:
            sys.stdout.write(f"control on 127.0.0.1:{running.control_port}\n")
        sys.stdout.write(f"listening on {options.host}:{running.port}\n")
        sys.stdout.flush()
        await stop.wait()


def run(options: Options) -> None:
    """Serve until SIGINT or SIGTERM. The line `listening on HOST:PORT` on stdout says that it is ready."""
    uvloop.run(_serve_until_told(options))
