"""The door of `app`: commands that need the lens are executed here for a caller outside."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from django.db import connections

from xinfeng.cli import doorway, output

log = logging.getLogger(__name__)

_REQUEST_LIMIT = 256 * 1024


class _Writer(io.TextIOBase):
    """A text stream whose lines go to the caller as they are written, from any thread."""

    def __init__(self, stream: asyncio.StreamWriter, loop: asyncio.AbstractEventLoop) -> None:
        self._stream = stream
        self._loop = loop

    def write(self, text: str) -> int:
        self._loop.call_soon_threadsafe(self._stream.write, text.replace("\x00", "").encode())
        return len(text)

    def writable(self) -> bool:
        return True


class Door:
    """Listens on a Unix socket in a folder that only its owner may enter."""

    def __init__(self, path: Path, commands: Any) -> None:
        self._path = path
        self._commands = commands
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._answer, self._path, limit=_REQUEST_LIMIT)
        self._path.chmod(0o600)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        code = 1
        try:
            request = json.loads(await reader.readline())
            arguments = [str(argument) for argument in request["arguments"]]
            width = int(request.get("width", 100))
            code = await asyncio.to_thread(self._execute, arguments, width, _Writer(writer, loop))
        except (ValueError, KeyError, TypeError):
            log.warning("the door was given something unreadable")
        finally:
            await asyncio.sleep(0)
            writer.write(b"\x00" + str(code).encode())
            try:
                await writer.drain()
                writer.close()
                await writer.wait_closed()
            except ConnectionError:
                log.info("the caller of a command has gone")

    def _execute(self, arguments: list[str], width: int, stream: _Writer) -> int:
        output.redirect(cast("IO[str]", stream), width)
        try:
            log.info("command", extra={"group": arguments[:2], "pid": os.getpid()})
            return doorway.run_here(arguments, self._commands)
        except Exception:  # the caller gets an answer whatever happened; the fault is in our log
            log.exception("a command failed", extra={"group": arguments[:2]})
            output.say(
                "命令没有完成，原因在 app 的日志里。 The command failed; app's log says why.", style="red"
            )
            return 1
        finally:
            connections.close_all()
