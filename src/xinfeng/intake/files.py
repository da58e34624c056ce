"""Reading delimited text, whatever program wrote it and whatever became of it on the way.

A file is first looked at (`examine`): its encoding, its delimiter, where the columns are named.
Then it is read row by row (`read_rows`) in bounded memory; a row that can't be read is a `BadRow` with its line
and reason, and the next one is read as if nothing had happened.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, count, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from xinfeng.intake.cells import unprotect
from xinfeng.intake.headers import find_header
from xinfeng.kernel.encodings import candidates
from xinfeng.kernel.errors import InvalidInput

LONGEST_LINE = 1_000_000
LONGEST_RECORD = 1_000_000
"""Characters of a row; a longer one is refused."""
MOST_LINES = 200
"""Lines of a row (quoted line breaks); a quote that stays open longer than that was a mistake."""
LONGEST_CELL = 20_000
MOST_COLUMNS = 500

_SAMPLE_BYTES = 1 << 20
_STRETCH = 1 << 18
"""Characters that are looked at together; a few thousand rows."""
_DELIMITERS = ",;\t|，"
"""The full-width comma is last: it is one where nothing else is."""
_REPLACED = "\ufffd"

csv.field_size_limit(2 * LONGEST_RECORD)


@dataclass(frozen=True, slots=True)
class FileShape:
    """How a file is written. `damaged`: some of its bytes fit no encoding; rows with them are refused."""

    encoding: str
    delimiter: str
    has_header: bool
    header: tuple[str, ...]
    skip_lines: int = 0
    damaged: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"header": list(self.header)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> FileShape:
        return cls(**{**value, "header": tuple(value["header"])})


class Row(NamedTuple):
    """A row of data: the line it begins on, and its cells, as many as the header has."""

    line: int
    cells: list[str]


class BadRow(NamedTuple):
    """A row that can't be used, why, and what could be read of it."""

    line: int
    code: str
    params: dict[str, Any]
    cells: list[str]


def examine(path: Path) -> FileShape:
    """Find out how a file is written.

    Raises InvalidInput: `file.empty`, `file.not_text` (a picture, an archive, an old .xls …), `file.markup`
    (a page or a document, whatever its name says), `file.encoding`, `file.too_many_columns`.
    """
    encoding, damaged = _encoding(path)
    plain = FileShape(encoding, ",", False, (), 0, damaged)
    with _open(path, plain) as file:
        sample = [line for line in islice(_lines(file), 50) if len(line) < LONGEST_LINE]
    skip = 1 if sample and re.fullmatch(r"sep=.\s*", sample[0]) else 0
    delimiter = sample[0][4] if skip else _delimiter(sample)
    rows = _first_rows(path, FileShape(encoding, delimiter, False, (), skip, damaged))
    if not rows:
        raise InvalidInput("file.empty")
    width = max(len(row.cells) for row in rows)
    if width > MOST_COLUMNS:
        raise InvalidInput("file.too_many_columns", at_most=MOST_COLUMNS)
    header = find_header([row.cells for row in rows])
    if header is None:
        return FileShape(encoding, delimiter, False, _column_names([""] * width), skip, damaged)
    names, last = header
    above = max(skip, rows[last].line - 1)
    return FileShape(encoding, delimiter, True, _column_names(names), above, damaged)


def read_rows(path: Path, shape: FileShape) -> Iterator[Row | BadRow]:
    """The rows of data, in order; empty lines are passed over."""
    width = len(shape.header)
    return chain.from_iterable(_rows_of(part, width, shape.delimiter) for part in _data(path, shape))


def count_rows(path: Path, shape: FileShape) -> Iterator[int]:
    """Read the whole file; yields the number of rows so far from time to time, and the final one last."""
    total = told = 0
    width = len(shape.header)
    for part in _data(path, shape):
        if isinstance(part, _Stretch):
            total += sum(map(bool, [line.strip(shape.delimiter) for line in part.lines]))
        else:
            total += sum(1 for _ in _fit([part], width))
        if total - told >= _TELL_EVERY:
            told = total
            yield total
    yield total


_TELL_EVERY = 50_000


class _Stretch(NamedTuple):
    """Lines that are rows as they stand: nothing quoted, nothing damaged, nothing too long."""

    first: int
    lines: list[str]


_Record = tuple[int, "list[str] | BadRow"]


def _rows_of(part: _Stretch | _Record, width: int, delimiter: str) -> Iterable[Row | BadRow]:
    if not isinstance(part, _Stretch):
        return _fit([part], width)
    first, lines = part
    cells = [line.split(delimiter) for line in lines]
    if set(map(len, cells)) == {width} and delimiter * (width - 1) not in lines:
        return map(Row, count(first), cells)
    return _fit(zip(count(first), cells, strict=False), width)


