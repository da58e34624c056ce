"""Cells of exported files. Text from outside never becomes a formula, whatever opens the file. Pure.

A cell that begins with one of these characters is executed by Excel, WPS or LibreOffice (OWASP, CSV Injection);
their full-width forms are folded by some of them on import. Such a cell gets an apostrophe in front.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

Cell = str | int | float | None

_DANGEROUS = frozenset("=+-@\t\r\n|%" + "＝＋－＠")
_UNBROKEN = str.maketrans(dict.fromkeys("\r\n\t\x00", " "))


def safe(cell: Cell) -> str | int | float:
    """The cell, harmless; numbers stay numbers, nothing is an empty text. NULs and line breaks become spaces."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return cell
    first = cell[:1]
    if first != " " and first not in _DANGEROUS and cell.isprintable():
        return cell  # nearly all are; what is printable holds no white space but plain spaces
    text = cell.translate(_UNBROKEN)
    if cell[:1] in _DANGEROUS or text.lstrip()[:1] in _DANGEROUS:
        return "'" + text
    return text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A CSV file in pieces: UTF-8 with BOM, so that Excel and WPS read Chinese; CRLF, quoted where needed."""
    yield b"\xef\xbb\xbf"
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([safe(cell) for cell in header])
    for number, row in enumerate(rows, start=1):
        writer.writerow([safe(cell) for cell in row])
        if number % 500 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
