"""An .xlsx becomes plain CSV in a child process of little means.

A workbook is a program's worth of hostile possibilities: a zip bomb, two cells at opposite corners of a sheet,
a million shared strings. So the archive is looked at first, and opened only where memory and time are bounded:
`python -m xinfeng.intake.workbook SOURCE TARGET`. The first visible sheet with a phone number is taken, without
one the first with content (covers and instructions come before the data); line N of the CSV is row N of the sheet. This module imports nothing of Xinfeng but error codes: the child starts quickly.
"""

from __future__ import annotations

import csv
import datetime
import json
import os
import re
import resource
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

from xinfeng.kernel.errors import InvalidInput

LARGEST_BYTES = 1 << 30
"""Uncompressed size of all parts of the archive together."""
LARGEST_RATIO = 200
"""Uncompressed to compressed, once it is more than a few megabytes; real workbooks stay below 50."""
MOST_PARTS = 5_000
MOST_COLUMNS = 500
MEMORY_BYTES = 2 << 30
CPU_SECONDS = 300

_UNSUSPICIOUS_BYTES = 8 << 20
_EXACT_FLOAT = 1e15


def convert(source: Path, target: Path) -> None:
    """Write the sheet of `source` as UTF-8 CSV to `target`, readable by its owner only.

    Raises InvalidInput: `workbook.unreadable`, `workbook.encrypted`, `workbook.bomb`, `workbook.too_large`,
    `workbook.empty`.
    """
    inspect_archive(source)
    target.touch(mode=0o600)
    done = subprocess.run(
        [sys.executable, "-m", "xinfeng.intake.workbook", str(source), str(target)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=target.parent,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
    )
    if done.returncode == 0:
        return
    target.unlink(missing_ok=True)
    if done.returncode == _REFUSED:
        refused = json.loads(done.stdout.splitlines()[-1])
        raise InvalidInput(refused["code"], **refused["params"])
    raise InvalidInput("workbook.too_large")


def inspect_archive(source: Path) -> None:
    """Refuse what declares itself to be a bomb; what lies about its sizes meets the child's limits.

    An archive of something else is `file.not_text`.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise InvalidInput("workbook.unreadable") from None
    if len(parts) > MOST_PARTS:
        raise InvalidInput("workbook.bomb")
    if any(part.flag_bits & 1 for part in parts):
        raise InvalidInput("workbook.encrypted")
    whole = sum(part.file_size for part in parts)
    packed = sum(part.compress_size for part in parts)
    if whole > LARGEST_BYTES or (whole > _UNSUSPICIOUS_BYTES and whole > LARGEST_RATIO * packed):
        raise InvalidInput("workbook.bomb")
    if "xl/workbook.xml" not in {part.filename for part in parts}:
        raise InvalidInput("file.not_text")


_REFUSED = 3


def _child(source: str, target: str) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _write(source, target)
    except InvalidInput as refused:
        sys.stdout.write(json.dumps({"code": refused.code, "params": refused.params}) + "\n")
        sys.exit(_REFUSED)


def _write(source: str, target: str) -> None:
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetVisibleEnum,
        XmlError,
        ZipError,
    )

    try:
        book = CalamineWorkbook.from_path(source)
        shown = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        rows: list[list[Any]] = []
        for name in shown:
            found = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            if _has_phones(found):
                rows = found
                break
            rows = rows or found
            if len(rows) > _MOST_ROWS_OF_A_COVER:
                break
        if not rows:
            raise InvalidInput("workbook.empty")
    except PasswordError:
        raise InvalidInput("workbook.encrypted") from None
    except (CalamineError, XmlError, ZipError, OSError, ValueError):
        raise InvalidInput("workbook.unreadable") from None
    if len(rows[0]) > MOST_COLUMNS:
        raise InvalidInput("file.too_many_columns", at_most=MOST_COLUMNS)
    with Path(target).open("w", encoding="utf-8", errors="replace", newline="") as file:
        write = csv.writer(file, lineterminator="\n").writerow
        for row in rows:
            write([cell_text(cell) for cell in row])


def _has_phones(rows: list[list[Any]]) -> bool:
    return any(_like_phone(cell_text(cell)) for row in rows[:_LOOKED_AT] for cell in row)


_LOOKED_AT = 50
_MOST_ROWS_OF_A_COVER = 200
"""A longer sheet is data, numbers or not: nothing behind it is opened."""
_like_phone = re.compile(r"\D*(?:0086|86)?1[3-9]\d(?:[\s-]?\d{4}){2}\D*").fullmatch


def cell_text(cell: Any) -> str:
    """A cell's value as text: whole numbers without `.0`, dates and times in ISO form, line breaks as spaces."""
    if isinstance(cell, str):
        return " ".join(cell.splitlines()) if "\n" in cell or "\r" in cell else cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < _EXACT_FLOAT else repr(cell)
    if isinstance(cell, datetime.datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return "" if cell is None else str(cell)


if __name__ == "__main__":
    _child(sys.argv[1], sys.argv[2])
