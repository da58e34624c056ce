"""The table of number ranges in force: the one we ship, or a deployment's own in the data folder."""

from __future__ import annotations

import csv
import io
import os
import secrets
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from xinfeng.foundation import settings as xinfeng_settings
from xinfeng.kernel.errors import InvalidInput
from xinfeng.kernel.phones import Carrier
from xinfeng.kernel.prefixes import MOST_RANGES, PrefixRange, PrefixTable, RangeKind, dump, load, shipped

LARGEST_FILE = 64 * 2**20
"""Bytes of a file to replace the table with."""

_T = TypeVar("_T")

_COLUMNS = {
    "prefix": ("prefix", "号段", "前缀"),
    "carrier": ("carrier", "运营商"),
    "kind": ("kind", "类型"),
}
_CARRIERS = {
    Carrier.MOBILE: ("mobile", "移动", "中国移动"),
    Carrier.UNICOM: ("unicom", "联通", "中国联通"),
    Carrier.TELECOM: ("telecom", "电信", "中国电信"),
    Carrier.BROADNET: ("broadnet", "广电", "中国广电"),
    Carrier.UNKNOWN: ("none", "无"),
}
_KINDS = {
    RangeKind.MOBILE: ("mobile", "", "普通", "手机"),
    RangeKind.VIRTUAL: ("virtual", "虚拟", "虚拟运营商", "转售"),
    RangeKind.IOT: ("iot", "物联网"),
    RangeKind.SATELLITE: ("satellite", "卫星"),
}


def carrier_of(number: str) -> Carrier:
    """Who was given the range of a bare number; a first guess, as a ported number keeps its prefix."""
    return table().carrier_of(number)


def table() -> PrefixTable:
    """The table in force. Looks whether its file was replaced, so ask once for a batch."""
    own = _own_file()
    try:
        stat = own.stat()
    except FileNotFoundError:
        return shipped()
    return _load(own, stat.st_mtime_ns, stat.st_size)


def replace(path: Path, *, drawn_up: date, source: str) -> PrefixTable:
    """Use a CSV file (columns 号段/prefix of 3 to 7 digits, 运营商/carrier, 类型/kind; UTF-8) instead of ours.

    Contacts that are known already keep their carrier until `hygiene.carriers.read_again`. Raises InvalidInput
    `prefixes.unreadable` (line), `prefixes.too_large`, `prefixes.too_many`, `prefixes.twice`, `prefixes.source`.
    """
    if path.stat().st_size > LARGEST_FILE:
        raise InvalidInput("prefixes.too_large", at_most=LARGEST_FILE)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("prefixes.unreadable", line=1) from None
    content = dump(_read_csv(text), drawn_up=drawn_up, source=source)
    made = load(content)
    target = _own_file()
    staged = target.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
    staged.write_text(content, encoding="utf-8")
    staged.replace(target)
    return made


def use_shipped() -> PrefixTable:
    """Go back to the table that comes with the product."""
    _own_file().unlink(missing_ok=True)
    return shipped()


def _read_csv(text: str) -> list[PrefixRange]:
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        header = [" ".join(cell.split()).lower() for cell in next(reader, [])]
    except csv.Error:
        raise InvalidInput("prefixes.unreadable", line=1) from None
    places = {
        field: next((at for at, name in enumerate(header) if name in names), -1)
        for field, names in _COLUMNS.items()
    }
    if -1 in (places["prefix"], places["carrier"]):
        raise InvalidInput("prefixes.unreadable", line=1)
    found = list(_ranges(reader, places))
    if len(found) > MOST_RANGES:
        raise InvalidInput("prefixes.too_many", at_most=MOST_RANGES)
    return found


def _ranges(reader: Iterator[list[str]], places: dict[str, int]) -> Iterator[PrefixRange]:
    line = 1
    try:
        for line, cells in enumerate(reader, start=2):
            if any(cell.strip() for cell in cells):
                kind = cells[places["kind"]] if places["kind"] >= 0 else ""
                yield PrefixRange(
                    cells[places["prefix"]].strip(),
                    _named(_CARRIERS, cells[places["carrier"]], line),
                    _named(_KINDS, kind, line),
                )
    except (csv.Error, IndexError):
        raise InvalidInput("prefixes.unreadable", line=line) from None


def _named(names: dict[_T, tuple[str, ...]], given: str, line: int) -> _T:
    wanted = given.strip().lower()
    for one, known in names.items():
        if wanted in known:
            return one
    raise InvalidInput("prefixes.unreadable", line=line)


def _own_file() -> Path:
    return xinfeng_settings.load().data / "prefixes.txt"


@lru_cache(maxsize=2)
def _load(path: Path, _changed_ns: int, _size: int) -> PrefixTable:
    return load(path.read_text(encoding="utf-8"))
