"""Files of numbers and member ids, read row by row with intake's reader: what an uploaded list is made of.

Segments and intake are neighbours that don't know each other; a door, this one or the command line, joins them.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.intake import mapping, workbook
from xinfeng.intake.files import BadRow, FileShape, examine, read_rows
from xinfeng.kernel.errors import InvalidInput
from xinfeng.segments.lists import Named

_SAMPLE = 50
_ZIP = b"PK\x03\x04"


@contextmanager
def kept(chunks: Iterable[bytes], *, at_most: int) -> Iterator[Path]:
    """An upload as a file that only we can read, for as long as the block lasts.

    Raises InvalidInput `file.too_large` (at_most, bytes).
    """
    folder = xinfeng_settings.load().uploads
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{secrets.token_hex(16)}.list"
    size = 0
    try:
        path.touch(mode=0o600)
        with path.open("wb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > at_most:
                    raise InvalidInput("file.too_large", at_most=at_most)
                file.write(chunk)
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def named_rows(path: Path) -> Iterator[Iterator[Named]]:
    """Whom each row of a file (CSV or .xlsx) names. Columns are found by their names or their look; a file of one
    column needs neither. Raises what `intake.files.examine` and `intake.workbook.convert` raise."""
    with path.open("rb") as file:
        is_workbook = file.read(4) == _ZIP
    if not is_workbook:
        yield _rows(path)
        return
    folder = xinfeng_settings.load().uploads
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    converted = folder / f"{secrets.token_hex(16)}.csv"
    try:
        converted.touch(mode=0o600)
        workbook.convert(path, converted)
        yield _rows(converted)
    finally:
        converted.unlink(missing_ok=True)


def _rows(path: Path) -> Iterator[Named]:
    shape = examine(path)
    phone, external = _columns(path, shape)
    for row in read_rows(path, shape):
        cells = [cell.strip() for cell in row.cells]
        yield Named(row.line, _cell(cells, phone), _cell(cells, external), isinstance(row, BadRow))


def _columns(path: Path, shape: FileShape) -> tuple[int | None, int | None]:
    sample = [row.cells for row in islice(read_rows(path, shape), _SAMPLE)]
    guesses = mapping.guess("contacts", shape.header, sample, attributes={})
    fields = {guess.field: at for at, guess in enumerate(guesses)}
    phone, external = fields.get("phone"), fields.get("external_id")
    return (0, None) if phone is None and external is None else (phone, external)


def _cell(cells: list[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""
