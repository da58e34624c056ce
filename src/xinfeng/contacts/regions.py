"""Province and city by a number's first seven digits: approximate, because people move and carry numbers along.

The table is one small file. `#` lines say when it was drawn up and from what; a line for each region; then, after
`#codes`, one 16-bit number for each prefix from 1300000 to 1999999 (0: not given out, n: the n-th region),
little-endian, LZMA, base 85. A file made by `replace` in the data folder takes the place of the one we ship.
"""

from __future__ import annotations

import base64
import csv
import io
import lzma
import os
import re
import secrets
import sys
from array import array
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from xinfeng.contacts.values import read_region
from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput

FIRST, BEHIND = 1_300_000, 2_000_000
MOST_REGIONS = 5_000
LONGEST_SOURCE = 200
LONGEST_PROVINCE, LONGEST_CITY = 20, 30
LARGEST_FILE = 64 * 2**20
"""Bytes of a file to replace the table with; all 700,000 prefixes with their names need half of it."""

SHIPPED = Path(__file__).parent / "regions.txt"

_HEAD = "#xinfeng regions 1"
_is_prefix = re.compile(r"1[3-9][0-9]{5}").fullmatch
_COLUMNS = {
    "prefix": ("prefix", "号段", "手机号段", "前七位"),
    "province": ("province", "省份", "省"),
    "city": ("city", "城市", "市"),
}


class Region(NamedTuple):
    """Everyday names, as `values.read_region` gives them: 广东, 深圳."""

    province: str
    city: str


class RegionTable:
    """All prefixes: 1.4 MB, a lookup is one array access."""

    def __init__(self, *, drawn_up: date, source: str, regions: list[Region], codes: array[int]) -> None:
        self.drawn_up = drawn_up
        self.source = source
        self.regions = regions
        self._by_code: list[Region | None] = [None, *regions]
        self._codes = codes

    def of(self, number: str) -> Region | None:
        """The region of a bare 11-digit number; None if its prefix is not in the table."""
        prefix = int(number[:7])
        return self._by_code[self._codes[prefix - FIRST]] if FIRST <= prefix < BEHIND else None

    def prefixes(self) -> int:
        """How many prefixes have a region."""
        return len(self._codes) - self._codes.count(0)


def region_of(number: str) -> Region | None:
    """Province and city of a bare number (`kernel.phones.parse_mainland`), approximately; None: not known."""
    return table().of(number)


def table() -> RegionTable:
    """The table in force. Looks whether its file was replaced, so ask once for a batch."""
    own = _own_file()
    try:
        stat = own.stat()
    except FileNotFoundError:
        return _load(SHIPPED, 0, 0)
    return _load(own, stat.st_mtime_ns, stat.st_size)


def replace(path: Path, *, drawn_up: date, source: str) -> RegionTable:
    """Use a CSV file (columns 号段/prefix, 省份/province, 城市/city; UTF-8) instead of the table we ship.

    Every `app` process of this data folder uses it from now on; what was guessed before stays until `enrich`.
    Raises InvalidInput `regions.unreadable` (line), `regions.too_large`, `regions.source`.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise InvalidInput("regions.too_large", at_most=LARGEST_FILE)
    said = " ".join(source.split())
    if not said or len(said) > LONGEST_SOURCE:
        raise InvalidInput("regions.source", longest=LONGEST_SOURCE)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("regions.unreadable", line=1) from None
    content = pack(_read_csv(text), drawn_up=drawn_up, source=said)
    target = _own_file()
    staged = target.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
    staged.write_text(content, encoding="utf-8")
    staged.replace(target)
    return table()


def use_shipped() -> RegionTable:
    """Go back to the table that comes with the product."""
    _own_file().unlink(missing_ok=True)
    return table()


def pack(rows: Iterable[tuple[int, Region]], *, drawn_up: date, source: str) -> str:
    """The file's text for these prefixes. Raises InvalidInput `regions.too_many`."""
    codes = array("H", bytes(2 * (BEHIND - FIRST)))
    numbers: dict[Region, int] = {}
    for prefix, region in rows:
        codes[prefix - FIRST] = numbers.setdefault(region, len(numbers) + 1)
        if len(numbers) > MOST_REGIONS:
            raise InvalidInput("regions.too_many", at_most=MOST_REGIONS)
    if sys.byteorder == "big":
        codes.byteswap()
    packed = base64.b85encode(lzma.compress(codes.tobytes(), preset=9)).decode()
    return "\n".join(
        [
            _HEAD,
            f"#date {drawn_up.isoformat()}",
            f"#source {source}",
            *(f"{region.province}\t{region.city}" for region in numbers),
            "#codes",
            *(packed[at : at + 200] for at in range(0, len(packed), 200)),
            "",
        ]
    )


def _read_csv(text: str) -> Iterable[tuple[int, Region]]:
    reader = csv.reader(io.StringIO(text, newline=""))
    header = [" ".join(cell.split()).lower() for cell in next(reader, [])]
    places = {
        field: next((at for at, name in enumerate(header) if name in names), -1)
        for field, names in _COLUMNS.items()
    }
    if -1 in places.values():
        raise InvalidInput("regions.unreadable", line=1)
    known: dict[tuple[str, str], Region] = {}
    try:
        for line, cells in enumerate(reader, start=2):
            if not cells:
                continue
            prefix, province, city = (cells[places[field]] for field in ("prefix", "province", "city"))
            if not _is_prefix(prefix):
                raise InvalidInput("regions.unreadable", line=line)
            region = known.get((province, city))
            if region is None:
                region = known[province, city] = _region(province, city, line)
            yield int(prefix), region
    except (csv.Error, IndexError):
        raise InvalidInput("regions.unreadable", line=reader.line_num) from None


def _region(province: str, city: str, line: int) -> Region:
    try:
        region = Region(
            read_region(province, longest=LONGEST_PROVINCE), read_region(city, longest=LONGEST_CITY)
        )
    except InvalidInput:
        raise InvalidInput("regions.unreadable", line=line) from None
    if not all(region) or not all(name.isprintable() and not name.startswith("#") for name in region):
        raise InvalidInput("regions.unreadable", line=line)
    return region


def _own_file() -> Path:
    return xinfeng_settings.load().data / "regions.txt"


@lru_cache(maxsize=2)
def _load(path: Path, _changed_ns: int, _size: int) -> RegionTable:
    """Raises InvalidInput `regions.damaged` for a file that `pack` did not write."""
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        end = lines.index("#codes")
        if lines[0] != _HEAD:
            raise ValueError("another format")
        said = dict(line[1:].partition(" ")[::2] for line in lines[1:end] if line.startswith("#"))
        regions = [Region(*line.split("\t")) for line in lines[1:end] if not line.startswith("#")]
        codes = array("H", lzma.decompress(base64.b85decode("".join(lines[end + 1 :]))))
        if sys.byteorder == "big":
            codes.byteswap()
        if len(codes) != BEHIND - FIRST or max(codes) > len(regions):
            raise ValueError("not whole")
        return RegionTable(
            drawn_up=date.fromisoformat(said["date"]), source=said["source"], regions=regions, codes=codes
        )
    except (ValueError, TypeError, KeyError, IndexError, lzma.LZMAError):
        raise InvalidInput("regions.damaged", file=path.name) from None
