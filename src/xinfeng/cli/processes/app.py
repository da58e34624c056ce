"""`xinfeng app`: console and API over HTTP, the job worker, and the door for commands that need the lens."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import uvicorn
import uvloop
from django.core.asgi import get_asgi_application
from django.db import connections

from xinfeng.campaigns.actions import recover_planning
from xinfeng.cli.processes.door import Door
from xinfeng.console.gatekeeping import DOOR as CONSOLE
from xinfeng.foundation.bodies import App, limit_bodies
from xinfeng.foundation.jobs import app as jobs
from xinfeng.foundation.jobs import discover
from xinfeng.foundation.senders import with_plain_addresses
from xinfeng.foundation.settings import Settings
from xinfeng.intake.actions import resume_unfinished
from xinfeng.integrations.callbacks.gatekeeping import DOOR as CALLBACKS
from xinfeng.integrations.gatekeeping import DOOR as API
from xinfeng.lens.engine import close_lens, lens
from xinfeng.pages.gatekeeping import DOOR as PUBLIC

log = logging.getLogger(__name__)

_JOBS_AT_ONCE = 4
_JOBS_MAY_FINISH_S = 8.0
_OBJECTS_BETWEEN_COLLECTIONS = (50_000, 20, 20)
"""A batch of the API makes a hundred thousand objects and no cycles; looking for cycles as often as Python does by
itself costs a third of its time."""


def _pick_up() -> None:
    """Go on with what a crash or a stop has interrupted."""
    resume_unfinished()
    recover_planning()
    connections.close_all()


class _Server(uvicorn.Server):
    """Uvicorn that tells when it listens, and leaves signals to us: its own way would end the process at once."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def __init__(self, config: uvicorn.Config, settings: Settings) -> None:
        super().__init__(config)
        self._xinfeng = settings

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.started:
            log.info("listening", extra={"url": f"http://{self._xinfeng.host}:{self._xinfeng.port}"})


def application() -> App:
    """Everything that is served, behind its doors."""
    django = get_asgi_application()
    return with_plain_addresses(limit_bodies(django, (API, CALLBACKS, PUBLIC, CONSOLE)))  # type: ignore[arg-type]


def run(settings: Settings, commands: Any) -> None:
    """Serve until SIGTERM or SIGINT. `commands` is the command tree, for callers at the door."""
    discover()
    lens()
    _pick_up()
    gc.freeze()
    gc.set_threshold(*_OBJECTS_BETWEEN_COLLECTIONS)
    config = uvicorn.Config(
        application(),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=10,
    )
    try:
        uvloop.run(_serve(_Server(config, settings), Door(settings.door_socket, commands)))
    finally:
        close_lens()


async def _serve(server: _Server, door: Door) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, lambda: setattr(server, "should_exit", True))
    worker_app = jobs.with_connector(jobs.connector.get_worker_connector())
    async with worker_app.open_async(), door:
        worker = asyncio.create_task(
            worker_app.run_worker_async(
                concurrency=_JOBS_AT_ONCE,
                install_signal_handlers=False,
                fetch_job_polling_interval=1.0,
                delete_jobs="successful",
                shutdown_graceful_timeout=_JOBS_MAY_FINISH_S,
            ),
            name="jobs",
        )
        serving = asyncio.create_task(server.serve(), name="http")
        await asyncio.wait({worker, serving}, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker
        await serving