def _fit(records: Iterable[_Record], width: int) -> Iterator[Row | BadRow]:
    """Rows as wide as the header; blank ones are left out."""
    for line, cells in records:
        if isinstance(cells, BadRow):
            yield cells
            continue
        if not any(cells):
            continue
        if len(cells) < width:
            cells = cells + [""] * (width - len(cells))
        elif len(cells) > width:
            if any(cell.strip() for cell in cells[width:]):
                yield BadRow(line, "row.too_many_cells", {"cells": len(cells), "columns": width}, cells)
                continue
            del cells[width:]
        yield Row(line, cells)


def _data(path: Path, shape: FileShape) -> Iterator[_Stretch | _Record]:
    """What stands behind the header."""
    header_is_due = shape.has_header
    for part in _parts(path, shape):
        if not header_is_due:
            yield part
        elif isinstance(part, _Stretch):
            blank = [not line.strip(shape.delimiter) for line in part.lines]
            if not all(blank):
                header_is_due = False
                behind = blank.index(False) + 1
                yield _Stretch(part.first + behind, part.lines[behind:])
        elif not isinstance(part[1], BadRow) and any(part[1]):
            header_is_due = False


def _first_rows(path: Path, shape: FileShape) -> list[Row]:
    found: list[Row] = []
    for part in _parts(path, shape):
        if isinstance(part, _Stretch):
            lines = zip(count(part.first), part.lines, strict=False)
            found += [
                Row(at, line.split(shape.delimiter)) for at, line in lines if line.strip(shape.delimiter)
            ]
        elif not isinstance(part[1], BadRow) and any(part[1]):
            found.append(Row(part[0], part[1]))
        if len(found) >= 20:
            break
    return found[:20]


def _parts(path: Path, shape: FileShape) -> Iterator[_Stretch | _Record]:
    """The file, by stretches of lines where it is plain, by records where the CSV parser must look."""
    with _open(path, shape) as file:
        for _ in range(shape.skip_lines):
            file.readline(LONGEST_LINE)
        source = _Source(file, shape)
        reader = csv.reader(source, delimiter=shape.delimiter, strict=True)
        while True:
            stretch = source.take_stretch()
            if stretch is not None:
                yield stretch
                continue
            source.begin()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except _Refused as refused:
                yield source.line, source.give_up(refused.code)
                continue
            except csv.Error:
                yield source.line, source.give_up("row.quotes")
                continue
            if source.suspicious:
                yield source.line, source.judge(cells)
            else:
                yield source.line, [unprotect(cell) for cell in cells] if source.dressed else cells


