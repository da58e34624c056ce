"""Where commands print: the terminal, or, when a running `app` executes the command for us, the caller's."""

from __future__ import annotations

import sys
from contextvars import ContextVar
from typing import IO, Any

from rich.console import Console
from rich.table import Table

_stream: ContextVar[IO[str] | None] = ContextVar("stream", default=None)
_width: ContextVar[int | None] = ContextVar("width", default=None)


def redirect(stream: IO[str], width: int | None) -> None:
    """Send this context's output to `stream`."""
    _stream.set(stream)
    _width.set(width)


def console() -> Console:
    stream = _stream.get() or sys.stdout
    return Console(file=stream, width=_width.get(), highlight=False, soft_wrap=False, markup=False)


def say(text: str = "", *, style: str | None = None) -> None:
    """Print a line; the terminal breaks it, so that addresses and commands can be copied whole."""
    console().print(text, style=style, soft_wrap=True)


def complain(text: str, *, style: str | None = "red") -> None:
    """Print a line where errors go."""
    stream = _stream.get() or sys.stderr
    Console(file=stream, width=_width.get(), highlight=False, markup=False).print(
        text, style=style, soft_wrap=True
    )


def table(title: str, columns: list[str], rows: list[list[Any]], *, right: tuple[int, ...] = ()) -> None:
    """Print rows as a table, or that there are none; `right` names the columns that are aligned right (numbers).

    Columns without a name make a list of facts, printed without a head.
    """
    say(title, style="bold")
    if not rows:
        say("  （没有 none）", style="dim")
        return
    shown = Table(show_header=any(columns), show_edge=False, pad_edge=False)
    for number, column in enumerate(columns):
        shown.add_column(column, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    console().print(shown)
