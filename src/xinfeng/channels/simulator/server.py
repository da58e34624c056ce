"""The process around the simulated carrier: sockets, signals, and the line that says it is ready."""

from __future__ import annotations

import asyncio
import errno
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvloop

from xinfeng.channels.simulator.accounts import Account
from xinfeng.channels.simulator.calling import call
from xinfeng.channels.simulator.carrier import Carrier
from xinfeng.channels.simulator.connection import Connection
from xinfeng.channels.simulator.control import serve_control
from xinfeng.channels.simulator.options import Options
from xinfeng.kernel.errors import Conflict

_TICK_S = 0.05
"""How long what nobody was answered yet may stay out of the log."""


@dataclass(frozen=True, slots=True)
class Running:
    """A carrier that serves, and where."""

    carrier: Carrier
    port: int
    control_port: int | None


@asynccontextmanager
async def serving(options: Options) -> AsyncIterator[Running]:
    """Serve in the running loop until the block ends; then say goodbye and close the log.

    Raises Conflict `simulator.port_taken` when somebody else listens on one of the ports.
    """
    loop = asyncio.get_running_loop()
    carrier = Carrier(options)
    calls: set[asyncio.Task[None]] = set()

    def ring(account: Account) -> None:
        task = loop.create_task(call(carrier, account))
        calls.add(task)
        task.add_done_callback(calls.discard)

    carrier.call_with(ring)
    with _free(options.port):
        server = await loop.create_server(lambda: Connection(carrier), options.host, options.port)
    control = None
    if options.control_port is not None:
        with _free(options.control_port):
            control = await serve_control(carrier, options.control_port)
    ticking = loop.create_task(_tick(carrier))
    try:
        yield Running(carrier, _port(server), _port(control) if control else None)
    finally:
        ticking.cancel()
        for task in calls:
            task.cancel()
        for listener in filter(None, (server, control)):
            listener.close()
        for connection in list(carrier.connections):
            connection.part()
        for _ in range(4):  # whoever is being accepted just now is there a few turns of the loop later
            await asyncio.sleep(0)
            carrier.cut()
        carrier.log.close()


@contextmanager
def _free(port: int) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        if fault.errno != errno.EADDRINUSE:
            raise
        raise Conflict("simulator.port_taken", port=port) from None


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
    """Serve until SIGINT or SIGTERM. The line `listening on HOST:PORT` on stdout says that it is ready.

    Raises Conflict `simulator.port_taken`.
    """
    uvloop.run(_serve_until_told(options))
