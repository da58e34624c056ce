"""Downloads, however large: the next piece is made only when the last one has gone, so memory stays flat.

Django gathers what a synchronous iterator gives before it sends a byte. `Streamed` asks it piece by piece instead, in
the request's own thread (where its database connection is), and waits while the reader is slow. A reader who leaves
ends the iterator: it is closed, in that thread. A fault midway breaks the connection, so that half a file never looks
like a whole one; a fault before the first piece is an ordinary error page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from typing import IO

from asgiref.sync import sync_to_async
from django.db import close_old_connections
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

AT_ONCE = 1 << 16
"""Octets that are gathered before they are sent: a line at a time would cost a change of threads each."""
BLOCK = 1 << 18
"""Octets of a file that are read at once."""


class Streamed(StreamingHttpResponse):
    """An answer made of pieces. Made by `stream` and `stream_file`."""

    needs_database = True
    """Whether making the pieces asks it; otherwise the connection is given back, however slowly they are read."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if not self.needs_database:
            await sync_to_async(close_old_connections, thread_sensitive=True)()
        pieces = iter(self.streaming_content)  # type: ignore[arg-type]
        take = sync_to_async(_some, thread_sensitive=True)
        try:
            while some := await take(pieces):
                yield some
        except Exception:
            # Django closes answers that ended well or were cut off, but not those that failed.
            await sync_to_async(self.close, thread_sensitive=True)()
            raise


def stream(
    pieces: Iterable[bytes], *, name: str, content_type: str, size_bytes: int | None = None
) -> Streamed:
    """`pieces` as a download called `name`. What is raised before the first piece is raised here."""
    answer = Streamed(_Begun(pieces), content_type=content_type)
    answer.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    answer.headers["Cache-Control"] = "no-store"
    if size_bytes is not None:
        answer.headers["Content-Length"] = str(size_bytes)
    return answer


def stream_file(file: IO[bytes], *, name: str, content_type: str) -> Streamed:
    """An open file, from where it stands, as a download called `name`; closed at the end."""
    start = file.tell()
    size_bytes = file.seek(0, 2) - start
    file.seek(start)
    answer = stream(_blocks(file), name=name, content_type=content_type, size_bytes=size_bytes)
    answer.needs_database = False
    return answer


class _Begun:
    """An iterator whose first piece was made already, and which can be closed whether or not it was asked."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._first = next(self._pieces, None)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._first is None:
            return next(self._pieces)
        first, self._first = self._first, None
        return first

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(BLOCK):
            yield block


def _some(pieces: Iterator[bytes]) -> bytes:
    """The next pieces, as many as make a sending worth while; empty at the end."""
    gathered: list[bytes] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size >= AT_ONCE:
            break
    return gathered[0] if len(gathered) == 1 else b"".join(gathered)
