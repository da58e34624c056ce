"""Small tables about numbers that people bring as files: ranges, ported numbers. What is wrong is said row by row.

A file is CSV (comma, semicolon or tab), written as `kernel.encodings` knows. The first row names the columns.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from xinfeng.kernel.encodings import candidates
from xinfeng.kernel.errors import InvalidInput

LARGEST_FILE = 64 * 2**20
"""Bytes."""
MOST_SHOWN = 20
"""Rows that are named when some can't be read; their number is always said."""
_LONGEST_SHOWN = 30

_WORDS = {
    "columns": ("这一行的列不够", "the row has too few columns"),
    "prefix": ("号段要是 1 开头的 3 到 7 位数字", "a prefix has 3 to 7 digits and begins with 1"),
    "number": ("不是内地手机号", "not a mobile number of the mainland"),
    "carrier": (
        "不认识这个运营商（移动、联通、电信、广电、无）",
        "an unknown carrier (mobile, unicom, telecom, broadnet, none)",
    ),
    "kind": (
        "不认识这个类型（普通、虚拟、物联网、卫星）",
        "an unknown kind (mobile, virtual, iot, satellite)",
    ),
    "twice": ("和前面的行不一致", "contradicts an earlier row"),
}


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row. `line` counts from 1, the header included; `shown` is what stands there, cut short."""

    line: int
    code: str
    shown: str = ""

    def words(self, language: str = "zh") -> str:
        english = language.startswith("en")
        said = _WORDS[self.code][english]
        shown = f"“{self.shown}”" if self.shown else ""
        return (
            f"Line {self.line}{shown and f' {shown}'}: {said}."
            if english
            else f"第 {self.line} 行{shown}：{said}。"
        )


class RowFaults:
    """Gathers what is wrong; the first MOST_SHOWN rows by name."""

    def __init__(self) -> None:
        self.first: list[RowFault] = []
        self.count = 0

    def add(self, line: int, code: str, shown: str = "") -> None:
        self.count += 1
        if len(self.first) < MOST_SHOWN:
            printable = "".join(one for one in shown if one.isprintable())
            self.first.append(RowFault(line, code, printable[:_LONGEST_SHOWN]))

    def refuse(self, code: str) -> NoReturn:
        """Raises InvalidInput with `count`, `line` (the first) and `rows` (line, code, shown)."""
        rows = [(one.line, one.code, one.shown) for one in self.first]
        raise InvalidInput(code, count=self.count, line=self.first[0].line, rows=rows)


def faults_of(error: InvalidInput) -> list[RowFault]:
    """The rows that an error names."""
    return [RowFault(*one) for one in error.params.get("rows", ())]


def rows(
    path: Path, columns: Mapping[str, tuple[str, ...]], *, optional: frozenset[str], code: str
) -> Iterator[tuple[int, dict[str, str] | None]]:
    """Line and cells by the names of `columns` (each with what its header may be called); None for a row that is too
    short; empty rows are left out. Raises InvalidInput `<code>.too_large`, `<code>.unreadable` (line)."""
    if path.stat().st_size > LARGEST_FILE:
        raise InvalidInput(f"{code}.too_large", at_most=LARGEST_FILE)
    text = _decoded(path.read_bytes(), code)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t，", key=head.count)
    if delimiter == "，":
        text, delimiter = text.replace("，", ","), ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [" ".join(cell.split()).lower() for cell in next(reader, [])]
        places = {
            field: next((at for at, name in enumerate(header) if name in names), -1)
            for field, names in columns.items()
        }
        if any(places[field] < 0 for field in columns if field not in optional):
            raise InvalidInput(f"{code}.unreadable", line=1)
        needed = max(places[field] for field in columns if field not in optional)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                short = len(cells) <= needed
                yield (
                    reader.line_num,
                    None if short else {
                        field: cells[at].strip() if 0 <= at < len(cells) else "" for field, at in places.items()
                    },
                )  # fmt: skip
    except csv.Error:
        raise InvalidInput(f"{code}.unreadable", line=max(1, reader.line_num)) from None


def _decoded(data: bytes, code: str) -> str:
    for encoding in candidates(data[:4]):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InvalidInput(f"{code}.unreadable", line=1)