class _Refused(Exception):
    """The row being read cannot be one."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class _Source:
    """Hands out stretches of plain lines, and else feeds lines to the CSV parser.

    It keeps the lines of the row being read, so that it can step back: when a row turns out to be none, only its
    first line is given up; what followed is read again.
    """

    def __init__(self, file: IO[str], shape: FileShape) -> None:
        self._file = file
        self._held = io.StringIO(newline="")
        self._held_left = 0
        self._damaged = shape.damaged
        self._delimiter = shape.delimiter
        self._number = shape.skip_lines
        self._taken: list[str] = []
        self._characters = 0
        self._returned: deque[str] = deque()
        self.line = 1
        self.suspicious = self.dressed = False

    def take_stretch(self) -> _Stretch | None:
        """The lines that come next, if they are plain. None: go through them with the parser; or the end."""
        if self._returned or self._held_left:
            return None
        text = self._file.read(_STRETCH)
        if not text:
            return None
        text += self._file.readline(LONGEST_LINE)
        lines = self._plain_lines(text)
        if lines is None:
            self._held, self._held_left = io.StringIO(text, newline=""), len(text)
            return None
        stretch = _Stretch(self._number + 1, lines)
        self._number += len(lines)
        return stretch

    def _plain_lines(self, text: str) -> list[str] | None:
        if '"' in text or "\x00" in text or (self._damaged and _REPLACED in text):
            return None
        if "'" in text and (text[0] == "'" or f"{self._delimiter}'" in text or "\n'" in text):
            return None
        if "\r" in text:
            if text.count("\r") != text.count("\r\n"):
                return None
            text = text.replace("\r\n", "\n")
        lines = text.split("\n")
        if not lines[-1]:
            lines.pop()
        return lines if max(map(len, lines)) <= LONGEST_CELL else None

    def _readline(self) -> str:
        """One line, or as much of it as is allowed."""
        line = self._held.readline(LONGEST_LINE) if self._held_left else ""
        self._held_left -= len(line)
        if line and (line[-1] in "\r\n" or len(line) == LONGEST_LINE):
            return line
        return line + self._file.readline(LONGEST_LINE - len(line))

    def begin(self) -> None:
        """The next line begins a row."""
        self.line = self._number + 1
        self._taken.clear()
        self._characters = 0
        self.suspicious = self.dressed = False

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self._readline()
        if not line:
            raise StopIteration
        self._number += 1
        self._taken.append(line)
        self._characters += len(line)
        if len(line) > LONGEST_CELL:
            self.suspicious = True
            if len(line) == LONGEST_LINE and line[-1] not in "\r\n":
                self._pass_over_rest()
                raise _Refused("row.too_long")
        if len(self._taken) > 1 and (self._characters > LONGEST_RECORD or len(self._taken) > MOST_LINES):
            raise _Refused("row.quotes")
        if "'" in line or '="' in line:
            self.dressed = True
        if "\x00" in line or (self._damaged and _REPLACED in line):
            self.suspicious = True
        return line

    def _pass_over_rest(self) -> None:
        while (rest := self._readline()) and rest[-1] not in "\r\n":
            pass

    def give_up(self, code: str) -> BadRow:
        """Refuse the first line of the row and return the others."""
        self._returned.extendleft(reversed(self._taken[1:]))
        self._number -= len(self._taken) - 1
        first = self._taken[0].rstrip("\r\n")
        cells = first[:LONGEST_CELL].replace("\x00", _REPLACED).split(self._delimiter)[:MOST_COLUMNS]
        return BadRow(self.line, code, {}, cells)

    def judge(self, cells: list[str]) -> list[str] | BadRow:
        """A row with something strange in it: refused for what is damaged or too long, else as it is."""
        text = "".join(self._taken)
        if max(map(len, cells), default=0) > LONGEST_CELL:
            cut = [cell[:LONGEST_CELL].replace("\x00", _REPLACED) for cell in cells]
            return BadRow(self.line, "cell.too_long", {"longest": LONGEST_CELL}, cut)
        if "\x00" in text:
            return BadRow(self.line, "row.nul", {}, [cell.replace("\x00", _REPLACED) for cell in cells])
        if self._damaged and _REPLACED in text:
            return BadRow(self.line, "row.damaged", {}, cells)
        return [unprotect(cell) for cell in cells]


def _open(path: Path, shape: FileShape) -> IO[str]:
    return path.open(encoding=shape.encoding, errors="replace" if shape.damaged else "strict", newline="")


def _encoding(path: Path) -> tuple[str, bool]:
    """The encoding, and whether some bytes do not fit it."""
    with path.open("rb") as file:
        head = file.read(1 << 16)
    if not head.strip():
        raise InvalidInput("file.empty")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x89PNG", b"\x1f\x8b")):
        raise InvalidInput("file.not_text")
    possible = candidates(head)
    for encoding in possible:
        if _fits(path, encoding):
            _check_text(head, encoding)
            return encoding, False
    with path.open("rb") as file:
        sample = file.read(_SAMPLE_BYTES)
    wrong = {encoding: sample.decode(encoding, "replace").count(_REPLACED) for encoding in possible}
    best = min(possible, key=lambda encoding: wrong[encoding])
    if wrong[best] * 50 > len(sample):
        raise InvalidInput("file.encoding")
    _check_text(head, best)
    return best, True


def _fits(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while chunk := file.read(_SAMPLE_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


_is_markup = re.compile(
    r"\ufeff?\s*(?:<\?xml|<!doctype|<html|<head|<meta|<style|<table|<workbook|mime-version:|begin:vcard|[\[{]\s*[{\"])",
    re.IGNORECASE,
).match
"""What systems call a spreadsheet and is none: a page of HTML, an XML workbook, address cards, JSON."""


def _check_text(head: bytes, encoding: str) -> None:
    text = head.decode(encoding, "replace")
    if _is_markup(text):
        raise InvalidInput("file.markup")
    strange = sum(
        count
        for character, count in Counter(text).items()
        if character < " " and character not in "\t\r\n\f\v"
    )
    if strange * 20 > len(text):
        raise InvalidInput("file.not_text")


def _lines(file: IO[str]) -> Iterator[str]:
    while line := file.readline(LONGEST_LINE):
        yield line


def _delimiter(lines: Sequence[str]) -> str:
    """The one that cuts most lines into the same number of cells, more than one."""
    best, best_score = ",", (0, 0)
    for delimiter in _DELIMITERS:
        widths: Counter[int] = Counter()
        for line in lines:
            outside = re.sub(r'"[^"]*"', "", line)
            widths[outside.count(delimiter)] += 1
        cuts, agreeing = max(widths.items(), key=lambda item: (item[0] > 0, item[1], item[0]), default=(0, 0))
        if cuts and (agreeing, cuts) > best_score:
            best, best_score = delimiter, (agreeing, cuts)
    return best


def _column_names(cells: Sequence[str]) -> tuple[str, ...]:
    """Names that can be told apart: blank ones get a number, repeated ones too."""
    names: list[str] = []
    for nr, cell in enumerate(cells, start=1):
        name = base = " ".join(cell.replace("\x00", "").split())[:60] or f"列{nr}"
        again = 1
        while name in names:
            again += 1
            name = f"{base} ({again})"
        names.append(name)
    return tuple(names)
